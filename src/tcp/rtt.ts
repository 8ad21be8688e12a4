/** The retransmission timeout: RFC 6298 sections 2 and 5, in integer microseconds. */

/** Clock granularity G: one microsecond. */
const G = 1;

export class RttEstimator {
  /** Smoothed round-trip time, us; 0 before the first sample. */
  srtt = 0;
  rttvar = 0;
  /** The newest sample, and the smallest. */
  latest = 0;
  minimum = 0;
  /** RFC 6298 RTO without backoff, us. */
  rto: number;
  readonly #least: number;
  readonly #most: number;

  constructor(initial: number, least: number, most: number) {
    this.rto = initial;
    this.#least = least;
    this.#most = most;
  }

  /** Takes a measurement R (us) of a segment that was sent only once, or with timestamps (Karn: section 3). */
  sample(r: number): void {
    this.latest = r;
    this.minimum = this.minimum === 0 ? r : Math.min(this.minimum, r);
    if (this.srtt === 0) {
      // (2.2)
      this.srtt = Math.max(r, 1);
      this.rttvar = Math.floor(r / 2);
    } else {
      // (2.3) with alpha = 1/8 and beta = 1/4: RTTVAR before SRTT
      const deviation = Math.abs(this.srtt - r);
      this.rttvar = Math.round((3 * this.rttvar + deviation) / 4);
      this.srtt = Math.max(Math.round((7 * this.srtt + r) / 8), 1);
    }
    this.rto = this.clamp(this.srtt + Math.max(G, 4 * this.rttvar));
  }

  /** (5.7): the SYN's timer expired before the handshake was done: data starts at 3 s. */
  afterSynTimeout(): void {
    if (this.srtt === 0) this.rto = this.clamp(Math.max(this.rto, 3_000_000));
  }

  /** RTO after `count` expirations, (5.5): doubled each time, bounded. */
  backedOff(count: number): number {
    let rto = this.rto;
    for (let i = 0; i < count && rto < this.#most; i++) rto *= 2;
    return Math.min(rto, this.#most);
  }

  snapshot(): Record<string, number> {
    const { srtt, rttvar, latest, minimum, rto } = this;
    return { srtt, rttvar, latest, minimum, rto };
  }

  restore(snapshot: Readonly<Record<string, number>>): void {
    Object.assign(this, snapshot);
  }

  clamp(rto: number): number {
    return Math.min(Math.max(rto, this.#least), this.#most);
  }
}
