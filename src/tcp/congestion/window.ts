/**
 * What congestion controls that are a window have in common: slow start with its limits, the cut after a loss and the
 * way back from it. They differ in how they grow in congestion avoidance, and how deep they cut.
 */
import { type GrowthHost, growth, growthEvents } from '../../../machines/growth.ts';
import type { ChartInstance } from '../../chart/chart.ts';
import {
  type AckSample,
  type CongestionControl,
  type CongestionName,
  type CongestionStart,
  NO_SSTHRESH,
  type Reduction,
} from './congestion.ts';
import { CSS_GROWTH_DIVISOR, HyStart } from './hystart.ts';

export abstract class WindowControl implements CongestionControl, GrowthHost {
  abstract readonly name: CongestionName;
  readonly pacingRate = 0;
  readonly ownsRecovery = false;
  readonly chart: ChartInstance;
  cwnd: number;
  ssthresh = NO_SSTHRESH;
  smss: number;
  /** The ACK at hand. */
  protected sample!: AckSample;
  protected readonly hystart: HyStart | undefined;
  /** The window that an idle connection falls back to, bytes (RFC 5681 section 4.1). */
  #restartWindow: number;
  readonly #abcLimit: number;
  #savedCwnd = 0;
  #savedSsthresh = 0;

  constructor({ owner, smss, initialWindow, abcLimit }: CongestionStart, hystart = false) {
    this.smss = smss;
    this.cwnd = smss * initialWindow;
    this.#restartWindow = this.cwnd;
    this.#abcLimit = abcLimit;
    this.hystart = hystart ? new HyStart() : undefined;
    this.chart = owner.startChart(growth, this);
  }

  start(smss: number, initialWindow: number): void {
    this.smss = smss;
    this.cwnd = smss * initialWindow;
    this.#restartWindow = this.cwnd;
  }

  acked(sample: AckSample): void {
    if (sample.acked === 0) return;
    this.sample = sample;
    this.hystart?.acked(sample);
    if (!sample.cwndLimited) return;
    this.chart.send(growthEvents.ackAdvanced);
  }

  belowSsthresh(): boolean {
    return this.cwnd < this.ssthresh;
  }

  reachedSsthresh(): boolean {
    return this.cwnd >= this.ssthresh;
  }

  delayIncreased(): boolean {
    return this.hystart?.delayIncreased() === true;
  }

  delayFellBack(): boolean {
    return this.hystart?.delayFellBack() === true;
  }

  conservativeLongEnough(): boolean {
    return this.hystart?.longEnough() === true;
  }

  noteDelay(): void {
    this.hystart?.note();
  }

  settle(): void {
    this.ssthresh = this.cwnd;
  }

  /** RFC 5681 (2) by bytes (RFC 3465), no further than ssthresh. */
  growExponentially(): void {
    this.#open(this.#counted());
  }

  growConservatively(): void {
    this.#open(Math.ceil(this.#counted() / CSS_GROWTH_DIVISOR));
  }

  /** RFC 3465 section 2.3: L segments at the most; after a timeout one, for what arrived before it is acknowledged too. */
  #counted(): number {
    return Math.min(this.sample.acked, (this.sample.afterTimeout ? 1 : this.#abcLimit) * this.smss);
  }

  #open(by: number): void {
    const most = this.belowSsthresh() ? this.ssthresh : Number.POSITIVE_INFINITY;
    this.cwnd = Math.min(this.cwnd + by, most);
  }

  abstract growLinearly(): void;

  /** ssthresh for what is in flight; congestion avoidance is to begin anew. */
  protected abstract cut(flight: number): number;

  reduce(why: Reduction, flight: number): void {
    this.ssthresh = Math.max(this.cut(flight), 2 * this.smss);
    if (why !== 'timeout') this.chart.send(growthEvents.lossInferred);
  }

  timedOut(_first: boolean): void {
    this.cwnd = this.smss;
    this.hystart?.reset();
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

  /** RFC 2861 section 3: half for every RTO without sending, down to the restart window; ssthresh remembers. */
  afterIdle(idle: number, rto: number): void {
    if (idle <= rto) return;
    const least = Math.min(this.#restartWindow, this.cwnd);
    this.#remember();
    for (let left = idle - rto; left > 0 && this.cwnd > least; left -= rto) this.cwnd >>= 1;
    this.cwnd = Math.max(this.cwnd, least);
  }

  /** RFC 2861 section 3: a window that has not been used for an RTO comes halfway down to what was. */
  unused(used: number): void {
    const wanted = Math.max(used, this.#restartWindow);
    if (wanted >= this.cwnd) return;
    this.#remember();
    this.cwnd = (this.cwnd + wanted) >> 1;
  }

  #remember(): void {
    this.ssthresh = Math.max(this.ssthresh, (this.cwnd >> 1) + (this.cwnd >> 2));
  }

  snapshot(): Record<string, unknown> {
    const { cwnd, ssthresh, smss } = this;
    const saved = { savedCwnd: this.#savedCwnd, savedSsthresh: this.#savedSsthresh };
    const hystart = this.hystart === undefined ? {} : { hystart: this.hystart.snapshot() };
    return { cwnd, ssthresh, smss, restartWindow: this.#restartWindow, ...saved, ...hystart };
  }

  restore(snapshot: Readonly<Record<string, unknown>>): void {
    const numbers = snapshot as Readonly<Record<string, number>>;
    this.cwnd = numbers.cwnd as number;
    this.ssthresh = numbers.ssthresh as number;
    this.smss = numbers.smss as number;
    this.#restartWindow = numbers.restartWindow as number;
    this.#savedCwnd = numbers.savedCwnd as number;
    this.#savedSsthresh = numbers.savedSsthresh as number;
    if (snapshot.hystart !== undefined) this.hystart?.restore(snapshot.hystart as number[]);
  }

  toJSON(): object {
    return { cwnd: this.cwnd, ssthresh: this.ssthresh };
  }
}
