/** What must hold in every state, and on the way from one to the next. Each answers with what is wrong, if anything. */
import { distance, type Seq } from '../tcp/seq.ts';
import {
  byteOf,
  bytesOf,
  connectionOf,
  isOver,
  NAMES,
  other,
  SIDES,
  type Side,
  stateOf,
  type World,
} from './world.ts';

/** What the other side may be in while one is ESTABLISHED and nothing is under way. */
const BESIDE_ESTABLISHED = ['SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1'];

/** What is wrong with a state; undefined if nothing is. */
export function flawOf(world: World): string | undefined {
  for (const side of SIDES) {
    const flaw = deliveryFlaw(world, side) ?? numbersFlaw(world, side) ?? agreementFlaw(world, side);
    if (flaw !== undefined) return `${NAMES[side]}: ${flaw}`;
  }
  return undefined;
}

/** Data delivered is a prefix of the data sent, and all of it when the end has come. */
function deliveryFlaw(world: World, side: Side): string | undefined {
  const { got, ended } = world.places[side].user;
  const from = other(side);
  const wrong = got.findIndex((byte, i) => byte !== byteOf(from, i) || i >= bytesOf(from));
  if (wrong >= 0) return `byte ${wrong + 1} delivered is not what was sent`;
  if ((ended || isOver(world)) && got.length < bytesOf(from))
    return `${got.length} of ${bytesOf(from)} bytes delivered at the end`;
  return undefined;
}

/** RFC 9293 section 3.4: what is acknowledged was sent, what is sent fits the numbers. */
function numbersFlaw(world: World, side: Side): string | undefined {
  const saved = connectionOf(world, side);
  if (saved === undefined || stateOf(saved) === 'CLOSED') return undefined;
  const { snd, rcv } = saved;
  if (distance(snd.nxt, snd.una) < 0) return `SND.UNA ${snd.una} is beyond SND.NXT ${snd.nxt}`;
  if (distance(rcv.nxt, rcv.acked) < 0) return `acknowledged ${rcv.acked}, received only to ${rcv.nxt}`;
  const peer = connectionOf(world, other(side));
  if (peer === undefined || peer.rcv.irs === 0) return undefined;
  if (distance(peer.rcv.nxt, snd.una) < 0)
    return `SND.UNA ${snd.una}: the peer has received only to ${peer.rcv.nxt}`;
  if (distance(snd.nxt, peer.rcv.nxt) < 0)
    return `the peer received ${peer.rcv.nxt}: sent only to ${snd.nxt}`;
  return undefined;
}

/** Once nothing is under way, both sides agree that there is a connection. */
function agreementFlaw(world: World, side: Side): string | undefined {
  if (world.wires.some((wire) => wire.length > 0)) return undefined;
  const saved = connectionOf(world, side);
  if (saved === undefined || stateOf(saved) !== 'ESTABLISHED') return undefined;
  const peer = world.places[other(side)].host.connections.at(-1);
  const state = peer === undefined ? 'CLOSED' : stateOf(peer);
  return BESIDE_ESTABLISHED.includes(state) ? undefined : `ESTABLISHED while the peer is ${state}`;
}

/** What is wrong with a step: windows do not shrink, numbers do not go back (RFC 9293 section 3.8.6). */
export function stepFlaw(before: World, after: World): string | undefined {
  for (const side of SIDES) {
    const [old, now] = [connectionOf(before, side), connectionOf(after, side)];
    if (old === undefined || now === undefined || old === now || old.rcv.irs === 0) continue;
    const numbers: readonly [string, Seq, Seq][] = [
      ['SND.UNA', old.snd.una, now.snd.una],
      ['RCV.NXT', old.rcv.nxt, now.rcv.nxt],
      ['the right edge of the receive window', old.rcv.edge, now.rcv.edge],
    ];
    for (const [name, from, to] of numbers) {
      if (distance(to, from) < 0) return `${NAMES[side]}: ${name} goes back from ${from} to ${to}`;
    }
  }
  return undefined;
}
