/**
 * A TCP socket as libuv has one: reads while asked to, writes what it is given in order, shuts down, closes. It stands
 * between a connection of the host, which knows nothing of an event loop, and `Socket` and `Server`, which are told
 * everything in a turn of its own.
 *
 * Errors are libuv's numbers. What they are called, and what a program hears of them, is decided in socket.ts.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Connection } from '../tcp/connection.ts';
import type { CloseReason, ConnectionHandler } from '../tcp/user.ts';
import { UV } from './errors.ts';
import { ANY_IPV6, type Binding, type Listening, nameOf, type SocketName, type Stack } from './stack.ts';

/** Most that is read at once, bytes: libuv's. */
const READ_SIZE = 65_536;

const ERRORS: Readonly<Record<CloseReason, number>> = {
  closed: UV.EPIPE,
  reset: UV.ECONNRESET,
  refused: UV.ECONNREFUSED,
  timedOut: UV.ETIMEDOUT,
  aborted: UV.ECONNABORTED,
  unreachable: UV.EHOSTUNREACH,
};

/** A write that the send buffer has not taken whole. */
interface Pending {
  readonly data: Uint8Array;
  offset: number;
  /** For the last part of a write only. */
  readonly done: ((status: number) => void) | undefined;
}

/** Told of what is read: bytes, or an error (`UV.EOF` for the end). */
export type OnRead = (status: number, data?: Uint8Array) => void;

export class TcpHandle implements ConnectionHandler {
  readonly stack: Stack;
  onread: OnRead | undefined;
  onconnection: ((handle: TcpHandle) => void) | undefined;
  bytesRead = 0;
  bytesWritten = 0;
  /** As a program asked for it. */
  reading = false;
  /** Most that is read at once, where the program has a buffer of its own. */
  readSize: number | undefined;
  /** Connections to it from IPv4 are shown with mapped addresses. */
  #mapped = false;
  #binding: Binding | undefined;
  /** What bind(2) said; told by listen or connect, as libuv does. */
  #bindError = 0;
  #connection: Connection | undefined;
  #listener: Listening | undefined;
  #connectDone: ((status: number) => void) | undefined;
  /** What the next call is told of why the connection is over; 0 when it is not, or has been told. */
  #error = 0;
  #gone = false;
  /** The peer's FIN. */
  #ended = false;
  #endTold = false;
  #readDue = false;
  #closed = false;
  readonly #queue: Pending[] = [];
  #queued = 0;
  /** Whose writes are in the send buffer now, and who have not been told. */
  readonly #sent: ((status: number) => void)[] = [];
  #shutdownDone: ((status: number) => void) | undefined;
  #referenced = true;
  #holding = false;
  readonly #resource = new AsyncResource('TCPWRAP', { requireManualDestroy: true });
  #noDelay: boolean | undefined;
  #keepAlive: { on: boolean; idle: number } | undefined;

  constructor(stack: Stack, accepted?: Connection, mapped = false) {
    this.stack = stack;
    if (accepted === undefined) return;
    this.#connection = accepted;
    this.#mapped = mapped;
    accepted.handler = this;
  }

  // Opening

  /** @returns an error that is told at once; others wait for listen or connect */
  bind(address: string, port: number, ipv6Only = false): number {
    const binding = this.stack.bind(address, port, ipv6Only);
    if (typeof binding === 'number') {
      if (binding !== UV.EADDRINUSE) return binding;
      this.#bindError = binding;
      this.#binding = { address, port, ipv6Only, listening: false };
    } else this.#binding = binding;
    this.#mapped = address === ANY_IPV6;
    return 0;
  }

