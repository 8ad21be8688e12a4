/** NewReno: how far the congestion window opens and closes (RFC 5681, RFC 6582). */
import { type GrowthHost, growth, growthEvents } from '../../../machines/growth.ts';
import type { ChartInstance } from '../../chart/chart.ts';
import {
  type AckSample,
  type CongestionControl,
  type CongestionOwner,
  NO_SSTHRESH,
  type Reduction,
} from './congestion.ts';

export class NewReno implements CongestionControl, GrowthHost {
  readonly name = 'newreno';
  readonly pacingRate = 0;
  readonly ownsRecovery = false;
  readonly chart: ChartInstance;
  cwnd: number;
  ssthresh = NO_SSTHRESH;
  smss: number;
  /** Bytes acknowledged since the window last grew in congestion avoidance. */
  #credit = 0;
  /** Bytes acknowledged by the ACK at hand. */
  #acked = 0;
  #savedCwnd = 0;
  #savedSsthresh = 0;

  constructor(owner: CongestionOwner, smss: number, initialWindow: number) {
    this.smss = smss;
    this.cwnd = smss * initialWindow;
    this.chart = owner.startChart(growth, this);
  }

  start(smss: number, initialWindow: number): void {
    this.smss = smss;
    this.cwnd = smss * initialWindow;
  }

  acked(sample: AckSample): void {
    if (sample.acked === 0) return;
    this.#acked = sample.acked;
    this.chart.send(growthEvents.ackAdvanced);
  }

  belowSsthresh(): boolean {
    return this.cwnd < this.ssthresh;
  }

  /** RFC 5681 (2): by no more than SMSS for each ACK. */
  growExponentially(): void {
    this.cwnd += Math.min(this.#acked, this.smss);
  }

  /** RFC 5681 section 3.1: one SMSS when a window's worth of bytes has been acknowledged. */
  growLinearly(): void {
    this.#credit += this.#acked;
    if (this.#credit < this.cwnd) return;
    this.#credit -= this.cwnd;
    this.cwnd += this.smss;
  }

  /** RFC 5681 (4): half of what was outstanding, at least two segments. */
  reduce(why: Reduction, flight: number): void {
    this.ssthresh = Math.max(flight >> 1, 2 * this.smss);
    this.#credit = 0;
    if (why !== 'timeout') this.chart.send(growthEvents.lossInferred);
  }

  /** RFC 5681 section 3.1: the loss window is one segment. */
  timedOut(_first: boolean): void {
    this.cwnd = this.smss;
    this.#credit = 0;
    this.chart.send(growthEvents.timedOut);
  }

  /** RFC 6582 section 3.2 (3), option 1: no burst when little is outstanding. */
  recovered(flight: number): void {
    this.cwnd = Math.min(this.ssthresh, Math.max(flight, this.smss) + this.smss);
  }

  save(): void {
    this.#savedCwnd = this.cwnd;
    this.#savedSsthresh = this.ssthresh;
  }

  undo(): void {
    this.cwnd = Math.max(this.cwnd, this.#savedCwnd);
    this.ssthresh = Math.max(this.ssthresh, this.#savedSsthresh);
  }

  snapshot(): Record<string, number> {
    const { cwnd, ssthresh, smss } = this;
    const saved = { savedCwnd: this.#savedCwnd, savedSsthresh: this.#savedSsthresh };
    return { cwnd, ssthresh, smss, credit: this.#credit, ...saved };
  }

  restore(snapshot: Readonly<Record<string, number>>): void {
    const { credit = 0, savedCwnd = 0, savedSsthresh = 0, ...rest } = snapshot;
    Object.assign(this, rest);
    this.#credit = credit;
    this.#savedCwnd = savedCwnd;
    this.#savedSsthresh = savedSsthresh;
  }

  toJSON(): object {
    return { cwnd: this.cwnd, ssthresh: this.ssthresh };
  }
}
