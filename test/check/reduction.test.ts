/** What the search leaves out finds nothing that it does not find with the rest. */
import { describe, expect, test } from 'vitest';
import { type CheckOptions, search } from '../../src/check/index.ts';
import { enough } from '../../src/check/reduction.ts';
import { Workshop } from '../../src/check/workshop.ts';
import type { Move, World } from '../../src/check/world.ts';
import { options } from './walk.ts';

interface Reached {
  readonly states: Set<string>;
  /** Those in which nothing is under way. */
  readonly silent: Set<string>;
  /** What each end can be, and what it has sent. */
  readonly places: Set<string>;
}

/** Everything that can be reached by the moves chosen, told apart by all that there is, times too. */
function reach(workshop: Workshop, choose: (world: World, moves: Move[]) => readonly Move[]): Reached {
  const reached: Reached = { states: new Set(), silent: new Set(), places: new Set() };
  const open: World[] = [workshop.start()];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    const { places, wires, bounds } = world;
    const under = wires.map((wire) => wire.map(({ id }) => id).join());
    const name = [...places.map(({ id }) => id), ...under, ...Object.values(bounds)].join(' ');
    if (reached.states.has(name)) continue;
    reached.states.add(name);
    if (wires.every((wire) => wire.length === 0)) reached.silent.add(name);
    for (const [side, { id }] of places.entries()) reached.places.add(`${side} ${id}`);
    for (const move of choose(world, workshop.moves(world))) open.push(workshop.after(world, move));
  }
  return reached;
}

const SETTINGS: readonly (readonly [what: string, options: CheckOptions])[] = [
  ['no fault', options()],
  ['no fault, RFC 6675', options({}, { stack: 'rfc' })],
  ['no fault, without delayed ACKs', options({}, { tcp: { delayedAck: 0 } })],
  ['an overtaking', options({ reorder: 1 }, { tcp: { delayedAck: 0 } })],
  ['a duplicate', options({ dups: 1 }, { tcp: { delayedAck: 0 } })],
  ['a timer too early', options({ early: 1 }, { tcp: { delayedAck: 0 } })],
  ['a loss', options({ losses: 1 }, { tcp: { delayedAck: 0 } })],
];

describe('fewer orders', () => {
  test.each(SETTINGS)('with %s come wherever all of them come, and each end through the same', (_, all) => {
    const workshop = new Workshop(all);
    const full = reach(workshop, (_world, moves) => moves);
    const few = reach(workshop, enough);
    expect(few.silent).toEqual(full.silent);
    expect(few.places).toEqual(full.places);
    expect(few.states.size).toBeLessThan(full.states.size);
    for (const state of few.states) expect(full.states.has(state)).toBe(true);
  });

  test('find what all of them find', () => {
    const never = options({ losses: 1 }, { tcp: { initialRto: 1, synR2: 0, r2: 0 } });
    const few = search(never);
    const full = search({ ...never, allOrders: true });
    expect(few.violation).toEqual(full.violation);
  });
});
