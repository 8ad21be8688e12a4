/**
 * A host as plain data, and a host made from it again: exact, so that from the same inputs on both do the same.
 *
 * What belongs to the application (handlers, who listens) is not data: it is given again when restoring. A snapshot is
 * taken between inputs, never from within a handler.
 */
import type { RandomSnapshot } from '../time/random.ts';
import type { Connection } from './connection.ts';
import type { ConnectionSnapshot } from './connectionSnapshot.ts';
import type { CountersSnapshot } from './counters.ts';
import { Host, type HostOptions } from './host.ts';
import type { LimitsSnapshot } from './limits.ts';
import type { ListenOptions } from './listener.ts';
import type { IcmpLimits } from './otherProtocols.ts';
import type { ConnectionHandler } from './user.ts';

export interface HostSnapshot {
  /** us */
  readonly now: number;
  readonly nextOrder: number;
  readonly instances: number;
  readonly ids: number;
  readonly random: RandomSnapshot;
  readonly secret: Uint8Array;
  readonly timestampOffset: number;
  readonly challenges: readonly [second: number, sent: number];
  readonly icmpLimits: IcmpLimits;
  readonly counters: CountersSnapshot;
  readonly limits: LimitsSnapshot;
  /** When each listener last sent a SYN cookie, us; -1: never. */
  readonly cookiesSent: readonly number[];
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
