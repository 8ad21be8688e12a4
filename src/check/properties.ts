/**
 * What must hold in every state, and on the way from one to the next. Each answers with what is wrong, if anything.
 * The first three ask about one end as it is: they serve whoever has two ends at hand.
 */
import type { ConnectionSnapshot } from '../tcp/connectionSnapshot.ts';
import { add, distance, type Seq, seq } from '../tcp/seq.ts';
import { ACK, RST, type Segment, SYN } from '../wire/tcp.ts';
import { byteOf, bytesOf, NAMES, other, SIDES, type Side } from './actor.ts';
import { connectionOf, isOver, type Move, type Packet, stateOf, type World } from './world.ts';

/** The variables of one end: of a connection, or of its snapshot. */
export type Variables = Pick<ConnectionSnapshot, 'snd' | 'rcv'>;

/** What the other side may be in while one is ESTABLISHED and nothing is under way. */
const BESIDE_ESTABLISHED = ['SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1'];

/** Has this end seen its peer's SYN? */
function knows({ rcv }: Variables): boolean {
  return rcv.irs !== 0 || rcv.nxt !== 0;
}

/**
 * RFC 9293 section 3.4: what is acknowledged was sent, what is sent fits the numbers; and, if the peer is there, that
 * it has received what it is said to have acknowledged, and nothing that was not sent.
 */
export function numbersFlaw({ snd, rcv }: Variables, peer?: Variables): string | undefined {
  if (distance(snd.nxt, snd.una) < 0) return `SND.UNA ${snd.una} is beyond SND.NXT ${snd.nxt}`;
  if (distance(rcv.nxt, rcv.acked) < 0) return `acknowledged ${rcv.acked}, received only to ${rcv.nxt}`;
  if (peer === undefined || peer.rcv.irs !== snd.iss || !knows(peer)) return undefined;
  if (distance(peer.rcv.nxt, snd.una) < 0)
    return `SND.UNA ${snd.una}: the peer has received only to ${peer.rcv.nxt}`;
  if (distance(snd.nxt, peer.rcv.nxt) < 0)
    return `the peer received ${peer.rcv.nxt}: sent only to ${snd.nxt}`;
  return undefined;
}

/** Windows do not shrink, numbers do not go back (RFC 9293 section 3.8.6). */
export function progressFlaw(before: Variables, now: Variables): string | undefined {
  if (!knows(before)) return undefined;
  const numbers: readonly [string, Seq, Seq][] = [
    ['SND.UNA', before.snd.una, now.snd.una],
    ['RCV.NXT', before.rcv.nxt, now.rcv.nxt],
    ['the right edge of the receive window', before.rcv.edge, now.rcv.edge],
  ];
  const back = numbers.find(([, from, to]) => distance(to, from) < 0);
  return back && `${back[0]} goes back from ${back[1]} to ${back[2]}`;
}

/**
 * What is wrong with a segment that an end has sent, from what it was before to what it is now: it acknowledges what
 * was received and promises no less than before (SHLD-14), and lies within what counts as sent.
 */
export function segmentFlaw(segment: Segment, before: Variables, now: Variables): string | undefined {
  if ((segment.flags & RST) !== 0) return undefined;
  const end = add(seq(segment.seq), segment.length);
  if (distance(now.snd.nxt, end) < 0) return `sends up to ${end}, SND.NXT is ${now.snd.nxt}`;
  if ((segment.flags & ACK) === 0) return undefined;
  const ack = seq(segment.ack);
  if (distance(now.rcv.nxt, ack) < 0) return `acknowledges ${ack}, received only to ${now.rcv.nxt}`;
  if ((segment.flags & SYN) !== 0 || !knows(before)) return undefined;
  if (distance(ack, before.rcv.acked) < 0) return `acknowledges ${ack} after ${before.rcv.acked}`;
  const unit = 1 << now.rcv.scale;
  const edge = add(ack, segment.window * unit);
  // Scaling rounds: the edge may wobble by less than one unit (RFC 7323 section 2.4)
  if (distance(edge, before.rcv.edge) <= -unit)
    return `sends a window that goes back from ${before.rcv.edge} to ${edge}`;
  return undefined;
}

