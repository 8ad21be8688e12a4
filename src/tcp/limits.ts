/**
 * How many connections a host keeps that no user looks after any more, so that nothing grows without bound whatever
 * peers do: orphans (RFC 9293 section 3.6.1; Linux `tcp_max_orphans`) and those in TIME_WAIT.
 */
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';

export interface LimitsSnapshot {
  /** Numbers of the connections in TIME_WAIT, longest first. */
  readonly timeWait: readonly number[];
}

export class Limits {
  /** Half open, of all listeners. */
  opening = 0;
  readonly #orphans = new Set<Connection>();
  /** In the order in which they came there. */
  readonly #timeWait = new Set<Connection>();
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  get orphans(): number {
    return this.#orphans.size;
  }

  get timeWait(): number {
    return this.#timeWait.size;
  }

  /** The user has closed both ways. False if there are too many such: it is to be reset. */
  adopt(connection: Connection): boolean {
    if (this.#orphans.size >= this.#host.config.maxOrphans) {
      this.#host.counters.orphansReset += 1;
      return false;
    }
    this.#orphans.add(connection);
    return true;
  }

  /** In TIME_WAIT from now on: no orphan any more; the oldest goes if there are too many. */
  enterTimeWait(connection: Connection): void {
    this.#orphans.delete(connection);
    this.#timeWait.add(connection);
    if (this.#timeWait.size <= this.#host.config.maxTimeWait) return;
    const [oldest] = this.#timeWait;
    this.#timeWait.delete(oldest as Connection);
    this.#host.counters.timeWaitOverflow += 1;
    (oldest as Connection).evict();
  }

  /** It is gone. */
  forget(connection: Connection): void {
    this.#orphans.delete(connection);
    this.#timeWait.delete(connection);
  }

  /** One restored alone, from a snapshot of its own. */
  take(connection: Connection): void {
    if (connection.state === 'TIME_WAIT') this.enterTimeWait(connection);
    else if (connection.detached) this.#orphans.add(connection);
  }

  snapshot(): LimitsSnapshot {
    return { timeWait: [...this.#timeWait].map(({ id }) => id) };
  }

  /** `connections`: those restored. */
  restore({ timeWait }: LimitsSnapshot, connections: readonly Connection[]): void {
    const byId = new Map(connections.map((connection) => [connection.id, connection]));
    for (const id of timeWait) this.#timeWait.add(byId.get(id) as Connection);
    for (const connection of connections) {
      if (connection.detached && !this.#timeWait.has(connection)) this.#orphans.add(connection);
    }
  }
}
