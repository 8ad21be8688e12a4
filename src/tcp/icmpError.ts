/**
 * An ICMP error about a connection (RFC 9293 section 3.9.2.2, RFC 5927): whether it is believed, and how hard it is.
 * What a hard one does in which state is `machines/connection.ts`, what "packet too big" does is `pathMtu.ts`.
 */
import { connectionEvents } from '../../machines/connection.ts';
import {
  type IcmpErrorKind,
  UNREACHABLE_V4,
  UNREACHABLE_V6,
  UNRECOGNIZED_NEXT_HEADER,
} from '../wire/icmp.ts';
import type { Connection } from './connection.ts';
import { leq, lt, type Seq } from './seq.ts';

/** What an ICMP error says of one of our segments. Plain data: it is part of a connection's snapshot. */
export interface IcmpError {
  readonly version: 4 | 6;
  readonly kind: IcmpErrorKind;
  readonly code: number;
  /** Of `packetTooBig`: the next hop's, 0 if it was not told. */
  readonly mtu: number;
  /** Sequence number of the segment quoted. */
  readonly quotedSeq: number;
  /** Bytes of the IP packet quoted, as it says of itself. */
  readonly quotedLength: number;
}

/**
 * An ICMP error arrives that quotes a segment of this connection.
 * @returns why it is ignored, undefined when it is not
 */
export function icmpErrorArrives(c: Connection, error: IcmpError): string | undefined {
  if (!quotesOutstanding(c, error)) return 'icmpOutsideWindow';
  if (error.kind === 'packetTooBig') {
    c.pathMtu.tooBig(error);
    return undefined;
  }
  c.softError = error;
  // The chart decides whether it ends the connection: only while that opens (RFC 5927 section 5.2)
  if (isHard(error)) c.chart.send(connectionEvents.hardError);
  c.notice('unreachable');
  return undefined;
}

/** RFC 5927 section 4.1: SND.UNA =< SEG.SEQ < SND.NXT; whoever has not seen our packets has to guess. */
function quotesOutstanding({ snd }: Connection, { quotedSeq }: IcmpError): boolean {
  const seq = quotedSeq as Seq;
  return leq(snd.una, seq) && lt(seq, snd.nxt);
}

/**
 * Is it a hard error? RFC 9293 section 3.9.2.2: protocol and port unreachable (SHLD-26); RFC 5461 section 2.1 for IPv6.
 * All others are soft: they may pass (MUST-56).
 */
export function isHard({ version, kind, code }: IcmpError): boolean {
  if (version === 4) {
    return kind === 'unreachable' && (code === UNREACHABLE_V4.protocol || code === UNREACHABLE_V4.port);
  }
  if (kind === 'parameterProblem') return code === UNRECOGNIZED_NEXT_HEADER;
  return kind === 'unreachable' && (code === UNREACHABLE_V6.prohibited || code === UNREACHABLE_V6.port);
}
