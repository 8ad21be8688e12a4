/**
 * What BBR knows of the path: its bandwidth, its round trip, how far ACKs come bundled, and whether the pipe was ever
 * full (tcp_bbr.c). Bytes, us; rates in bytes a second.
 */
import type { AckSample } from './congestion.ts';
import { MaxFilter } from './maxFilter.ts';

/** Rounds that the bandwidth filter looks back over: a cycle and two. */
const BW_ROUNDS = 10;
/** How long a smallest RTT counts, us. */
const MIN_RTT_WINDOW = 10_000_000;
/** The pipe is full when so many rounds in a row did not bring a quarter more. */
const FULL_ROUNDS = 3;
/** Rounds of each half of the window that bundled ACKs are looked for in; and the most they count for, us. */
const EXTRA_ROUNDS = 5;
const EXTRA_MOST = 100_000;
/** Bytes after which bundles are counted anew. */
const EPOCH_MOST = 1 << 30;
export const NONE = -1;

export class BbrModel {
  /** us; NONE before any. */
  minRtt = NONE;
  minRttAt = 0;
  /** The smallest RTT was too old when this ACK came. */
  minRttExpired = false;
  fullReached = false;
  roundStart = false;
  rounds = 0;
  /** The round is over when what is sent after so much was delivered arrives. */
  nextRound = 0;
  readonly #bandwidth = new MaxFilter(BW_ROUNDS);
  #fullBandwidth = 0;
  #fullCount = 0;
  #epochAt = 0;
  #epochAcked = 0;
  #extra: [number, number] = [0, 0];
  #extraRounds = 0;
  #extraPlace = 0;

  /** Bytes a second. */
  get bandwidth(): number {
    return this.#bandwidth.value;
  }

  /** bbr_update_bw; true if a round trip is over. */
  updateBandwidth({ rate, deliveredTotal }: AckSample): void {
    this.roundStart = false;
    if (rate.interval <= 0) return;
    if (rate.priorDelivered >= this.nextRound) {
      this.nextRound = deliveredTotal;
      this.rounds += 1;
      this.roundStart = true;
    }
    const bandwidth = (rate.delivered * 1e6) / rate.interval;
    if (!rate.appLimited || bandwidth >= this.bandwidth) this.#bandwidth.add(this.rounds, bandwidth);
  }

  /** bbr_update_ack_aggregation */
  updateAggregation({ rate, delivered, now }: AckSample, cwnd: number): void {
    if (delivered <= 0 || rate.interval <= 0) return;
    if (this.roundStart) this.#turnExtra();
    let expected = (this.bandwidth * (now - this.#epochAt)) / 1e6;
    if (this.#epochAcked <= expected || this.#epochAcked + delivered >= EPOCH_MOST) {
      this.#epochAcked = 0;
      this.#epochAt = now;
      expected = 0;
    }
    this.#epochAcked += delivered;
    const extra = Math.min(Math.floor(this.#epochAcked - expected), cwnd);
    const place = this.#extraPlace as 0 | 1;
    if (extra > this.#extra[place]) this.#extra[place] = extra;
  }

  #turnExtra(): void {
    this.#extraRounds += 1;
    if (this.#extraRounds < EXTRA_ROUNDS) return;
    this.#extraRounds = 0;
    this.#extraPlace = 1 - this.#extraPlace;
    this.#extra[this.#extraPlace as 0 | 1] = 0;
  }

  /** What bundled ACKs are worth in the window, bytes. */
  get extraAcked(): number {
    if (!this.fullReached) return 0;
    const most = Math.floor((this.bandwidth * EXTRA_MOST) / 1e6);
    return Math.min(Math.max(this.#extra[0], this.#extra[1]), most);
  }

  /** bbr_check_full_bw_reached */
  checkFull({ rate }: AckSample): void {
    if (this.fullReached || !this.roundStart || rate.appLimited) return;
    if (this.bandwidth >= 1.25 * this.#fullBandwidth) {
      this.#fullBandwidth = this.bandwidth;
      this.#fullCount = 0;
      return;
    }
    this.#fullCount += 1;
    this.fullReached = this.#fullCount >= FULL_ROUNDS;
  }

  /** bbr_update_min_rtt, its first half. */
  updateMinRtt({ rtt, now, ackDelayed }: AckSample): void {
    this.minRttExpired = now > this.minRttAt + MIN_RTT_WINDOW;
    if (rtt < 0) return;
    const lower = this.minRtt === NONE || rtt <= this.minRtt;
    if (!lower && (!this.minRttExpired || ackDelayed)) return;
    this.minRtt = rtt;
    this.minRttAt = now;
  }

  /** Data after an idle time: bundles are counted from here. */
  restarted(now: number): void {
    this.#epochAt = now;
    this.#epochAcked = 0;
  }

  /** A timeout, or a loss that was none: the growth of the bandwidth is measured anew. */
  resetFull(): void {
    this.#fullBandwidth = 0;
    this.#fullCount = 0;
  }

  snapshot(): number[] {
    const flags = [Number(this.minRttExpired), Number(this.fullReached), Number(this.roundStart)];
    const full = [this.#fullBandwidth, this.#fullCount];
    const extra = [this.#epochAt, this.#epochAcked, ...this.#extra, this.#extraRounds, this.#extraPlace];
    const { minRtt, minRttAt, rounds, nextRound } = this;
    return [minRtt, minRttAt, rounds, nextRound, ...flags, ...full, ...extra, ...this.#bandwidth.snapshot()];
  }

  restore(saved: readonly number[]): void {
    [this.minRtt, this.minRttAt, this.rounds, this.nextRound] = saved as [number, number, number, number];
    [this.minRttExpired, this.fullReached, this.roundStart] = saved.slice(4, 7).map((bit) => bit === 1) as [
      ...[boolean, boolean, boolean],
    ];
    [this.#fullBandwidth, this.#fullCount] = saved.slice(7, 9) as [number, number];
    [this.#epochAt, this.#epochAcked] = saved.slice(9, 11) as [number, number];
    this.#extra = saved.slice(11, 13) as [number, number];
    [this.#extraRounds, this.#extraPlace] = saved.slice(13, 15) as [number, number];
    this.#bandwidth.restore(saved.slice(15));
  }
}