  listen(backlog: number): number {
    if (this.#bindError !== 0) return this.#bindError;
    if (this.#binding === undefined) this.bind(ANY_IPV6, 0);
    const listener = this.stack.listen(this.#binding!, backlog, (connection) => this.#accept(connection));
    if (typeof listener === 'number') return listener;
    this.#listener = listener;
    this.#update();
    return 0;
  }

  connect(address: string, port: number, done: (status: number) => void): number {
    if (this.#connectDone !== undefined) return UV.EALREADY;
    if (this.#bindError !== 0) return this.#bindError;
    // As libuv: who is connected (EISCONN) stays so, and is told so again
    if (this.#connection !== undefined && !this.#gone) {
      this.#later(() => !this.#closed && done(0));
      return 0;
    }
    let result: Connection | number = UV.EINVAL;
    // On a clean loopback the answer has come before this returns
    this.#connectDone = done;
    this.stack.loop.perform(() => {
      result = this.stack.connect(address, port === 0 ? 1 : port, this.#binding);
      if (typeof result === 'number') return;
      this.#connection = result;
      result.handler = this;
      this.#applyOptions();
    });
    if (typeof result === 'number') {
      this.#connectDone = undefined;
      return result;
    }
    this.#update();
    return 0;
  }

  /** The handshake of somebody who came: like accept(2), but there is no queue to wait in. */
  #accept(connection: Connection): void {
    const mapped = this.#mapped && connection.local.address.length === 4;
    const handle = new TcpHandle(this.stack, connection, mapped);
    this.#later(() => {
      if (this.#closed) handle.#abort();
      else this.onconnection?.(handle);
    });
  }

  // What the connection reports: noted now, told in a turn of its own

  established(): void {
    const done = this.#connectDone;
    this.#connectDone = undefined;
    if (done !== undefined) this.#later(() => !this.#closed && done(0));
    this.#update();
  }

  readable(): void {
    this.#readLater();
  }

  writable(): void {
    this.#flush();
  }

  ended(): void {
    this.#ended = true;
    this.#readLater();
  }

  closed(reason: CloseReason): void {
    this.#gone = true;
    if (reason === 'closed') return;
    const done = this.#connectDone;
    this.#connectDone = undefined;
    if (done !== undefined) {
      this.#later(() => !this.#closed && done(ERRORS[reason]));
      return;
    }
    // As Linux: who has read the end already is told that nobody reads (tcp_reset)
    this.#error = reason === 'reset' && this.#ended ? UV.EPIPE : ERRORS[reason];
    this.#readLater();
    this.#failWrites(this.#error);
  }

  // Reading

  readStart(): number {
    this.reading = true;
    this.#update();
    this.#readLater();
    return 0;
  }

  readStop(): number {
    this.reading = false;
    this.#update();
    return 0;
  }

  #readLater(): void {
    if (this.#readDue || !this.reading || this.#closed) return;
    const { available } = this.#connection ?? { available: 0 };
    const end = this.#ended && !this.#endTold;
    if (available === 0 && !end && (this.#error === 0 || this.#endTold)) return;
    this.#readDue = true;
    this.#later(() => this.#read());
  }

  #read(): void {
    this.#readDue = false;
    const connection = this.#connection;
    if (!this.reading || this.#closed || connection === undefined) return;
    if (connection.available > 0) this.#take(connection);
    // An end that has come goes before a reset that came after it, as with read(2)
    else if (this.#ended && !this.#endTold) this.#tellEnd();
    else if (this.#error !== 0 && !this.#endTold) this.#tellError();
    this.#readLater();
  }

  #take(connection: Connection): void {
    let data = new Uint8Array(0);
    this.stack.loop.perform(() => {
      data = connection.receive(this.readSize ?? READ_SIZE) as Uint8Array<ArrayBuffer>;
    });
    this.bytesRead += data.length;
    this.onread?.(data.length, data);
  }

  #tellError(): void {
    const error = this.#error;
    this.#error = 0;
    this.readStop();
    this.onread?.(error);
  }

  #tellEnd(): void {
    this.#endTold = true;
    this.readStop();
    this.onread?.(UV.EOF);
  }

  // Writing

  /**
   * @returns 0 when all is in the send buffer, 1 when `done` will be called, or an error
   */
  write(chunks: readonly Uint8Array[], done: (status: number) => void): number {
    if (this.#closed) return UV.EBADF;
    if (this.#gone || this.#connection === undefined) return this.#writeError();
    chunks.forEach((data, i) => {
      this.bytesWritten += data.length;
      const last = i === chunks.length - 1;
      this.#queue.push({ data, offset: 0, done: last ? done : undefined });
      this.#queued += data.length;
    });
    const error = this.#sendQueued();
    this.#sent.length = 0;
    if (error !== 0) {
      this.#queue.length = 0;
      this.#queued = 0;
      return error;
    }
    if (this.#queue.length === 0) return 0;
    this.#update();
    return 1;
  }

  /** As write(2) after the end: the error that is pending, once; then EPIPE. */
  #writeError(): number {
    const error = this.#error === 0 ? UV.EPIPE : this.#error;
    this.#error = 0;
    return error;
  }

  /** Gives the send buffer what it takes; whole writes leave the queue, those to be told of it go to `#sent`. */
  #sendQueued(): number {
    const connection = this.#connection!;
    let error = 0;
    this.stack.loop.perform(() => {
      for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
        const rest = first.offset === 0 ? first.data : first.data.subarray(first.offset);
        try {
          const taken = connection.send(rest);
          first.offset += taken;
          this.#queued -= taken;
          if (taken < rest.length) return;
        } catch {
          error = this.#writeError();
          return;
        }
        this.#queue.shift();
        if (first.done !== undefined) this.#sent.push(first.done);
      }
    });
    return error;
  }

  /** There is room again. */
  #flush(): void {
    if (this.#closed || this.#queue.length === 0) return;
    this.#sendQueued();
    for (const done of this.#sent.splice(0)) this.#tellWritten(done, 0);
    if (this.#queue.length === 0) this.#shutdownNow();
    this.#update();
  }

  #tellWritten(done: (status: number) => void, status: number): void {
    this.#later(() => done(status));
  }

  #failWrites(status: number): void {
    const pending = this.#queue.splice(0);
    this.#queued = 0;
    for (const { done } of pending) if (done !== undefined) this.#tellWritten(done, status);
    this.#shutdownNow();
    this.#update();
  }

  /** Sends a FIN after what is queued. @returns 0, and `done` will be called, or an error */
  shutdown(done: (status: number) => void): number {
    if (this.#connection === undefined || this.#gone || this.#closed) return UV.ENOTCONN;
    this.#shutdownDone = done;
    if (this.#queue.length === 0) this.#shutdownNow();
    this.#update();
    return 0;
  }

  #shutdownNow(): void {
    const done = this.#shutdownDone;
    if (done === undefined) return;
    this.#shutdownDone = undefined;
    const connection = this.#connection;
    if (connection !== undefined && !this.#gone) this.stack.loop.perform(() => connection.close());
    this.#later(() => {
      this.#update();
      done(0);
    });
  }

  get writeQueueSize(): number {
    return this.#queued;
  }

  // Closing

  /** close(2); what the send buffer has still goes out. `done` is called when nothing more will be. */
  close(done?: () => void): void {
    this.#finish(() => this.#connection?.detach(), done);
  }

  /** Sends a reset. */
  reset(done?: () => void): void {
    this.#finish(() => this.#connection?.abort(), done);
  }

  #abort(): void {
    this.#finish(() => this.#connection?.abort(), undefined);
  }

  #finish(how: () => void, done: (() => void) | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.reading = false;
    const connection = this.#connection;
    if (connection !== undefined) connection.handler = {};
    this.stack.loop.perform(() => {
      this.#listener?.close();
      if (!this.#gone) how();
    });
    if (this.#binding !== undefined) this.stack.unbind(this.#binding);
    const cancelled = this.#queue.splice(0);
    this.#queued = 0;
    const shutdown = this.#shutdownDone;
    this.#shutdownDone = undefined;
    this.stack.loop.hold(1);
    this.#later(() => {
      this.stack.loop.hold(-1);
      for (const pending of cancelled) pending.done?.(UV.ECANCELED);
      shutdown?.(UV.ECANCELED);
      done?.();
    });
    this.#update();
  }

  // Names and options

  getsockname(): SocketName | undefined {
    const connection = this.#connection;
    if (connection !== undefined) {
      return nameOf(connection.local.address, connection.local.port, this.#mapped);
    }
    if (this.#binding === undefined) return undefined;
    const { address, port } = this.#binding;
    return { address, family: address.includes(':') ? 'IPv6' : 'IPv4', port };
  }

  getpeername(): SocketName | undefined {
    const connection = this.#connection;
    if (connection === undefined || this.#connectDone !== undefined) return undefined;
    return nameOf(connection.remote.address, connection.remote.port, this.#mapped);
  }

  setNoDelay(on: boolean): void {
    this.#noDelay = on;
    this.#applyOptions();
  }

  /** `idle` in seconds; 0: the host's. */
  setKeepAlive(on: boolean, idle: number): void {
    this.#keepAlive = { on, idle };
    this.#applyOptions();
  }

  #applyOptions(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#gone) return;
    const { state } = connection;
    const noDelay = this.#noDelay;
    if (noDelay !== undefined) this.stack.loop.perform(() => connection.setOptions({ noDelay }));
    if (this.#keepAlive === undefined || state === 'CLOSED' || state === 'SYN_SENT') return;
    const { on, idle } = this.#keepAlive;
    this.stack.loop.perform(() => connection.setKeepAlive(on, idle > 0 ? idle * 1000 : undefined));
  }

  // What keeps the process alive

  ref(): void {
    this.#referenced = true;
    this.#update();
  }

  unref(): void {
    this.#referenced = false;
    this.#update();
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  /** Active as libuv counts it: it waits for something. */
  #update(): void {
    const waits =
      this.#connectDone !== undefined ||
      this.#listener !== undefined ||
      this.reading ||
      this.#queue.length > 0 ||
      this.#shutdownDone !== undefined;
    const holding = this.#referenced && waits && !this.#closed;
    if (holding === this.#holding) return;
    this.#holding = holding;
    this.stack.loop.hold(holding ? 1 : -1);
  }

  /** An event for the program: in a turn of its own, in the context the socket was made in. */
  #later(tell: () => void): void {
    this.stack.loop.later(() => this.#resource.runInAsyncScope(tell));
  }
}
