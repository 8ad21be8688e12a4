/**
 * The variables of a connection (RFC 9293 section 3.3.1), under their RFC names, and what is counted of it.
 */
import { type Seq, seq } from './seq.ts';

/** An address and a port. */
export interface Endpoint {
  readonly address: Uint8Array;
  readonly port: number;
}

/** What happened to a connection, in numbers. */
export interface ConnectionCounters {
  segmentsOut: number;
  segmentsIn: number;
  retransmitsByTimer: number;
  retransmitsFast: number;
  timeouts: number;
  outOfOrder: number;
  /** Segments that the peer has reported twice by D-SACK. */
  duplicatesReported: number;
  /** Tail loss probes sent. */
  lossProbes: number;
  /** Recoveries taken back as not called for. */
  undone: number;
  duplicateAcksIn: number;
  /** Sequence numbers delivered by ACKs that told of congestion marks. */
  deliveredMarked: number;
}

/** RFC 9293 section 3.3.1, the send sequence variables, and what goes with them. */
export interface SendVariables {
  una: Seq;
  nxt: Seq;
  /** The peer's window in bytes, scaled. */
  wnd: number;
  wl1: Seq;
  wl2: Seq;
  iss: Seq;
  /** Urgent pointer: the number after the urgent data (MUST-62). */
  up: Seq;
  /** The number after the last segment sent that was not full (draft-minshall-nagle: snd.sml). */
  sml: Seq;
  /** Largest window the peer ever offered. */
  maxWnd: number;
  /** Payload bytes of a full-sized segment: Eff.snd.MSS (RFC 9293 section 3.7.1). */
  mss: number;
  /** RFC 7323 Snd.Wind.Shift */
  scale: number;
}

/** RFC 9293 section 3.3.1, the receive sequence variables, and what goes with them. */
export interface ReceiveVariables {
  nxt: Seq;
  irs: Seq;
  /** Urgent pointer: the number after the urgent data. */
  up: Seq;
  /** Right edge of the window as last advertised. */
  edge: Seq;
  /** RCV.NXT as last acknowledged (RFC 7323 Last.ACK.sent). */
  acked: Seq;
  /** Payload bytes that the peer may put in a segment. */
  mss: number;
  /** RFC 7323 Rcv.Wind.Shift */
  scale: number;
}

const ZERO = seq(0);

/** Before anything is known; `mss` is what both ends may send, as far as we know. */
export function noSendVariables(mss: number): SendVariables {
  const numbers = { una: ZERO, nxt: ZERO, wl1: ZERO, wl2: ZERO, iss: ZERO, up: ZERO, sml: ZERO };
  return { ...numbers, wnd: 0, maxWnd: 0, mss, scale: 0 };
}

/** The same for the other direction. */
export function noReceiveVariables(mss: number): ReceiveVariables {
  return { nxt: ZERO, irs: ZERO, up: ZERO, edge: ZERO, acked: ZERO, mss, scale: 0 };
}

export function noCounters(): ConnectionCounters {
  return {
    segmentsOut: 0,
    segmentsIn: 0,
    retransmitsByTimer: 0,
    retransmitsFast: 0,
    timeouts: 0,
    outOfOrder: 0,
    duplicatesReported: 0,
    lossProbes: 0,
    undone: 0,
    duplicateAcksIn: 0,
    deliveredMarked: 0,
  };
}
