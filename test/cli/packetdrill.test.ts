/** `statewire packetdrill` as its user sees it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { statewire } from './run.ts';

const ours = fileURLToPath(new URL('../packetdrill/scripts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'statewire-packetdrill-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const PASSES = file('one/passes.pkt', '0 < . 1:1(0) ack 5 win 9\n+0 > R 5:5(0)\n');
const FAILS = file('one/deeper/fails.pkt', '0 < . 1:1(0) ack 5 win 9\n+0 > R 6:6(0)\n');
const ASKS = file('one/asks.pkt', '0 `nstat`\n');
const BROKEN = file('broken.pkt', '0 close(3\n');
file('one/no-script.txt', 'not looked at');

describe('packetdrill', () => {
  it('says that a script passes, and no more', async () => {
    expect(await statewire(['packetdrill', PASSES])).toMatchObject({
      code: 0,
      out: '1 script: 1 passed\n',
      err: '',
    });
  });

  it('shows where one fails, what was expected and what came, and the packets', async () => {
    const { code, lines } = await statewire(['packetdrill', FAILS]);
    expect(code).toBe(1);
    expect(lines).toEqual([
      `FAILED  ${FAILS}:2: +0 > R 6:6(0)`,
      '  got  > R 5:5(0) win 0  at 0.000000',
      '  - sequence number 5, not 6',
      'packets so far:',
      '     line 1       0.000000  < . 1:1(0) ack 5 win 9',
      '                  0.000000  > R 5:5(0) win 0',
      '1 script: 0 passed, 1 failed',
    ]);
  });

  it('has a code of its own for what is not there', async () => {
    const { code, lines } = await statewire(['packetdrill', ASKS]);
    expect(code).toBe(7);
    expect(lines).toEqual([
      `skipped  ${ASKS}:1: unsupported: the command 'nstat'`,
      '1 script: 0 passed, 1 unsupported',
    ]);
  });

  it('searches folders, in order, and goes on when a script cannot be read', async () => {
    const ran = await statewire(['packetdrill', BROKEN, join(folder, 'one')]);
    expect(ran.code).toBe(2);
    expect(ran.lines.filter((line) => !line.startsWith(' ')).map((line) => line.split(':')[0])).toEqual([
      `ERROR  ${BROKEN}`,
      `skipped  ${ASKS}`,
      `FAILED  ${FAILS}`,
      'packets so far',
      '4 scripts',
    ]);
    expect(ran.lines[0]).toContain(":2:1: expected ')' or a comma, found the end of the script");
    const failed = await statewire(['packetdrill', join(folder, 'one')]);
    expect(failed.code).toBe(1);
  });

  it('reads stdin', async () => {
    const input = Readable.from([Buffer.from('0 < . 1:1(0) ack 5 win 9\n'), '+0 > R 6:6(0)\n']);
    const { code, lines } = await statewire(['packetdrill', '-'], { input });
    expect(code).toBe(1);
    expect(lines[0]).toBe('FAILED  stdin:2: +0 > R 6:6(0)');
  });

  it('does not take an empty script for one that passes', async () => {
    const { code, lines } = await statewire(['packetdrill', file('empty.pkt', '// nothing\n')]);
    expect(code).toBe(2);
    expect(lines[0]).toContain('empty.pkt:1:1: the script has no events');
  });

  it('has a line of JSON for each script, and one for all', async () => {
    const { code, lines } = await statewire(['packetdrill', join(folder, 'one'), '--json']);
    expect(code).toBe(1);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { statewire: 1, kind: 'script', name: ASKS, outcome: 'unsupported', profile: 'linux', line: 1 },
      {
        name: FAILS,
        outcome: 'failed',
        line: 2,
        report: expect.stringContaining('sequence number 5, not 6'),
      },
      { name: PASSES, outcome: 'passed', time: 0, packets: expect.any(Array), ignored: [] },
      { kind: 'summary', scripts: 3, passed: 1, failed: 1, unsupported: 1, unreadable: 0 },
    ]);
  });

  it('--verbose shows what passes, and which commands are ignored', async () => {
    const script = file('ignores.pkt', '`./defaults.sh`\n0 < . 1:1(0) ack 5 win 9\n+0 > R 5:5(0)\n');
    const { lines } = await statewire(['packetdrill', script, '--verbose']);
    expect(lines).toEqual([
      `passed  ${script}: profile linux, 0.000000 s`,
      '     line 2       0.000000  < . 1:1(0) ack 5 win 9',
      '     line 3       0.000000  > R 5:5(0) win 0',
      '  ignored: ./defaults.sh',
      '1 script: 1 passed',
    ]);
  });

  it('-D defines names for #ifdef, and values', async () => {
    const script = file(
      'defines.pkt',
      '#ifdef OURS\n0 close(FD) = -1 EBADF\n#else\n0 close(3) = 0\n#endif\n',
    );
    expect((await statewire(['packetdrill', script])).code).toBe(1);
    expect((await statewire(['packetdrill', script, '-D', 'OURS', '--define', 'FD=3'])).code).toBe(0);
    const bad = await statewire(['packetdrill', script, '-D', '1x']);
    expect(bad).toMatchObject({ code: 2, out: '' });
    expect(bad.err).toBe("statewire: --define: expected NAME or NAME=VALUE, not '1x'\n");
  });

  it('--strict is exact, and asserts silence', async () => {
    const open = [
      '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3',
      '+0 bind(3, ..., ...) = 0',
      '+0 listen(3, 1) = 0',
      '+0 < S 0:0(0) win 9 <mss 1000>',
    ].join('\n');
    const loose = file('loose.pkt', `${open}\n+.002 > S. 0:0(0) ack 1 win 5 <nop,nop,mss 1460>\n`);
    expect((await statewire(['packetdrill', loose])).code).toBe(0);
    expect((await statewire(['packetdrill', loose, '--strict'])).code).toBe(1);
    const silent = file('silent.pkt', `${open}\n`);
    expect((await statewire(['packetdrill', silent])).code).toBe(0);
    const { code, out } = await statewire(['packetdrill', silent, '--strict']);
    expect(code).toBe(1);
    expect(out).toContain('after the last line the stack sent');
  });

  it('plays all of ours by the profile rfc, strictly', async () => {
    const ran = await statewire(['packetdrill', ours, '--profile', 'rfc', '--strict']);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^\d+ scripts: (\d+) passed\n$/);
  });

  it('tells how far it is where somebody watches, and leaves nothing behind', async () => {
    const { err } = await statewire(['packetdrill', join(ours, 'states')], { liveErr: true });
    expect(err).toMatch(/^\r0 of \d+ scripts/);
    expect(err.endsWith('\r\u001b[K')).toBe(true);
  });

  it('lets nothing in a script speak to the terminal', async () => {
    const script = file('escape.pkt', '0 `\u001b]0;title\u0007nstat`\n');
    const { out } = await statewire(['packetdrill', script]);
    expect(out).toContain("the command '?]0'");
  });

  it.each([
    [['packetdrill'], 'missing required argument'],
    [['packetdrill', join(folder, 'nowhere.pkt')], 'cannot read'],
    [['packetdrill', join(folder, 'empty')], 'no *.pkt in'],
    [['packetdrill', PASSES, '--profile', 'windows'], 'Allowed choices are linux, freebsd, rfc'],
  ])('%j: usage', async (argv, message) => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const ran = await statewire(argv);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(message);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
  });

  it('stops when told to', async () => {
    expect(await statewire(['packetdrill', ours], { stop: AbortSignal.abort(130) })).toMatchObject({
      code: 130,
      out: '',
    });
  });
});
