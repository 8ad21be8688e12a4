/**
 * What of other RFCs Statewire does, and does not do, by RFC and section: the second page of the ledger. What proves a
 * row are the tests that carry `[RFC N section]` in their names, such as `[RFC 8985 6.2]`.
 */
import type { Status } from './requirements.ts';

export interface Mechanism {
  /** As in the names of tests: `4987 3.6`. */
  readonly rfc: string;
  readonly what: string;
  readonly status?: Exclude<Status, 'met'>;
  readonly note?: string;
  /** Not there yet: it may be without a test. */
  readonly awaited?: true;
}

// biome-ignore format: a table
export const mechanisms: readonly Mechanism[] = [
  { rfc: '1191 3', what: 'path MTU from "fragmentation needed"' },
  { rfc: '1337 3', what: 'a RST does not end TIME_WAIT' },
  { rfc: '2018 4', what: 'SACK blocks: what was received last comes first' },
  { rfc: '2018 8', what: 'what was reported received may be discarded: after a timeout it is sent again' },
  { rfc: '2883 4', what: 'D-SACK: the first block says what came twice' },
  { rfc: '3042 2', what: 'limited transmit: new data for the first two duplicate ACKs' },
  { rfc: '3168 6.1.1', what: 'ECN: the handshake agrees on it, or falls back' },
  { rfc: '3168 6.1.2', what: 'ECN: ECE cuts the rate once a window, CWR says so' },
  { rfc: '3168 6.1.3', what: 'ECN: a mark is echoed until CWR comes' },
  { rfc: '3168 6.1.5', what: 'ECN: what is sent again is not to be marked' },
  { rfc: '3168 6.1.6', what: 'ECN: window probes are not to be marked' },
  { rfc: '3465 2', what: 'appropriate byte counting' },
  { rfc: '3522 3', what: 'Eifel detection by timestamps' },
  { rfc: '4015 3', what: 'Eifel response: a spurious recovery is undone' },
  { rfc: '4821 7', what: 'packetization layer path MTU discovery: search' },
  { rfc: '4821 7.7', what: 'black holes: a path that drops large packets without a word' },
  { rfc: '4987 3.6', what: 'SYN cookies' },
  { rfc: '5482 3', what: 'the user timeout, locally' },
  { rfc: '5482 3.1', what: 'the user timeout option', status: 'declined', note: 'Linux has none either: each end has its own' },
  { rfc: '5681 3.1', what: 'slow start and congestion avoidance' },
  { rfc: '5681 3.2', what: 'fast retransmit and fast recovery' },
  { rfc: '5682 3', what: 'F-RTO: spurious timeouts' },
  { rfc: '5927 4.1', what: 'ICMP errors count only about what is outstanding' },
  { rfc: '5927 5.2', what: 'hard ICMP errors are soft once a connection is established' },
  { rfc: '5927 7.2', what: '"packet too big" counts only while it explains what is not acknowledged' },
  { rfc: '5961 3.2', what: 'a RST counts at RCV.NXT only; in the window it is challenged' },
  { rfc: '5961 4.2', what: 'a SYN is challenged' },
  { rfc: '5961 5.2', what: 'an ACK must be near SND.UNA' },
  { rfc: '5961 7', what: 'challenge ACKs are limited' },
  { rfc: '6191 2', what: 'TIME_WAIT ends for a SYN with a newer timestamp' },
  { rfc: '6298 2', what: 'SRTT, RTTVAR and RTO' },
  { rfc: '6298 5', what: 'the retransmission timer' },
  { rfc: '6528 3', what: 'initial sequence numbers' },
  { rfc: '6582 3.2', what: 'NewReno without SACK' },
  { rfc: '6675 5', what: 'recovery by SACK' },
  { rfc: '6928 2', what: 'initial window of ten segments' },
  { rfc: '6937 3', what: 'proportional rate reduction' },
  { rfc: '7323 2', what: 'window scaling' },
  { rfc: '7323 4', what: 'RTT from timestamps' },
  { rfc: '7323 5', what: 'PAWS; the stack `linux` takes a segment one tick older, as Linux does' },
  { rfc: '7661 4', what: 'a window that was not used is not kept' },
  { rfc: '8201 4', what: 'path MTU from "packet too big"' },
  { rfc: '8511 3', what: 'ABE: a mark cuts CUBIC by less than a loss', status: 'declined', note: 'Linux has none, FreeBSD has it off: both cut alike (RFC 9438 section 4.6)' },
  { rfc: '8985 6.2', what: 'RACK: a segment is lost when one sent later has arrived' },
  { rfc: '8985 7.2', what: 'tail loss probe' },
  { rfc: '9406 4.2', what: 'HyStart++' },
  { rfc: '9438 4', what: 'CUBIC' },
  { rfc: '9768 3', what: 'Accurate ECN', status: 'declined', note: 'left out: its offer is answered as one of RFC 3168' },
];
