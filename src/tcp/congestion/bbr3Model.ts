/**
 * What BBR, version 3, knows of the path while nothing is lost: its bandwidth, its round trip, how far ACKs come
 * bundled, and whether the pipe is full (draft-ietf-ccwg-bbr-06 sections 5.3.1.2, 5.3.4.3 and 5.5). Bytes, us; rates in
 * bytes a second.
 */
import type { AckSample } from './congestion.ts';
import { MaxFilter } from './maxFilter.ts';

/** MinRTTFilterLen and ProbeRTTInterval, us. */
const MIN_RTT_WINDOW = 10_000_000;
const PROBE_RTT_INTERVAL = 5_000_000;
/** The pipe is full when so many rounds in a row did not bring a quarter more. */
const FULL_ROUNDS = 3;
/** ExtraAckedFilterLen: rounds; in startup one. */
const EXTRA_ROUNDS = 10;
export const NONE = -1;

/** The rate of an ACK's sample; 0: it says nothing. */
export function rateOf({ rate }: AckSample): number {
  return rate.interval > 0 ? (rate.delivered * 1e6) / rate.interval : 0;
}

export class Bbr3Model {
  /** us; NONE before any. */
  minRtt = NONE;
  minRttAt = 0;
  /** BBR.probe_rtt_min_delay: the shortest since the last look at it, and when that was seen. */
  probedRtt = NONE;
  probedRttAt = 0;
  probeRttExpired = false;
  /** It was full once; and it is, in this acceleration. */
  fullReached = false;
  fullNow = false;
  fullBandwidth = 0;
  fullCount = 0;
  roundStart = false;
  rounds = 0;
  /** The round is over when what is sent after so much was delivered arrives. */
  nextRound = 0;
  /** BBR.max_bw's filter: the largest of the cycle before, and of this one. */
  bandwidthBefore = 0;
  bandwidthNow = 0;
  epochAt = 0;
  epochAcked = 0;
  readonly #extra = new MaxFilter(1);

  /** BBR.max_bw */
  get maxBandwidth(): number {
    return Math.max(this.bandwidthBefore, this.bandwidthNow);
  }

  /** BBR.extra_acked, bytes. */
  get extraAcked(): number {
    return this.#extra.value;
  }

  /** UpdateMaxBw and UpdateRound */
  updateBandwidth(sample: AckSample): void {
    this.roundStart = false;
    const { rate, deliveredTotal } = sample;
    if (rate.interval <= 0) return;
    if (rate.priorDelivered >= this.nextRound) {
      this.nextRound = deliveredTotal;
      this.rounds += 1;
      this.roundStart = true;
    }
    const bandwidth = rateOf(sample);
    if (rate.appLimited && bandwidth < this.maxBandwidth) return;
    this.bandwidthNow = Math.max(this.bandwidthNow, bandwidth);
  }

  /** AdvanceMaxBwFilter: a cycle is over. */
  advanceBandwidth(): void {
    if (this.bandwidthNow === 0) return;
    this.bandwidthBefore = this.bandwidthNow;
    this.bandwidthNow = 0;
  }

  /** UpdateACKAggregation */
  updateAggregation({ delivered, now }: AckSample, bandwidth: number, cwnd: number): void {
    let expected = (bandwidth * (now - this.epochAt)) / 1e6;
    if (this.epochAcked <= expected) {
      this.epochAcked = 0;
      this.epochAt = now;
      expected = 0;
    }
    this.epochAcked += delivered;
    this.#extra.length = this.fullReached ? EXTRA_ROUNDS : 1;
    this.#extra.add(this.rounds, Math.min(Math.floor(this.epochAcked - expected), cwnd));
  }

  /** CheckFullBWReached */
  checkFull(sample: AckSample): void {
    if (this.fullNow || !this.roundStart || sample.rate.appLimited) return;
    const bandwidth = rateOf(sample);
    if (bandwidth >= 1.25 * this.fullBandwidth) {
      this.resetFull(bandwidth);
      return;
    }
    this.fullCount += 1;
    this.fullNow = this.fullCount >= FULL_ROUNDS;
    if (this.fullNow) this.fullReached = true;
  }

  /** ResetFullBW: growth is measured anew, from this bandwidth. */
  resetFull(bandwidth: number): void {
    this.fullBandwidth = bandwidth;
    this.fullCount = 0;
    this.fullNow = false;
  }

  /** UpdateMinRTT */
  updateMinRtt({ rtt, now }: AckSample): void {
    this.probeRttExpired = now > this.probedRttAt + PROBE_RTT_INTERVAL;
    if (rtt >= 0 && (this.probedRtt === NONE || rtt < this.probedRtt || this.probeRttExpired)) {
      this.probedRtt = rtt;
      this.probedRttAt = now;
    }
    const expired = now > this.minRttAt + MIN_RTT_WINDOW;
    if (this.probedRtt === NONE) return;
    if (this.minRtt !== NONE && this.probedRtt >= this.minRtt && !expired) return;
    this.minRtt = this.probedRtt;
    this.minRttAt = this.probedRttAt;
  }

  snapshot(): Record<string, unknown> {
    const fields: object = { ...this };
    return { ...fields, extra: this.#extra.snapshot() };
  }

  restore({ extra, ...fields }: Readonly<Record<string, unknown>>): void {
    Object.assign(this, fields);
    this.#extra.restore(extra as number[]);
  }
}
