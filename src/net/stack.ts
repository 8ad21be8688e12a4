/**
 * What the sockets of one host share: the host, the event loop, names, and which ports are bound. It answers as a
 * kernel does, with numbers of errors, what the host says with exceptions.
 */
import { isIPv4 } from 'node:net';
import type { Connection } from '../tcp/connection.ts';
import type { ConnectOptions, Host } from '../tcp/host.ts';
import type { Listener } from '../tcp/listener.ts';
import { formatAddress, parseAddress } from '../wire/address.ts';
import { UV } from './errors.ts';
import type { Lookup } from './lookup.ts';
import type { EventLoop } from './loop.ts';

/** Where a socket is, as `socket.address()` has it. */
export interface SocketName {
  address: string;
  family: 'IPv4' | 'IPv6';
  port: number;
}

/** Linux's ip_local_port_range; those of connections are the host's (RFC 6335). */
const FIRST_PORT = 32_768;
const LAST_PORT = 49_151;

/** All addresses of both families. */
export const ANY_IPV6 = '::';
export const ANY_IPV4 = '0.0.0.0';

function isAny(address: string): boolean {
  return address === ANY_IPV6 || address === ANY_IPV4;
}

/** An address and port that a socket has taken. */
export interface Binding {
  readonly address: string;
  readonly port: number;
  /** `::`, and not for IPv4. */
  readonly ipv6Only: boolean;
  /** Somebody listens at it. */
  listening: boolean;
}

/** What takes connections until it is closed. */
export interface Listening {
  close(): void;
}

export interface StackOptions {
  readonly host: Host;
  readonly loop: EventLoop;
  readonly lookup: Lookup;
  /** The host's own addresses, as text. */
  readonly addresses: readonly string[];
  /** Why there is no way to an address: an errno, 0 where there is one. */
  readonly route?: (address: string) => number;
}

export class Stack {
  readonly host: Host;
  readonly loop: EventLoop;
  readonly lookup: Lookup;
  readonly #own: ReadonlySet<string>;
  readonly #route: (address: string) => number;
  readonly #bindings = new Set<Binding>();
  #lastPort = FIRST_PORT - 1;

  constructor(options: StackOptions) {
    this.host = options.host;
    this.loop = options.loop;
    this.lookup = options.lookup;
    this.#own = new Set(options.addresses.map((address) => canonical(address)));
    this.#route = options.route ?? (() => 0);
  }

  /** bind(2): the binding, or why not. Port 0: one that is free. */
  bind(address: string, port: number, ipv6Only = false): Binding | number {
    const place = canonical(address);
    if (!isAny(place) && !this.#own.has(place)) return UV.EADDRNOTAVAIL;
    const chosen = port === 0 ? this.#freePort() : port;
    if (chosen === 0) return UV.EADDRINUSE;
    const binding = { address: place, port: chosen, ipv6Only, listening: false };
    if (this.#inUse(binding)) return UV.EADDRINUSE;
    this.#bindings.add(binding);
    return binding;
  }

  unbind(binding: Binding): void {
    this.#bindings.delete(binding);
  }

  /** listen(2) */
  listen(
    binding: Binding,
    backlog: number,
    onConnection: (connection: Connection) => void,
  ): Listening | number {
    const listeners: Listener[] = [];
    try {
      for (const address of this.#places(binding)) {
        const options = { port: binding.port, backlog: Math.min(Math.max(backlog, 1), 65_535), onConnection };
        listeners.push(this.host.listen(address === undefined ? options : { ...options, address }));
      }
    } catch {
      // Somebody listens there who is not one of ours
      for (const listener of listeners) listener.close();
      return UV.EADDRINUSE;
    }
    binding.listening = true;
    return {
      close(): void {
        for (const listener of listeners) listener.close();
      },
    };
  }

  /** Where to listen: at one address, at all of a family, or (undefined) at all there are. */
  #places({ address, ipv6Only }: Binding): readonly (string | undefined)[] {
    if (!isAny(address)) return [address];
    if (address === ANY_IPV6 && !ipv6Only) return [undefined];
    return [...this.#own].filter((own) => own.includes(':') === ipv6Only);
  }

  /** connect(2): the connection, or why there is none. */
  connect(target: string, port: number, binding: Binding | undefined): Connection | number {
    const address = reachedAt(canonical(target));
    const local = this.#own.has(address);
    const unreachable = local ? 0 : this.#route(address);
    if (unreachable !== 0) return unreachable;
    const from = binding === undefined || isAny(binding.address) ? undefined : binding.address;
    const options: ConnectOptions = {
      address,
      port,
      // As Linux: what is for ourselves comes from where it goes to
      ...(from !== undefined ? { localAddress: from } : local && { localAddress: address }),
      ...(binding !== undefined && { localPort: binding.port }),
    };
    try {
      return this.host.connect(options);
    } catch (error) {
      return (error as Error).message.includes('connected to') ? UV.EADDRNOTAVAIL : UV.ENETUNREACH;
    }
  }

  #inUse(binding: Binding): boolean {
    for (const other of this.#bindings) {
      if (other.port === binding.port && other.listening && overlap(binding, other)) return true;
    }
    return false;
  }

  /** The next one that nobody uses. */
  #freePort(): number {
    const taken = new Set([...this.#bindings].map(({ port }) => port));
    for (let tries = FIRST_PORT; tries <= LAST_PORT; tries += 1) {
      this.#lastPort = this.#lastPort < LAST_PORT ? this.#lastPort + 1 : FIRST_PORT;
      if (!taken.has(this.#lastPort)) return this.#lastPort;
    }
    return 0;
  }
}

/** May not both be listened at: at the same address, or one is for all and takes the other's family in. */
function overlap(a: Binding, b: Binding): boolean {
  return a.address === b.address || covers(a, b) || covers(b, a);
}

/** Is `a` for all addresses of `b`'s family? */
function covers(a: Binding, b: Binding): boolean {
  if (a.address === ANY_IPV4) return isIPv4(b.address) || (b.address === ANY_IPV6 && !b.ipv6Only);
  return a.address === ANY_IPV6 && (!a.ipv6Only || !isIPv4(b.address));
}

/** An address to connect to that means this host (Linux takes "any" for the loopback). */
function reachedAt(address: string): string {
  if (address === ANY_IPV4) return '127.0.0.1';
  return address === ANY_IPV6 ? '::1' : address;
}

/** The address in the one way it is written (RFC 5952), an IPv4-mapped one as IPv4. */
export function canonical(address: string): string {
  const bytes = parseAddress(address.replace(/%.*$/, ''));
  if (bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255) {
    if (bytes[11] === 255) return formatAddress(bytes.subarray(12));
  }
  return formatAddress(bytes);
}

/** As a socket bound to `::` sees an IPv4 address (RFC 4291 section 2.5.5.2). */
export function nameOf(address: Uint8Array, port: number, mapped: boolean): SocketName {
  const text = formatAddress(address);
  if (address.length === 16) return { address: text, family: 'IPv6', port };
  return mapped
    ? { address: `::ffff:${text}`, family: 'IPv6', port }
    : { address: text, family: 'IPv4', port };
}
