/** The host of the spurious timeout chart: what F-RTO (RFC 5682) wants to know of an ACK after a timeout. */
import {
  type SpuriousTimeoutHost,
  spuriousTimeout,
  spuriousTimeoutEvents,
} from '../../machines/spuriousTimeout.ts';
import { OptionalChart } from './optionalChart.ts';
import type { SegmentRecord } from './record.ts';
import { leq } from './seq.ts';
import { newDataMayGo } from './transmit.ts';

export class SpuriousTimeout extends OptionalChart implements SpuriousTimeoutHost {
  /** The ACK at hand covers what was outstanding at the timeout and has been sent only once. */
  #originalAcked = false;

  protected get kind() {
    return spuriousTimeout;
  }

  protected get initial() {
    return 'idle';
  }

  /** To be told before the recovery chart: whether a recovery is under way counts. */
  timedOut(): void {
    if (!this.c.config.frto) return;
    this.tell(spuriousTimeoutEvents.timedOut);
  }

  /** A segment has been received. */
  delivered(record: SegmentRecord): void {
    if (this.state === 'idle' || record.transmissions > 1) return;
    if (leq(record.end, this.c.sender.recovery.point)) this.#originalAcked = true;
  }

  /** An ACK has been looked at, and the window is not what it will be yet. */
  heard(): void {
    if (!this.#originalAcked) return;
    this.#originalAcked = false;
    if (this.state !== 'idle') this.mention(spuriousTimeoutEvents.originalAcked);
  }

  /** The window has grown by it: may new data go for it? */
  decide(advanced: boolean, duplicate: boolean): void {
    if (this.state === 'idle') return;
    if (this.c.sender.recovery.state !== 'loss') this.mention(spuriousTimeoutEvents.recovered);
    else if (duplicate) this.mention(spuriousTimeoutEvents.duplicateAck);
    else if (advanced) this.mention(spuriousTimeoutEvents.ackAdvanced);
  }

  nothingRepaired(): boolean {
    const { state } = this.c.sender.recovery;
    return state === 'open' || state === 'cwr';
  }

  newDataMayGo(): boolean {
    return newDataMayGo(this.c);
  }

  declareSpurious(): void {
    this.c.sender.recovery.timeoutWasSpurious();
  }

  /** Takes up the chart again where a snapshot left it. */
  restore(): void {
    this.restoreChart();
  }

  toJSON(): object {
    return { originalAcked: this.#originalAcked };
  }
}
