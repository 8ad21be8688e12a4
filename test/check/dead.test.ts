/**
 * What does not make two states differ does not count: changed all together, it changes nothing of what follows, not a
 * byte on a wire nor a timer.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactText } from '../../src/check/key.ts';
import { Workshop } from '../../src/check/workshop.ts';
import type { Place, World } from '../../src/check/world.ts';
import { another, changed, leafName, leavesOf, MANY, options, pathOf, told } from './walk.ts';

/** By what things are found, and what is the same in all states of a search. */
const FIXED =
  /^(ids|instances|nextOrder|now|secret|timestampOffset|random\b.*|limits\b.*|.*\binstance|local\..*|remote\.address|listener|pathMtu\..*|receiver\.tuning\.limit|.*\btimers\.order)$/;

/** Of charts that say nothing any more, another state. */
const STATES: Readonly<Record<string, string>> = {
  slowStart: 'avoidance',
  avoidance: 'slowStart',
  open: 'recovery',
  recovery: 'loss',
  loss: 'cwr',
  cwr: 'open',
  idle: 'probing',
  probing: 'idle',
};

/** The place with all in its host changed that does not tell it from others; what that is. */
function altered(place: Place): { place: Place; what: string[] } {
  const { user, now } = place;
  const text = exactText(place.host, user, now);
  let { host } = place;
  const what: string[] = [];
  for (const leaf of leavesOf(place.host)) {
    const name = leafName(leaf);
    if (FIXED.test(name)) continue;
    const isState = leaf.at(-1) === 'state' && leaf.includes('charts');
    const alter = isState ? (old: string) => STATES[old] ?? old : another;
    const one = changed(host, leaf.join('.'), alter as typeof another);
    if (exactText(one, user, now) !== text) continue;
    host = one;
    what.push(name);
  }
  return { place: { ...place, id: -1, host }, what };
}

const choices = fc.array(fc.nat(20), { minLength: 5, maxLength: 50 });
const settings = fc.record({
  stack: fc.constantFrom('linux' as const, 'rfc' as const),
  sack: fc.boolean(),
  slow: fc.boolean(),
  window: fc.constantFrom(1, 4),
});

/** Goes on from a state and from the one in which a side is altered: they must tell the same. */
function compare(
  from: World,
  side: number,
  steps: readonly number[],
  workshops: readonly [Workshop, Workshop],
) {
  const { place, what } = altered(from.places[side]!);
  const places = from.places.map((old, i) => (i === side ? place : { ...old, id: -2 }));
  let one: World = { ...from, places: from.places.map((old) => ({ ...old, id: -1 })) as never };
  let other: World = { ...from, places: places as never };
  for (const step of steps) {
    const moves = workshops[0].moves(one);
    expect(workshops[1].moves(other)).toEqual(moves);
    if (moves.length === 0) break;
    const move = moves[step % moves.length]!;
    one = workshops[0].after(one, move);
    other = workshops[1].after(other, move);
    expect(told(other), what.join()).toEqual(told(one));
  }
}

test('what is left out of a state decides nothing', () => {
  fc.assert(
    fc.property(settings, choices, choices, fc.nat(1), ({ sack, ...more }, path, steps, side) => {
      const all = options(MANY, { ...more, tcp: { sack } });
      const { worlds } = pathOf(all, path);
      compare(worlds.at(-1)!, side, steps, [new Workshop(all), new Workshop(all)]);
    }),
    { numRuns: Number(process.env.DEAD ?? 25) },
  );
});
