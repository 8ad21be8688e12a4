/**
 * The retransmission queue: what was sent and is not acknowledged, oldest first, and the scoreboard of RFC 6675.
 *
 * It finds out which segments an ACK or a SACK block covers and which are lost by now, and tells their charts. What a
 * loss means is the `recovery` chart's. No ACK walks the queue: a segment is looked at once for each thing that
 * becomes true of it.
 */
import { segmentEvents } from '../../machines/segment.ts';
import type { CongestionControl } from './congestion/congestion.ts';
import type { QueueSnapshot } from './connectionSnapshot.ts';
import { DeliveryRate } from './rate.ts';
import { Mark, type SegmentRecord } from './record.ts';
import { SendOrder } from './sendOrder.ts';
import { add, distance, geq, gt, later, leq, lt, type Seq, seq } from './seq.ts';

/** What an acknowledgment took from the queue. */
export interface Acknowledged {
  /** Sequence numbers newly acknowledged. */
  bytes: number;
  /** When the newest segment fit for a measurement was sent (Karn), us; -1: none is. */
  sentAt: number;
  /** Some acknowledged segment had been sent more than once. */
  retransmitted: boolean;
  /** The oldest segment that is left is acknowledged in part. */
  partial: boolean;
  /** Sequence numbers of the largest segment newly acknowledged whole. */
  largest: number;
}

export class RetransmissionQueue {
  /** Sequence numbers under each mark: none, in flight (RFC 6675's pipe), sacked, lost. */
  readonly marked: [number, number, number, number] = [0, 0, 0, 0];
  /** Sequence numbers ever reported received by SACK, received at all, and given up for lost. */
  sackedTotal = 0;
  deliveredTotal = 0;
  lostTotal = 0;
  readonly rate = new DeliveryRate(this);
  /** Segments under each mark. */
  readonly counts: [number, number, number, number] = [0, 0, 0, 0];
  /** Those in flight, as they were sent. */
  readonly sendOrder = new SendOrder();
  readonly #delivered: (record: SegmentRecord) => void;
  /** Told of each segment given up for lost, if it wants to be. */
  congestion: Pick<CongestionControl, 'lost'> | undefined;
  #records: SegmentRecord[] = [];
  /** Place of the oldest record in the array, and its index. */
  #head = 0;
  #base = 0;
  /** Known to be received, in order, disjoint: left and right edges. */
  readonly #sacked: Seq[] = [];
  /** Records before this index have been judged: not lost, or marked so. */
  #lossEdge = 0;
  /** Sacked sequence numbers of records from `#lossEdge` on. */
  #sackedAbove = 0;
  /** Lost records by sequence number; some may have been acknowledged since. */
  #lost: SegmentRecord[] = [];
  #lostHead = 0;
  /** RFC 6675 NextSeg (3): records before this index were offered already in this recovery. */
  #rescueEdge = 0;

  /** `delivered` is told of each segment that is known to be received, once. */
  constructor(delivered: (record: SegmentRecord) => void = () => {}) {
    this.#delivered = delivered;
  }

  get size(): number {
    return this.#records.length - this.#head;
  }

  get oldest(): SegmentRecord | undefined {
    return this.#records[this.#head];
  }

  get newest(): SegmentRecord | undefined {
    return this.size === 0 ? undefined : this.#records[this.#records.length - 1];
  }

  /** Highest sequence number known to be received out of order; undefined without any. */
  get highestSacked(): Seq | undefined {
    return this.#sacked[this.#sacked.length - 1];
  }

