/**
 * What an end has sent and not had acknowledged, as the capture shows it: when each segment went, how often, and how
 * long its ACK took. Why it was sent again is left to `inferredSender.ts`.
 */
import { gt, leq, lt, type Seq } from '../tcp/seq.ts';

/** A segment that takes sequence numbers. */
export interface SentSegment {
  readonly start: Seq;
  readonly end: Seq;
  readonly firstSent: number;
  lastSent: number;
  transmissions: number;
  /** TSval of the last time, undefined without timestamps */
  stamp: number | undefined;
}

/** One segment sent again may cover many that were sent singly: no more are marked. */
const MAX_COVERED = 1024;

export class SentSegments {
  /** In order of sequence numbers */
  #segments: SentSegment[] = [];
  /** Those before are acknowledged. */
  #first = 0;

  get outstanding(): number {
    return this.#segments.length - this.#first;
  }

  /** Sends what is new. */
  push(start: Seq, end: Seq, t: number, stamp: number | undefined): void {
    this.#segments.push({ start, end, firstSent: t, lastSent: t, transmissions: 1, stamp });
  }

  /** Sends again; returns when what was sent last of it had been, undefined if it is not known to be outstanding. */
  repeat(start: Seq, end: Seq, t: number, stamp: number | undefined): number | undefined {
    let before: number | undefined;
    const from = this.#firstAfter(start);
    const to = Math.min(this.#segments.length, from + MAX_COVERED);
    for (let i = from; i < to && lt(this.#segments[i]!.start, end); i++) {
      const segment = this.#segments[i]!;
      before = Math.max(before ?? segment.lastSent, segment.lastSent);
      segment.lastSent = t;
      segment.transmissions += 1;
      segment.stamp = stamp;
    }
    return before;
  }

  /**
   * Lets go of what `ack` acknowledges. Returns the round-trip time that it shows (us): of the segment whose timestamp
   * it echoes (RFC 7323 section 4), else of the newest, unless one was sent more than once (Karn: RFC 6298 section 3);
   * -1 for none.
   */
  acknowledge(ack: Seq, t: number, echo: number | undefined): number {
    let echoed = -1;
    let newest = -1;
    let repeated = false;
    for (; this.#first < this.#segments.length; this.#first++) {
      const segment = this.#segments[this.#first]!;
      if (!leq(segment.end, ack)) break;
      if (echoed < 0 && echo !== undefined && segment.stamp === echo) echoed = t - segment.lastSent;
      if (segment.transmissions > 1) repeated = true;
      newest = t - segment.firstSent;
    }
    if (this.#first > 64 && this.#first * 2 > this.#segments.length) {
      this.#segments = this.#segments.slice(this.#first);
      this.#first = 0;
    }
    if (echoed >= 0) return echoed;
    return repeated ? -1 : newest;
  }

  /** Place of the first outstanding segment that goes beyond `start`. */
  #firstAfter(start: Seq): number {
    let [low, high] = [this.#first, this.#segments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (gt(this.#segments[middle]!.end, start)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
