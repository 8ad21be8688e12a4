/**
 * BBR, version 1, as in Linux's tcp_bbr.c: it sends at the bandwidth it has seen delivered, with a window of twice what
 * that and the shortest round trip hold, and takes losses for no sign of anything. Left out: the detection of policers.
 *
 * Phases are the `bbr` chart's, the model of the path is `bbrModel.ts`; here are gains, window and rate.
 */
import { type BbrHost, bbr, bbrEvents } from '../../../machines/bbr.ts';
import type { ChartInstance } from '../../chart/chart.ts';
import { quantumOf } from '../pacing.ts';
import { BbrModel, NONE } from './bbrModel.ts';
import type { AckSample, CongestionStart, Reduction } from './congestion.ts';
import { isLossy, LEAST, MARGIN, RateControl } from './rateControl.ts';

/** 2/ln 2, in 256ths: the least gain that doubles the rate each round; and what drains that queue in one. */
const HIGH_GAIN = 739 / 256;
const DRAIN_GAIN = 88 / 256;
const CWND_GAIN = 2;
const CRUISES = 6;
/** A cycle begins anywhere but in giving back. */
const PLACES = 7;
/** Linux's TCP_INIT_CWND. */
const INITIAL_SEGMENTS = 10;

const pacingGains: Readonly<Record<string, number>> = {
  startup: HIGH_GAIN,
  drain: DRAIN_GAIN,
  'probeBandwidth.up': 1.25,
  'probeBandwidth.down': 0.75,
};

const cwndGains: Readonly<Record<string, number>> = { startup: HIGH_GAIN, drain: HIGH_GAIN };

export class Bbr extends RateControl implements BbrHost {
  readonly name = 'bbr';
  readonly chart: ChartInstance;
  readonly model = new BbrModel();
  #conserving = false;
  /** When the phase of the cycle began, us; cruises done; where the cycle begins, drawn before it does. */
  #phaseAt = 0;
  #cruises = 0;
  #place = 0;

  constructor(start: CongestionStart) {
    super(start, HIGH_GAIN * MARGIN);
    this.chart = start.owner.startChart(bbr, this);
  }

  override start(smss: number, initialWindow: number): void {
    this.model.minRttAt = this.owner.now();
    super.start(smss, initialWindow);
  }

