/** A connection as a stream of Node's, for what is written against those: Node's HTTP server, `pipeline`. */
import { Duplex } from 'node:stream';
import type { CloseReason, UserConnection } from '../src/tcp/user.ts';

/** Runs a user's call as one input: `Runner.perform`. */
export type Perform = (work: () => void) => void;

/** Node's codes of what ended a connection out of order. */
const CODES: Readonly<Record<Exclude<CloseReason, 'closed'>, string>> = {
  reset: 'ECONNRESET',
  refused: 'ECONNREFUSED',
  timedOut: 'ETIMEDOUT',
  aborted: 'ECONNABORTED',
  unreachable: 'EHOSTUNREACH',
};

/** Read from the connection at a time, bytes: where the reader is slow, the window tells the peer. */
const PIECE = 65_536;

/**
 * Takes the connection's handler. Half-open as TCP is: the peer's FIN ends the reading side only. `destroy` with an
 * error, or before both sides have ended, resets the connection.
 */
export class ConnectionStream extends Duplex {
  readonly connection: UserConnection;
  readonly #perform: Perform;
  #wanted = false;
  #peerEnded = false;
  #over = false;
  #rest: { data: Uint8Array; done: (error?: Error | null) => void } | undefined;
  #final: ((error?: Error | null) => void) | undefined;

  constructor(connection: UserConnection, perform: Perform) {
    super({ allowHalfOpen: true, emitClose: true });
    this.connection = connection;
    this.#perform = perform;
    connection.handler = {
      established: () => this.emit('connect'),
      readable: () => this.#pull(),
      writable: () => this.#push(),
      ended: () => {
        this.#peerEnded = true;
        this.#pull();
      },
      closed: (reason) => this.#closed(reason),
    };
  }

  override _read(): void {
    this.#wanted = true;
    this.#perform(() => this.#pull());
  }

  override _write(data: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#rest = { data, done };
    this.#perform(() => this.#push());
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#over) {
      done();
      return;
    }
    this.#final = done;
    this.#perform(() => this.connection.close());
    this.#finished();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const orderly = error === null && this.writableFinished && this.#peerEnded;
    if (!this.#over && !orderly) this.#perform(() => this.connection.abort());
    done(error);
  }

  #finished(): void {
    const done = this.#final;
    this.#final = undefined;
    done?.();
  }

  #pull(): void {
    while (this.#wanted && this.connection.available > 0) {
      this.#wanted = this.push(this.connection.receive(PIECE));
    }
    if (this.#peerEnded && this.connection.available === 0 && !this.readableEnded) {
      this.#wanted = false;
      this.push(null);
    }
  }

  #push(): void {
    if (this.#rest === undefined || this.#over) return;
    const { data, done } = this.#rest;
    if (this.connection.state === 'SYN_SENT') return;
    const taken = this.connection.send(data);
    if (taken < data.length) this.#rest = { data: data.subarray(taken), done };
    else {
      this.#rest = undefined;
      done();
    }
  }

  #closed(reason: CloseReason): void {
    this.#over = true;
    if (reason === 'closed') {
      this.#finished();
      return;
    }
    const code = CODES[reason];
    this.destroy(Object.assign(new Error(`the connection is over: ${reason} (${code})`), { code }));
  }
}
