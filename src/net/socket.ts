/**
 * `net.Socket` over a Statewire host: a Duplex on a `TcpHandle`, with Node's methods, properties, events and errors in
 * Node's order. How one is made is socketSetup.ts, how a connection comes about connect.ts.
 */
import { Duplex } from 'node:stream';
import { normalizeArgs } from './args.ts';
import { clientChannel } from './channels.ts';
import { lookupAndConnect } from './connect.ts';
import {
  errnoException,
  missingArguments,
  notSupported,
  socketClosed,
  socketClosedBeforeConnection,
  UV,
} from './errors.ts';
import { TcpHandle } from './handle.ts';
import type { Server } from './server.ts';
import { attachHandle, type SocketOptions } from './socketSetup.ts';
import { kState, type SocketState } from './socketState.ts';
import type { SocketName } from './stack.ts';
import { validateDuration, validateFunction } from './validate.ts';

export type WriteCallback = (error?: Error | null) => void;

/** Before Node 22 a socket that was never opened waits with its end until it is, and the channel is told by `net.connect`. */
export const IS_OLD = Number(process.versions.node.split('.')[0]) < 22;

/** Only methods, and no private ones: objects are set up by `initializeSocket`, also those of old-style subclasses. */
export class Socket extends Duplex {
  declare [kState]: SocketState;
  declare connecting: boolean;
  declare timeout: number | undefined;
  declare server: Server | null;
  declare _server: Server | null;
  declare _host: string | null;
  declare _hadError: boolean;
  declare _parent: Socket | null;
  declare blockList: SocketOptions['blockList'];
  declare autoSelectFamilyAttemptedAddresses: string[] | undefined;

  // Connecting

  connect(...args: unknown[]): this {
    if (!IS_OLD && clientChannel.hasSubscribers) clientChannel.publish({ socket: this });
    const [options, callback] = normalizeArgs(args);
    if (callback !== null) this.once('connect', callback);
    if (this._parent?.connecting === true) return this;
    if (options.port === undefined && options.path == null) throw missingArguments();
    if (options.path) throw notSupported('a UNIX domain socket');
    // The peer's FIN had it replaced
    if (Object.hasOwn(this, 'write')) Reflect.deleteProperty(this, 'write');
    const state = this[kState];
    if (this.destroyed) {
      state.handle = undefined;
      state.peerName = undefined;
      state.localName = undefined;
    }
    if (state.handle === undefined) attachHandle(this, new TcpHandle(state.context.stack));
    this._unrefTimer();
    this.connecting = true;
    lookupAndConnect(this, options);
    return this;
  }

  // The stream

  override _read(size: number): void {
    const { handle } = this[kState];
    if (this.connecting || handle === undefined) this.once('connect', () => this._read(size));
    else if (!handle.reading) handle.readStart();
  }

  override _write(data: Buffer | string, encoding: BufferEncoding, callback: WriteCallback): void {
    writeChunks(this, [bytesOf(data, encoding)], callback);
  }