  get #pacingGain(): number {
    return pacingGains[this.chart.state] ?? 1;
  }

  get #cwndGain(): number {
    const { state } = this.chart;
    return cwndGains[state] ?? (state.startsWith('probeRtt') ? 1 : CWND_GAIN);
  }

  /** bbr_main: the model, the phase, the rate and the window. */
  acked(sample: AckSample): void {
    this.sample = sample;
    const { model, chart } = this;
    model.updateBandwidth(sample);
    if (model.roundStart) this.#conserving = false;
    model.updateAggregation(sample, this.cwnd);
    model.checkFull(sample);
    chart.send(bbrEvents.delivered);
    if (chart.state === 'drain') this.#drawPlace();
    chart.send(bbrEvents.flightChanged);
    this.#updateRtt(sample);
    this.#setRate(this.#pacingGain);
    this.#setWindow(sample);
  }

  #updateRtt(sample: AckSample): void {
    const { model, chart } = this;
    model.updateMinRtt(sample);
    if (chart.in('probeRtt')) {
      // Low rates of this phase say nothing
      this.owner.markAppLimited();
      if (model.roundStart) this.roundPassed = true;
      if (chart.state === 'probeRtt.ending') this.#drawPlace();
    }
    chart.send(bbrEvents.rttSampled);
    if (sample.rate.delivered > 0) this.idleRestart = false;
  }

  /** Chance is drawn before the event that it decides. */
  #drawPlace(): void {
    this.#place = this.owner.random(PLACES);
  }

  /** bbr_set_pacing_rate */
  #setRate(gain: number): void {
    if (!this.hasRtt && this.sample.srtt > 0) this.startRate(this.sample.srtt);
    const rate = this.model.bandwidth * gain * MARGIN;
    if (this.model.fullReached || rate > this.pacingRate) this.pacingRate = rate;
  }

  // The window

  /** bbr_bdp: what the path holds, times a gain, segments. */
  #capacity(gain: number): number {
    const { minRtt, bandwidth } = this.model;
    if (minRtt === NONE) return INITIAL_SEGMENTS;
    return Math.ceil((bandwidth * minRtt * gain) / 1e6 / this.smss);
  }

  /** bbr_quantization_budget, segments. */
  #withQuanta(segments: number): number {
    const quanta = 3 * Math.floor(quantumOf(this.pacingRate, this.smss) / this.smss);
    const even = 2 * Math.ceil((segments + quanta) / 2);
    return even + (this.chart.state === 'probeBandwidth.up' ? 2 : 0);
  }

  #wanted(gain: number): number {
    return this.#withQuanta(this.#capacity(gain)) * this.smss;
  }

  /** bbr_packets_in_net_at_edt: what of it will be in the network when the next segment leaves, bytes. */
  #inNetwork(inFlight: number): number {
    const more = this.#pacingGain > 1 ? quantumOf(this.pacingRate, this.smss) : 0;
    return Math.max(inFlight + more - (this.model.bandwidth * this.sample.wait) / 1e6, 0);
  }

  /** bbr_set_cwnd */
  #setWindow(sample: AckSample): void {
    if (sample.delivered > 0 && !this.#recoverOrRestore(sample)) {
      const extra = Math.ceil(this.model.extraAcked / this.smss);
      const target = this.#withQuanta(this.#capacity(this.#cwndGain) + extra) * this.smss;
      if (this.model.fullReached) this.cwnd = Math.min(this.cwnd + sample.delivered, target);
      else if (this.cwnd < target || sample.deliveredTotal < INITIAL_SEGMENTS * this.smss) {
        this.cwnd += sample.delivered;
      }
      this.cwnd = Math.max(this.cwnd, LEAST * this.smss);
    }
    if (this.chart.in('probeRtt')) this.cwnd = Math.min(this.cwnd, LEAST * this.smss);
  }

  /** bbr_set_cwnd_to_recover_or_restore: true while in the first round of a recovery a segment goes for each that came. */
  #recoverOrRestore({ lost, delivered, inFlight, recovery }: AckSample): boolean {
    const before = this.recovering;
    let { cwnd } = this;
    if (lost > 0) cwnd = Math.max(cwnd - lost, this.smss);
    if (recovery === 'recovery' && before !== 'recovery') {
      this.#conserving = true;
      this.model.nextRound = this.sample.deliveredTotal;
      cwnd = inFlight + delivered;
    } else if (isLossy(before) && !isLossy(recovery)) {
      cwnd = Math.max(cwnd, this.priorCwnd);
      this.#conserving = false;
    }
    this.recovering = recovery;
    this.cwnd = this.#conserving ? Math.max(cwnd, inFlight + delivered) : cwnd;
    return this.#conserving;
  }

  /** bbr_ssthresh: ssthresh stays, the window is kept. */
  reduce(_why: Reduction, _flight: number): void {
    this.saveWindow();
  }

  override timedOut(first: boolean): void {
    super.timedOut(first);
    this.model.resetFull();
  }

  save(): void {
    // `reduce` keeps what there is to keep
  }

  undo(): void {
    this.model.resetFull();
    this.bringWindowBack();
  }

  /** bbr_cwnd_event: data after an idle time goes at the estimated rate, without a probe. */
  afterIdle(_idle: number, _rto: number): void {
    if (!this.owner.appLimited) return;
    this.idleRestart = true;
    this.model.restarted(this.owner.now());
    if (this.chart.in('probeBandwidth') && this.model.fullReached) {
      this.pacingRate = this.model.bandwidth * MARGIN;
    }
    if (this.chart.state === 'probeRtt.ending') this.#drawPlace();
    this.chart.send(bbrEvents.restarted);
  }

  // What the chart asks

  queueDrained(): boolean {
    return this.#inNetwork(this.sample.inFlight) <= this.#wanted(1);
  }

  beginsWithProbe(): boolean {
    return this.#place === 0;
  }

  /** bbr_is_next_cycle_phase */
  phaseOver(): boolean {
    const { now, lost, priorInFlight } = this.sample;
    const long = now - this.#phaseAt > this.model.minRtt;
    const gain = this.#pacingGain;
    if (gain === 1) return long;
    const inNetwork = this.#inNetwork(priorInFlight);
    if (gain > 1) return long && (lost > 0 || inNetwork >= this.#wanted(gain));
    return long || inNetwork <= this.#wanted(1);
  }

  cruisedEnough(): boolean {
    return this.#cruises >= CRUISES;
  }

  minRttExpired(): boolean {
    return this.model.minRttExpired && !this.idleRestart;
  }

  flightIsLow(): boolean {
    return this.sample.inFlight <= LEAST * this.smss;
  }

  noteCapacity(): void {
    this.ssthresh = this.#wanted(1);
  }

  startPhase(): void {
    this.#phaseAt = this.owner.now();
  }

  startCruise(): void {
    this.startPhase();
    // After giving back all six; where a cycle begins with one of them, those that are left
    this.#cruises = this.chart.state === 'probeBandwidth.down' ? 1 : this.#place;
  }

  nextCruise(): void {
    this.startPhase();
    this.#cruises += 1;
  }

  startRound(): void {
    this.roundPassed = false;
    this.model.nextRound = this.sample.deliveredTotal;
  }

  restoreWindow(): void {
    this.model.minRttAt = this.owner.now();
    this.bringWindowBack();
  }

  override snapshot(): Record<string, unknown> {
    const numbers = [this.#phaseAt, this.#cruises, this.#place];
    const model = this.model.snapshot();
    return { ...super.snapshot(), conserving: this.#conserving, numbers, model };
  }

  override restore(saved: Readonly<Record<string, unknown>>): void {
    super.restore(saved);
    this.#conserving = saved.conserving as boolean;
    [this.#phaseAt, this.#cruises, this.#place] = saved.numbers as [number, number, number];
    this.model.restore(saved.model as number[]);
  }

  toJSON(): object {
    return { cwnd: this.cwnd, pacingRate: this.pacingRate, bandwidth: this.model.bandwidth };
  }
}
