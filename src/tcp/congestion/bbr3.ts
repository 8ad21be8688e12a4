/**
 * BBR, version 3, as in draft-ietf-ccwg-bbr-06: it sends at the bandwidth it has seen delivered, as version 1 does, but
 * more than 2 % lost while it probes bounds what may be in flight, and any loss outside of a probe the rate until the
 * next. Section numbers are the draft's.
 *
 * Phases are the `bbr3` chart's, the model of the path is `bbr3Model.ts`, what losses say `bbr3Bounds.ts`; here are
 * gains, window and rate.
 */
import { type Bbr3Host, bbr3, bbr3Events } from '../../../machines/bbr3.ts';
import type { ChartInstance } from '../../chart/chart.ts';
import { quantumOf } from '../pacing.ts';
import type { SegmentRecord } from '../record.ts';
import { Bbr3Bounds, leastOf, NO_LIMIT } from './bbr3Bounds.ts';
import { Bbr3Model, NONE, rateOf } from './bbr3Model.ts';
import type { AckSample, CongestionStart, Reduction } from './congestion.ts';
import { isLossy, LEAST, MARGIN, RateControl } from './rateControl.ts';

/** 4 ln 2: the least gain that doubles the rate each round. */
const STARTUP_GAIN = 2.77;
const CWND_GAIN = 2;
/** Rounds that draining takes at the most. */
const DRAIN_ROUNDS = 3;
/** us */
const PROBE_WAIT = 2_000_000;
const PROBE_WAIT_SPREAD = 1_000_001;
/** Rounds after which Reno would have filled a path of as many segments. */
const RENO_ROUNDS = 63;

const pacingGains: Readonly<Record<string, number>> = {
  startup: STARTUP_GAIN,
  drain: 0.5,
  'probeBandwidth.down': 0.9,
  'probeBandwidth.up': 1.25,
};

const UP = 'probeBandwidth.up';
const CRUISE = 'probeBandwidth.cruise';
/** Phases in which more is sent than is known to fit: losses are looked for, and bound nothing yet. */
const ACCELERATES: readonly string[] = ['startup', 'probeBandwidth.refill', UP];
/** Phases out of which a cycle may begin, with its wait that chance decides. */
const BEFORE_CYCLE: readonly string[] = ['drain', UP, 'probeRtt.ending'];

/** Those of a snapshot. */
type Numbers = [number, number, number, number, number, number, number, number];

export class Bbr3 extends RateControl implements Bbr3Host {
  readonly name = 'bbr3';
  readonly chart: ChartInstance;
  readonly model = new Bbr3Model();
  readonly bounds = new Bbr3Bounds();
  /** The phase that a loss ended: startup, the probe, or none. */
  leftPhase = '';
  /** Bytes. */
  #initialWindow: number;
  /** Delivered over the connection's life, as known last. */
  #delivered = 0;
  #drainRound = 0;
  /** When the cycle began and how long it waits with its probe, us; rounds since, with a head start. */
  #cycleAt = 0;
  #probeWait = 0;
  #probeRounds = 0;
  /** Drawn for the next cycle: the wait, us (NONE: not yet), and the head start. */
  #drawnWait = NONE;
  #drawnRounds = 0;
  /** ACKS_PROBE_STOPPING: what a probe has sent is still acknowledged; and that has ended with this ACK. */
  #stopping = false;
  #stopped = false;
  /** So much was lost in the round that startup is over. */
  #lossy = false;
  /** What the recovery under way may have to bring back is kept. */
  #saved = false;

  constructor(start: CongestionStart) {
    super(start, STARTUP_GAIN);
    this.#initialWindow = this.cwnd;
    this.chart = start.owner.startChart(bbr3, this);
  }

  override start(smss: number, initialWindow: number): void {
    super.start(smss, initialWindow);
    this.#initialWindow = this.cwnd;
    const now = this.owner.now();
    this.model.minRttAt = now;
    this.model.probedRttAt = now;
    this.model.epochAt = now;
  }

  /** BBR.bw: what is sent at, but for the gain; bytes a second. */
  get bandwidth(): number {
    return Math.min(this.model.maxBandwidth, this.bounds.shortBandwidth);
  }

