/** The examples, as their readers run them: on the built package. */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresServer, redisServer } from '../real/servers.ts';
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

/** Not in this process: a server of the test must go on while it waits. */
async function runExample(name: string, env: NodeJS.ProcessEnv = process.env) {
  const script = join('examples', 'programs', `${name}.js`);
  const options = { cwd: built.folder, env, timeout: 30_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], options);
  return [stdout, stderr];
}

test.each([
  ['http', 'you asked for /hello'],
  ['http2', 'you asked for /hello'],
  ['undici', 'you asked for /hello'],
  ['ws', 'you said hello'],
])('the example %s says %s, and ends', async (name, words) => {
  expect(await runExample(name)).toEqual([`${words}\n`, '']);
});

describe('the examples of databases', () => {
  const [redis, postgres] = [redisServer(), postgresServer()];

  /** At the port of the test's server, in place of the usual one. */
  function atPort(name: string, usual: string, port: number): void {
    const script = join(built.folder, 'examples', 'programs', `${name}.js`);
    writeFileSync(script, readFileSync(script, 'utf8').replaceAll(usual, String(port)));
  }

  test('ioredis', async (context) => {
    atPort('ioredis', '6379', redis(context));
    expect(await runExample('ioredis')).toEqual(['hello\n', '']);
  });

  test('pg', async (context) => {
    const port = postgres(context);
    atPort('pg', '5432', port);
    const env = { ...process.env, PGPORT: String(port) };
    expect(await runExample('pg', env)).toEqual(["[ { word: 'hello' } ]\n", '']);
  });
});
