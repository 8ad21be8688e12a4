/** The figures of a run, taken from its ends and its link: what the summary, the comparison and `--json` show. */
import type { Demo, DemoResult, EndResult } from '../src/app/demo.ts';
import type { DirectionStatistics } from '../src/channel/statistics.ts';
import { totalLost } from '../src/channel/statistics.ts';
import type { HostCounters } from '../src/tcp/counters.ts';
import { EXIT } from './failure.ts';

/** Of one direction: the sender's part, the link's, the receiver's. Packets. */
export interface Figures {
  /** Given to the link, repetitions included. */
  readonly segments: number;
  /** Sent again because a retransmission timer ran out. */
  readonly resentByTimer: number;
  /** Sent again by fast retransmit and recovery. */
  readonly resentFast: number;
  readonly lost: number;
  readonly corrupted: number;
  /** Marked by a queue instead of being dropped (ECN). */
  readonly marked: number;
  readonly duplicated: number;
  /** Delivered after a packet that was sent later. */
  readonly reordered: number;
  readonly delivered: number;
  /** Dropped by the receiver for a checksum, of IP or of TCP. */
  readonly checksumDrops: number;
  /** Dropped by the receiver for anything else. */
  readonly otherDrops: number;
  /** Segments with data ahead of what the receiver waited for; only the receiver itself knows. */
  readonly outOfOrder?: number;
}

/** What is told of a run besides its figures. */
export type RunResult = Pick<DemoResult, 'outcomes' | 'end' | 'sessionTime' | 'virtualTime'> & {
  readonly client: Pick<EndResult, 'state' | 'reason'>;
  /** undefined if it never had a connection */
  readonly server: Pick<EndResult, 'state' | 'reason'> | undefined;
};

/** Both directions of a run, and what came of it. */
export interface Measured {
  readonly result: RunResult;
  readonly forward: Figures;
  readonly backward: Figures;
  readonly right: number;
}

export function measure(demo: Demo): Measured {
  const result = demo.result();
  const { client, server, link } = result;
  return {
    result,
    forward: figures(link.forward, client, server, demo.server.counters),
    backward: figures(link.backward, server, client, demo.client.counters),
    right: result.outcomes.filter((outcome) => outcome.right).length,
  };
}

function figures(
  link: DirectionStatistics,
  sender: EndResult | undefined,
  receiver: EndResult | undefined,
  { discarded, discards }: HostCounters,
): Figures {
  const checksumDrops = (discarded.badChecksum ?? 0) + (discarded.badHeaderChecksum ?? 0);
  return {
    segments: link.sent,
    resentByTimer: sender?.counters.retransmitsByTimer ?? 0,
    resentFast: sender?.counters.retransmitsFast ?? 0,
    lost: totalLost(link),
    corrupted: link.corrupted,
    marked: link.marked,
    duplicated: link.duplicated,
    reordered: link.reordered,
    delivered: link.delivered,
    checksumDrops,
    otherDrops: discards - checksumDrops,
    outOfOrder: receiver?.counters.outOfOrder ?? 0,
  };
}

/** What the shell is told of a run. */
export function exitCode({ result, right }: Measured): number {
  if (result.end === 'refused') return EXIT.refused;
  if (result.end === 'timedOut') return EXIT.timedOut;
  if (result.end === 'reset') return EXIT.reset;
  const fine = result.end === 'finished' && right === result.outcomes.length;
  return fine ? EXIT.fine : EXIT.application;
}
