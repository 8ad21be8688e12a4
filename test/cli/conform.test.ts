/** `statewire conform` as its user sees it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { statewire } from './run.ts';

const words = (name: string): string => fileURLToPath(new URL(`../conform/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'statewire-conform-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string, name = 'words.tsv'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const MIXED = file(
  '# one right, one wrong at its third input, one right\n' +
    'CONNECT\tSYN(FRESH,ZERO,0)\n' +
    'CONNECT SYN+ACK(V,V,0) CLOSE\tSYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) TIMEOUT\n' +
    '\nRCV\tTIMEOUT\n',
  'mixed.tsv',
);

describe('conform', () => {
  it.each(['linux', 'freebsd', 'rfc'])('runs both roles on the %s stack', async (stack) => {
    for (const [role, count] of [
      ['client', 120],
      ['server', 87],
    ]) {
      const ran = await statewire(['conform', words(`${role}.tsv`), '--role', `${role}`, '--stack', stack]);
      const out = `${count} of ${count} words pass (${role}, stack ${stack})\n`;
      expect(ran).toMatchObject({ code: 0, out, err: '' });
    }
  });

  it('says of a word that fails where, what was expected and what came', async () => {
    expect(await statewire(['conform', MIXED, '--role', 'client'])).toMatchObject({
      code: 1,
      err: '',
      lines: [
        'line 3: CONNECT SYN+ACK(V,V,0) CLOSE: step 3, CLOSE: expected TIMEOUT, got ACK+FIN(NEXT,CURRENT,0)',
        '2 of 3 words pass (client, stack linux)',
      ],
    });
  });

  it('has a line of JSON for each word, and one for all', async () => {
    const { code, lines } = await statewire(['conform', MIXED, '--role', 'client', '--json']);
    expect(code).toBe(1);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        ...{ statewire: 1, kind: 'word', line: 2, inputs: ['CONNECT'], outputs: ['SYN(FRESH,ZERO,0)'] },
        passed: true,
      },
      {
        ...{ statewire: 1, kind: 'word', line: 3, inputs: ['CONNECT', 'SYN+ACK(V,V,0)', 'CLOSE'] },
        outputs: ['SYN(FRESH,ZERO,0)', 'ACK(NEXT,NEXT,0)', 'ACK+FIN(NEXT,CURRENT,0)'],
        ...{ passed: false, step: 3, expected: ['SYN(FRESH,ZERO,0)', 'ACK(NEXT,NEXT,0)', 'TIMEOUT'] },
      },
      { statewire: 1, kind: 'word', line: 5, inputs: ['RCV'], outputs: ['TIMEOUT'], passed: true },
      { statewire: 1, kind: 'summary', role: 'client', stack: 'linux', words: 3, passed: 2, failed: 1 },
    ]);
  });

  it.each([
    ['LISTEN\tTIMEOUT\n', 'line 1: '],
    ['CONNECT\tSYN(FRESH,ZERO,0)\nCLOSE\n', 'line 2: '],
    ['', 'no word'],
  ])('refuses the file %j', async (text, reason) => {
    const { code, out, err } = await statewire(['conform', file(text), '--role', 'client']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^statewire: .*words\.tsv: .*\n$/);
    expect(err).toContain(reason);
  });

  it('refuses a file that is not there, one that never ends, and wrong flags', async () => {
    for (const argv of [
      [join(folder, 'none.tsv'), '--role', 'client'],
      [folder, '--role', 'client'],
      [words('client.tsv')],
      [words('client.tsv'), '--role', 'peer'],
      [words('client.tsv'), '--role', 'client', '--stack', 'windows'],
      [],
      ...(process.platform === 'linux' ? [['/dev/zero', '--role', 'client']] : []),
    ]) {
      const { code, out, err } = await statewire(['conform', ...argv]);
      expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 2, out: '', lines: 2 });
    }
  });

  it('stops when it is told to', async () => {
    const stop = AbortSignal.abort(130);
    expect(await statewire(['conform', words('client.tsv'), '--role', 'client'], { stop })).toMatchObject({
      code: 130,
      out: '',
    });
  });

  it('has help with examples', async () => {
    const { code, out } = await statewire(['conform', '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}statewire conform /);
  });
});
