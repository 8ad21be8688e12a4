/**
 * Proportional rate reduction (RFC 9937): how much may go out for each ACK while the rate is being cut, so that the
 * flight comes down to ssthresh over one round trip, and neither in one silence nor all at the end.
 */
export class Prr {
  /** prr_delivered: bytes that have arrived since it began. */
  delivered = 0;
  /** prr_out: bytes sent since. */
  out = 0;
  /** RecoverFS: bytes that were in flight then. */
  flight = 0;

  begin(flight: number): void {
    this.delivered = 0;
    this.out = 0;
    this.flight = Math.max(flight, 1);
  }

  sent(bytes: number): void {
    this.out += bytes;
  }

  /**
   * Section 6.2: the window after an ACK that delivered so many bytes. `safe` is safeACK: SND.UNA advances, and nothing
   * more is lost.
   */
  window(delivered: number, pipe: number, ssthresh: number, smss: number, safe: boolean): number {
    this.delivered += delivered;
    let count: number;
    if (pipe > ssthresh) {
      // In whole segments: a part of one could not be sent
      const share = Math.ceil((this.delivered * ssthresh) / this.flight / smss) * smss;
      count = share - this.out;
    } else {
      // PRR-CRB: as much as arrives; PRR-SSRB, one more, while recovery makes good progress
      count = Math.max(this.delivered - this.out, delivered) + (safe ? smss : 0);
      count = Math.min(count, ssthresh - pipe);
    }
    // The first segment goes again at once
    if (this.out === 0 && count <= 0) count = smss;
    return pipe + Math.max(count, 0);
  }

  snapshot(): Record<string, number> {
    const { delivered, out, flight } = this;
    return { delivered, out, flight };
  }

  restore(snapshot: Readonly<Record<string, number>>): void {
    Object.assign(this, snapshot);
  }
}
