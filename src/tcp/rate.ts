/**
 * Delivery rate samples: how fast the network delivered what was in flight between a segment's transmission and its
 * acknowledgment (draft-cheng-iccrg-delivery-rate-estimation, as in Linux's tcp_rate.c).
 *
 * Bytes and us. A sample is limited by the application when there was some moment in it with nothing to send.
 */
import type { SegmentRecord } from './record.ts';

/** What is known of a transmission: kept in its record (P.delivered and so on in the draft). */
export interface SentSample {
  /** Delivered when it was sent, and when that was, us; -1: it counts no more. */
  delivered: number;
  deliveredAt: number;
  /** When the first segment of its sample was sent, us. */
  firstSentAt: number;
  appLimited: boolean;
  /** In flight with it, and lost until then: what BBR asks after a loss. */
  inFlight: number;
  lost: number;
}

export function noSentSample(): SentSample {
  return { delivered: 0, deliveredAt: -1, firstSentAt: 0, appLimited: false, inFlight: 0, lost: 0 };
}

/** A rate sample; `interval` is -1 when it says nothing. */
export interface RateSample {
  /** Delivered during it. */
  delivered: number;
  /** us */
  interval: number;
  /** Delivered before it. */
  priorDelivered: number;
  appLimited: boolean;
  /** In flight when its segment was sent. */
  sentInFlight: number;
  /** Given up for lost since. */
  lost: number;
}

export function noRateSample(): RateSample {
  return { delivered: 0, interval: -1, priorDelivered: 0, appLimited: false, sentInFlight: 0, lost: 0 };
}

/** Bytes over the connection's life. */
interface Totals {
  readonly deliveredTotal: number;
  readonly lostTotal: number;
}

export class DeliveryRate {
  /** Counted by the retransmission queue. */
  readonly #totals: Totals;
  /** When something was delivered last, and when the first segment of the sample under way was sent, us. */
  #deliveredAt = 0;
  #firstSentAt = 0;
  /** Until so much is delivered samples are limited by the application; 0: they are not. */
  #appLimitedUntil = 0;
  /** The newest sample of this ACK: its segment's numbers. */
  #prior = -1;
  #priorAt = 0;
  #sendTime = 0;
  #priorLimited = false;
  #priorInFlight = 0;
  #priorLost = 0;
  /** The last sample that was not limited, or that was higher. */
  lastDelivered = 0;
  lastInterval = 0;
  lastLimited = false;
  /** The smallest round trip of what was sent once, us; -1: none yet. */
  minRtt = -1;
  /** When the newest segment of this ACK that was sent once was sent, us; -1: there is none. */
  #sentOnceAt = -1;

  constructor(totals: Totals) {
    this.#totals = totals;
  }

  /** Bytes a second by the last sample; 0 before any. */
  get last(): number {
    return this.lastInterval === 0 ? 0 : Math.floor((this.lastDelivered * 1e6) / this.lastInterval);
  }

  get appLimited(): boolean {
    return this.#appLimitedUntil > 0;
  }

  /** A segment goes out, the first time or again; `first`: nothing is outstanding. */
  sent(record: SegmentRecord, first: boolean, inFlight: number): void {
    if (first) {
      this.#firstSentAt = record.lastSent;
      this.#deliveredAt = record.lastSent;
    }
    const { rate } = record;
    rate.delivered = this.#totals.deliveredTotal;
    rate.deliveredAt = this.#deliveredAt;
    rate.firstSentAt = this.#firstSentAt;
    rate.appLimited = this.appLimited;
    rate.inFlight = inFlight + record.length;
    rate.lost = this.#totals.lostTotal;
  }

  /** An ACK is about to be looked at. */
  begin(): void {
    this.#prior = -1;
    this.#sentOnceAt = -1;
  }

  /** A segment has been acknowledged or reported received; of several the one sent last counts. */
  arrived(record: SegmentRecord): void {
    const { rate } = record;
    if (rate.deliveredAt < 0) return;
    if (record.transmissions === 1) this.#sentOnceAt = Math.max(this.#sentOnceAt, record.lastSent);
    if (this.#prior < 0 || rate.delivered > this.#prior) {
      this.#prior = rate.delivered;
      this.#priorAt = rate.deliveredAt;
      this.#priorLimited = rate.appLimited;
      this.#priorInFlight = rate.inFlight;
      this.#priorLost = rate.lost;
      this.#firstSentAt = record.lastSent;
      this.#sendTime = record.lastSent - rate.firstSentAt;
    }
    // Once only: what was reported received is acknowledged later
    rate.deliveredAt = -1;
  }

  /** All of the ACK has been looked at: the sample, filled in. `before`: delivered before it. */
  finish(sample: RateSample, before: number, now: number): void {
    const { deliveredTotal, lostTotal } = this.#totals;
    if (this.#appLimitedUntil > 0 && deliveredTotal > this.#appLimitedUntil) this.#appLimitedUntil = 0;
    if (deliveredTotal > before) this.#deliveredAt = now;
    sample.interval = -1;
    sample.delivered = 0;
    if (this.#prior < 0) return;
    sample.priorDelivered = this.#prior;
    sample.appLimited = this.#priorLimited;
    sample.sentInFlight = this.#priorInFlight;
    sample.lost = lostTotal - this.#priorLost;
    sample.delivered = deliveredTotal - this.#prior;
    // Sending and receiving are two phases; the longer is the one that was not compressed.
    const interval = Math.max(this.#sendTime, now - this.#priorAt);
    if (interval <= 0 || interval < this.minRtt) return;
    sample.interval = interval;
    const higher = sample.delivered * this.lastInterval >= this.lastDelivered * interval;
    if (sample.appLimited && !higher) return;
    this.lastDelivered = sample.delivered;
    this.lastInterval = interval;
    this.lastLimited = sample.appLimited;
  }

  /** The RTT that this ACK measures of a segment that was sent once, us; -1: none. */
  rtt(now: number): number {
    if (this.#sentOnceAt < 0) return -1;
    const rtt = now - this.#sentOnceAt;
    if (this.minRtt < 0 || rtt < this.minRtt) this.minRtt = rtt;
    return rtt;
  }

  /** What is in flight now, and all before, was or will be sent by a sender with too little to send. */
  markAppLimited(inFlight: number): void {
    this.#appLimitedUntil = Math.max(this.#totals.deliveredTotal + inFlight, 1);
  }

  snapshot(): number[] {
    const { lastDelivered, lastInterval, lastLimited, minRtt } = this;
    const last = [lastDelivered, lastInterval, Number(lastLimited), minRtt];
    return [this.#deliveredAt, this.#firstSentAt, this.#appLimitedUntil, ...last];
  }

  restore([deliveredAt, firstSentAt, until, ...last]: readonly number[]): void {
    this.#deliveredAt = deliveredAt as number;
    this.#firstSentAt = firstSentAt as number;
    this.#appLimitedUntil = until as number;
    this.lastDelivered = last[0] as number;
    this.lastInterval = last[1] as number;
    this.lastLimited = last[2] === 1;
    this.minRtt = last[3] as number;
  }
}
