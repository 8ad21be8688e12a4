/**
 * STATUS (RFC 9293 section 3.10.6): what a connection is doing, under the names of Linux's `struct tcp_info`.
 * Times us, sizes bytes, counts segments, as there.
 */
import type { Connection } from './connection.ts';
import { Mark } from './record.ts';
import { distance } from './seq.ts';

/** A snapshot of a connection's variables. */
export interface TcpInfo {
  /** Number of the state, TCP_ESTABLISHED is 1. */
  readonly tcpi_state: number;
  /** See `congestionStates`. */
  readonly tcpi_ca_state: number;
  /** Times the oldest segment was sent again. */
  readonly tcpi_retransmits: number;
  /** Window or keep-alive probes unanswered. */
  readonly tcpi_probes: number;
  readonly tcpi_backoff: number;
  /** 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 packets that may be marked have come */
  readonly tcpi_options: number;
  readonly tcpi_snd_wscale: number;
  readonly tcpi_rcv_wscale: number;
  readonly tcpi_rto: number;
  readonly tcpi_ato: number;
  readonly tcpi_snd_mss: number;
  readonly tcpi_rcv_mss: number;
  readonly tcpi_unacked: number;
  readonly tcpi_sacked: number;
  readonly tcpi_lost: number;
  /** Segments sent again and not acknowledged yet. */
  readonly tcpi_retrans: number;
  readonly tcpi_pmtu: number;
  readonly tcpi_rtt: number;
  readonly tcpi_rttvar: number;
  /** Segments. */
  readonly tcpi_snd_ssthresh: number;
  /** Segments. */
  readonly tcpi_snd_cwnd: number;
  readonly tcpi_advmss: number;
  readonly tcpi_reordering: number;
  readonly tcpi_rcv_space: number;
  readonly tcpi_total_retrans: number;
  readonly tcpi_segs_out: number;
  readonly tcpi_segs_in: number;
  /** Bytes written and not sent yet. */
  readonly tcpi_notsent_bytes: number;
  readonly tcpi_min_rtt: number;
  /** Bytes a second that may leave; 0: it is not paced. */
  readonly tcpi_pacing_rate: number;
  /** Bytes a second that the network delivered last, by the newest sample that says something. */
  readonly tcpi_delivery_rate: number;
  /** 1: that sample was limited by what the application sent. */
  readonly tcpi_delivery_rate_app_limited: number;
  /** Segments known to have arrived. */
  readonly tcpi_delivered: number;
  /** Of those, segments whose ACK told of congestion marks. */
  readonly tcpi_delivered_ce: number;
  readonly tcpi_snd_wnd: number;
  readonly tcpi_rcv_wnd: number;
  /** Segments that the peer has reported twice by D-SACK. */
  readonly tcpi_dsack_dups: number;
  /** Times that segments came out of the order in which they were sent. */
  readonly tcpi_reord_seen: number;
}

/** Linux's numbers of the states (`include/net/tcp_states.h`). */
export const stateNumbers: Readonly<Record<string, number>> = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECEIVED: 3,
  FIN_WAIT_1: 4,
  FIN_WAIT_2: 5,
  TIME_WAIT: 6,
  CLOSED: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
};

/** Linux's TCP_INFINITE_SSTHRESH: no loss has been seen. */
const NO_SSTHRESH = 0x7fffffff;

/** Linux's `enum tcp_ca_state`. */
export const congestionStates = {
  TCP_CA_Open: 0,
  TCP_CA_Disorder: 1,
  TCP_CA_CWR: 2,
  TCP_CA_Recovery: 3,
  TCP_CA_Loss: 4,
} as const;

/** Reads a connection's variables. Walks the retransmission queue: for people and tests, not for every segment. */
export function tcpInfo(c: Connection): TcpInfo {
  const { snd, rcv, sender, receiver, config, counters } = c;
  const { rtt, congestion, queue, recovery } = sender;
  const count = countRecords(c);
  return {
    tcpi_state: stateNumbers[c.state] ?? 0,
    tcpi_ca_state: congestionState(c),
    tcpi_retransmits: Math.max((queue.oldest?.transmissions ?? 1) - 1, 0),
    tcpi_probes: c.persist.probes + c.keepAlive.probes,
    tcpi_backoff: sender.backoff,
    tcpi_options: optionBits(c),
    tcpi_snd_wscale: snd.scale,
    tcpi_rcv_wscale: rcv.scale,
    tcpi_rto: rtt.backedOff(sender.backoff),
    tcpi_ato: config.delayedAck,
    tcpi_snd_mss: snd.mss,
    tcpi_rcv_mss: receiver.largest,
    tcpi_unacked: queue.size,
    tcpi_sacked: count.sacked,
    tcpi_lost: count.lost,
    tcpi_retrans: count.retransmitted,
    tcpi_pmtu: c.pathMtu.mtu,
    tcpi_rtt: rtt.srtt,
    tcpi_rttvar: rtt.rttvar,
    tcpi_snd_ssthresh:
      congestion.ssthresh >= NO_SSTHRESH ? NO_SSTHRESH : Math.floor(congestion.ssthresh / snd.mss),
    tcpi_snd_cwnd: Math.floor(congestion.cwnd / snd.mss),
    tcpi_advmss: rcv.mss,
    tcpi_reordering: recovery.rack.reordering,
    tcpi_rcv_space: receiver.tuning.space,
    tcpi_total_retrans: counters.retransmitsByTimer + counters.retransmitsFast,
    tcpi_segs_out: counters.segmentsOut,
    tcpi_segs_in: counters.segmentsIn,
    tcpi_notsent_bytes: Math.max(distance(sender.dataEnd, snd.nxt), 0),
    tcpi_min_rtt: queue.rate.minRtt >= 0 ? queue.rate.minRtt : rtt.minimum,
    tcpi_pacing_rate: Math.floor(sender.pacingRate),
    tcpi_delivery_rate: queue.rate.last,
    tcpi_delivery_rate_app_limited: Number(queue.rate.lastLimited),
    tcpi_delivered: Math.floor(queue.deliveredTotal / snd.mss),
    tcpi_delivered_ce: Math.floor(counters.deliveredMarked / snd.mss),
    tcpi_snd_wnd: snd.wnd,
    tcpi_rcv_wnd: receiver.openWindow(),
    tcpi_dsack_dups: counters.duplicatesReported,
    tcpi_reord_seen: recovery.rack.reorderingSeen,
  };
}

function optionBits({ timestampsOk, sackOk, scalingOk, ecn }: Connection): number {
  const bits = [timestampsOk, sackOk, scalingOk, ecn.agreed, ecn.seen];
  return bits.reduce((sum, set, i) => sum + (set ? 1 << i : 0), 0);
}

function congestionState({ sender }: Connection): number {
  const { state } = sender.recovery;
  if (state === 'cwr') return congestionStates.TCP_CA_CWR;
  if (state === 'recovery') return congestionStates.TCP_CA_Recovery;
  if (state === 'loss') return congestionStates.TCP_CA_Loss;
  const disordered = sender.recovery.dupAcks > 0 || sender.marked[Mark.sacked] > 0;
  return disordered ? congestionStates.TCP_CA_Disorder : congestionStates.TCP_CA_Open;
}

function countRecords(c: Connection): { sacked: number; lost: number; retransmitted: number } {
  const count = { sacked: 0, lost: 0, retransmitted: 0 };
  for (const record of c.sender.queue) {
    if (record.mark === Mark.sacked) count.sacked += 1;
    else if (record.mark === Mark.lost) count.lost += 1;
    else if (record.transmissions > 1) count.retransmitted += 1;
  }
  return count;
}
