import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DECIDES } from '../../cli/charts.ts';
import { charts } from '../../machines/index.ts';
import { profiles } from '../../src/channel/profiles.ts';
import { chartTable } from '../../src/chart/index.ts';
import { textWidth } from '../../src/trace/text.ts';
import { statewire } from './run.ts';

describe('help', () => {
  it.each([['--help'], ['demo', '--help'], ['charts', '--help'], ['profiles', '--help'], ['help', 'demo']])(
    '%j %j has examples',
    async (...argv) => {
      const { code, out, err } = await statewire(argv.filter((word) => word !== undefined));
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^Usage: statewire/);
      expect(out).toMatch(/Examples:\n {2}statewire /);
    },
  );

  it('gives the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await statewire(['--version'])).toMatchObject({ code: 0, out: `${version}\n`, err: '' });
  });

  it('has examples that run', async () => {
    const { out } = await statewire(['demo', '--help']);
    const examples = [...out.matchAll(/^ {2}statewire (demo(?:(?! {2}|\|).)*)/gm)].map(([, line]) =>
      line!.trim(),
    );
    expect(examples.length).toBeGreaterThan(7);
    for (const example of examples.filter((line) => !/1x|--trace|--inspect/.test(line))) {
      const argv = [...example.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
      expect(await statewire(argv), example).toMatchObject({ code: 0, err: '' });
    }
  });
});

describe('charts', () => {
  it('lists every chart with what it decides', async () => {
    const { code, lines } = await statewire(['charts']);
    expect(code).toBe(0);
    expect(Object.keys(DECIDES).sort()).toEqual(Object.keys(charts).sort());
    for (const name of Object.keys(charts))
      expect(lines.some((line) => line.startsWith(`${name} `))).toBe(true);
    expect(lines.find((line) => line.startsWith('connection '))).toMatch(/ 11 /);
  });

  it.each(Object.keys(charts))('%s as a table shows every transition and every state', async (name) => {
    const { code, out, lines } = await statewire(['charts', name], { columns: 80 });
    expect(code).toBe(0);
    const { states, transitions } = chartTable(charts[name]!);
    for (const { path } of states)
      expect(lines.some((line) => line === path || line.startsWith(`${path} (`))).toBe(true);
    const rows = lines.filter((line) => / (->|stays)/.test(line));
    expect(rows).toHaveLength(transitions.length);
    for (const { actions } of transitions) expect(out).toContain(actions.join(', '));
    for (const line of rows) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  it.each(['json', 'mermaid', 'svg'])('prints one as %s', async (format) => {
    const { code, out } = await statewire(['charts', 'connection', '--format', format]);
    expect(code).toBe(0);
    const begin = { json: '{', mermaid: 'stateDiagram-v2', svg: '<svg' }[format]!;
    expect(out).toContain(begin);
    expect(out).toContain('FIN_WAIT_2');
    if (format === 'json') JSON.parse(out);
  });

  it('prints all as JSON, one a line', async () => {
    const { lines } = await statewire(['charts', '--format', 'json']);
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(Object.keys(charts));
  });
});

describe('profiles', () => {
  it('lists each with what it sets', async () => {
    const { out, lines } = await statewire(['profiles'], { columns: 80 });
    for (const { name, description } of profiles.values()) expect(lines).toContain(`${name}: ${description}`);
    expect(out).toContain('the ends: selective-repeat, window 2 segments, MSS 5 bytes');
    expect(out).toContain('loss 20 %');
    for (const line of lines.filter((text) => text.startsWith(' ')))
      expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  it('has a line of JSON for each', async () => {
    const { lines } = await statewire(['profiles', '--json']);
    expect(lines.map((line) => JSON.parse(line).name)).toEqual([...profiles.keys()]);
  });
});