/** What is wrong with a state; undefined if nothing is. */
export function flawOf(world: World): string | undefined {
  for (const side of SIDES) {
    const flaw = deliveryFlaw(world, side) ?? agreementFlaw(world, side) ?? standingFlaw(world, side);
    if (flaw !== undefined) return `${NAMES[side]}: ${flaw}`;
  }
  return undefined;
}

/** Data delivered is a prefix of the data sent, and all of it when the end has come, which is a good one. */
function deliveryFlaw(world: World, side: Side): string | undefined {
  const { got, ended, reason } = world.places[side].user;
  const from = other(side);
  if (reason !== undefined && reason !== 'closed') return `told that the connection is ${reason}`;
  const wrong = got.findIndex((byte, i) => byte !== byteOf(from, i) || i >= bytesOf(from));
  if (wrong >= 0) return `byte ${wrong + 1} delivered is not what was sent`;
  const there = got.length + (connectionOf(world, side)?.receiver.available ?? 0);
  if ((ended || isOver(world)) && there < bytesOf(from))
    return `${there} of ${bytesOf(from)} bytes delivered at the end`;
  return undefined;
}

function standingFlaw(world: World, side: Side): string | undefined {
  const saved = connectionOf(world, side);
  if (saved === undefined || stateOf(saved) === 'CLOSED') return undefined;
  return numbersFlaw(saved, connectionOf(world, other(side)));
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

/** What is wrong with a step: with what the ends have become by this move, and with what they have sent. */
export function stepFlaw(before: World, after: World, move: Move): string | undefined {
  for (const side of SIDES) {
    const [old, now] = [connectionOf(before, side), connectionOf(after, side)];
    if (old === undefined || now === undefined || old === now) continue;
    const sent = after.wires[side].slice(before.wires[side].length);
    const come = arrivedAt(side, before, move);
    const flaw = progressFlaw(old, now) ?? sentFlaw(sent, old, now) ?? sourceFlaw(old, now, come);
    if (flaw !== undefined) return `${NAMES[side]}: ${flaw}`;
  }
  return undefined;
}

/** The segment that a move brings to a side; undefined if it does not. */
function arrivedAt(side: Side, { wires }: World, { kind, side: from }: Move): Segment | undefined {
  if (from === side || (kind !== 'deliver' && kind !== 'overtake')) return undefined;
  const segment = wires[from][kind === 'deliver' ? 0 : 1]?.segment;
  return typeof segment === 'string' ? undefined : segment;
}

/**
 * What an end holds for acknowledged and for received comes from the segment that has arrived. With what `segmentFlaw`
 * asks of that one's sender this says of each step by itself what `numbersFlaw` says of both ends at a time: so it does
 * not matter which of two steps, one at each end, is gone first (reduction.ts).
 */
function sourceFlaw(before: Received, now: Received, segment: Segment | undefined): string | undefined {
  const acked = segment !== undefined && (segment.flags & ACK) !== 0 ? seq(segment.ack) : before.snd.una;
  if (distance(now.snd.una, before.snd.una) > 0 && distance(now.snd.una, acked) > 0)
    return `SND.UNA ${now.snd.una}: acknowledged only to ${acked}`;
  const top = topOf(now);
  const end = segment === undefined ? topOf(before) : add(seq(segment.seq), segment.length);
  if (knows(before) && distance(top, topOf(before)) > 0 && distance(top, end) > 0)
    return `received ${top}: what came ends at ${end}`;
  return undefined;
}

type Received = Variables & Pick<ConnectionSnapshot, 'receiver'>;

/** After the last that has been received, in order or not. */
function topOf({ rcv, receiver }: Received): Seq {
  return seq(receiver.ranges.at(-1)?.right ?? rcv.nxt);
}

function sentFlaw(sent: readonly Packet[], before: Variables, now: Variables): string | undefined {
  for (const { segment } of sent) {
    const flaw =
      typeof segment === 'string' ? `sends a packet that is ${segment}` : segmentFlaw(segment, before, now);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}
