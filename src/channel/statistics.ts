/**
 * What became of the packets of one direction of a link, counted exactly. The link counts; here is what the counters
 * mean and how they add up: sent + duplicated = delivered + lost + inFlight.
 */

/** Why a packet was lost, as in the trace. */
export type LossReason = 'loss' | 'queue' | 'mtu' | 'outage' | 'fault';

/** Packets of one direction. */
export interface DirectionStatistics {
  /** Given to the link by the sender. */
  sent: number;
  /** Handed to the receiver, corrupted ones and copies included. */
  delivered: number;
  /** Never to be delivered, by reason. */
  readonly lost: Record<LossReason, number>;
  /** Marked CE instead of being let wait without a word. */
  marked: number;
  /** One bit was flipped. */
  corrupted: number;
  /** Extra copies made. */
  duplicated: number;
  /** Delivered after a packet that was sent later. */
  reordered: number;
  /** Under way: queued, being sent, delayed, waiting for a tick, or arrived where nobody listens yet. */
  inFlight: number;
}

/** All counters at zero. */
export function newStatistics(): DirectionStatistics {
  return {
    sent: 0,
    delivered: 0,
    lost: { loss: 0, queue: 0, mtu: 0, outage: 0, fault: 0 },
    marked: 0,
    corrupted: 0,
    duplicated: 0,
    reordered: 0,
    inFlight: 0,
  };
}

/** Lost packets, whatever the reason. */
export function totalLost(statistics: DirectionStatistics): number {
  const { loss, queue, mtu, outage, fault } = statistics.lost;
  return loss + queue + mtu + outage + fault;
}

/** A copy that no longer changes. */
export function copyStatistics(statistics: DirectionStatistics): DirectionStatistics {
  return { ...statistics, lost: { ...statistics.lost } };
}
