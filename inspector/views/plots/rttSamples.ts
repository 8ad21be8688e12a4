/**
 * Round-trip times as a sender could measure them, from the packets alone: which ones it takes, and which ones Karn's
 * rule (RFC 6298 section 3) has it refuse because the ACK may be for either sending of a segment.
 *
 * With timestamps (RFC 7323 section 4) the echoed value tells which sending is meant, and all are taken.
 */
import type { ConnectionRef } from '../../model/conversations.ts';
import { kindId } from '../../model/draft.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';

export interface RttSample {
  /** Row of the ACK's arrival, and its time, us. */
  readonly row: number;
  readonly t: number;
  /** us; of a refused one what it would have been, counted from the last sending. */
  readonly rtt: number;
  readonly refused: boolean;
}

/** What was sent and is not acknowledged. */
interface Pending {
  readonly end: number;
  readonly from: number;
  sentAt: number;
  repeated: boolean;
  sacked: boolean;
}

/** Sending times by timestamp that are remembered. */
const STAMPS = 50_000;

/** All samples of one end; it reads on as the run grows. */
export class RttSamples {
  readonly all: RttSample[] = [];
  readonly #model: TraceModel;
  readonly #ref: ConnectionRef;
  #row = 0;
  #pending: Pending[] = [];
  readonly #stamps = new Map<number, number>();

  constructor(model: TraceModel, ref: ConnectionRef) {
    this.#model = model;
    this.#ref = ref;
  }

  /** Takes in what the run has now. */
  readOn(): readonly RttSample[] {
    const { events, length } = this.#model;
    for (; this.#row < length; this.#row++) {
      if (events.end[this.#row] !== this.#ref.endId) continue;
      if (events.kind[this.#row] === kindId.send) this.#sent(this.#row);
      else if (events.kind[this.#row] === kindId.receive) this.#received(this.#row);
    }
    return this.all;
  }

  #sent(row: number): void {
    const { events, packets, words } = this.#model;
    if (events.connection[row] !== this.#ref.connection) return;
    const packet = events.a[row]! - 1;
    const stamp = packets.optionsOf(packet)?.timestamps?.[0];
    const t = events.time[row]!;
    if (stamp !== undefined && !this.#stamps.has(stamp)) {
      if (this.#stamps.size >= STAMPS) this.#stamps.clear();
      this.#stamps.set(stamp, t);
    }
    const flags = words.text(packets.flags.at(packet));
    const length = packets.dataLength.at(packet) + (/[SF]/.test(flags) ? 1 : 0);
    if (length === 0 || flags.includes('R')) return;
    const from = packets.seq.at(packet);
    const end = (from + length) >>> 0;
    let known = false;
    for (const pending of this.#pending) {
      if (((pending.end - from) | 0) <= 0 || ((end - pending.from) | 0) <= 0) continue;
      known = true;
      pending.repeated = true;
      pending.sentAt = t;
    }
    if (!known) this.#pending.push({ from, end, sentAt: t, repeated: false, sacked: false });
  }

  #received(row: number): void {
    const { events, packets, words } = this.#model;
    const [packet, copy] = [events.a[row]! - 1, events.d[row]! - 1];
    if (packet < 0 || copy < 0 || packets.fateOf(copy) !== 'received' || !this.#isOwn(packet)) return;
    if (!words.text(packets.flags.at(packet)).includes('.')) return;
    const options = packets.optionsOf(packet);
    for (const [left, right] of options?.sack ?? []) this.#sacked(left, right);
    const ack = packets.ack.at(packet);
    let covered = 0;
    let newest: Pending | undefined;
    let last: Pending | undefined;
    let repeated = false;
    for (const pending of this.#pending) {
      if (((ack - pending.end) | 0) < 0) break;
      covered += 1;
      last = pending;
      repeated ||= pending.repeated;
      if (!pending.repeated && !pending.sacked) newest = pending;
    }
    if (last === undefined) return;
    this.#pending.splice(0, covered);
    const echoed = options?.timestamps?.[1] ?? 0;
    const stamped = echoed === 0 ? undefined : this.#stamps.get(echoed);
    const t = events.time[row]!;
    if (stamped !== undefined) this.#add(row, t, this.#sinceStamp(stamped, t), false);
    else if (repeated) this.#add(row, t, t - last.sentAt, true);
    else if (newest !== undefined) this.#add(row, t, t - newest.sentAt, false);
  }

  #isOwn(packet: number): boolean {
    const { packets, words } = this.#model;
    return (
      packets.source.at(packet) === (words.find(this.#ref.remote) ?? NONE) &&
      packets.destination.at(packet) === (words.find(this.#ref.local) ?? NONE)
    );
  }

  #sacked(left: number, right: number): void {
    for (const pending of this.#pending)
      if (((pending.from - left) | 0) >= 0 && ((right - pending.end) | 0) >= 0) pending.sacked = true;
  }

  /** The stack's timestamps count ms; a capture's clock is not known, so that its own times are better. */
  #sinceStamp(sentAt: number, t: number): number {
    if (this.#model.header?.configuration.tcp === undefined) return t - sentAt;
    return (Math.floor(t / 1000) - Math.floor(sentAt / 1000)) * 1000;
  }

  #add(row: number, t: number, rtt: number, refused: boolean): void {
    this.all.push({ row, t, rtt: Math.max(0, rtt), refused });
  }
}

const made = new WeakMap<TraceModel, Map<string, RttSamples>>();

/** The samples of an end. */
export function samplesOf(model: TraceModel, ref: ConnectionRef): readonly RttSample[] {
  const own = made.get(model) ?? new Map<string, RttSamples>();
  made.set(model, own);
  const key = `${ref.end} ${ref.connection}`;
  const samples = own.get(key) ?? new RttSamples(model, ref);
  own.set(key, samples);
  return samples.readOn();
}

/** Samples between two times, of each column and kind the least and the largest. */
export function visibleSamples(
  all: readonly RttSample[],
  [from, to]: readonly [number, number],
  columns: number,
): RttSample[] {
  const perColumn = Math.max(1, (to - from) / Math.max(1, columns));
  const shown: RttSample[] = [];
  let i = firstFrom(all, from);
  while (i < all.length && all[i]!.t <= to) {
    const column = Math.floor((all[i]!.t - from) / perColumn);
    const kept = new Map<string, RttSample>();
    for (; i < all.length && Math.floor((all[i]!.t - from) / perColumn) === column; i++) {
      const sample = all[i]!;
      const [low, high] = [`${sample.refused} low`, `${sample.refused} high`];
      if ((kept.get(low)?.rtt ?? Number.POSITIVE_INFINITY) > sample.rtt) kept.set(low, sample);
      if ((kept.get(high)?.rtt ?? -1) <= sample.rtt) kept.set(high, sample);
    }
    shown.push(...[...new Set(kept.values())].sort((one, other) => one.row - other.row));
  }
  return shown;
}

/** Place of the first sample at or after a time, us. */
export function firstFrom(all: readonly RttSample[], t: number): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (all[middle]!.t < t) low = middle + 1;
    else high = middle;
  }
  return low;
}
