/**
 * What congestion controls that are a rate have in common, as `window.ts` for those that are a window: they set their
 * window themselves, in recovery too, and come back to what it was; losses leave ssthresh as it is. The two versions of
 * BBR differ in their models of the path, and in what losses say.
 */
import type { ChartInstance } from '../../chart/chart.ts';
import {
  type AckSample,
  type CongestionControl,
  type CongestionName,
  type CongestionOwner,
  type CongestionStart,
  NO_SSTHRESH,
  noSample,
  type Reduction,
} from './congestion.ts';

/** Least window, segments (MinPipeCwnd). */
export const LEAST = 4;
/** What of the bandwidth is paced at: a little less, so that queues do not build up. */
export const MARGIN = 0.99;
/** RTT to assume before any is known, us. */
const NOMINAL_RTT = 1000;
/** us */
const PROBE_RTT_TIME = 200_000;

/** Fields that a snapshot has as they are. */
const FIELDS = [
  ...(['cwnd', 'ssthresh', 'smss', 'pacingRate', 'recovering', 'priorCwnd'] as const),
  ...(['hasRtt', 'idleRestart', 'roundPassed'] as const),
] as const;

export abstract class RateControl implements CongestionControl {
  abstract readonly name: CongestionName;
  abstract readonly chart: ChartInstance;
  abstract readonly model: { readonly fullReached: boolean };
  readonly ownsRecovery = true;
  cwnd: number;
  ssthresh = NO_SSTHRESH;
  smss: number;
  pacingRate = 0;
  /** The ACK at hand. */
  protected sample: AckSample = noSample();
  /** The state of the `recovery` chart when the last ACK came. */
  protected recovering = 'open';
  /** The window to come back to. */
  protected priorCwnd = 0;
  protected hasRtt = false;
  /** After an idle time, until something is delivered. */
  protected idleRestart = false;
  protected roundPassed = false;
  protected readonly owner: CongestionOwner;
  /** Of the rate that a window a round trip is, what is sent at first. */
  readonly #startGain: number;

  constructor({ owner, smss, initialWindow }: CongestionStart, startGain: number) {
    this.owner = owner;
    this.smss = smss;
    this.cwnd = smss * initialWindow;
    this.#startGain = startGain;
  }

  start(smss: number, initialWindow: number): void {
    this.smss = smss;
    this.cwnd = smss * initialWindow;
    this.startRate(0);
  }

  /** bbr_init_pacing_rate_from_rtt, InitPacingRate; us, 0: not known. */
  protected startRate(srtt: number): void {
    this.hasRtt = srtt > 0;
    this.pacingRate = this.#startGain * ((this.cwnd * 1e6) / (srtt > 0 ? srtt : NOMINAL_RTT));
  }

  abstract acked(sample: AckSample): void;
  abstract reduce(why: Reduction, flight: number): void;
  abstract save(): void;
  abstract undo(): void;
  abstract afterIdle(idle: number, rto: number): void;

  timedOut(_first: boolean): void {
    this.cwnd = this.smss;
    this.recovering = 'loss';
  }

  recovered(_flight: number): void {
    // The next ACK restores the window
  }

  unused(_used: number): void {
    // The model decays by itself
  }

  protected bringWindowBack(): void {
    this.cwnd = Math.max(this.cwnd, this.priorCwnd);
  }

  // What both charts ask

  pipeFull(): boolean {
    return this.model.fullReached;
  }

  roundToPass(): boolean {
    return !this.roundPassed;
  }

  /** bbr_save_cwnd, SaveCwnd: the best of a recovery or of the probing for the RTT counts. */
  saveWindow(): void {
    const good = !isLossy(this.recovering) && !this.chart.in('probeRtt');
    this.priorCwnd = good ? this.cwnd : Math.max(this.priorCwnd, this.cwnd);
  }

  probeRttTime(): number {
    return PROBE_RTT_TIME;
  }

  snapshot(): Record<string, unknown> {
    return Object.fromEntries(FIELDS.map((field) => [field, this[field]]));
  }

  restore(saved: Readonly<Record<string, unknown>>): void {
    for (const field of FIELDS) Object.assign(this, { [field]: saved[field] });
  }
}

/** In such a state of the `recovery` chart something is missing. */
export function isLossy(recovery: string): boolean {
  return recovery === 'recovery' || recovery === 'loss';
}
