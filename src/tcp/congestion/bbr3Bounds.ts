/**
 * What losses say to BBR, version 3 (draft-ietf-ccwg-bbr-06 sections 5.3.3.9 and 5.5.10): how much may be in flight at
 * all, found by probing; and how much, and how fast, until the next probe. Bytes; rates in bytes a second.
 */
import type { SegmentRecord } from '../record.ts';
import { rateOf } from './bbr3Model.ts';
import type { AckSample } from './congestion.ts';

/** Infinity, but for a snapshot that is written as JSON. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;
/** LossThresh: as much may be lost of what was in flight, %. */
const LOSS_MOST = 2;
/** Beta: what a reduction leaves at least. */
export function leastOf(before: number): number {
  return Math.floor((before * 7) / 10);
}

/** Headroom: what of the bound is left to others, %. */
const HEADROOM = 15;
/** StartupFullLossCnt: so many places of a round must have lost something. */
const LOSSY_PLACES = 6;
const MOST_DOUBLINGS = 30;

export class Bbr3Bounds {
  /** BBR.bw_shortterm, BBR.inflight_shortterm, BBR.inflight_longterm */
  shortBandwidth = NO_LIMIT;
  shortFlight = NO_LIMIT;
  longFlight = NO_LIMIT;
  /** The most of this round: rate and volume delivered. */
  latestBandwidth = 0;
  latestFlight = 0;
  lossInRound = false;
  /** Rounds as losses are counted in. */
  lossRoundStart = false;
  lossRoundEnd = 0;
  /** Places of this round that lost something, and where the last ended. */
  lostPlaces = 0;
  lostEnd = NO_LIMIT;
  /** What is acknowledged or lost now was sent while probing; once it was too much it says no more. */
  probing = false;
  /** The last probe lost too much; it ended early, for the one before had. */
  tooHigh = false;
  precaution = false;
  /** Bytes acknowledged that raise the bound by a segment, those that did not yet, and how often that was doubled. */
  perSegment = NO_LIMIT;
  probeAcked = 0;
  doublings = 0;
  /** What undo brings back. */
  undoBandwidth = NO_LIMIT;
  undoShort = NO_LIMIT;
  undoLong = NO_LIMIT;

  /** UpdateLatestDeliverySignals */
  updateLatest({ rate, deliveredTotal }: AckSample, bandwidth: number): void {
    this.lossRoundStart = false;
    if (rate.interval <= 0) return;
    this.latestBandwidth = Math.max(this.latestBandwidth, bandwidth);
    this.latestFlight = Math.max(this.latestFlight, rate.delivered);
    if (rate.priorDelivered < this.lossRoundEnd) return;
    this.lossRoundEnd = deliveredTotal;
    this.lossRoundStart = true;
  }

  /** AdvanceLatestDeliverySignals */
  advanceLatest(sample: AckSample): void {
    if (!this.lossRoundStart) return;
    this.latestBandwidth = rateOf(sample);
    this.latestFlight = sample.rate.delivered;
    this.lostPlaces = 0;
  }

  /** UpdateCongestionSignals, AdaptLowerBoundsFromCongestion: once a round; `accelerates`: losses are looked for. */
  adaptShort(accelerates: boolean, maxBandwidth: number, cwnd: number): void {
    if (!this.lossRoundStart) return;
    if (this.lossInRound && !accelerates) {
      const bandwidth = this.shortBandwidth === NO_LIMIT ? maxBandwidth : this.shortBandwidth;
      const flight = this.shortFlight === NO_LIMIT ? cwnd : this.shortFlight;
      this.shortBandwidth = Math.max(this.latestBandwidth, leastOf(bandwidth));
      this.shortFlight = Math.max(this.latestFlight, leastOf(flight));
    }
    this.lossInRound = false;
  }

  /** ResetShortTermModel */
  resetShort(): void {
    this.shortBandwidth = NO_LIMIT;
    this.shortFlight = NO_LIMIT;
  }

  /** ResetCongestionSignals */
  resetSignals(): void {
    this.lossInRound = false;
    this.latestBandwidth = 0;
    this.latestFlight = 0;
  }

  /** NoteLoss */
  noteLoss(record: SegmentRecord, delivered: number): void {
    if (!this.lossInRound) this.lossRoundEnd = delivered;
    this.lossInRound = true;
    if (record.start !== this.lostEnd) this.lostPlaces += 1;
    this.lostEnd = record.end;
  }

  /** IsInflightTooHigh: of so much in flight so much was lost. */
  isTooHigh(lost: number, inFlight: number, selective: boolean): boolean {
    return selective ? lost * 100 > inFlight * LOSS_MOST : lost > 0;
  }

  /** CheckStartupHighLoss; without SACK a round shows one loss only, and that has to do. */
  startupLossy({ rate, recovery }: AckSample, selective: boolean): boolean {
    if (recovery !== 'recovery') return false;
    if (!selective) return this.lossInRound;
    if (!this.lossRoundStart || this.lostPlaces < LOSSY_PLACES) return false;
    return this.isTooHigh(rate.lost, rate.sentInFlight, true);
  }

  /** InflightAtLoss: where in flight, with this segment, losses crossed the threshold. */
  flightAtLoss({ length, rate }: SegmentRecord, lost: number): number {
    const before = rate.inFlight - length;
    const lostBefore = lost - length;
    return Math.floor(before + (LOSS_MOST * before - 100 * lostBefore) / (100 - LOSS_MOST));
  }

  /** InflightWithHeadroom; `least`: what is allowed always. */
  withHeadroom(smss: number, least: number): number {
    if (this.longFlight === NO_LIMIT) return NO_LIMIT;
    const headroom = Math.max(smss, Math.floor((HEADROOM * this.longFlight) / 100));
    return Math.max(this.longFlight - headroom, least);
  }

  /** RaiseInflightLongtermSlope: each round of a probe raises by twice as much as the one before. */
  raiseSlope(cwnd: number, smss: number): void {
    this.perSegment = Math.max(Math.floor(cwnd / (1 << this.doublings)), smss);
    this.doublings = Math.min(this.doublings + 1, MOST_DOUBLINGS);
  }

  /** ProbeInflightLongtermUpward */
  raiseLong({ atWindow, delivered }: AckSample, cwnd: number, smss: number, roundStart: boolean): void {
    if (!atWindow || cwnd < this.longFlight) return;
    this.probeAcked += delivered;
    if (this.probeAcked >= this.perSegment) {
      const segments = Math.floor(this.probeAcked / this.perSegment);
      this.probeAcked -= segments * this.perSegment;
      this.longFlight += segments * smss;
    }
    if (roundStart) this.raiseSlope(cwnd, smss);
  }

  /** SaveStateUponLoss */
  save(): void {
    this.undoBandwidth = this.shortBandwidth;
    this.undoShort = this.shortFlight;
    this.undoLong = this.longFlight;
  }

  /** HandleSpuriousLossDetection: at least what it was. */
  undo(): void {
    this.lossInRound = false;
    this.shortBandwidth = Math.max(this.shortBandwidth, this.undoBandwidth);
    this.shortFlight = Math.max(this.shortFlight, this.undoShort);
    this.longFlight = Math.max(this.longFlight, this.undoLong);
  }
}
