/** A passive OPEN (RFC 9293 section 3.10.1): it stays in LISTEN, and each SYN that reaches it makes a connection. */
import type { ResolvedConfig } from './config.ts';
import type { Connection } from './connection.ts';
import type { Settings, SocketOptions } from './socketOptions.ts';

export interface ListenOptions {
  readonly port: number;
  /** MUST-43: only at this address of the host; else at all of them. */
  readonly address?: string;
  /** Connections that may be half open at a time. */
  readonly backlog?: number;
  /** Of each connection that it makes. */
  readonly options?: SocketOptions;
  /** A connection is established: give it its handler. */
  readonly onConnection: (connection: Connection) => void;
}

export class Listener {
  readonly port: number;
  readonly address: Uint8Array | undefined;
  readonly onConnection: (connection: Connection) => void;
  readonly settings: Settings;
  /** Connections that may be half open at a time. */
  readonly backlog: number;
  /** Connections in SYN_RECEIVED. */
  opening = 0;
  /** When a SYN was last answered with a cookie, us. */
  cookieSentAt = Number.NEGATIVE_INFINITY;
  readonly #forget: () => void;

  constructor(
    options: ListenOptions,
    address: Uint8Array | undefined,
    settings: Settings,
    forget: () => void,
  ) {
    this.port = options.port;
    this.address = address;
    this.onConnection = options.onConnection;
    this.settings = settings;
    this.backlog = options.backlog ?? settings.config.backlog;
    this.#forget = forget;
  }

  get config(): ResolvedConfig {
    return this.settings.config;
  }

  /** No more half-open connections are taken. */
  get full(): boolean {
    return this.opening >= this.backlog;
  }

  /** Would another listener at this address (or at all) get in the way? */
  conflicts(address: Uint8Array | undefined): boolean {
    if (address === undefined || this.address === undefined) return address === this.address;
    return address.every((byte, i) => byte === this.address?.[i]);
  }

  /** CLOSE: no more connections are taken; those there are go on. */
  close(): void {
    this.#forget();
  }
}
