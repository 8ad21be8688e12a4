/**
 * How large a receive buffer should be: as much as the user reads in two round trips, and more while that grows (dynamic
 * right-sizing, as Linux's tcp_rcv_space_adjust has it). So a window does not limit a path that carries more, and an idle
 * connection offers no memory that it does not need. `receiveBufferMax` of 0, or a buffer that the user has set, stays.
 */
import type { Segment } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { add, lt, type Seq, seq } from './seq.ts';

/** Linux's TCP_INIT_CWND: what a peer may send in its first round trip. */
const INITIAL_SEGMENTS = 10;
/** Room beside the data of two round trips, for segments that come as the user reads. */
const SPARE_SEGMENTS = 16;

export interface TuningSnapshot {
  readonly limit: number;
  readonly space: number;
  readonly from: number;
  readonly since: number;
  readonly rtt: number;
  readonly windowEnd: number;
  readonly windowSince: number;
  readonly lastEcho: number;
}

export class ReceiveTuning {
  /** Bytes that the receive buffer may hold now. */
  limit: number;
  /** What the user read in the best round trip so far, bytes. */
  space = 0;
  /** Round trip time as the receiver sees it, us, times 8; 0: not known. */
  #rtt = 0;
  /** Bytes read when the measurement under way began, and when that was, us. */
  #from = 0;
  #since = 0;
  /** Without timestamps: when a whole window has come a round trip is over. */
  #windowEnd: Seq = seq(0);
  #windowSince = -1;
  /** The echo that was measured last: others of the same value came later. */
  #lastEcho = 0;
  readonly #c: Connection;

  constructor(connection: Connection) {
    this.#c = connection;
    this.limit = connection.config.receiveBuffer;
  }

  /** SO_RCVBUF is another; true if it is. */
  changed(): boolean {
    const { receiveBuffer, receiveBufferMax } = this.#c.config;
    if (receiveBufferMax > 0 || receiveBuffer === this.limit) return false;
    this.limit = receiveBuffer;
    return true;
  }

  /** The most that it may come to: what the window scale must be able to say. */
  static most({ receiveBuffer, receiveBufferMax }: Connection['config']): number {
    return Math.max(receiveBuffer, receiveBufferMax);
  }

  /** Round trip time as far as it is known, us; 0 when it is not. */
  get rtt(): number {
    return Math.floor(this.#rtt / 8);
  }

  /** The connection is established. */
  start(): void {
    const { config, rcv } = this.#c;
    this.space = Math.min(config.receiveBuffer, INITIAL_SEGMENTS * rcv.mss);
    this.#since = this.#c.now();
  }

  /** Data has come; `full`: as much as the peer puts in a segment. */
  heard(segment: Segment, full: boolean): void {
    const { config, timestampsOk } = this.#c;
    if (config.receiveBufferMax <= this.limit) return;
    if (!timestampsOk) this.#measureWindow();
    else if (full && segment.hasTimestamps && segment.tsEcr !== this.#lastEcho) {
      this.#lastEcho = segment.tsEcr;
      const sample = Math.max(this.#c.sinceTimestamp(segment.tsEcr), 1);
      this.#rtt = this.#rtt === 0 ? 8 * sample : this.#rtt - this.rtt + sample;
    }
  }

  /** How long a window of data takes to come is at least a round trip: the least counts. */
  #measureWindow(): void {
    const { rcv, receiver } = this.#c;
    const now = this.#c.now();
    if (this.#windowSince >= 0) {
      if (lt(rcv.nxt, this.#windowEnd)) return;
      const sample = 8 * Math.max(now - this.#windowSince, 1);
      if (this.#rtt === 0 || sample < this.#rtt) this.#rtt = sample;
    }
    this.#windowEnd = add(rcv.nxt, receiver.openWindow());
    this.#windowSince = now;
  }

  /** The user has read; `taken`: bytes in all. True if the buffer has grown. */
  read(taken: number): boolean {
    const { config, rcv } = this.#c;
    const now = this.#c.now();
    if (config.receiveBufferMax <= this.limit || this.#rtt === 0 || now - this.#since < this.rtt)
      return false;
    const copied = taken - this.#from;
    const grows = copied > this.space;
    if (grows) {
      const wanted = 2 * copied + SPARE_SEGMENTS * rcv.mss;
      // As the sender may double what it sends in the next round trip, so may the window
      const ahead = Math.floor((wanted * (copied - this.space)) / this.space);
      this.limit = Math.max(this.limit, Math.min(wanted + 2 * ahead, config.receiveBufferMax));
      this.space = copied;
    }
    this.#from = taken;
    this.#since = now;
    return grows;
  }

  snapshot(): TuningSnapshot {
    return {
      limit: this.limit,
      space: this.space,
      from: this.#from,
      since: this.#since,
      rtt: this.#rtt,
      windowEnd: this.#windowEnd,
      windowSince: this.#windowSince,
      lastEcho: this.#lastEcho,
    };
  }

  restore(snapshot: TuningSnapshot): void {
    this.limit = snapshot.limit;
    this.space = snapshot.space;
    this.#from = snapshot.from;
    this.#since = snapshot.since;
    this.#rtt = snapshot.rtt;
    this.#windowEnd = seq(snapshot.windowEnd);
    this.#windowSince = snapshot.windowSince;
    this.#lastEcho = snapshot.lastEcho;
  }
}
