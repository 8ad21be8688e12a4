/**
 * One outstanding segment: which sequence numbers it holds, when and how often it was sent, and what is believed to
 * have become of it. It is the host of a `segment` chart, which decides; the record only counts and carries out.
 */
import type { SegmentHost } from '../../machines/segment.ts';
import type { ChartInstance } from '../chart/chart.ts';
import type { RecordSnapshot } from './connectionSnapshot.ts';
import { noSentSample, type SentSample } from './rate.ts';
import type { SendOrder } from './sendOrder.ts';
import { distance, type Seq } from './seq.ts';

/** What is believed to have become of a segment; kept by its chart's actions. */
export const Mark = { none: 0, inFlight: 1, sacked: 2, lost: 3 } as const;

/** What a record asks of its connection. */
export interface RecordOwner {
  readonly timerPerSegment: boolean;
  now(): number;
  oldestRecord(): SegmentRecord | undefined;
  /** Bytes (sequence numbers) under each mark. */
  readonly marked: [none: number, inFlight: number, sacked: number, lost: number];
  /** Segments under each mark. */
  readonly counts: [none: number, inFlight: number, sacked: number, lost: number];
  readonly sendOrder: SendOrder;
  /** Retransmission timeout of a record, us, user timeout considered. */
  rtoOf(record: SegmentRecord): number;
  userTimeoutPassed(record: SegmentRecord): boolean;
  r1Reached(record: SegmentRecord): boolean;
  r2Reached(record: SegmentRecord): boolean;
  /** RFC 6298 (5.5) */
  backOff(record: SegmentRecord): void;
  /** Send this one again when the input is handled. */
  resend(record: SegmentRecord): void;
  /** The oldest one's timer ran out. */
  retransmissionTimeout(record: SegmentRecord): void;
  reportUserTimeout(): void;
  reportR1(): void;
  reportR2(): void;
}

export class SegmentRecord implements SegmentHost {
  readonly seq: Seq;
  /** First sequence number not acknowledged yet; moves when an ACK covers a part. */
  start: Seq;
  /** First sequence number after it. */
  end: Seq;
  readonly syn: boolean;
  fin: boolean;
  mark: 0 | 1 | 2 | 3 = Mark.none;
  transmissions = 0;
  /** Expirations of this record's own timer, in the manner of a timer for each. */
  backoff = 0;
  /** us */
  firstSent = 0;
  /** us */
  lastSent = 0;
  /** Which transmission of the connection the last one of this segment was, from 1. */
  order = 0;
  /** Its neighbours among those in flight, by that order (`sendOrder.ts`). */
  earlier: SegmentRecord | undefined;
  later: SegmentRecord | undefined;
  linked = false;
  /** Order among all records of the connection, from 0. */
  index = 0;
  /** Waits in the list of segments to be sent again. */
  queued = false;
  /** What was delivered and in flight when it was last sent. */
  readonly rate: SentSample = noSentSample();
  chart!: ChartInstance;
  readonly #owner: RecordOwner;

  constructor(owner: RecordOwner, start: Seq, end: Seq, syn: boolean, fin: boolean) {
    this.#owner = owner;
    this.seq = start;
    this.start = start;
    this.end = end;
    this.syn = syn;
    this.fin = fin;
  }

  /** Sequence numbers not acknowledged yet. */
  get length(): number {
    return distance(this.end, this.start);
  }

  timerPerSegment(): boolean {
    return this.#owner.timerPerSegment;
  }

  isOldest(): boolean {
    return this.#owner.oldestRecord() === this;
  }

  isLost(): boolean {
    return this.mark === Mark.lost;
  }

  isSacked(): boolean {
    return this.mark === Mark.sacked;
  }

  userTimeoutPassed(): boolean {
    return this.#owner.userTimeoutPassed(this);
  }

  r1Reached(): boolean {
    return this.#owner.r1Reached(this);
  }

  r2Reached(): boolean {
    return this.#owner.r2Reached(this);
  }

  countInFlight(): void {
    this.#count(Mark.inFlight);
  }

  countSacked(): void {
    this.#count(Mark.sacked);
  }

  countLost(): void {
    this.#count(Mark.lost);
  }

  forget(): void {
    this.#count(Mark.none);
  }

  backOff(): void {
    this.#owner.backOff(this);
  }

  retransmit(): void {
    this.#owner.resend(this);
  }

  loseAll(): void {
    this.#owner.retransmissionTimeout(this);
  }

  reportUserTimeout(): void {
    this.#owner.reportUserTimeout();
  }

  reportR1(): void {
    this.#owner.reportR1();
  }

  reportR2(): void {
    this.#owner.reportR2();
  }

  rto(): number {
    return this.#owner.rtoOf(this);
  }

  snapshot(): RecordSnapshot {
    const { seq, start, end, syn, fin, mark, transmissions, backoff, firstSent, lastSent, order, chart } =
      this;
    return {
      ...{ seq, start, end, syn, fin, mark, transmissions, backoff, firstSent, lastSent, order },
      rate: { ...this.rate },
      instance: chart.instance,
      chart: chart.snapshot(),
    };
  }

  /** Takes over what a snapshot says, but for the chart. */
  restore({ start, mark, transmissions, backoff, firstSent, lastSent, order, rate }: RecordSnapshot): void {
    this.start = start as Seq;
    Object.assign(this.rate, rate);
    Object.assign(this, { mark, transmissions, backoff, firstSent, lastSent, order });
  }

  toJSON(): object {
    return { seq: this.seq, end: this.end, transmissions: this.transmissions, lastSent: this.lastSent };
  }

  /** Takes the acknowledged part off its front. */
  trim(ack: Seq): void {
    this.#owner.marked[this.mark] -= distance(ack, this.start);
    this.start = ack;
  }

  #count(mark: 0 | 1 | 2 | 3): void {
    const { marked, counts, sendOrder } = this.#owner;
    const length = this.length;
    if (this.mark !== Mark.none) {
      marked[this.mark] -= length;
      counts[this.mark] -= 1;
    }
    if (mark !== Mark.none) {
      marked[mark] += length;
      counts[mark] += 1;
    }
    if (mark === Mark.inFlight) sendOrder.putBack(this);
    else if (this.linked) sendOrder.remove(this);
    this.mark = mark;
  }
}
