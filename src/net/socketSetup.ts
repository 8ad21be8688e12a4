/** How a socket is made, and what it does with what its handle reads. */
import { Duplex, type DuplexOptions } from 'node:stream';
import { errnoException, invalidType, invalidValue, notSupported, UV } from './errors.ts';
import type { TcpHandle } from './handle.ts';
import type { Socket, WriteCallback } from './socket.ts';
import { kState, type NetContext, SocketState, type UserBuffer } from './socketState.ts';
import { validateAbortSignal, validateNumber } from './validate.ts';

/** Of `new Socket`, in Node's names; `handle` is the listener's. */
export interface SocketOptions extends DuplexOptions {
  handle?: TcpHandle;
  fd?: number;
  readable?: boolean;
  writable?: boolean;
  pauseOnCreate?: boolean;
  manualStart?: boolean;
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveInitialDelay?: number;
  signal?: AbortSignal;
  onread?: { buffer?: unknown; callback?: unknown } | null;
  blockList?: { check(address: string, family: 'ipv4' | 'ipv6'): boolean };
}

const initializeDuplex = Duplex as unknown as (this: Duplex, options: DuplexOptions) => void;

/** Makes a new object a socket. */
export function initializeSocket(socket: Socket, context: NetContext, given?: SocketOptions | number): void {
  if (typeof given === 'number') throw notSupported('a file descriptor');
  checkOptions(given ?? {});
  const options: SocketOptions = { ...given };
  if (options.fd !== undefined) throw notSupported('a file descriptor');
  socket.connecting = false;
  socket._hadError = false;
  socket._parent = null;
  socket._host = null;
  socket.server = null;
  socket._server = null;
  const state = new SocketState(context);
  socket[kState] = state;
  initializeDuplex.call(socket, {
    ...options,
    allowHalfOpen: Boolean(options.allowHalfOpen),
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  });
  state.userBuffer = userBufferOf(options.onread);
  state.noDelay = Boolean(options.noDelay);
  state.keepAlive = Boolean(options.keepAlive);
  state.keepAliveDelay = ~~(Math.max(Number(options.keepAliveInitialDelay ?? 0), 0) / 1000);
  if (options.blockList !== undefined) socket.blockList = options.blockList;
  socket.on('end', onEnd);
  if (options.handle !== undefined) startReading(socket, options, options.handle);
  if (options.signal !== undefined) watchSignal(socket, options.signal);
}

function checkOptions(options: SocketOptions): void {
  if (options.objectMode) {
    throw invalidValue('options.objectMode', options.objectMode, 'is not supported');
  }
  if (options.readableObjectMode || options.writableObjectMode) {
    const name = options.readableObjectMode ? 'readableObjectMode' : 'writableObjectMode';
    throw invalidValue(`options.${name}`, true, 'is not supported');
  }
  if (options.keepAliveInitialDelay !== undefined) {
    validateNumber(options.keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  }
  const { blockList } = options;
  if (blockList !== undefined && typeof blockList?.check !== 'function') {
    throw invalidType('options.blockList', 'net.BlockList', blockList);
  }
}

function userBufferOf(onread: SocketOptions['onread']): UserBuffer | undefined {
  if (onread === null || typeof onread !== 'object' || typeof onread.callback !== 'function')
    return undefined;
  const { buffer } = onread;
  const callback = onread.callback as UserBuffer['callback'];
  if (buffer instanceof Uint8Array) return { buffer, make: undefined, callback };
  if (typeof buffer !== 'function') return undefined;
  return { buffer: undefined, make: buffer as () => Uint8Array, callback };
}

/** An accepted connection: reads at once, unless it is to wait. */
function startReading(socket: Socket, options: SocketOptions, handle: TcpHandle): void {
  attachHandle(socket, handle);
  if (options.readable === false) return;
  if (options.pauseOnCreate) {
    handle.readStop();
    // As `pause`, without its event
    (socket as unknown as { readableFlowing: boolean }).readableFlowing = false;
  } else if (!options.manualStart) socket.read(0);
}

/** The socket is this handle's from now on. */
export function attachHandle(socket: Socket, handle: TcpHandle): void {
  const state = socket[kState];
  // A socket may be connected again after it was destroyed
  (socket as unknown as { _undestroy(): void })._undestroy();
  state.handle = handle;
  state.localName = undefined;
  const { userBuffer } = state;
  if (userBuffer?.make !== undefined) userBuffer.buffer = userBuffer.make();
  handle.readSize = userBuffer?.buffer?.length;
  handle.onread = (status, data) => onRead(socket, handle, status, data);
}

/** Node's net takes the abort to heart for the attempts still to come; the stream itself destroys the socket. */
function watchSignal(socket: Socket, signal: AbortSignal): void {
  validateAbortSignal(signal, 'options.signal');
  const abort = (): void => {
    socket[kState].aborted = true;
  };
  if (signal.aborted) process.nextTick(abort);
  else {
    signal.addEventListener('abort', abort, { once: true });
    // A signal may outlive many sockets
    socket[kState].unwatch = () => signal.removeEventListener('abort', abort);
  }
}

function onRead(socket: Socket, handle: TcpHandle, status: number, data: Uint8Array | undefined): void {
  socket._unrefTimer();
  if (socket.destroyed) return;
  if (data !== undefined) {
    const more = toProgram(socket, handle, data);
    if (!more) handle.readStop();
    return;
  }
  if (status !== UV.EOF) {
    socket.destroy(errnoException(status, 'read'));
    return;
  }
  if (socket.readableEnded) return;
  socket.push(null);
  socket.read(0);
}

/** @returns false when it wants no more for now */
function toProgram(socket: Socket, handle: TcpHandle, data: Uint8Array): boolean {
  const { userBuffer } = socket[kState];
  if (userBuffer?.buffer === undefined) {
    return socket.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  userBuffer.buffer.set(data);
  const more = userBuffer.callback(data.length, userBuffer.buffer) !== false;
  if (userBuffer.make !== undefined) {
    const next = userBuffer.make();
    if (next instanceof Uint8Array) userBuffer.buffer = next;
    handle.readSize = userBuffer.buffer.length;
  }
  return more;
}

/** The peer has ended: without `allowHalfOpen` a write after our own end is one too many. */
function onEnd(this: Socket): void {
  if (!this.allowHalfOpen) this.write = writeAfterEnd as Socket['write'];
}

function writeAfterEnd(this: Socket, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  if (!this.writableEnded) {
    return Duplex.prototype.write.call(this, chunk, encoding as BufferEncoding, callback as WriteCallback);
  }
  const error = Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });
  const done = typeof encoding === 'function' ? encoding : callback;
  if (typeof done === 'function') process.nextTick(done as (error: Error) => void, error);
  this.destroy(error);
  return false;
}
