/** `statewire check` as its user sees it. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { codeOf, record, report } from '../../cli/check.ts';
import type { Io } from '../../cli/io.ts';
import { engineNamed } from '../../src/chart/index.ts';
import { type CheckOptions, search } from '../../src/check/index.ts';
import { parseScript, runScript } from '../../src/packetdrill/index.ts';
import { statewire } from './run.ts';

const TINY = ['check', '--losses', '0'];

/** A stack that gives up on its SYN at the first timeout, so that there is something to find. */
const impatient: CheckOptions = {
  bounds: { losses: 1, dups: 0, reorder: 0, early: 0 },
  window: 4,
  engine: engineNamed('compiled'),
  tcp: { synR2: 0 },
};

const io: Io = {
  out() {},
  err() {},
  columns: 100,
  color: false,
  input: Readable.from([]),
  liveErr: false,
  stop: new AbortController().signal,
  onHalt() {},
  unread: false,
};

describe('check', () => {
  it('says that nothing was found, and how much was searched', async () => {
    const { code, lines, err } = await statewire(TINY);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('no violation: that was all');
    expect(lines[1]).toMatch(/^[\d,]+ states, [\d,]+ edges, depth \d+, \d+ ends; \d+\.\d s$/);
  });

  it('has the same as one line of JSON', async () => {
    const { code, lines } = await statewire([...TINY, '--slow', '--window', '1', '--json']);
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        ...{ statewire: 1, kind: 'check', losses: 0, dups: 0, reorder: 0, early: 0, window: 1, slow: true },
        stack: 'linux',
        ...{ states: expect.any(Number), edges: expect.any(Number), depth: expect.any(Number) },
        ...{ over: expect.any(Number), complete: true, cut: null, violation: null },
      },
    ]);
  });

  it('stops at a depth, which is fine, and at too many states, which is not', async () => {
    const deep = await statewire([...TINY, '--depth', '4']);
    expect(deep).toMatchObject({ code: 0, lines: [expect.stringContaining('--depth'), expect.anything()] });
    const many = await statewire([...TINY, '--states', '50']);
    expect(many).toMatchObject({ code: 6, lines: [expect.stringContaining('--states'), expect.anything()] });
    expect(many.lines[1]).toMatch(/^50 states/);
  });

  it('stops at Ctrl-C and prints what was found so far', async () => {
    const stop = AbortSignal.abort(130);
    const told = await statewire(['check', '--losses', '1'], { stop });
    expect(told).toMatchObject({ code: 130, err: '' });
    expect(told.lines[0]).toBe('no violation so far: stopped before the end');
    const { code, lines } = await statewire(['check', '--losses', '1', '--json'], { stop });
    expect(code).toBe(130);
    expect(JSON.parse(lines[0]!)).toMatchObject({ complete: false, cut: 'stopped', violation: null });
  });

  it('shows its progress on a terminal, and clears it away; not when quiet', async () => {
    const { err } = await statewire(['check', '--losses', '1', '--window', '1'], { liveErr: true });
    const shown = err.split('\r').map((text) => text.replace('\u001b[K', ''));
    expect(shown.slice(1, -1).length).toBeGreaterThan(0);
    for (const text of shown.slice(1, -1)) expect(text).toMatch(/^[\d,]+ states, depth \d+$/);
    expect(err.endsWith('\r\u001b[K')).toBe(true);
    expect(await statewire([...TINY, '--quiet'], { liveErr: true })).toMatchObject({ err: '' });
  });

  it('tells a violation as a ladder and as two scripts that can be played', async () => {
    const result = search(impatient);
    expect(codeOf(result, io)).toBe(1);
    const text = report(impatient, result, 0, io).join('\n');
    expect(text).toMatch(/^violation after 2 moves: client: told that the connection is timedOut\n/);
    expect(text).toMatch(/SYN/);
    expect(text).toContain('the client as a packetdrill script:');
    expect(text).toMatch(/[\d,]+ states, .* s$/);
    const json = record(impatient, result) as { violation: { path: unknown[]; client: string } };
    expect(json).toMatchObject({ complete: false, cut: null, violation: { flaw: expect.any(String) } });
    expect(json.violation.path).toEqual([
      { kind: 'lose', side: 0 },
      { kind: 'timer', side: 0, early: false },
    ]);
    expect(text).toContain(json.violation.client.trimEnd());
    expect(() => runScript(parseScript(json.violation.client, 'client'))).not.toThrow();
  });

  it.each([
    ['--losses', '-1'],
    ['--losses', '10'],
    ['--window', '0'],
    ['--depth', 'deep'],
    ['--states', '50000000'],
    ['--engine', 'other'],
  ])('refuses %s %s on one line', async (...flags) => {
    const { code, out, err } = await statewire(['check', ...flags]);
    expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 2, out: '', lines: 2 });
    expect(err).toContain(flags[0]);
  });

  it('has help with examples', async () => {
    const { code, out } = await statewire(['check', '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}statewire check /);
  });
});