  override _writev(
    chunks: { chunk: Buffer | string; encoding: BufferEncoding }[],
    callback: WriteCallback,
  ): void {
    const bytes = chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding));
    writeChunks(this, bytes, callback);
  }

  override _final(callback: WriteCallback): void {
    const { handle } = this[kState];
    if (IS_OLD ? this.pending : this.connecting) {
      this.once('connect', () => this._final(callback));
      return;
    }
    if (handle === undefined) {
      callback();
      return;
    }
    // What a reset leaves to say is said by reading
    const error = handle.shutdown(() => callback());
    if (error === UV.ENOTCONN) callback();
    else if (error !== 0) callback(errnoException(error, 'shutdown'));
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    const state = this[kState];
    const { handle } = state;
    this.connecting = false;
    state.timer?.cancel();
    state.unwatch?.();
    if (handle === undefined) {
      callback(error);
      process.nextTick(() => this.emit('close'));
    } else {
      state.bytesRead = handle.bytesRead;
      state.bytesWritten = handle.bytesWritten;
      const failed = error !== null && error !== undefined;
      const closed = (): void => {
        this.emit('close', failed);
      };
      if (state.resetting) handle.reset(closed);
      else handle.close(closed);
      state.resetting = false;
      handle.onread = undefined;
      state.handle = undefined;
      state.localName = undefined;
      callback(error);
    }
    if (this._server === null) return;
    this._server._connections -= 1;
    this._server._emitCloseIfDrained();
  }

  // biome-ignore lint/suspicious/noExplicitAny: as the stream's
  override end(...args: any[]): this {
    // biome-ignore lint/suspicious/noExplicitAny: as the stream's
    super.end(...(args as [any]));
    return this;
  }

  override read(size?: number): unknown {
    readIntoUserBuffer(this);
    return super.read(size);
  }

  override resume(): this {
    readIntoUserBuffer(this);
    return super.resume();
  }

  override pause(): this {
    const { handle, userBuffer } = this[kState];
    if (userBuffer !== undefined && !this.connecting && handle?.reading === true) handle.readStop();
    return super.pause();
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  resetAndDestroy(): this {
    if (this[kState].handle === undefined) this.destroy(socketClosed());
    else if (this.connecting) this.once('connect', () => this._reset());
    else this._reset();
    return this;
  }

  _reset(): this {
    this[kState].resetting = true;
    return this.destroy();
  }

  // Options

  // biome-ignore lint/suspicious/noExplicitAny: a program's listener
  setTimeout(ms: number, callback?: (...args: any[]) => void): this {
    if (this.destroyed) return this;
    this.timeout = ms;
    const duration = validateDuration(ms, 'msecs');
    const state = this[kState];
    state.timer?.cancel();
    state.timer = undefined;
    if (callback !== undefined) validateFunction(callback, 'callback');
    if (duration > 0) {
      // Node's timers know nothing under 1 ms
      const timer = state.context.stack.loop.setTimer(Math.max(1, Math.trunc(duration)), () => {
        if (state.timer === timer) this._onTimeout();
      });
      state.timer = timer;
      if (callback !== undefined) this.once('timeout', callback);
    } else if (callback !== undefined) this.removeListener('timeout', callback);
    return this;
  }

  _unrefTimer(): void {
    this[kState].timer?.refresh();
  }

  _onTimeout(): void {
    const state = this[kState];
    if (this.destroyed) return;
    const size = state.handle?.writeQueueSize ?? 0;
    if (state.lastQueueSize > 0 && state.lastQueueSize !== size) {
      // A write that goes on is no idle time
      state.lastQueueSize = size;
      this._unrefTimer();
      return;
    }
    this.emit('timeout');
  }

  setNoDelay(enable?: boolean): this {
    const on = enable === undefined ? true : Boolean(enable);
    const state = this[kState];
    if (state.handle !== undefined && on !== state.noDelay) state.handle.setNoDelay(on);
    state.noDelay = on;
    return this;
  }

  /** `initialDelay` in ms; whole seconds of it count, as in Node. */
  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    const on = Boolean(enable);
    const delay = ~~(Number(initialDelay) / 1000);
    const state = this[kState];
    const changed = on !== state.keepAlive || (on && delay !== state.keepAliveDelay);
    state.keepAlive = on;
    state.keepAliveDelay = delay;
    if (changed) state.handle?.setKeepAlive(on, delay);
    return this;
  }

  ref(): this {
    const { handle } = this[kState];
    if (handle === undefined) this.once('connect', this.ref);
    else handle.ref();
    return this;
  }

  unref(): this {
    const { handle } = this[kState];
    if (handle === undefined) this.once('connect', this.unref);
    else handle.unref();
    return this;
  }

  // What it is

  address(): SocketName | Record<string, never> {
    return this._getsockname();
  }

  get pending(): boolean {
    return this[kState].handle === undefined || this.connecting;
  }

  get readyState(): string {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  get _connecting(): boolean {
    return this.connecting;
  }

  get bufferSize(): number | undefined {
    return this[kState].handle === undefined ? undefined : this.writableLength;
  }

  get writeQueueSize(): number {
    return this[kState].handle?.writeQueueSize ?? 0;
  }

  get bytesRead(): number {
    const state = this[kState];
    return state.handle?.bytesRead ?? state.bytesRead;
  }

  get _bytesDispatched(): number {
    const state = this[kState];
    return state.handle?.bytesWritten ?? state.bytesWritten;
  }

  /** With what waits in the stream. */
  get bytesWritten(): number | undefined {
    const buffered = (
      this as unknown as { writableBuffer?: { chunk: Buffer | string; encoding: BufferEncoding }[] }
    ).writableBuffer;
    if (buffered == null) return undefined;
    let bytes = this._bytesDispatched;
    for (const { chunk, encoding } of buffered) bytes += bytesOf(chunk, encoding).length;
    for (const chunk of this[kState].pending) bytes += chunk.length;
    return bytes;
  }

  get localAddress(): string | undefined {
    return this._getsockname().address;
  }

  get localPort(): number | undefined {
    return this._getsockname().port;
  }

  get localFamily(): string | undefined {
    return this._getsockname().family;
  }

  get remoteAddress(): string | undefined {
    return this._getpeername().address;
  }

  get remotePort(): number | undefined {
    return this._getpeername().port;
  }

  get remoteFamily(): string | undefined {
    return this._getpeername().family;
  }

  _getsockname(): SocketName | Record<string, never> {
    const state = this[kState];
    if (state.handle === undefined) return {};
    state.localName ??= state.handle.getsockname();
    return state.localName ?? {};
  }

  _getpeername(): SocketName | Record<string, never> {
    const state = this[kState];
    const { handle } = state;
    if (handle !== undefined && !this.connecting && state.peerName === undefined) {
      state.peerName = handle.getpeername();
    }
    return state.peerName ?? {};
  }
}

function bytesOf(data: Buffer | string, encoding: BufferEncoding): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, encoding) : data;
}

/** Writes now, or when connected. */
function writeChunks(socket: Socket, chunks: readonly Uint8Array[], callback: WriteCallback): void {
  const state = socket[kState];
  if (socket.connecting) {
    state.pending = chunks;
    const closed = (): void => callback(socketClosedBeforeConnection());
    socket.once('connect', () => {
      socket.off('close', closed);
      writeChunks(socket, chunks, callback);
    });
    socket.once('close', closed);
    return;
  }
  state.pending = [];
  const { handle } = state;
  if (handle === undefined) {
    callback(socketClosed());
    return;
  }
  socket._unrefTimer();
  const result = handle.write(chunks, (status) => written(socket, status, callback));
  if (result < 0) callback(errnoException(result, 'write'));
  else if (result === 0) callback();
  else state.lastQueueSize = handle.writeQueueSize;
}

function written(socket: Socket, status: number, callback: WriteCallback): void {
  if (socket.destroyed) {
    callback(null);
    return;
  }
  if (status < 0) {
    callback(errnoException(status, 'write'));
    return;
  }
  socket._unrefTimer();
  socket[kState].lastQueueSize = 0;
  callback(null);
}

function readIntoUserBuffer(socket: Socket): void {
  const { handle, userBuffer } = socket[kState];
  if (userBuffer !== undefined && !socket.connecting && handle?.reading === false) handle.readStart();
}