  /** All records, oldest first: for the rare things that concern each. */
  *[Symbol.iterator](): IterableIterator<SegmentRecord> {
    for (let i = this.#head; i < this.#records.length; i++) yield this.#records[i] as SegmentRecord;
  }

  push(record: SegmentRecord): void {
    record.index = this.#base + this.size;
    this.#records.push(record);
  }

  /** Takes off all that `ack` covers; `result` is filled in. */
  acknowledge(ack: Seq, result: Acknowledged): void {
    result.bytes = 0;
    result.sentAt = -1;
    result.retransmitted = false;
    result.partial = false;
    result.largest = 0;
    let record = this.oldest;
    while (record !== undefined && leq(record.end, ack)) {
      this.#note(record, result);
      this.#shift(record);
      record.chart.send(segmentEvents.acked);
      record = this.oldest;
    }
    if (record !== undefined && lt(record.start, ack)) this.#acknowledgePart(record, ack, result);
    while (this.#sacked.length > 0 && leq(this.#sacked[1] as Seq, ack)) this.#sacked.splice(0, 2);
  }

  #acknowledgePart(record: SegmentRecord, ack: Seq, result: Acknowledged): void {
    const covered = distance(ack, record.start);
    result.bytes += covered;
    this.rate.arrived(record);
    if (record.mark !== Mark.sacked) this.deliveredTotal += covered;
    else if (record.index >= this.#lossEdge) this.#sackedAbove -= covered;
    record.trim(ack);
    result.partial = true;
  }

  /** RFC 6298 (5.3): the timer of what is now the oldest is started anew, once the new RTO is known. */
  restartTimer(acked: Acknowledged): void {
    const { oldest } = this;
    if (oldest === undefined) return;
    // With a timer for each it runs already; but what was reported received has none, and yet is not acknowledged.
    if (oldest.timerPerSegment() && oldest.mark !== Mark.sacked) return;
    oldest.chart.send(segmentEvents.becameOldest);
    if (acked.partial) oldest.chart.send(segmentEvents.timerRestarted);
  }

  #note(record: SegmentRecord, result: Acknowledged): void {
    result.bytes += record.length;
    this.rate.arrived(record);
    if (record.length > result.largest) result.largest = record.length;
    if (record.transmissions > 1) result.retransmitted = true;
    // A sacked one was measured when its SACK came.
    else if (record.mark !== Mark.sacked) result.sentAt = record.lastSent;
    if (record.mark !== Mark.sacked) {
      this.deliveredTotal += record.length;
      this.#delivered(record);
    } else if (record.index >= this.#lossEdge) this.#sackedAbove -= record.length;
  }

  #shift(record: SegmentRecord): void {
    this.#records[this.#head] = undefined as unknown as SegmentRecord;
    this.#head += 1;
    this.#base = record.index + 1;
    if (this.#lossEdge < this.#base) this.#lossEdge = this.#base;
    if (this.#head > 32 && this.#head * 2 > this.#records.length) {
      this.#records.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /**
   * Takes in one SACK block (RFC 2018); true if it told something new. A block that names what was never sent, or
   * what is acknowledged already (RFC 2883), is passed over.
   */
  sack(left: Seq, right: Seq, una: Seq, nxt: Seq): boolean {
    if (!lt(left, right) || lt(left, una) || gt(right, nxt)) return false;
    const edges = this.#sacked;
    const i = this.#findSacked(left);
    if (i < edges.length && leq(edges[i] as Seq, left) && geq(edges[i + 1] as Seq, right)) return false;
    const news: Seq[] = [];
    let from = left;
    let to = left;
    let j = i;
    for (; j < edges.length && leq(edges[j] as Seq, right); j += 2) {
      if (gt(edges[j] as Seq, to)) news.push(to, edges[j] as Seq);
      if (lt(edges[j] as Seq, from)) from = edges[j] as Seq;
      to = later(to, edges[j + 1] as Seq);
    }
    if (gt(right, to)) news.push(to, right);
    to = later(to, right);
    edges.splice(i, j - i, from, to);
    // Only what is new: a block names again and again what it named before.
    for (let n = 0; n < news.length; n += 2) this.#markSacked(from, to, news[n] as Seq, news[n + 1] as Seq);
    return true;
  }

  /** Place of the first sacked range that ends at or after `at`. */
  #findSacked(at: Seq): number {
    let low = 0;
    let high = this.#sacked.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lt(this.#sacked[2 * middle + 1] as Seq, at)) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }

  /** Tells the records that touch left to right and lie within from to to. */
  #markSacked(from: Seq, to: Seq, left: Seq, right: Seq): void {
    for (let i = this.#find(left); i < this.#records.length; i++) {
      const record = this.#records[i] as SegmentRecord;
      if (geq(record.start, right)) return;
      if (record.mark === Mark.sacked || lt(record.start, from) || gt(record.end, to)) continue;
      record.chart.send(segmentEvents.sacked);
      this.rate.arrived(record);
      this.#delivered(record);
      this.sackedTotal += record.length;
      this.deliveredTotal += record.length;
      if (record.index >= this.#lossEdge) this.#sackedAbove += record.length;
    }
  }

  /** Place of the first record that ends after `at`. */
  #find(at: Seq): number {
    let low = this.#head;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (leq((this.#records[middle] as SegmentRecord).end, at)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * RFC 6675 IsLost: marks what has `dupThresh` sacked runs, or more than (dupThresh - 1) * SMSS sacked bytes, above
   * it. True if anything was marked.
   */
  inferLost(dupThresh: number, smss: number): boolean {
    let found = false;
    while (this.#sackedAbove > 0) {
      const record = this.#records[this.#head + this.#lossEdge - this.#base];
      if (record === undefined) break;
      if (record.mark === Mark.sacked) this.#sackedAbove -= record.length;
      else if (this.#sackedAbove > (dupThresh - 1) * smss || this.#runsAbove(record.end, dupThresh)) {
        // NextSeg (1.a): what this recovery has sent again already is not given up once more.
        if (record.mark === Mark.inFlight && record.transmissions === 1) {
          this.markLost(record);
          found = true;
        }
      } else break;
      this.#lossEdge += 1;
    }
    return found;
  }

  /** Are there so many sacked runs above `at`? */
  #runsAbove(at: Seq, wanted: number): boolean {
    const first = this.#sacked.length - 2 * wanted;
    return first >= 0 && geq(this.#sacked[first] as Seq, at);
  }

  /** Gives one record up for lost: it will be sent again. */
  markLost(record: SegmentRecord): void {
    if (record.mark !== Mark.inFlight) return;
    record.chart.send(segmentEvents.markedLost);
    this.#countLost(record);
  }

  #countLost(record: SegmentRecord): void {
    this.lostTotal += record.length;
    this.congestion?.lost?.(record, this.lostTotal, this.deliveredTotal);
    this.queueLost(record);
  }

  /** Puts a record that was cut off another's end behind that one. */
  insertAfter(record: SegmentRecord, rest: SegmentRecord): void {
    this.#records.splice(this.#head + record.index - this.#base + 1, 0, rest);
    this.#records.slice(this.#head).forEach((each, i) => {
      each.index = this.#base + i;
    });
    if (this.#lossEdge > record.index) this.#lossEdge += 1;
    if (this.#rescueEdge > record.index) this.#rescueEdge += 1;
    this.counts[rest.mark] += 1;
    if (rest.mark === Mark.inFlight) this.sendOrder.putBack(rest);
    if (record.queued) this.queueLost(rest);
    this.#lost = this.#lost.slice(this.#lostHead).sort((a, b) => a.index - b.index);
    this.#lostHead = 0;
  }

  /** Puts a lost record in line to be sent again: the lowest sequence number goes first (RFC 6675 NextSeg (1)). */
  queueLost(record: SegmentRecord): void {
    if (record.queued) return;
    record.queued = true;
    const line = this.#lost;
    let place = line.length;
    while (place > this.#lostHead && (line[place - 1] as SegmentRecord).index > record.index) place -= 1;
    if (place === line.length) line.push(record);
    else line.splice(place, 0, record);
  }

  /**
   * The timer ran out: all outstanding counts as lost but what may still arrive; what was reported received too if the
   * oldest was.
   */
  loseAll(mayArrive: (record: SegmentRecord) => boolean): void {
    for (const record of this.#lost) if (record !== undefined) record.queued = false;
    this.#lost = [];
    this.#lostHead = 0;
    // Not by its mark: its chart may have counted it as lost already, as its timer ran out.
    const { oldest } = this;
    const reneged =
      oldest !== undefined && this.#sacked.length > 0 && leq(this.#sacked[0] as Seq, oldest.start);
    if (reneged) this.#sacked.length = 0;
    for (const record of this) {
      if (reneged && record.mark === Mark.sacked) record.chart.send(segmentEvents.reneged);
      if (record.mark === Mark.inFlight && !mayArrive(record)) record.chart.send(segmentEvents.markedLost);
      if (record.mark === Mark.lost) this.#countLost(record);
    }
    this.#lossEdge = this.#base + this.size;
    this.#sackedAbove = 0;
  }

  /** Nothing was lost after all: what waits to be sent again counts as in flight. */
  restoreLost(): void {
    for (let i = this.#lostHead; i < this.#lost.length; i++) {
      const record = this.#lost[i] as SegmentRecord;
      record.queued = false;
      if (record.mark === Mark.lost) record.chart.send(segmentEvents.lossUndone);
    }
    this.#lost.length = 0;
    this.#lostHead = 0;
  }

  /** Segments in flight that have been sent more than once; walks them. */
  sentAgain(): number {
    let count = 0;
    for (let record = this.sendOrder.first; record !== undefined; record = record.later) {
      if (record.transmissions > 1) count += 1;
    }
    return count;
  }

  /** RFC 6675 NextSeg (1): the first lost record not yet sent again, left in line. */
  nextLost(): SegmentRecord | undefined {
    while (this.#lostHead < this.#lost.length) {
      const record = this.#lost[this.#lostHead] as SegmentRecord;
      if (record.mark === Mark.lost) return record;
      record.queued = false;
      this.#lostHead += 1;
    }
    if (this.#lostHead > 0) {
      this.#lost.length = 0;
      this.#lostHead = 0;
    }
    return undefined;
  }

  /** A recovery begins: NextSeg (3) starts over. */
  startRecovery(): void {
    this.#rescueEdge = this.#base;
  }

  /** RFC 6675 NextSeg (3): the first record below the highest sacked that is in flight and was sent only once. */
  nextUnsacked(): SegmentRecord | undefined {
    const highest = this.highestSacked;
    if (highest === undefined) return undefined;
    this.#rescueEdge = Math.max(this.#rescueEdge, this.#base);
    for (;;) {
      const record = this.#records[this.#head + this.#rescueEdge - this.#base];
      if (record === undefined || geq(record.start, highest)) return undefined;
      if (record.mark === Mark.inFlight && record.transmissions === 1) return record;
      this.#rescueEdge += 1;
    }
  }

  snapshot(): QueueSnapshot {
    const records = [...this];
    const place = new Map(records.map((record, i) => [record, i]));
    const line = this.#lost.slice(this.#lostHead).map((record) => place.get(record) ?? -1);
    return {
      records: records.map((record) => record.snapshot()),
      base: this.#base,
      transmissions: this.sendOrder.transmissions,
      totals: [this.sackedTotal, this.deliveredTotal, this.lostTotal],
      sacked: [...this.#sacked],
      lossEdge: this.#lossEdge,
      sackedAbove: this.#sackedAbove,
      rescueEdge: this.#rescueEdge,
      lost: line.filter((i) => i >= 0),
    };
  }

  /** Takes over what a snapshot says; its records are made by the caller, with their charts. */
  restore(snapshot: QueueSnapshot, records: readonly SegmentRecord[]): void {
    this.#base = snapshot.base;
    [this.sackedTotal, this.deliveredTotal, this.lostTotal] = snapshot.totals;
    for (const record of records) {
      this.push(record);
      this.marked[record.mark] += record.length;
      this.counts[record.mark] += 1;
      if (record.mark === Mark.inFlight) this.sendOrder.putBack(record);
    }
    this.sendOrder.transmissions = snapshot.transmissions;
    this.#sacked.push(...snapshot.sacked.map(seq));
    this.#lossEdge = snapshot.lossEdge;
    this.#sackedAbove = snapshot.sackedAbove;
    this.#rescueEdge = snapshot.rescueEdge;
    for (const i of snapshot.lost) this.queueLost(records[i] as SegmentRecord);
  }

  /** Stops every chart: the connection is gone. */
  clear(): void {
    for (const record of this) record.chart.stop();
    this.#records = [];
    this.#head = 0;
    this.#lost = [];
    this.#lostHead = 0;
    this.#sacked.length = 0;
    this.#sackedAbove = 0;
    this.marked.fill(0);
    this.counts.fill(0);
    this.sendOrder.clear();
  }

  /** First sequence number after the newest record; `una` if there is none. */
  end(una: Seq): Seq {
    return this.newest?.end ?? add(una, 0);
  }
}
