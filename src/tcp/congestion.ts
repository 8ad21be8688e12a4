/**
 * The formulas of NewReno: how far the congestion window opens and closes (RFC 5681, RFC 6582). When each applies is
 * decided by the charts `growth` and `recovery`.
 */
export class NewReno {
  /** Congestion window, bytes. */
  cwnd: number;
  /** Slow start threshold, bytes: arbitrarily high at first (RFC 5681 section 3.1). */
  ssthresh = 0x7fffffff;
  /** Sender maximum segment size, bytes. */
  smss: number;
  /** Bytes acknowledged since the window last grew in congestion avoidance. */
  #credit = 0;

  snapshot(): Record<string, number> {
    const { cwnd, ssthresh, smss } = this;
    return { cwnd, ssthresh, smss, credit: this.#credit };
  }

  restore({ credit, ...rest }: Readonly<Record<string, number>>): void {
    Object.assign(this, rest);
    this.#credit = credit ?? 0;
  }

  constructor(smss: number, initialWindow: number) {
    this.smss = smss;
    this.cwnd = smss * initialWindow;
  }

  /** The handshake has settled the segment size: the initial window in its units (RFC 6928). */
  start(smss: number, initialWindow: number): void {
    this.smss = smss;
    this.cwnd = smss * initialWindow;
  }

  belowSsthresh(): boolean {
    return this.cwnd < this.ssthresh;
  }

  /** RFC 5681 (2): by no more than SMSS for each ACK. */
  growExponentially(acked: number): void {
    this.cwnd += Math.min(acked, this.smss);
  }

  /** RFC 5681 section 3.1: one SMSS when a window's worth of bytes has been acknowledged. */
  growLinearly(acked: number): void {
    this.#credit += acked;
    if (this.#credit < this.cwnd) return;
    this.#credit -= this.cwnd;
    this.cwnd += this.smss;
  }

  /** RFC 5681 (4): half of what was outstanding, at least two segments. */
  halve(flight: number): void {
    this.ssthresh = Math.max(flight >> 1, 2 * this.smss);
    this.#credit = 0;
  }

  /** RFC 6582 section 3.2 (3), option 1: no burst when little is outstanding. */
  leaveRecovery(flight: number): void {
    this.cwnd = Math.min(this.ssthresh, Math.max(flight, this.smss) + this.smss);
  }

  /** RFC 5681 section 3.1: the loss window is one segment. */
  restart(): void {
    this.cwnd = this.smss;
    this.#credit = 0;
  }
}
