/**
 * Congestion window validation: whether the window is what keeps us from sending, and what becomes of one that is not
 * used (RFC 2861, as Linux has it; RFC 7661 section 4.1 for when a window counts as used).
 */
import type { CongestionControl } from './congestion/congestion.ts';
import { distance, geq, type Seq, seq } from './seq.ts';

export class WindowUsage {
  /** In the window of data at hand something had to wait for the congestion window. */
  #limited = false;
  /** Most bytes that were outstanding in it. */
  #most = 0;
  /** It is over when this is acknowledged. */
  #end: Seq = seq(0);
  /** Most bytes outstanding since the window was last filled, and when that was, us. */
  #used = 0;
  #filledAt = 0;
  /** When data was last sent, us. */
  #sentAt = 0;
  /** Data has gone out since `sent` was last told: a loss probe goes after that. */
  #news = false;

  /** May an ACK open the window? In slow start also if half of it was used (RFC 7661 section 4.1). */
  cwndLimited(cwnd: number, ssthresh: number): boolean {
    return this.#limited || (cwnd < ssthresh && cwnd < 2 * this.#most);
  }

  /** In the window of data at hand something had to wait for the congestion window. */
  get atWindow(): boolean {
    return this.#limited;
  }

  /** An input is done and all was sent that may be; `limited`: some had to wait for the congestion window. */
  sent(limited: boolean, una: Seq, nxt: Seq): void {
    if (!limited && !this.#news) return;
    this.#news = false;
    const outstanding = distance(nxt, una);
    if (geq(una, this.#end) || limited || (!this.#limited && outstanding > this.#most)) {
      this.#limited = limited;
      this.#most = outstanding;
      this.#end = nxt;
    }
  }

  /** After that: a window that is not filled for an RTO is not kept. `decays`: there is a reason to. */
  validate(congestion: CongestionControl, decays: boolean, flight: number, now: number, rto: number): void {
    if (this.cwndLimited(congestion.cwnd, congestion.ssthresh)) {
      this.#used = 0;
      this.#filledAt = now;
      return;
    }
    this.#used = Math.max(this.#used, flight);
    if (!decays || now - this.#filledAt < rto) return;
    congestion.unused(this.#used);
    this.#used = 0;
    this.#filledAt = now;
  }

  /** Data goes out. */
  dataSent(now: number): void {
    this.#sentAt = now;
    this.#news = true;
  }

  /** How long no data was sent, us; 0 before any was. */
  idle(now: number): number {
    return this.#sentAt > 0 ? now - this.#sentAt : 0;
  }

  startAt(iss: Seq): void {
    this.#end = iss;
  }

  snapshot(): number[] {
    return [
      Number(this.#limited),
      this.#most,
      this.#end,
      this.#used,
      this.#filledAt,
      this.#sentAt,
      Number(this.#news),
    ];
  }

  restore([limited, most, end, used, filledAt, sentAt, news]: readonly number[]): void {
    this.#limited = limited === 1;
    this.#most = most as number;
    this.#end = seq(end as number);
    this.#used = used as number;
    this.#filledAt = filledAt as number;
    this.#sentAt = sentAt as number;
    this.#news = news === 1;
  }
}
