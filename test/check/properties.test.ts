/** Each property is really asked: a state, or a step, is spoilt in one thing, and that is what is told. */
import { describe, expect, test } from 'vitest';
import type { Side } from '../../src/check/actor.ts';
import { flawOf, stepFlaw } from '../../src/check/properties.ts';
import { Workshop } from '../../src/check/workshop.ts';
import { isOver, type Move, type World } from '../../src/check/world.ts';
import { type Alter, changed, options } from './walk.ts';

/** The states of a session without faults, in which packets arrive before users go on. */
function session(): { worlds: World[]; moves: Move[] } {
  const workshop = new Workshop(options({}, { tcp: { delayedAck: 0 } }));
  const worlds = [workshop.start()];
  const moves: Move[] = [];
  while (!isOver(worlds.at(-1)!)) {
    const possible = workshop.moves(worlds.at(-1)!);
    const move = ['deliver', 'user', 'timer'].flatMap((kind) =>
      possible.filter((move) => move.kind === kind),
    )[0]!;
    moves.push(move);
    worlds.push(workshop.after(worlds.at(-1)!, move));
  }
  return { worlds, moves };
}

const { worlds, moves } = session();
const last = worlds.at(-1)!;

function states({ places }: World): (string | undefined)[] {
  return places.map(({ host }) => host.connections[0]?.charts.connection?.chart.state);
}

/** Both have opened, the server has a byte of the client, and nothing is under way. */
const open = worlds.find(
  (world) =>
    world.places[1].user.got.length > 0 &&
    world.wires.every((wire) => wire.length === 0) &&
    states(world).every((state) => state === 'ESTABLISHED'),
)!;

/** The state with one thing changed in a place. */
function spoilt(world: World, side: Side, where: string, alter: Alter): World {
  const places = world.places.map((place, i) => (i === side ? changed(place, where, alter) : place));
  return { ...world, places: places as unknown as World['places'] };
}

const C = 'host.connections.0';
const more: Alter = (number: number) => number + 1;
const muchMore: Alter = (number: number) => number + 10;
const less: Alter = (number: number) => number - 1;

test('a session without faults is without flaw', () => {
  for (const [i, world] of worlds.entries()) {
    expect(flawOf(world)).toBeUndefined();
    if (i > 0) expect(stepFlaw(worlds[i - 1]!, world, moves[i - 1]!)).toBeUndefined();
  }
});

describe('of a state', () => {
  test.each<[what: string, World, Side, where: string, Alter, flaw: RegExp]>([
    ['other bytes', open, 1, 'user.got.0', more, /^server: byte 1 delivered is not what was sent/],
    ['bytes twice', open, 1, 'user.got', () => [97, 97], /^server: byte 2 delivered is not what was sent/],
    ['bytes missing', last, 1, 'user.got', () => [97], /^server: 1 of 2 bytes delivered at the end/],
    ['an early end', open, 1, 'user.ended', () => true, /^server: 1 of 2 bytes delivered at the end/],
    ['a bad end', last, 0, 'user.reason', () => 'reset', /^client: told that the connection is reset/],
    [
      'an ACK of what was never sent',
      open,
      0,
      `${C}.snd.una`,
      more,
      /^client: SND.UNA \d+ is beyond SND.NXT/,
    ],
    ['an ACK too far', open, 1, `${C}.rcv.acked`, more, /^server: acknowledged \d+, received only to/],
    [
      'data lost by the peer',
      open,
      1,
      `${C}.rcv`,
      lost,
      /^client: SND.UNA \d+: the peer has received only to/,
    ],
    ['data from nowhere', open, 1, `${C}.rcv.nxt`, more, /^client: the peer received \d+: sent only to/],
    [
      'a peer that has closed',
      open,
      1,
      `${C}.charts.connection.chart.state`,
      () => 'FIN_WAIT_2',
      /^client: ESTABLISHED while the peer is FIN_WAIT_2/,
    ],
    [
      'a peer that is gone',
      open,
      1,
      'host.connections',
      () => [],
      /^client: ESTABLISHED while the peer is CLOSED/,
    ],
  ])('%s', (_, world, side, where, alter, flaw) => {
    expect(flawOf(spoilt(world, side, where, alter))).toMatch(flaw);
  });
});

function lost(rcv: { readonly nxt: number; readonly acked: number }): object {
  return { ...rcv, nxt: rcv.nxt - 1, acked: rcv.acked - 1 };
}

describe('of a step', () => {
  test.each([
    ['SND.UNA', 'snd.una'],
    ['RCV.NXT', 'rcv.nxt'],
    ['the right edge of the receive window', 'rcv.edge'],
  ])('%s goes back', (what, where) => {
    const flaw = stepFlaw(open, spoilt(open, 1, `${C}.${where}`, less), { kind: 'user', side: 1 });
    expect(flaw).toContain(`server: ${what} goes back from`);
  });

  /** The client's first byte, and the server's answer to it. */
  const at = worlds.findIndex((world, i) => {
    const before = worlds[i - 1];
    return before !== undefined && states(before)[1] === 'ESTABLISHED' && grown(before, world, 1);
  });
  function grown(before: World, after: World, side: Side): boolean {
    return after.wires[side].length > before.wires[side].length;
  }

  test.each<[what: string, before: string, after: string, Alter, flaw: RegExp]>([
    ['an ACK of what was not received', '', 'rcv.nxt', less, /^server: acknowledges \d+, received only to/],
    ['what lies beyond SND.NXT', '', 'snd.nxt', less, /^server: sends up to \d+, SND.NXT is/],
    ['an ACK that goes back', 'rcv.acked', '', muchMore, /^server: acknowledges \d+ after \d+/],
    ['a window that goes back', 'rcv.edge', 'rcv.edge', muchMore, /^server: sends a window that goes back/],
  ])('%s is sent', (_, before, after, alter, flaw) => {
    const spoil = (world: World, where: string): World =>
      where === '' ? world : spoilt(world, 1, `${C}.${where}`, alter);
    const [from, to] = [spoil(worlds[at - 1]!, before), spoil(worlds[at]!, after)];
    expect(stepFlaw(from, to, moves[at - 1]!)).toMatch(flaw);
  });

  test('more is received than the segment brings', () => {
    const to = spoilt(worlds[at]!, 1, `${C}.rcv.nxt`, more);
    expect(stepFlaw(worlds[at - 1]!, to, moves[at - 1]!)).toMatch(
      /^server: received \d+: what came ends at \d+/,
    );
    expect(stepFlaw(worlds[at - 1]!, to, { kind: 'timer', side: 1, early: false })).toMatch(
      /^server: received/,
    );
  });

  test('more counts as acknowledged than the segment acknowledges', () => {
    const from = worlds[at]!;
    const to = spoilt(worlds[at + 1]!, 0, `${C}.snd.una`, more);
    expect(moves[at]).toEqual({ kind: 'deliver', side: 1 });
    expect(stepFlaw(from, to, moves[at]!)).toMatch(/^client: SND.UNA \d+: acknowledged only to \d+/);
    expect(stepFlaw(from, to, { kind: 'user', side: 0 })).toMatch(
      /^client: SND.UNA \d+: acknowledged only to/,
    );
  });
});
