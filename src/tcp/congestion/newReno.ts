/** NewReno: a segment more for each window of data, and half after a loss (RFC 5681, RFC 6582). */
import { WindowControl } from './window.ts';

export class NewReno extends WindowControl {
  readonly name = 'newreno';
  /** Bytes acknowledged since the window last grew in congestion avoidance. */
  #credit = 0;

  /** RFC 5681 section 3.1, RFC 3465 section 2.1: one SMSS when a window's worth of bytes has been acknowledged. */
  growLinearly(): void {
    this.#credit += this.sample.acked;
    if (this.#credit < this.cwnd) return;
    this.#credit -= this.cwnd;
    this.cwnd += this.smss;
  }

  /**
   * RFC 5681 (4): half of what was outstanding, without what limited transmit has sent beyond the window (section 3.2,
   * step 2). In whole segments: a part of one could not be sent, and only make the next wait.
   */
  protected cut(flight: number): number {
    this.#credit = 0;
    const half = Math.min(flight, this.cwnd) >> 1;
    return half - (half % this.smss);
  }

  override timedOut(first: boolean): void {
    this.#credit = 0;
    super.timedOut(first);
  }

  override snapshot(): Record<string, unknown> {
    return { ...super.snapshot(), credit: this.#credit };
  }

  override restore(snapshot: Readonly<Record<string, unknown>>): void {
    super.restore(snapshot);
    this.#credit = (snapshot.credit ?? 0) as number;
  }
}
