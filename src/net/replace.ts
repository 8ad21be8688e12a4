/**
 * Puts the sockets of a host in the place of node:net's, for programs that know nothing of it. What is no TCP of the
 * program's own goes on as before: UNIX domain sockets, file descriptors and pipes (process.stdout may be one), and
 * what Node builds on handles (TLS, HTTP/2), which is laid over our sockets as over any stream.
 */
import type { EventEmitter } from 'node:events';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isPipeName, normalizeArgs, type Options } from './args.ts';
import type { Net } from './createNet.ts';

const require = createRequire(import.meta.url);

type Constructor = (new (...args: unknown[]) => object) & { call(that: object, ...args: unknown[]): unknown };

/** node:net as a program has it. */
type Replaceable = Record<string, unknown> & { Socket: Constructor; Server: Constructor };

/** From now on `require('net')` and `import 'node:net'` are `net`, in this thread. */
export function replaceNet(net: Net): void {
  const nodeNet = require('node:net') as Replaceable;
  // Loaded while net is still Node's: their sockets have handles
  const tls = require('node:tls') as Record<string, unknown> & { Server: Constructor };
  const original = { ...nodeNet };
  const ours = net as unknown as Replaceable;
  const Socket = socketOf(original, ours);
  const Server = serverOf(original, ours);
  // These are Node's own in both
  const { BlockList: _, SocketAddress: __, ...replaced } = ours;
  Object.assign(nodeNet, replaced, { Socket, Stream: Socket, Server });
  nodeNet.connect = nodeNet.createConnection = connectOf(original, ours);
  nodeNet.createServer = (options: unknown, listener: unknown) => new Server(options, listener);
  nodeNet._createServerHandle = original._createServerHandle;
  tls.connect = tlsConnectOf(tls.connect as TlsConnect, nodeNet);
  adopt(tls.Server, Server);
  const http = require('node:http') as { Server: Constructor; Agent: Constructor };
  adopt(http.Server, Server);
  const agent = http.Agent.prototype as { createConnection?: unknown };
  if (Object.hasOwn(agent, 'createConnection')) agent.createConnection = nodeNet.createConnection;
  syncBuiltinESMExports();
}

/** A class of Node's that was made before becomes one of ours. */
function adopt(child: Constructor, parent: Constructor): void {
  Object.setPrototypeOf(child.prototype, parent.prototype);
  Object.setPrototypeOf(child, parent);
}

/** Is this for node:net itself? */
function isElsewhere(options: Options | number | undefined): boolean {
  if (typeof options !== 'object' || options === null) return typeof options === 'number';
  const { fd, handle, _handle, path } = options;
  return fd !== undefined || Boolean(handle) || Boolean(_handle) || isPipeName(path);
}

function socketOf(original: Replaceable, ours: Replaceable): Constructor {
  const { Socket: Original } = original;
  function Socket(this: object, options?: Options): unknown {
    // Of a class that was made before: TLSSocket, for one
    if (this instanceof Original) return Original.call(this, options);
    if (isElsewhere(options)) return new Original(options);
    if (!(this instanceof (Socket as unknown as Constructor))) return new ours.Socket(options);
    return ours.Socket.call(this, options);
  }
  return stand(Socket, ours.Socket, Original);
}

function serverOf(original: Replaceable, ours: Replaceable): Constructor {
  const { Server: Original } = original;
  function Server(this: object, options?: unknown, listener?: unknown): unknown {
    if (!(this instanceof (Server as unknown as Constructor))) return new ours.Server(options, listener);
    return ours.Server.call(this, options, listener);
  }
  const { prototype } = ours.Server as { prototype: Listening };
  const { listen } = prototype;
  prototype.listen = function (this: Listening, ...args: unknown[]): Listening {
    if (!isElsewhere(normalizeArgs(args)[0])) return listen.apply(this, args);
    return listenElsewhere(this, new Original({ ...this }) as Listening, args);
  };
  return stand(Server, ours.Server, Original);
}

/** In the place of both: `instanceof` is true for Node's own, too. */
function stand(made: unknown, ours: Constructor, original: Constructor): Constructor {
  const place = made as Constructor;
  Object.defineProperty(place, 'prototype', { value: ours.prototype });
  ours.prototype.constructor = place;
  Object.setPrototypeOf(place, Object.getPrototypeOf(ours));
  const isA = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(place, Symbol.hasInstance, {
    value(this: Constructor, object: unknown): boolean {
      if (this === place && object instanceof original) return true;
      return isA.call(this, object) && !(this === place && askedByTls());
    },
  });
  return place;
}

/**
 * Is it `TLSSocket` that asks? What is a `net.Socket` it takes for one with a handle; anything else it wraps as a stream,
 * which is what has to be done with ours.
 */
function askedByTls(): boolean {
  const { prepareStackTrace } = Error;
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  const { stack = '' } = new Error('who asks?');
  if (prepareStackTrace !== undefined) Error.prepareStackTrace = prepareStackTrace;
  return /node:(_tls_wrap|internal\/tls\/wrap)\b/.test(stack.split('\n')[3] ?? '');
}

interface Listening extends EventEmitter {
  listen(...args: unknown[]): Listening;
  close(callback?: (error?: Error) => void): Listening;
  address(): unknown;
  readonly listening: boolean;
}

/** A server of ours at a UNIX domain socket: Node's listens in its place. */
function listenElsewhere(server: Listening, inner: Listening, args: unknown[]): Listening {
  for (const event of ['connection', 'listening', 'error', 'close']) {
    inner.on(event, (...values: unknown[]) => server.emit(event, ...values));
  }
  const [options, callback] = normalizeArgs(args);
  if (callback !== null) server.once('listening', callback);
  Object.defineProperties(server, {
    listening: { get: () => inner.listening, configurable: true },
    address: { value: () => inner.address(), configurable: true },
    close: {
      configurable: true,
      value(done?: (error?: Error) => void): Listening {
        inner.close(done);
        return server;
      },
    },
  });
  inner.listen(options);
  return server;
}

type Connect = (...args: unknown[]) => unknown;

function connectOf(original: Replaceable, ours: Replaceable): Connect {
  return (...args) => {
    const elsewhere = isElsewhere(normalizeArgs(args)[0]);
    return ((elsewhere ? original : ours).connect as Connect)(...args);
  };
}

type TlsConnect = (...args: unknown[]) => unknown;

/** `tls.connect` makes a socket of its own unless it is given one: it is given one of ours. */
function tlsConnectOf(connect: TlsConnect, net: Replaceable): TlsConnect {
  return (...args) => {
    const [first, callback] = normalizeArgs(args);
    const more = args.slice(1, 3).find((arg) => typeof arg === 'object' && arg !== null);
    const options: Options & { socket?: unknown } = { ...first, ...(more as object) };
    if (options.socket === undefined && !options.path) {
      options.socket = (net.connect as Connect)({ ...options, signal: undefined });
    }
    return callback === null ? connect(options) : connect(options, callback);
  };
}