  get #accelerates(): boolean {
    return ACCELERATES.includes(this.chart.state);
  }

  get #selective(): boolean {
    return this.owner.sackOk;
  }

  /** UpdateOnACK (section 5.2.3) */
  acked(sample: AckSample): void {
    const { chart } = this;
    this.sample = sample;
    this.#delivered = sample.deliveredTotal;
    this.#updateModel(sample);
    chart.send(bbr3Events.delivered);
    this.#adaptLong(sample);
    this.#drawWait();
    chart.send(bbr3Events.flightChanged);
    this.#updateRtt(sample);
    this.bounds.advanceLatest(sample);
    this.#setRate(pacingGains[chart.state] ?? 1);
    this.#setWindow(sample);
  }

  #updateModel(sample: AckSample): void {
    const { model, bounds } = this;
    bounds.updateLatest(sample, rateOf(sample));
    model.updateBandwidth(sample);
    if (model.roundStart) this.#probeRounds += 1;
    // Before the round's losses are forgotten
    if (this.chart.state === 'startup') this.#lossy = bounds.startupLossy(sample, this.#selective);
    bounds.adaptShort(this.#accelerates, model.maxBandwidth, this.cwnd);
    model.updateAggregation(sample, this.bandwidth, this.cwnd);
    model.checkFull(sample);
  }

  /** AdaptLongTermModel (section 5.3.3.9), but for the phase. */
  #adaptLong(sample: AckSample): void {
    const { model, bounds, chart } = this;
    this.#stopped = false;
    if (!model.fullReached) return;
    if (this.#stopping && model.roundStart) {
      this.#stopping = false;
      bounds.probing = false;
      this.#stopped = chart.in('probeBandwidth');
      if (this.#stopped && !sample.rate.appLimited) model.advanceBandwidth();
    }
    this.#raiseLong(sample);
    if (chart.state === UP && this.#boundByLong(sample)) model.resetFull(rateOf(sample));
  }

  #raiseLong(sample: AckSample): void {
    const { bounds, cwnd, smss } = this;
    const { rate } = sample;
    if (bounds.longFlight === NO_LIMIT || rate.interval <= 0) return;
    if (bounds.isTooHigh(rate.lost, rate.sentInFlight, this.#selective)) return;
    bounds.longFlight = Math.max(bounds.longFlight, rate.sentInFlight);
    if (this.chart.state === UP) bounds.raiseLong(sample, cwnd, smss, this.model.roundStart);
  }

  /** No more can be in flight for the bound's sake: a plateau says nothing of the path. */
  #boundByLong({ atWindow }: AckSample): boolean {
    return atWindow && this.cwnd >= this.bounds.longFlight && !this.flightIsRisky();
  }

  #updateRtt(sample: AckSample): void {
    const { model, chart } = this;
    model.updateMinRtt(sample);
    if (chart.in('probeRtt')) {
      // Low rates of this phase say nothing
      this.owner.markAppLimited();
      if (model.roundStart) this.roundPassed = true;
    }
    this.#drawWait();
    chart.send(bbr3Events.rttSampled);
    if (sample.rate.delivered > 0) this.idleRestart = false;
  }

  /** PickProbeWait: chance is drawn before the event that it decides, once for each cycle. */
  #drawWait(): void {
    if (this.#drawnWait !== NONE || !BEFORE_CYCLE.includes(this.chart.state)) return;
    this.#drawnRounds = this.owner.random(2);
    this.#drawnWait = PROBE_WAIT + this.owner.random(PROBE_WAIT_SPREAD);
  }

  /** SetPacingRateWithGain */
  #setRate(gain: number): void {
    if (!this.hasRtt && this.sample.srtt > 0) this.startRate(this.sample.srtt);
    const rate = this.bandwidth * gain * MARGIN;
    if (rate > this.pacingRate || (this.model.fullReached && rate > 0)) this.pacingRate = rate;
  }

  // The window

  get #least(): number {
    return LEAST * this.smss;
  }

  /** BDPMultiple: what the path holds at this rate, times a gain, bytes. */
  #capacity(gain: number, bandwidth = this.bandwidth): number {
    const { minRtt } = this.model;
    if (minRtt === NONE || bandwidth === 0) return this.#initialWindow;
    return Math.ceil((bandwidth * minRtt * gain) / 1e6);
  }

  /** QuantizationBudget */
  #withQuanta(bytes: number): number {
    const quanta = 3 * quantumOf(this.pacingRate, this.smss);
    return Math.max(bytes, quanta, this.#least) + (this.chart.state === UP ? 2 * this.smss : 0);
  }

  /** TargetInflight */
  #target(): number {
    return Math.min(this.#capacity(1), this.cwnd);
  }

  /** ProbeRTTCwnd */
  get probeRttWindow(): number {
    return Math.max(this.#capacity(0.5), this.#least);
  }

  /** SetCwnd (section 5.6.4.6) */
  #setWindow(sample: AckSample): void {
    this.#restoreAfterRecovery(sample);
    const { chart, model, bounds } = this;
    const probesRtt = chart.in('probeRtt');
    const gain = probesRtt ? 0.5 : chart.state === UP ? 2.25 : CWND_GAIN;
    const most = this.#withQuanta(this.#capacity(gain) + model.extraAcked);
    if (model.fullReached) this.cwnd = Math.min(this.cwnd + sample.delivered, most);
    else if (this.cwnd < most || this.#delivered < this.#initialWindow) this.cwnd += sample.delivered;
    this.cwnd = Math.max(this.cwnd, this.#least);
    if (probesRtt) this.cwnd = Math.min(this.cwnd, this.probeRttWindow);
    const cap = Math.min(this.#longBound(), bounds.shortFlight);
    this.cwnd = Math.min(this.cwnd, Math.max(cap, this.#least));
  }

  /** BoundCwndForModel (section 5.6.4.7), the long term. */
  #longBound(): number {
    const { chart, bounds } = this;
    if (chart.state === CRUISE || chart.in('probeRtt')) return bounds.withHeadroom(this.smss, this.#least);
    return chart.in('probeBandwidth') ? bounds.longFlight : NO_LIMIT;
  }

  #restoreAfterRecovery({ recovery }: AckSample): void {
    if (isLossy(this.recovering) && !isLossy(recovery)) this.bringWindowBack();
    this.recovering = recovery;
    if (!isLossy(recovery)) this.#saved = false;
  }

  // Losses

  /** HandleLostPacket (section 5.5.10.2) */
  lost(record: SegmentRecord, lostTotal: number, deliveredTotal: number): void {
    const { bounds } = this;
    this.#delivered = deliveredTotal;
    this.save();
    bounds.noteLoss(record, deliveredTotal);
    if (!bounds.probing) return;
    const lost = lostTotal - record.rate.lost;
    if (!bounds.isTooHigh(lost, record.rate.inFlight, this.#selective)) return;
    bounds.tooHigh = true;
    bounds.probing = false;
    if (!record.rate.appLimited) {
      const least = leastOf(this.#target());
      bounds.longFlight = Math.max(bounds.flightAtLoss(record, lost), least);
    }
    if (this.chart.state === UP) this.leftPhase = UP;
    this.#drawWait();
    this.chart.send(bbr3Events.lossTooHigh);
  }

  /** ssthresh stays, the window is kept. */
  reduce(_why: Reduction, _flight: number): void {
    // The model has heard of each loss
  }

  /** SaveStateUponLoss: once for a recovery, before its first loss counts. */
  save(): void {
    this.saveWindow();
    if (this.#saved) return;
    this.#saved = true;
    this.leftPhase = '';
    this.bounds.save();
  }

  /** HandleSpuriousLossDetection (section 5.5.11.2) */
  undo(): void {
    this.bringWindowBack();
    this.model.resetFull(0);
    this.bounds.undo();
    if (this.leftPhase === 'startup') this.model.fullReached = false;
    this.chart.send(bbr3Events.recoveryUndone);
    this.leftPhase = '';
  }

  /** HandleRestartFromIdle (section 5.4.1) */
  afterIdle(_idle: number, _rto: number): void {
    if (!this.owner.appLimited) return;
    this.idleRestart = true;
    this.model.epochAt = this.owner.now();
    this.model.epochAcked = 0;
    if (this.chart.in('probeBandwidth')) this.#setRate(1);
    this.#drawWait();
    this.chart.send(bbr3Events.restarted);
  }

  // What the chart asks

  lossesAreHigh(): boolean {
    return this.#lossy;
  }

  queueDrained(): boolean {
    if (this.model.rounds > this.#drainRound + DRAIN_ROUNDS) return true;
    return this.sample.inFlight <= this.#withQuanta(this.#capacity(1));
  }

  probesAgain(): boolean {
    return this.#stopped && this.bounds.precaution && !this.bounds.tooHigh;
  }

  timeToProbe(): boolean {
    if (this.owner.now() > this.#cycleAt + this.#probeWait) return true;
    return this.#probeRounds >= Math.min(Math.ceil(this.#target() / this.smss), RENO_ROUNDS);
  }

  timeToCruise(): boolean {
    const { inFlight } = this.sample;
    if (inFlight > this.bounds.withHeadroom(this.smss, this.#least)) return false;
    return inFlight <= this.#withQuanta(this.#capacity(1, this.model.maxBandwidth));
  }

  roundStarted(): boolean {
    return this.model.roundStart;
  }

  flightIsRisky(): boolean {
    return this.bounds.tooHigh && this.sample.inFlight >= this.bounds.longFlight;
  }

  plateauReached(): boolean {
    return this.model.fullNow;
  }

  probeRttDue(): boolean {
    return this.model.probeRttExpired && !this.idleRestart;
  }

  flightIsLow(): boolean {
    return this.sample.inFlight <= this.probeRttWindow;
  }

  leftStartup(): boolean {
    return this.leftPhase === 'startup';
  }

  leftProbe(): boolean {
    return this.leftPhase === UP;
  }

  // What it has done

  noteSafeFlight(): void {
    this.leftPhase = 'startup';
    this.model.fullReached = true;
    this.bounds.longFlight = Math.max(this.#capacity(1), this.bounds.latestFlight);
  }

  startDrain(): void {
    this.#drainRound = this.model.rounds;
  }

  startDown(): void {
    this.bounds.resetSignals();
    this.bounds.perSegment = NO_LIMIT;
    this.#probeRounds = this.#drawnRounds;
    this.#probeWait = this.#drawnWait;
    this.#drawnWait = NONE;
    this.#cycleAt = this.owner.now();
    this.#stopping = true;
    this.model.nextRound = this.#delivered;
  }

  startRefill(): void {
    const { bounds } = this;
    bounds.resetShort();
    bounds.doublings = 0;
    bounds.probeAcked = 0;
    bounds.precaution = false;
    this.#stopping = false;
    this.model.nextRound = this.#delivered;
  }

  startUp(): void {
    this.bounds.probing = true;
    this.model.nextRound = this.#delivered;
    this.model.resetFull(rateOf(this.sample));
    this.bounds.raiseSlope(this.cwnd, this.smss);
  }

  noteCaution(): void {
    this.bounds.precaution = true;
  }

  forgetExcess(): void {
    this.bounds.tooHigh = false;
  }

  startProbeRtt(): void {
    this.#stopping = true;
    this.model.nextRound = this.#delivered;
  }

  startRound(): void {
    this.roundPassed = false;
    this.model.nextRound = this.#delivered;
  }

  restoreWindow(): void {
    this.model.probedRttAt = this.owner.now();
    this.bringWindowBack();
    this.bounds.resetShort();
  }

  override snapshot(): Record<string, unknown> {
    const cycle = [this.#cycleAt, this.#probeWait, this.#probeRounds, this.#drawnWait, this.#drawnRounds];
    return {
      ...super.snapshot(),
      leftPhase: this.leftPhase,
      flags: [this.#stopping, this.#saved],
      numbers: [this.#initialWindow, this.#delivered, this.#drainRound, ...cycle],
      model: this.model.snapshot(),
      bounds: { ...this.bounds },
    };
  }

  override restore(saved: Readonly<Record<string, unknown>>): void {
    super.restore(saved);
    this.leftPhase = saved.leftPhase as string;
    [this.#stopping, this.#saved] = saved.flags as [boolean, boolean];
    const [initialWindow, delivered, drainRound, ...cycle] = saved.numbers as Numbers;
    this.#initialWindow = initialWindow;
    this.#delivered = delivered;
    this.#drainRound = drainRound;
    [this.#cycleAt, this.#probeWait, this.#probeRounds, this.#drawnWait, this.#drawnRounds] = cycle;
    this.model.restore(saved.model as Record<string, unknown>);
    Object.assign(this.bounds, saved.bounds);
  }

  toJSON(): object {
    return { cwnd: this.cwnd, pacingRate: this.pacingRate, bandwidth: this.bandwidth };
  }
}
