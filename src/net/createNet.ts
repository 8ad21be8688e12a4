/** `createNet`: node:net's object for one host. */
import * as nodeNet from 'node:net';
import { Duplex } from 'node:stream';
import { type NodeSocket, normalizeArgs } from './args.ts';
import { clientChannel } from './channels.ts';
import { initializeServer, type MakeSocket, Server } from './server.ts';
import { IS_OLD, Socket } from './socket.ts';
import { initializeSocket, type SocketOptions } from './socketSetup.ts';
import type { NetContext } from './socketState.ts';
import type { Stack } from './stack.ts';
import { validateBoolean, validateInt32 } from './validate.ts';

/** What a program uses of `node:net`. */
export type Net = Omit<typeof nodeNet, 'default'>;

/** Node's, ms. */
const USUAL_ATTEMPT = 250;
const SHORTEST_ATTEMPT = 10;

/** The sockets of one host, under node:net's names; types, too, are node:net's. */
export function netOf(stack: Stack): Net {
  const context: NetContext = {
    stack,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: USUAL_ATTEMPT,
  };
  const SocketOf = socketClass(context);
  const ServerOf = serverClass(context, (options) => new SocketOf(options));
  const connect = (...args: unknown[]): Socket => connectWith(SocketOf, args);
  const { isIP, isIPv4, isIPv6, BlockList, SocketAddress } = nodeNet;
  return {
    ...{ isIP, isIPv4, isIPv6, BlockList, SocketAddress },
    Socket: SocketOf,
    Stream: SocketOf,
    Server: ServerOf,
    connect,
    createConnection: connect,
    createServer: (options?: unknown, listener?: unknown) => new ServerOf(options, listener),
    getDefaultAutoSelectFamily: () => context.autoSelectFamily,
    setDefaultAutoSelectFamily(value: unknown): void {
      validateBoolean(value, 'value');
      context.autoSelectFamily = value;
    },
    getDefaultAutoSelectFamilyAttemptTimeout: () => context.autoSelectFamilyAttemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout(value: unknown): void {
      validateInt32(value, 'value', 1);
      context.autoSelectFamilyAttemptTimeout = Math.max(value, SHORTEST_ATTEMPT);
    },
    _normalizeArgs: (args: unknown[]) => normalizeArgs(args),
  } as unknown as Net;
}

type SocketClass = new (options?: SocketOptions | number) => Socket;
type ServerClass = new (options?: unknown, listener?: unknown) => Server;

/** A constructor as Node has them: also called without `new`, or on an object of a subclass (`net.Server.call(this)`). */
function socketClass(context: NetContext): SocketClass {
  function SocketOf(this: unknown, options?: SocketOptions | number): Socket | undefined {
    if (!(this instanceof SocketOf)) return new (SocketOf as unknown as SocketClass)(options);
    initializeSocket(this as unknown as Socket, context, options);
    return undefined;
  }
  return classOf('Socket', SocketOf, Socket, Duplex) as SocketClass;
}

function serverClass(context: NetContext, makeSocket: MakeSocket): ServerClass {
  function ServerOf(this: unknown, options?: unknown, listener?: unknown): Server | undefined {
    if (!(this instanceof ServerOf)) return new (ServerOf as unknown as ServerClass)(options, listener);
    initializeServer(this as unknown as Server, context, makeSocket, options, listener);
    return undefined;
  }
  return classOf('Server', ServerOf, Server, Object.getPrototypeOf(Server)) as ServerClass;
}

/** Gives a constructor function its name, methods and statics. */
function classOf(name: string, made: object, methods: { prototype: object }, statics: object): unknown {
  const prototype = Object.create(methods.prototype, {
    constructor: { value: made, writable: true, configurable: true },
  });
  Object.defineProperty(made, 'prototype', { value: prototype, writable: true });
  Object.defineProperty(made, 'name', { value: name, configurable: true });
  Object.setPrototypeOf(made, statics);
  return made;
}

function connectWith(SocketOf: SocketClass, args: unknown[]): Socket {
  const normalized = normalizeArgs(args);
  const [options] = normalized;
  const socket = new SocketOf(options as SocketOptions);
  if (IS_OLD && clientChannel.hasSubscribers) clientChannel.publish({ socket });
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.connect(normalized);
}

export type { NodeSocket };
