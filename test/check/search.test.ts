/** The search with real hosts: nothing is found in the stack as it is; what it tells of a path is what happens. */
import { describe, expect, test } from 'vitest';
import { engineNamed } from '../../src/chart/index.ts';
import { type Bounds, type CheckOptions, type Move, scriptOf, search, tell } from '../../src/check/index.ts';
import { Workshop, type World } from '../../src/check/world.ts';
import { parseScript, runScript } from '../../src/packetdrill/index.ts';

const NONE: Bounds = { losses: 0, dups: 0, reorder: 0, early: 0 };
const options = (bounds: Partial<Bounds> = {}, window = 4): CheckOptions => ({
  bounds: { ...NONE, ...bounds },
  window,
  engine: engineNamed('compiled'),
});

describe('a search', () => {
  test.each([
    ['nothing going wrong', {}, 4],
    ['one loss', { losses: 1 }, 4],
    ['one duplicate', { dups: 1 }, 4],
    ['one overtaking', { reorder: 1 }, 4],
    ['one early timer', { early: 1 }, 4],
    ['one loss and a window of one segment', { losses: 1 }, 1],
  ])('with %s goes through everything and finds no violation', (_, bounds, window) => {
    const result = search(options(bounds, window));
    expect(result.violation).toBeUndefined();
    expect(result.complete).toBe(true);
    expect(result.over).toBeGreaterThan(0);
    // A move that goes wrong makes more states, not fewer
    expect(result.states).toBeGreaterThan(500);
  });

  test('gives the same result again, and in the other engine', () => {
    const first = search(options({ dups: 1 }), { depth: 12 });
    expect(search(options({ dups: 1 }), { depth: 12 })).toEqual(first);
    const interpreted = { ...options({ dups: 1 }), engine: engineNamed('xstate') };
    expect(search(interpreted, { depth: 12 })).toEqual(first);
  });

  test('stops at a depth, at a number of states, and when told to, and says that it is not complete', () => {
    expect(search(options(), { depth: 3 })).toMatchObject({ complete: false, depth: 3 });
    expect(search(options(), { states: 100 }).complete).toBe(false);
    expect(search(options(), {}, () => false)).toMatchObject({ complete: false, states: 1 });
  });

  test('finds that the end is never reached when nobody sends again what is lost', () => {
    const never = { ...options({ losses: 1 }), tcp: { initialRto: 1, synR2: 0, r2: 0 } };
    expect(search(never).violation?.flaw).toMatch(/end has not come|never reached/);
  });
});

/** The first move each time but for the faults that are asked for. */
function walk(faults: readonly Move['kind'][]): Move[] {
  const workshop = new Workshop(options({ losses: 9, dups: 9, reorder: 9, early: 9 }));
  const left = [...faults];
  const path: Move[] = [];
  for (let world: World = workshop.start(); path.length < 60; ) {
    const moves = workshop.moves(world);
    const fault = moves.find(({ kind }) => kind === left[0]);
    const usual = moves.find((move) => move.kind === 'user' || move.kind === 'deliver');
    const move = fault ?? usual ?? moves.find(({ kind }) => kind === 'timer');
    if (move === undefined) break;
    if (move === fault) left.shift();
    path.push(move);
    world = workshop.after(world, move);
  }
  return path;
}

describe('what is told of a path', () => {
  test.each([
    ['without faults', []],
    ['with a lost SYN and a lost FIN', ['lose', 'lose'] as const],
    ['with two duplicates', ['duplicate', 'duplicate'] as const],
    ['with an overtaking', ['overtake'] as const],
  ])('%s: each end’s script passes as packetdrill', (_, faults) => {
    const events = tell(options({ losses: 9, dups: 9, reorder: 9, early: 9 }), walk(faults));
    expect(events.filter((event) => event.kind === 'call' && event.call === 'SEND')).toHaveLength(3);
    for (const side of [0, 1] as const) {
      const script = scriptOf(events, side);
      const tcp = { mss: 1, receiveBuffer: 4, nagle: false, timestamps: false, windowScaling: false };
      expect(() => runScript(parseScript(script, 'story'), { tcp }), script).not.toThrow();
    }
  });
});
