/** The search with real hosts: nothing is found in the stack as it is, and what it finds where something is wrong. */
import { describe, expect, test } from 'vitest';
import { engineNamed } from '../../src/chart/index.ts';
import { search, searching } from '../../src/check/index.ts';
import { options } from './walk.ts';

describe('a search', () => {
  test.each([
    ['nothing going wrong', {}, {}],
    ['one loss', { losses: 1 }, {}],
    ['one duplicate', { dups: 1 }, {}],
    ['one overtaking', { reorder: 1 }, {}],
    ['one early timer', { early: 1 }, {}],
    ['one loss and a window of one segment', { losses: 1 }, { window: 1 }],
    ['users who read late', {}, { slow: true, window: 1 }],
  ])('with %s goes through everything and finds no violation', (_, bounds, more) => {
    const result = search(options(bounds, more), { states: 200_000 });
    expect(result).toMatchObject({ violation: undefined, cut: undefined });
    expect(result.over).toBeGreaterThan(0);
    expect(result.states).toBeGreaterThan(500);
  });

  // CI: two losses, a duplicate and an overtaking together, 1.5 million states
  test.runIf(process.env.CHECK === 'full')(
    'with all of that together',
    () => {
      const result = search(options({ losses: 2, dups: 1, reorder: 1 }));
      expect(result).toMatchObject({ violation: undefined, cut: undefined });
      expect(result.states).toBeGreaterThan(1_000_000);
    },
    600_000,
  );

  test('gives the same result again, and in the other engine', () => {
    const first = search(options({ dups: 1 }), { depth: 11 });
    expect(search(options({ dups: 1 }), { depth: 11 })).toEqual(first);
    const interpreted = options({ dups: 1 }, { engine: engineNamed('xstate') });
    expect(search(interpreted, { depth: 11 })).toEqual(first);
  });

  test('has more states with every bound that is wider', () => {
    const count = (bounds: Parameters<typeof options>[0]) => search(options(bounds), { depth: 9 }).states;
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

  test('finds the shortest way to a violation', () => {
    const never = options({ losses: 1 }, { tcp: { synR2: 0 } });
    const { violation } = search(never);
    expect(violation?.path.map(({ kind }) => kind)).toEqual(['lose', 'timer']);
  });
});
