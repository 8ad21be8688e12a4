/**
 * A host as plain data, and a host made from it again: exact, so that from the same inputs on both do the same.
 *
 * What belongs to the application (handlers, who listens) is not data: it is given again when restoring. A snapshot is
 * taken between inputs, never from within a handler.
 */
import type { ChartSnapshot } from '../chart/chart.ts';
import type { RandomSnapshot } from '../time/random.ts';
import type { Connection, ConnectionCounters, ReceiveVariables, SendVariables } from './connection.ts';
import { Host, type HostOptions } from './host.ts';
import type { ListenOptions } from './listener.ts';
import type { ConnectionHandler } from './user.ts';

/** A chart with its number. */
export interface NumberedChart {
  readonly instance: number;
  readonly chart: ChartSnapshot;
}

export interface RecordSnapshot extends NumberedChart {
  readonly seq: number;
  readonly start: number;
  readonly end: number;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly mark: 0 | 1 | 2 | 3;
  readonly transmissions: number;
  readonly backoff: number;
  readonly firstSent: number;
  readonly lastSent: number;
}

export interface QueueSnapshot {
  readonly records: readonly RecordSnapshot[];
  /** Index of the oldest record, or of the next if there is none. */
  readonly base: number;
  readonly sacked: readonly number[];
  readonly lossEdge: number;
  readonly sackedAbove: number;
  readonly rescueEdge: number;
  /** Places (from the oldest) of the records in line to be sent again. */
  readonly lost: readonly number[];
}

export interface SenderSnapshot {
  readonly queue: QueueSnapshot;
  readonly rtt: Readonly<Record<string, number>>;
  readonly congestion: Readonly<Record<string, number>>;
  readonly backoff: number;
  readonly dupAcks: number;
  readonly recoveryPoint: number;
  readonly shutAt: number;
  readonly forced: boolean;
  readonly blocked: boolean;
  readonly retransmitted: number;
  readonly written: number;
  /** Sequence number of the first byte of `bytes`. */
  readonly headSeq: number;
  readonly bytes: Uint8Array;
}

export interface ReceiverSnapshot {
  readonly available: number;
  readonly finAt: number | undefined;
  readonly finished: boolean;
  readonly largest: number;
  readonly urgent: boolean;
  readonly ranges: readonly { readonly left: number; readonly right: number; readonly stamp: number }[];
  readonly head: number;
  /** In order first, then what lies beyond gaps, gaps included. */
  readonly bytes: Uint8Array;
}

export interface ProbeSnapshot {
  readonly probes: number;
  readonly since: number;
  readonly idle?: number;
}

export interface ConnectionSnapshot {
  readonly id: number;
  readonly local: { readonly address: Uint8Array; readonly port: number };
  readonly remote: { readonly address: Uint8Array; readonly port: number };
  readonly passive: boolean;
  /** Place of its listener in the host's list; undefined if it has none, or none any more. */
  readonly listener: number | undefined;
  readonly opening: boolean;
  readonly snd: Readonly<SendVariables>;
  readonly rcv: Readonly<ReceiveVariables>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly counters: Readonly<ConnectionCounters>;
  /** By the chart's name. */
  readonly charts: Readonly<Record<string, NumberedChart>>;
  readonly sender: SenderSnapshot;
  readonly receiver: ReceiverSnapshot;
  readonly persist: ProbeSnapshot;
  readonly keepAlive: ProbeSnapshot;
}

export interface HostSnapshot {
  /** us */
  readonly now: number;
  readonly nextOrder: number;
  readonly instances: number;
  readonly ids: number;
  readonly random: RandomSnapshot;
  readonly secret: Uint8Array;
  readonly timestampOffset: number;
  readonly challengeSecond: number;
  readonly challenges: number;
  readonly counters: {
    readonly packetsIn: number;
    readonly packetsOut: number;
    readonly outsideWindow: number;
    readonly badTimestamp: number;
    readonly discarded: Readonly<Record<string, number>>;
  };
  readonly connections: readonly ConnectionSnapshot[];
}

/** The application's part of a host that is restored. */
export interface Users {
  /** In the order in which they listened. */
  readonly listeners?: readonly ListenOptions[];
  /** Gives each connection its handler back. */
  handler?(connection: Connection): ConnectionHandler;
}

/**
 * A host as it was when the snapshot was made.
 * @throws Error if a chart has no such state, RangeError if the options are not right
 */
export function restoreHost(options: HostOptions, snapshot: HostSnapshot, users: Users = {}): Host {
  const host = new Host({ ...options, now: snapshot.now });
  for (const listener of users.listeners ?? []) host.listen(listener);
  host.restore(snapshot);
  for (const connection of host.connections) {
    connection.handler = users.handler?.(connection) ?? {};
  }
  return host;
}
