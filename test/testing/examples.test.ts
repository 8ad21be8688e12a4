/** The examples, as their readers run them: on the built package. */
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPackage, root } from './built.ts';

let built: ReturnType<typeof buildPackage>;
beforeAll(() => {
  built = buildPackage();
  cpSync(join(root, 'examples'), join(built.folder, 'examples'), { recursive: true });
});
afterAll(() => built.remove());

test('the chat example finds its planted mistake with node:test', () => {
  const script = join('examples', 'chat', 'chat.test.js');
  // Not as a part of this test run, whatever that is
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', script], {
    cwd: built.folder,
    env,
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/# pass 3\b/);
  expect(status).toBe(0);
});

test.each([
  ['http', 'you asked for /hello'],
  ['http2', 'you asked for /hello'],
  ['undici', 'you asked for /hello'],
  ['ws', 'you said hello'],
])('the example %s says %s, and ends', (name, words) => {
  const script = join('examples', 'programs', `${name}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: built.folder,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect([stdout, stderr, status]).toEqual([`${words}\n`, '', 0]);
});
