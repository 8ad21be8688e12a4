/** `net.Server` over a Statewire host: listens, hands connections out as sockets, and closes when the last is gone. */
import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import { getDefaultHighWaterMark } from 'node:stream';
import { promisify } from 'node:util';
import { isPipeName, normalizeArgs, type Options } from './args.ts';
import { listenChannel, serverChannel, tracesListen } from './channels.ts';
import {
  alreadyListening,
  invalidType,
  invalidValue,
  listenException,
  notRunning,
  notSupported,
} from './errors.ts';
import { TcpHandle } from './handle.ts';
import type { LookupAddress } from './lookup.ts';
import type { Socket } from './socket.ts';
import type { SocketOptions } from './socketSetup.ts';
import { kState, type NetContext } from './socketState.ts';
import { ANY_IPV6, type SocketName } from './stack.ts';
import { validateAbortSignal, validateNumber, validatePort } from './validate.ts';

/** Node's, where none is given. */
const USUAL_BACKLOG = 511;

/** Of `new Server`, in Node's names. */
export interface ServerOptions {
  allowHalfOpen?: boolean;
  pauseOnConnect?: boolean;
  noDelay?: boolean;
  keepAlive?: boolean;
  keepAliveInitialDelay?: number;
  highWaterMark?: number;
  blockList?: SocketOptions['blockList'];
}

export type MakeSocket = (options: SocketOptions) => Socket;

const initializeEmitter = EventEmitter as unknown as (this: EventEmitter) => void;

const kServer = Symbol('statewire server');

interface ServerState {
  readonly context: NetContext;
  readonly makeSocket: MakeSocket;
  handle: TcpHandle | undefined;
  /** Counts calls of `listen` and `close`: an answer of a lookup may come too late. */
  listening: number;
  unreferenced: boolean;
}

/** Only methods, and no private ones: objects are set up by `initializeServer`, also those of old-style subclasses. */
export class Server extends EventEmitter {
  declare [kServer]: ServerState;
  declare _connections: number;
  declare maxConnections: number | undefined;
  declare dropMaxConnection: boolean | undefined;
  declare allowHalfOpen: boolean;
  declare pauseOnConnect: boolean;
  declare noDelay: boolean;
  declare keepAlive: boolean;
  declare keepAliveInitialDelay: number;
  declare highWaterMark: number;
  declare blockList: SocketOptions['blockList'];
  declare _connectionKey: string;

  listen(...args: unknown[]): this {
    const [given, callback] = normalizeArgs(args);
    const state = this[kServer];
    if (state.handle !== undefined) throw alreadyListening();
    if (tracesListen()) listenChannel.asyncStart.publish({ server: this, options: given });
    if (callback !== null) this.once('listening', callback as () => void);
    const backlog = backlogOf(args);
    const options = ((given._handle ?? given.handle ?? given) as Options) || given;
    state.listening += 1;
    if (options !== given) throw notSupported('a handle of another program');
    watchSignal(this, options);
    if (typeof options.fd === 'number' && options.fd >= 0) throw notSupported('a file descriptor');
    const anyPort = args.length === 0 || typeof args[0] === 'function' || options.port === null;
    if (anyPort || (options.port === undefined && 'port' in options)) options.port = 0;
    if (typeof options.port === 'number' || typeof options.port === 'string') {
      const port = validatePort(options.port, 'options.port');
      const queue = Number(options.backlog) || backlog;
      const only = options.ipv6Only === true;
      if (options.host) lookupAndListen(this, String(options.host), port, queue, only);
      else listenAt(this, ANY_IPV6, port, queue, only);
      return this;
    }
    if (options.path && isPipeName(options.path)) throw notSupported('a UNIX domain socket');
    if (!('port' in options) && !('path' in options)) {
      throw invalidValue('options', options, 'must have the property "port" or "path"');
    }
    throw invalidValue('options', options);
  }

  close(callback?: (error?: Error) => void): this {
    const state = this[kServer];
    state.listening += 1;
    const { handle } = state;
    if (typeof callback === 'function') {
      this.once('close', handle === undefined ? () => callback(notRunning()) : callback);
    }
    handle?.close();
    state.handle = undefined;
    this._emitCloseIfDrained();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this[kServer].handle === undefined) return;
    await promisify(this.close.bind(this))();
  }

  get listening(): boolean {
    return this[kServer].handle !== undefined;
  }

  address(): SocketName | null {
    return this[kServer].handle?.getsockname() ?? null;
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this._connections);
    return this;
  }

  ref(): this {
    const state = this[kServer];
    state.unreferenced = false;
    state.handle?.ref();
    return this;
  }

  unref(): this {
    const state = this[kServer];
    state.unreferenced = true;
    state.handle?.unref();
    return this;
  }

  _emitCloseIfDrained(): void {
    if (this[kServer].handle !== undefined || this._connections > 0) return;
    process.nextTick(() => this.emit('close'));
  }

  // biome-ignore lint/suspicious/noExplicitAny: as the emitter's
  override [EventEmitter.captureRejectionSymbol](error: Error, event: any, ...args: any[]): void {
    if (event === 'connection') (args[0] as Socket).destroy(error);
    else this.emit('error', error);
  }
}

