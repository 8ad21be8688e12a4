/** The search with real hosts: nothing is found in the stack as it is, and what it finds where something is wrong. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { setup } from 'xstate';
import { defineChart } from '../../machines/event.ts';
import { type PersistHost, persistEvents } from '../../machines/persist.ts';
import { engineNamed } from '../../src/chart/index.ts';
import { search, searching } from '../../src/check/index.ts';
import type { StackName } from '../../src/tcp/config.ts';
import { options } from './walk.ts';

/** The searches that docs/check.md has figures of. */
const page = readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8');
const rows = page.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim().replaceAll(',', ''));
  if (!/^\d+$/.test(cells[1] ?? '')) return [];
  const [losses, dups, reorder, early, window, , states, edges, depth] = cells.slice(1, 10).map(Number);
  const slow = cells[6] === '`--slow`';
  const stack: StackName = cells[6] === '`--stack rfc`' ? 'rfc' : 'linux';
  const what = `losses ${losses}, dups ${dups}, reorder ${reorder}, early ${early}, window ${window}${slow ? ', slow' : ''}, ${stack}`;
  const bounds = { losses: losses!, dups: dups!, reorder: reorder!, early: early! };
  return [
    { what, bounds, more: { window: window!, slow, stack }, states: states!, edges: edges!, depth: depth! },
  ];
});

/** The others take minutes: `CHECK=full`: those that no larger one goes through; `CHECK=all` all of them. */
const FULL = process.env.CHECK === 'full' || process.env.CHECK === 'all';
const SMALL = 10_000;

type Row = (typeof rows)[number];

/** Does another search go through all that this one does: the same, with as many faults or more? */
function within(row: Row, other: Row): boolean {
  const { window, slow, stack } = row.more;
  if (row === other || window !== other.more.window) return false;
  if (slow !== other.more.slow || stack !== other.more.stack) return false;
  return (['losses', 'dups', 'reorder', 'early'] as const).every(
    (bound) => row.bounds[bound] <= other.bounds[bound],
  );
}

function runs(row: Row): boolean {
  if (row.states <= SMALL) return true;
  return process.env.CHECK === 'all' || (FULL && !rows.some((other) => within(row, other)));
}

/** The persist chart, but that it waits for ever instead of sending a probe. */
const forgetful = defineChart<PersistHost>(
  'persist',
  setup({
    types: {
      context: {} as { host: PersistHost },
      input: {} as PersistHost,
      events: {} as { type: keyof typeof persistEvents },
    },
    delays: { persist: ({ context }) => context.host.persist() },
  }).createMachine({
    id: 'persist',
    context: ({ input }) => ({ host: input }),
    initial: 'idle',
    states: {
      idle: { on: { windowClosed: { target: 'probing' }, windowOpened: {} } },
      probing: {
        on: { windowClosed: {}, windowOpened: { target: 'idle' } },
        after: { persist: { target: 'probing', reenter: true } },
      },
    },
  }),
  persistEvents,
);

describe('a search', () => {
  test('has figures in the docs, also of two losses, a duplicate and an overtaking together', () => {
    const together = { losses: 2, dups: 1, reorder: 1, early: 0 };
    expect(rows.map(({ bounds }) => bounds)).toContainEqual(together);
    expect(rows.filter(({ states }) => states <= SMALL).length).toBeGreaterThanOrEqual(5);
  });

  test.each(rows.filter(runs).map((row) => [row.what, row] as const))(
    'with %s goes through everything and finds no violation',
    { timeout: 600_000 },
    (_, { bounds, more, ...figures }) => {
      const result = search(options(bounds, more), { states: 4 * figures.states });
      expect(result.violation).toBeUndefined();
      expect(result.over).toBeGreaterThan(0);
      // A change of the stack may make a few more or fewer; a mutant (docs/mutants.md) is not found by that
      if (process.env.MUTANT !== undefined) return;
      expect(result.cut).toBeUndefined();
      for (const name of ['states', 'edges', 'depth'] as const) {
        expect(Math.abs(result[name] / figures[name] - 1), `${name}: ${result[name]}`).toBeLessThan(0.2);
      }
    },
  );

  test('gives the same result again, and in the other engine', () => {
    const first = search(options({ dups: 1 }), { depth: 11 });
    expect(search(options({ dups: 1 }), { depth: 11 })).toEqual(first);
    const interpreted = options({ dups: 1 }, { engine: engineNamed('xstate') });
    expect(search(interpreted, { depth: 11 })).toEqual(first);
  });

  test('has more states with every bound that is wider', () => {
    const count = (bounds: Parameters<typeof options>[0]) => search(options(bounds), { depth: 8 }).states;
    for (const bound of ['losses', 'dups', 'reorder', 'early']) {
      expect(count({ [bound]: 1 }), bound).toBeGreaterThan(count({}));
      expect(count({ [bound]: 2 }), bound).toBeGreaterThan(count({ [bound]: 1 }));
    }
  });

  test('stops at a depth and at a number of states, and says so', () => {
    expect(search(options(), { depth: 3 })).toMatchObject({ cut: 'depth', depth: 3 });
    expect(search(options(), { states: 100 })).toMatchObject({ cut: 'states', states: 100 });
  });

  test('can be left at a pause, with what was found so far', () => {
    const run = searching(options({ losses: 1 }));
    const pause = run.next();
    expect(pause).toMatchObject({ done: false, value: { states: expect.any(Number) } });
    const end = run.next(true);
    expect(end).toMatchObject({ done: true, value: { cut: 'stopped', violation: undefined } });
  });

  test('finds that somebody is told of another end than a good one', () => {
    const never = options({ losses: 1 }, { tcp: { initialRto: 1, synR2: 0, r2: 0 } });
    expect(search(never).violation?.flaw).toBe('client: told that the connection is timedOut');
  });

  test.runIf(FULL)(
    'finds that the end is never reached, with a chart that does not probe a shut window',
    () => {
      const { violation } = search(
        options({ losses: 1 }, { slow: true, window: 1, charts: { persist: forgetful } }),
      );
      expect(violation?.flaw).toBe('from here the end is never reached, whatever happens');
    },
  );

  test('finds the shortest way to a violation', () => {
    const never = options({ losses: 1 }, { tcp: { synR2: 0 } });
    const { violation } = search(never);
    expect(violation?.path.map(({ kind }) => kind)).toEqual(['lose', 'timer']);
  });
});
