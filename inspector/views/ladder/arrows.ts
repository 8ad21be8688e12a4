/**
 * The arrows of a ladder: one for each copy of a packet, from its sender's post when it left to its receiver's when it
 * arrived, in columns, in the order in which they left. What is seen of them is for others to decide.
 */
import { countBelow, FloatList, IntList } from '../../model/column.ts';
import { kindId } from '../../model/draft.ts';
import { MARK, NONE, type TraceModel } from '../../model/traceModel.ts';
import { duplicateAcks } from './duplicateAcks.ts';
import type { Posts } from './posts.ts';

/** How an arrow ends. */
export const END = {
  arrived: 0,
  /** The receiver dropped it. */
  discarded: 1,
  /** The link dropped it. */
  lost: 2,
  /** The trace does not tell when it arrived. */
  untold: 3,
} as const;

/** What else there is to an arrow; bits of `traits`. */
export const TRAIT = {
  data: 1,
  /** Sent again as its timer ran out, or fast. */
  timer: 2,
  fast: 4,
  duplicateAck: 8,
  corrupted: 16,
  copy: 32,
  late: 64,
  /** SYN, FIN or RST */
  control: 128,
  probe: 256,
  /** It came, and the trace does not tell when it left. */
  unsent: 512,
} as const;

/** What a person looking for trouble wants to see. */
export const TROUBLE =
  TRAIT.timer | TRAIT.fast | TRAIT.duplicateAck | TRAIT.corrupted | TRAIT.copy | TRAIT.late;

/** Places are numbers from 0. */
export class Arrows {
  readonly packet = new IntList();
  /** NONE when nothing is told of what became of the packet. */
  readonly copy = new IntList();
  /** Places of posts */
  readonly from = new IntList();
  readonly to = new IntList();
  /** us, in order; where the trace does not tell of the sending, when the first copy came. */
  readonly sent = new FloatList();
  /** us; as it may have been where the trace does not tell. */
  readonly ended = new FloatList();
  readonly end = new IntList();
  readonly traits = new IntList();
  /** The latest end up to here, us. */
  readonly reach = new FloatList();
  /** What most packets take, us; 0 when nothing is known. */
  readonly transit: number;

  constructor(transit: number) {
    this.transit = transit;
  }

  get length(): number {
    return this.packet.length;
  }

  /** Places from which to which to look for what is under way between two times (us). */
  between(from: number, to: number): [number, number] {
    const first = countBelow(this.reach.data, this.length, from);
    return [first, countBelow(this.sent.data, this.length, to + this.transit + 1)];
  }

  /** When it leaves the post, us; as it may have been where the trace does not tell. */
  start(at: number): number {
    return (this.traits.at(at) & TRAIT.unsent) !== 0 ? this.ended.at(at) - this.transit : this.sent.at(at);
  }

  /** The row of what settled it; NONE when it is not in the trace. */
  endRow(model: TraceModel, at: number): number {
    const copy = this.copy.at(at);
    return copy === NONE ? NONE : model.packets.copyEndRow.at(copy);
  }
}

/** The arrows between posts. `wanted` says which packets are drawn. */
export function arrowsOf(model: TraceModel, posts: Posts, wanted: (packet: number) => boolean): Arrows {
  const { packets } = model;
  const arrows = new Arrows(typicalTransit(model));
  const duplicates = duplicateAcks(model);
  const traitsOf = traitsFor(model);
  for (let packet = 0; packet < packets.length; packet++) {
    const [from, to] = postsFor(model, posts, packet);
    if (from === NONE || !wanted(packet)) continue;
    const traits = traitsOf(packet) | (duplicates[packet] === 1 ? TRAIT.duplicateAck : 0);
    let copy = packets.firstCopy.at(packet);
    do {
      add(model, arrows, packet, copy, from, to, traits);
      copy = copy === NONE ? NONE : packets.copyNext.at(copy);
    } while (copy !== NONE);
  }
  return arrows;
}