/** Makes a new object a server. */
export function initializeServer(
  server: Server,
  context: NetContext,
  makeSocket: MakeSocket,
  given?: unknown,
  listener?: unknown,
): void {
  initializeEmitter.call(server);
  if (typeof given !== 'function' && given != null && typeof given !== 'object') {
    throw invalidType('options', 'Object', given);
  }
  const options: ServerOptions = typeof given === 'function' ? {} : { ...given };
  const onConnection = typeof given === 'function' ? given : listener;
  if (typeof onConnection === 'function') server.on('connection', onConnection as (socket: Socket) => void);
  const { keepAliveInitialDelay: delay, highWaterMark } = options;
  if (delay !== undefined) validateNumber(delay, 'options.keepAliveInitialDelay');
  if (highWaterMark !== undefined) validateNumber(highWaterMark, 'options.highWaterMark');
  if (options.blockList !== undefined) {
    if (typeof options.blockList?.check !== 'function') {
      throw invalidType('options.blockList', 'net.BlockList', options.blockList);
    }
    server.blockList = options.blockList;
  }
  server[kServer] = { context, makeSocket, handle: undefined, listening: 1, unreferenced: false };
  server._connections = 0;
  server.allowHalfOpen = options.allowHalfOpen || false;
  server.pauseOnConnect = Boolean(options.pauseOnConnect);
  server.noDelay = Boolean(options.noDelay);
  server.keepAlive = Boolean(options.keepAlive);
  server.keepAliveInitialDelay = ~~(Math.max(delay ?? 0, 0) / 1000);
  server.highWaterMark =
    highWaterMark === undefined || highWaterMark < 0 ? getDefaultHighWaterMark(false) : highWaterMark;
}

/** `listen(port, host, backlog)` or `listen(port, backlog)` */
function backlogOf(args: readonly unknown[]): number {
  const number = (value: unknown): number => Math.max(Number(value), 0) || 0;
  return (args.length > 1 && number(args[1])) || (args.length > 2 && number(args[2])) || 0;
}

function watchSignal(server: Server, { signal }: Options): void {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  const abort = (): void => {
    server.close();
  };
  if (signal.aborted) process.nextTick(abort);
  else {
    signal.addEventListener('abort', abort, { once: true });
    server.once('close', () => signal.removeEventListener('abort', abort));
  }
}

function lookupAndListen(server: Server, host: string, port: number, backlog: number, only: boolean): void {
  const state = server[kServer];
  const { listening } = state;
  if (isIP(host) !== 0) {
    process.nextTick(() => listening === state.listening && listenAt(server, host, port, backlog, only));
    return;
  }
  state.context.stack.lookup(host, { all: true }, (error, found) => {
    if (listening !== state.listening) return;
    if (error) server.emit('error', error);
    else listenAt(server, (found as readonly LookupAddress[])[0]!.address, port, backlog, only);
  });
}

function listenAt(server: Server, address: string, port: number, backlog: number, only: boolean): void {
  const state = server[kServer];
  const handle = new TcpHandle(state.context.stack);
  const error = handle.bind(address, port, only) || handle.listen(backlog || USUAL_BACKLOG);
  if (error !== 0) {
    handle.close();
    const exception = listenException(error, address, port);
    if (tracesListen()) listenChannel.error.publish({ server, error: exception } as never);
    process.nextTick(() => server.emit('error', exception));
    return;
  }
  handle.onconnection = (client) => onConnection(server, client);
  state.handle = handle;
  if (tracesListen()) listenChannel.asyncEnd.publish({ server } as never);
  server._connectionKey = `${address.includes(':') ? 6 : 4}:${address}:${port}`;
  if (state.unreferenced) server.unref();
  process.nextTick(() => {
    if (state.handle === handle) server.emit('listening');
  });
}

function onConnection(server: Server, client: TcpHandle): void {
  const { maxConnections } = server;
  const full = maxConnections != null && maxConnections !== 0 && server._connections >= maxConnections;
  const peer = client.getpeername();
  const blocked =
    peer !== undefined && server.blockList?.check(peer.address, peer.family === 'IPv6' ? 'ipv6' : 'ipv4');
  if (full || blocked) {
    server.emit('drop', Object.assign(Object.create(null), dropped(client)));
    client.close();
    return;
  }
  const { noDelay, keepAlive, keepAliveInitialDelay } = server;
  const socket = server[kServer].makeSocket({
    handle: client,
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readable: true,
    writable: true,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
  });
  if (noDelay) socket.setNoDelay(true);
  if (keepAlive) {
    client.setKeepAlive(true, keepAliveInitialDelay);
    Object.assign(socket[kState], { keepAlive, keepAliveDelay: keepAliveInitialDelay });
  }
  server._connections += 1;
  socket.server = server;
  socket._server = server;
  server.emit('connection', socket);
  if (serverChannel.hasSubscribers) serverChannel.publish({ socket });
}

/** What the event `drop` tells of a connection that is not taken. */
function dropped(client: TcpHandle) {
  const local = client.getsockname();
  const remote = client.getpeername();
  return {
    localAddress: local?.address,
    localPort: local?.port,
    localFamily: local?.family,
    remoteAddress: remote?.address,
    remotePort: remote?.port,
    remoteFamily: remote?.family,
  };
}
