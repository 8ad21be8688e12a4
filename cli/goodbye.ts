/**
 * How long a program stays when its user is done: what a kernel does for a program that has ended (RFC 9293 section
 * 3.6), in less time. No end can know that its last word has arrived, so each is patient, and neither for ever:
 *
 * - who has acknowledged the peer's FIN stays to do so again, as long as the peer may repeat it;
 * - whose FIN nobody acknowledges repeats it, and what is before it, until the peer must have left.
 */
import type { Connection } from '../src/tcp/connection.ts';

/** A peer that has heard all leaves after so long without a word, us, or three times the retransmission timeout. */
const QUIET = 1_500_000;
const TIMEOUTS = 3;
/** But no later than this. */
const LONGEST_QUIET = 30_000_000;
/** A FIN that came again after so long comes after 2 and 4 times as long again: the first of these may be lost. */
const REPEATS = 7;
/** As long as a kernel stays: twice the MSL of `linux`, us. */
const LONGEST_STAY = 60_000_000;

/**
 * Who has not said a word for as long as RFC 9293 section 3.8.3 asks data to be repeated (R2, SHLD-11), us, though our
 * last one was repeated so often, has left.
 */
const GONE = 100_000_000;
const GONE_REPEATS = 6;

/** What is known of a peer. */
interface Peer {
  segments: number;
  /** When it was last heard, us, as precisely as is asked. */
  heard: number;
  /** How often our last word had been repeated then. */
  repeated: number;
  /** Since when we are in TIME_WAIT; Infinity: we are not. */
  waitsSince: number;
  /** Between two of its FINs, us. */
  gap: number;
}

/** Of the oldest that is not acknowledged, or of probes of a window that is shut. */
function repeatsOf({ sender, persist }: Connection): number {
  return Math.max((sender.queue.oldest?.transmissions ?? 1) - 1, persist.probes);
}

/** To be asked again and again: what has happened in between is what it goes by. */
export class Goodbyes {
  readonly #peers = new WeakMap<Connection, Peer>();
  readonly #lastPacket: () => number;

  /** `lastPacket`: when anything came from anybody, us: a peer that is asked about for the first time was silent since. */
  constructor(lastPacket: () => number) {
    this.#lastPacket = lastPacket;
  }

  /** Both have said all, and the peer has left: without our last word, or its acknowledgments were lost. */
  isVain(connection: Connection, now: number): boolean {
    const { heard, repeated } = this.#see(connection, now);
    const { state } = connection;
    if (state !== 'LAST_ACK' && state !== 'CLOSING') return false;
    return now - heard > GONE && repeatsOf(connection) - repeated >= GONE_REPEATS;
  }

  /** In TIME_WAIT, and the peer has not repeated its FIN for a while. */
  isQuiet(connection: Connection, now: number): boolean {
    const { heard, waitsSince, gap } = this.#see(connection, now);
    if (connection.state !== 'TIME_WAIT') return false;
    const usual = Math.min(Math.max(QUIET, TIMEOUTS * connection.sender.rtt.rto), LONGEST_QUIET);
    return now - heard > Math.max(usual, REPEATS * gap) || now - waitsSince > LONGEST_STAY;
  }

  #see(connection: Connection, now: number): Peer {
    const { segmentsIn } = connection.counters;
    let peer = this.#peers.get(connection);
    if (peer === undefined) {
      const heard = this.#lastPacket();
      peer = { segments: segmentsIn, heard, repeated: 0, waitsSince: Number.POSITIVE_INFINITY, gap: 0 };
      this.#peers.set(connection, peer);
    }
    if (peer.segments !== segmentsIn) {
      if (peer.waitsSince !== Number.POSITIVE_INFINITY) peer.gap = Math.max(peer.gap, now - peer.heard);
      peer.segments = segmentsIn;
      peer.heard = now;
      peer.repeated = repeatsOf(connection);
    }
    if (connection.state === 'TIME_WAIT') peer.waitsSince = Math.min(peer.waitsSince, now);
    return peer;
  }
}
