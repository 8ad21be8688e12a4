/**
 * One direction of a conversation as a time-sequence graph needs it, in columns: what was sent and when, and what came
 * back, as the sender saw it. Sequence numbers count from the start of the stream and do not wrap.
 *
 * Of a trace without the sender's end, times are those of the receiver.
 */
import { FloatList, IntList } from '../../model/column.ts';
import type { ConnectionRef, Conversation } from '../../model/conversations.ts';
import { kindId } from '../../model/draft.ts';
import { MARK, NONE, type TraceModel } from '../../model/traceModel.ts';
import { duplicateAcks } from '../ladder/duplicateAcks.ts';

/** What there is to a segment; bits. */
export const SENT = {
  timer: 1,
  fast: 2,
  lost: 4,
  corrupted: 8,
  syn: 16,
  fin: 32,
  rst: 64,
  probe: 128,
} as const;

/** What there is to an acknowledgement; bits. */
export const HEARD = { duplicate: 1, zeroWindow: 2, old: 4 } as const;

export class Sequence {
  /** Segments that carry something, in the order in which they were sent. */
  readonly sentTime = new FloatList();
  readonly sentFrom = new FloatList();
  readonly sentTo = new FloatList();
  readonly sentTraits = new IntList();
  readonly sentPacket = new IntList();
  /** Acknowledgements, in the order in which they came; an old one that was overtaken takes nothing back. */
  readonly ackTime = new FloatList();
  readonly ackSeq = new FloatList();
  /** Right edge of the window */
  readonly ackEdge = new FloatList();
  readonly ackTraits = new IntList();
  /** Row of the arrival, or of the sending where that is all there is. */
  readonly ackRow = new IntList();
  /** SACK blocks as they came. */
  readonly sackTime = new FloatList();
  readonly sackFrom = new FloatList();
  readonly sackTo = new FloatList();
}

/** Who sends in a direction: `a` is who called first. */
export type Side = 'a' | 'b';

/** The direction of a conversation that one side sends in. */
export function sequenceOf(model: TraceModel, conversation: Conversation, side: Side): Sequence {
  const flow = new Flow(model, conversation, side);
  const { packets } = model;
  for (let packet = 0; packet < packets.length; packet++) {
    if (!flow.isOf(packet)) continue;
    flow.learn(packet);
    if (packets.source.at(packet) === flow.sender) flow.addSent(packet);
    if (!flow.senderSeen && packets.source.at(packet) === flow.receiver)
      flow.addAck(packet, packets.row.at(packet));
  }
  if (flow.senderSeen) addArrivals(model, flow);
  return flow.sequence;
}

/** What came to the sender, in the order in which it came. */
function addArrivals({ events, length, packets }: TraceModel, flow: Flow): void {
  for (let row = 0; row < length; row++) {
    if (events.kind[row] !== kindId.receive || events.end[row] !== flow.senderEnd) continue;
    const packet = events.a[row]! - 1;
    const copy = events.d[row]! - 1;
    if (packet < 0 || packets.source.at(packet) !== flow.receiver || !flow.isOf(packet)) continue;
    if (copy === NONE || packets.fateOf(copy) === 'received') flow.addAck(packet, row);
  }
}

class Flow {
  readonly sequence = new Sequence();
  /** Words of the addresses */
  readonly sender: number;
  readonly receiver: number;
  /** Word of the sender's end; NONE when the trace does not have it. */
  readonly senderEnd: number;
  readonly #model: TraceModel;
  readonly #refs: readonly ConnectionRef[];
  readonly #duplicates: Uint8Array;
  /** By which the receiver's windows are shifted, of segments without SYN, if the sender wants that too. */
  #scale = 0;
  #scaled = true;
  #first: number | undefined;
  #last = 0;

  constructor(model: TraceModel, { a, b }: Conversation, side: Side) {
    const own = side === 'a' ? a : b;
    const { words } = model;
    const [from, to] = [words.find(a.local), words.find(b?.local ?? a.remote)];
    this.sender = (side === 'a' ? from : to) ?? NONE;
    this.receiver = (side === 'a' ? to : from) ?? NONE;
    this.senderEnd = own?.endId ?? NONE;
    this.#model = model;
    this.#refs = b === undefined ? [a] : [a, b];
    this.#duplicates = duplicateAcks(model);
    this.#first = model.packets.isn(this.sender, this.receiver);
    this.#last = this.#first ?? 0;
  }

  get senderSeen(): boolean {
    return this.senderEnd !== NONE;
  }