/** Between which posts a packet goes; NONE when it has nothing to do with them. */
function postsFor({ packets, events }: TraceModel, posts: Posts, packet: number): [number, number] {
  const from = posts.postOf(packets.source.at(packet));
  const to = posts.postOf(packets.destination.at(packet));
  if (from !== NONE && to !== NONE && from !== to) return [from, to];
  // What could not be read has no addresses: who sent it is known
  if (packets.source.at(packet) !== 0 || posts.all.length > 2) return [NONE, NONE];
  const own = posts.all.findIndex(({ end }) => end === events.end[packets.row.at(packet)]);
  if (own < 0) return [NONE, NONE];
  return packets.why.at(packet) === 0 ? [1 - own, own] : [own, 1 - own];
}

/** What says of a packet what there is to all of its arrows. */
function traitsFor({ packets, words }: TraceModel): (packet: number) => number {
  // By word: there are few
  const byWhy: number[] = [];
  const byFlags: number[] = [];
  return (packet) => {
    const [why, flags] = [packets.why.at(packet), packets.flags.at(packet)];
    byWhy[why] ??= whyTraits(words.text(why));
    byFlags[flags] ??= /[SFR]/.test(words.text(flags)) ? TRAIT.control : 0;
    return byWhy[why] | byFlags[flags] | (packets.dataLength.at(packet) > 0 ? TRAIT.data : 0);
  };
}

function whyTraits(why: string): number {
  // A loss probe too goes out because a timer has run out
  if (why === 'timer' || why === 'lossProbe') return TRAIT.timer;
  if (why === 'fast') return TRAIT.fast;
  return why === 'probe' || why === 'keepAlive' ? TRAIT.probe : 0;
}

function add(
  model: TraceModel,
  arrows: Arrows,
  packet: number,
  copy: number,
  from: number,
  to: number,
  traits: number,
): void {
  const { packets, events } = model;
  const row = packets.row.at(packet);
  const endRow = copy === NONE ? NONE : packets.copyEndRow.at(copy);
  const stray = events.kind[row] === kindId.receive && onlyArrives(model, endRow);
  const end = endOf(model, copy, endRow);
  const marks = copy === NONE ? 0 : packets.copyMarks.at(copy);
  const started = events.time[row]!;
  const ended = endRow === NONE ? started + arrows.transit : events.time[endRow]!;
  arrows.packet.push(packet);
  arrows.copy.push(copy);
  arrows.from.push(from);
  arrows.to.push(to);
  arrows.sent.push(started);
  arrows.ended.push(ended);
  arrows.end.push(end);
  arrows.traits.push(traits | markTraits(marks) | (stray ? TRAIT.unsent : 0));
  arrows.reach.push(Math.max(ended, arrows.length > 1 ? arrows.reach.at(arrows.length - 2) : 0));
}

/** All that is told of a copy is that it came: nothing in the trace led to its arrival, which `end` settled. */
function onlyArrives({ events }: TraceModel, end: number): boolean {
  if (end === NONE) return false;
  const arrival = events.kind[end] === kindId.discard ? events.causeOf(end) : end;
  return arrival !== NONE && events.kind[arrival] === kindId.receive && events.causeOf(arrival) === NONE;
}

function endOf({ packets }: TraceModel, copy: number, endRow: number): number {
  if (endRow === NONE) return END.untold;
  switch (packets.fateOf(copy)) {
    case 'lost':
      return END.lost;
    case 'discarded':
      return END.discarded;
    default:
      return END.arrived;
  }
}

function markTraits(marks: number): number {
  let traits = 0;
  if ((marks & MARK.corrupted) !== 0) traits |= TRAIT.corrupted;
  if ((marks & MARK.duplicate) !== 0) traits |= TRAIT.copy;
  if ((marks & (MARK.late | MARK.reordered)) !== 0) traits |= TRAIT.late;
  return traits;
}

/** How many packets are looked at to know what most take. */
const SAMPLES = 2000;

/** What half of those that arrived took at the most, us; at once ones not counted. */
function typicalTransit({ packets, events }: TraceModel): number {
  const times: number[] = [];
  const step = Math.max(1, Math.floor(packets.copies / SAMPLES));
  for (let copy = 0; copy < packets.copies; copy += step) {
    const end = packets.copyEndRow.at(copy);
    if (end === NONE || packets.fateOf(copy) === 'lost') continue;
    const time = events.time[end]! - events.time[packets.row.at(packets.copyPacket.at(copy))]!;
    if (time > 0) times.push(time);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1] ?? 0;
}
