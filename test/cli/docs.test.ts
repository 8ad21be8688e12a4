/** What the pages of docs/ say of the program, tried. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { statewire } from './run.ts';

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

/** An object's keys at every depth, as paths. */
function keysOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => [path, ...keysOf(inner, `${path}.${key}`)]);
}

describe('docs/trace.md', () => {
  it('shows the header of a run as it is', async () => {
    const shown = JSON.parse(/^\{"statewire":.*$/m.exec(page('trace.md'))![0]);
    const { lines } = await statewire(['demo', '--json', '--quiet']);
    const real = JSON.parse(lines[0]!);
    expect(keysOf(shown)).toEqual(keysOf(real));
    expect({ ...shown, version: real.version }).toEqual(real);
  });

  it('is right on whose charts are numbered how', async () => {
    const { lines } = await statewire(['demo', '--json', '--profile', 'wifi']);
    const { events } = parseTrace(lines.slice(0, -1));
    const facts = events.filter((event) => event.kind === 'fact');
    const link = facts.filter(({ chart }) => chart.startsWith('link'));
    expect(new Set(link.map(({ end, connection }) => `${end} ${connection}`))).toEqual(new Set(['link 0']));
    expect(new Set(link.map(({ instance }) => instance))).toEqual(new Set([0, 1]));
    const charts = new Map<number, string>();
    for (const { end, chart, instance } of facts) {
      if (end !== 'client') continue;
      expect(charts.get(instance) ?? chart).toBe(chart);
      charts.set(instance, chart);
    }
    expect(Math.min(...charts.keys())).toBe(1);
  });

  it('is right on what OPEN tells of itself', async () => {
    const { lines } = await statewire(['demo', '--json']);
    const { events } = parseTrace(lines.slice(0, -1));
    const open = events.find((event) => event.kind === 'call' && event.call === 'OPEN');
    expect(open).toMatchObject({ detail: expect.stringMatching(/^10\.0\.0\.1:\d+ 10\.0\.0\.2:\d+$/) });
  });
});

describe('docs/cli.md', () => {
  it('names an exit code for a session that never ended', async () => {
    const [, rule] = /`--profile lan --fault '([^']+)'`/.exec(page('cli.md'))!;
    const { code, out } = await statewire(['demo', '--quiet', '--profile', 'lan', '--fault', rule!]);
    expect(out).toContain('7 of 7 answers right; the session did not end');
    expect(code).toBe(6);
    expect((await statewire(['demo', '--help'])).out).toMatch(
      /6 wrong answers, a session that\s+never ended/,
    );
  });

  it('has an example for --compare in which the three differ, as the help has', async () => {
    const [, line] = /^statewire (demo .* --compare)$/m.exec(page('cli.md'))!;
    expect((await statewire(['demo', '--help'])).out).toContain(`statewire ${line}\n`);
    const { lines } = await statewire([...line!.split(' '), '--json']);
    const records = lines.slice(1).map((text) => JSON.parse(text));
    for (const key of ['bytes', 'sessionTime']) {
      expect(new Set(records.map((record) => record[key])).size, key).toBe(3);
    }
    const fast = records.map((r) => r['client>server'].resentFast + r['server>client'].resentFast);
    // RFC 5681's fast retransmit is only the first's
    expect(fast[0]).toBeGreaterThan(0);
    expect(fast.slice(1)).toEqual([0, 0]);
  });

  it('is right on what one lost segment does on every seed', async () => {
    const flags = ['--profile', 'lan', '--delay', '20', '--mss', '1', '--fault', 'drop client>server data 3'];
    for (const seed of ['1', '2', '3']) {
      const { lines } = await statewire(['demo', '--compare', '--json', '--seed', seed, ...flags]);
      const records = lines.slice(1).map((text) => JSON.parse(text)['client>server']);
      const [tcp, selective, goBack] = records;
      expect(tcp).toMatchObject({ resentByTimer: 0, resentFast: 1 });
      expect(selective).toMatchObject({ resentByTimer: 1, resentFast: 0 });
      expect(goBack.resentByTimer).toBeGreaterThan(1);
    }
  });
});

describe('README.md', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

  it('shows the beginning of the demo as it is', async () => {
    const shown = /```\n(time \(s\)[\s\S]*?)```/.exec(readme)![1]!.trimEnd().split('\n');
    const { lines } = await statewire(['demo'], { columns: 100 });
    const start = lines.findIndex((line) => line.startsWith('time (s)'));
    expect(shown.length).toBeGreaterThan(10);
    expect(lines.slice(start, start + shown.length).map((line) => line.trimEnd())).toEqual(shown);
  });

  it('has no command that the program does not take', async () => {
    const commands = [...readme.matchAll(/^npx statewire (demo [^#\n]*)/gm)].map((match) => match[1]!.trim());
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) {
      if (/--speed|--trace/.test(command)) continue;
      const argv = command.match(/'[^']*'|\S+/g)!.map((word) => word.replaceAll("'", ''));
      expect([command, (await statewire([...argv, '--quiet'])).code]).toEqual([command, 0]);
    }
  });
});
