/**
 * Who is there: connections by their two sockets, listeners by their port. It finds whom a segment is for and keeps
 * ports apart; what is done with a segment is the host's.
 */
import type { Random } from '../time/random.ts';
import { formatEndpoint } from '../wire/address.ts';
import type { QuotedPacket } from '../wire/icmp.ts';
import type { IpHeader } from '../wire/ip.ts';
import type { Segment } from '../wire/tcp.ts';
import { sameAddress, sameBytes } from './addresses.ts';
import type { Connection } from './connection.ts';
import { Listener, type ListenOptions } from './listener.ts';
import type { Settings } from './socketOptions.ts';
import type { Endpoint } from './tcb.ts';

/** Ephemeral ports: RFC 6335 section 6. */
const FIRST_EPHEMERAL = 49_152;
const LAST_EPHEMERAL = 65_535;

/** @throws RangeError unless it is a port that can be talked to */
export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`port ${port}: must be a whole number from 1 to 65535`);
  }
}

function portsKey(local: number, remote: number): number {
  return local * 65_536 + remote;
}

export class Demux {
  /** By local and remote port; connections that share both differ in their addresses. */
  readonly #connections = new Map<number, Connection[]>();
  /** By port; one bound to an address goes before one for all. */
  readonly #listeners = new Map<number, Listener[]>();
  /** In the order in which they listened. */
  readonly #listening: Listener[] = [];

  /** All connections, in the order in which they were made. */
  get connections(): Connection[] {
    return [...this.#connections.values()].flat().sort((a, b) => a.id - b.id);
  }

  add(connection: Connection): void {
    const key = portsKey(connection.local.port, connection.remote.port);
    const bucket = this.#connections.get(key);
    if (bucket === undefined) this.#connections.set(key, [connection]);
    else bucket.push(connection);
  }

  /** Its ports are free again. */
  remove(connection: Connection): void {
    const key = portsKey(connection.local.port, connection.remote.port);
    const bucket = this.#connections.get(key);
    const at = bucket?.indexOf(connection) ?? -1;
    if (bucket === undefined || at < 0) return;
    bucket.splice(at, 1);
    if (bucket.length === 0) this.#connections.delete(key);
  }

  /** The connection that an arriving segment belongs to. */
  find(ip: IpHeader, segment: Segment): Connection | undefined {
    const bucket = this.#connections.get(portsKey(segment.destinationPort, segment.sourcePort));
    if (bucket === undefined) return undefined;
    const { bytes, sourceOffset, destinationOffset, addressLength } = ip;
    for (const connection of bucket) {
      if (
        sameBytes(connection.remote.address, bytes, sourceOffset, addressLength) &&
        sameBytes(connection.local.address, bytes, destinationOffset, addressLength)
      ) {
        return connection;
      }
    }
    return undefined;
  }

  /** The connection that sent the packet which an ICMP error quotes. */
  findQuoted(quote: QuotedPacket): Connection | undefined {
    const { bytes, sourceOffset, destinationOffset, addressLength } = quote;
    return this.#connections
      .get(portsKey(quote.sourcePort, quote.destinationPort))
      ?.find(
        ({ local, remote }) =>
          sameBytes(local.address, bytes, sourceOffset, addressLength) &&
          sameBytes(remote.address, bytes, destinationOffset, addressLength),
      );
  }

  /** Is there a connection between these sockets? */
  taken(address: Uint8Array, port: number, remote: Endpoint): boolean {
    const bucket = this.#connections.get(portsKey(port, remote.port)) ?? [];
    return bucket.some(
      (other) =>
        sameAddress(other.local.address, address) && sameAddress(other.remote.address, remote.address),
    );
  }

  /** RFC 6056 section 3.3.1: a random port, then the next free one. */
  ephemeral(random: Random, address: Uint8Array, remote: Endpoint): number {
    const count = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
    const start = random.integer(count);
    for (let i = 0; i < count; i++) {
      const port = FIRST_EPHEMERAL + ((start + i) % count);
      if (!this.taken(address, port, remote)) return port;
    }
    throw new RangeError(`no ephemeral port is free towards ${formatEndpoint(remote.address, remote.port)}`);
  }

  /** @throws RangeError if the port is in use at that address */
  listen(options: ListenOptions, address: Uint8Array | undefined, settings: Settings): Listener {
    const { port } = options;
    const others = this.#listeners.get(port) ?? [];
    if (others.some((other) => other.conflicts(address))) throw new RangeError(`port ${port} is in use`);
    const listener = new Listener(options, address, settings, () => this.#forget(listener));
    const all = [...others, listener];
    all.sort((a, b) => Number(b.address !== undefined) - Number(a.address !== undefined));
    this.#listeners.set(port, all);
    this.#listening.push(listener);
    return listener;
  }

  #forget(listener: Listener): void {
    const place = this.#listening.indexOf(listener);
    if (place < 0) return;
    this.#listening.splice(place, 1);
    const rest = (this.#listeners.get(listener.port) ?? []).filter((other) => other !== listener);
    if (rest.length === 0) this.#listeners.delete(listener.port);
    else this.#listeners.set(listener.port, rest);
  }

  /** The listener that an arriving segment belongs to. */
  listenerFor(ip: IpHeader, segment: Segment): Listener | undefined {
    const { bytes, destinationOffset, addressLength } = ip;
    return this.#listeners
      .get(segment.destinationPort)
      ?.find(
        ({ address }) => address === undefined || sameBytes(address, bytes, destinationOffset, addressLength),
      );
  }

  /** All listeners, in the order in which they listened. */
  get listeners(): readonly Listener[] {
    return this.#listening;
  }

  /** Place of a listener among all, in the order in which they listened; undefined when it does not any more. */
  placeOf(listener: Listener): number | undefined {
    const place = this.#listening.indexOf(listener);
    return place < 0 ? undefined : place;
  }

  /** The listener at a place. */
  listenerAt(place: number): Listener | undefined {
    return this.#listening[place];
  }
}