  /** A packet is of the conversation, in either direction. */
  isOf(packet: number): boolean {
    const { packets, events } = this.#model;
    const [source, destination] = [packets.source.at(packet), packets.destination.at(packet)];
    const forth = source === this.sender && destination === this.receiver;
    if (!forth && (source !== this.receiver || destination !== this.sender)) return false;
    const row = packets.row.at(packet);
    const connection = events.connection[row]!;
    // Addresses may have been used by another connection before
    return (
      connection === 0 ||
      this.#refs.some((ref) => ref.connection === connection && ref.endId === events.end[row])
    );
  }

  /** Takes in a segment of the sender's that carries something. */
  addSent(packet: number): void {
    const { packets, words, events } = this.#model;
    const flags = words.text(packets.flags.at(packet));
    const carries = packets.dataLength.at(packet) + (/[SF]/.test(flags) ? 1 : 0);
    const why = words.text(packets.why.at(packet));
    if (carries === 0 && !flags.includes('R') && why !== 'probe' && why !== 'keepAlive') return;
    const { sequence } = this;
    const from = this.#unwrap(packets.seq.at(packet));
    sequence.sentTime.push(events.time[packets.row.at(packet)]!);
    sequence.sentFrom.push(from);
    sequence.sentTo.push(from + carries);
    sequence.sentTraits.push(whyTraits(why) | flagTraits(flags) | this.#fateTraits(packet));
    sequence.sentPacket.push(packet);
  }

  /** Learns from SYNs how windows are scaled, which both must want (RFC 7323 section 2.2). */
  learn(packet: number): void {
    const { packets, words } = this.#model;
    if (!words.text(packets.flags.at(packet)).includes('S')) return;
    const scale = packets.optionsOf(packet)?.windowScale;
    if (packets.source.at(packet) === this.receiver) this.#scale = scale ?? 0;
    else this.#scaled = scale !== undefined;
  }

  /** Takes in what the receiver says. */
  addAck(packet: number, row: number): void {
    const { packets, words, events } = this.#model;
    const flags = words.text(packets.flags.at(packet));
    if (!flags.includes('.')) return;
    const { sequence } = this;
    const ack = this.#unwrap(packets.ack.at(packet));
    const window = packets.window.at(packet) * (flags.includes('S') || !this.#scaled ? 1 : 2 ** this.#scale);
    const t = events.time[row]!;
    const before = sequence.ackSeq.length - 1;
    const old = before >= 0 && ack < sequence.ackSeq.at(before);
    let traits = this.#duplicates[packet] === 1 ? HEARD.duplicate : 0;
    if (window === 0 && !/[SR]/.test(flags)) traits |= HEARD.zeroWindow;
    if (old) traits = HEARD.old;
    sequence.ackTime.push(t);
    sequence.ackSeq.push(old ? sequence.ackSeq.at(before) : ack);
    sequence.ackEdge.push(old ? sequence.ackEdge.at(before) : ack + window);
    sequence.ackTraits.push(traits);
    sequence.ackRow.push(row);
    for (const [left, right] of packets.optionsOf(packet)?.sack ?? []) {
      sequence.sackTime.push(t);
      sequence.sackFrom.push(this.#unwrap(left));
      sequence.sackTo.push(this.#unwrap(right));
    }
  }

  /** A sequence number of the sender's stream as the count from its start. */
  #unwrap(seq: number): number {
    this.#first ??= seq;
    this.#last += (seq - this.#last) | 0;
    return this.#last - this.#first;
  }

  #fateTraits(packet: number): number {
    const { packets } = this.#model;
    let [lost, copies, corrupted] = [0, 0, false];
    for (let copy = packets.firstCopy.at(packet); copy !== NONE; copy = packets.copyNext.at(copy)) {
      copies += 1;
      const fate = packets.fateOf(copy);
      if (fate === 'lost') lost += 1;
      corrupted ||= fate === 'discarded' && (packets.copyMarks.at(copy) & MARK.corrupted) !== 0;
    }
    return (copies > 0 && lost === copies ? SENT.lost : 0) | (corrupted ? SENT.corrupted : 0);
  }
}

function whyTraits(why: string): number {
  if (why === 'timer') return SENT.timer;
  if (why === 'fast') return SENT.fast;
  return why === 'probe' || why === 'keepAlive' ? SENT.probe : 0;
}

function flagTraits(flags: string): number {
  return (
    (flags.includes('S') ? SENT.syn : 0) |
    (flags.includes('F') ? SENT.fin : 0) |
    (flags.includes('R') ? SENT.rst : 0)
  );
}
