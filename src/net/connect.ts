/**
 * How a socket finds whom to connect to: a name is looked up, and the address, or of several one after the other
 * (RFC 8305, connectMultiple.ts), is tried. Events and errors are Node's.
 */
import { isIP } from 'node:net';
import type { Options } from './args.ts';
import { connectMultiple } from './connectMultiple.ts';
import {
  blocked,
  hostPortException,
  invalidFamily,
  invalidIpAddress,
  invalidType,
  type SystemError,
  UV,
} from './errors.ts';
import type { TcpHandle } from './handle.ts';
import type { LookupAddress } from './lookup.ts';
import type { Socket } from './socket.ts';
import { kState } from './socketState.ts';
import { ANY_IPV4, ANY_IPV6 } from './stack.ts';
import {
  validateBoolean,
  validateFunction,
  validateInt32,
  validateNumber,
  validatePort,
} from './validate.ts';

/** Node's shortest, ms. */
const SHORTEST_ATTEMPT = 10;

/** Where to, and from where. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly family: number;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** The arguments of `connect`, checked. */
interface Wanted {
  readonly options: Options;
  readonly host: string;
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly autoSelectFamily: boolean;
  readonly attemptTimeout: number;
}

function check(socket: Socket, options: Options): Wanted {
  const { context } = socket[kState];
  const { localAddress, localPort, port } = options;
  if (localAddress && isIP(localAddress) === 0) throw invalidIpAddress(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (port !== undefined) {
    if (typeof port !== 'number' && typeof port !== 'string') {
      throw invalidType('options.port', ['number', 'string'], port);
    }
    validatePort(port, 'Port');
  }
  let { autoSelectFamily, autoSelectFamilyAttemptTimeout: timeout } = options;
  if (autoSelectFamily != null) validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  else autoSelectFamily = context.autoSelectFamily;
  if (timeout != null) {
    validateInt32(timeout, 'options.autoSelectFamilyAttemptTimeout', 1);
    timeout = Math.max(timeout, SHORTEST_ATTEMPT);
  } else timeout = context.autoSelectFamilyAttemptTimeout;
  return {
    options,
    host: String(options.host || 'localhost'),
    port: Number(port) | 0,
    localAddress,
    localPort: localPort as number | undefined,
    autoSelectFamily: autoSelectFamily as boolean,
    attemptTimeout: timeout as number,
  };
}

/** Sets out. @throws Node's errors for arguments that cannot be */
export function lookupAndConnect(socket: Socket, options: Options): void {
  const wanted = check(socket, options);
  const { host, port, localAddress, localPort } = wanted;
  const family = isIP(host);
  if (family !== 0) {
    process.nextTick(() => {
      if (socket.connecting) attempt(socket, { address: host, port, family, localAddress, localPort });
    });
    return;
  }
  if (options.lookup != null) validateFunction(options.lookup, 'options.lookup');
  socket._host = host;
  const asked = familyOf(options.family);
  if (asked !== 4 && asked !== 6 && !localAddress && wanted.autoSelectFamily) lookupAll(socket, wanted);
  else lookupOne(socket, wanted, asked);
}

function familyOf(family: unknown): number | undefined {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : (family as number | undefined);
}

function lookupOne(socket: Socket, wanted: Wanted, family: number | undefined): void {
  const { options, host, port, localAddress, localPort } = wanted;
  const lookup = options.lookup ?? socket[kState].context.stack.lookup;
  lookup(host, { family, hints: options.hints ?? 0 }, (error, address, found) => {
    socket.emit('lookup', error, address, found, host);
    if (!socket.connecting) return;
    const flaw = error ?? flawOf(address, found, options);
    if (flaw !== undefined) {
      process.nextTick(() => socket.destroy(flaw));
      return;
    }
    socket._unrefTimer();
    attempt(socket, { address: address as string, port, family: found!, localAddress, localPort });
  });
}

function flawOf(address: unknown, family: unknown, options: Options): Error | undefined {
  if (typeof address !== 'string' || isIP(address) === 0) return invalidIpAddress(address);
  return family === 4 || family === 6 ? undefined : invalidFamily(family, options.host, options.port);
}

function lookupAll(socket: Socket, wanted: Wanted): void {
  const { options, host, port, localPort, attemptTimeout } = wanted;
  const lookup = options.lookup ?? socket[kState].context.stack.lookup;
  const asked = { family: familyOf(options.family), hints: options.hints ?? 0, all: true };
  lookup(host, asked, (error, found) => {
    if (!socket.connecting) return;
    if (error) {
      socket.emit('lookup', error, undefined, undefined, host);
      process.nextTick(() => socket.destroy(error));
      return;
    }
    const addresses = found as readonly LookupAddress[];
    for (const { address, family } of addresses) {
      socket.emit('lookup', error, address, family, host);
      if (!socket.connecting) return;
    }
    const turns = takeTurns(addresses);
    socket._unrefTimer();
    const [first] = turns;
    if (first === undefined) {
      const flaw = flawOf(addresses[0]?.address, addresses[0]?.family, options);
      if (flaw !== undefined) process.nextTick(() => socket.destroy(flaw));
    } else if (turns.length === 1) {
      const { localAddress } = wanted;
      attempt(socket, { ...first, port, localAddress, localPort });
    } else connectMultiple(socket, turns, port, localPort, attemptTimeout);
  });
}

/** Each address once, the families by turns, the one that came first going first (RFC 8305 section 4). */
function takeTurns(addresses: readonly LookupAddress[]): LookupAddress[] {
  const seen = new Set<string>();
  const usable = addresses.filter(({ address, family }) => {
    if (isIP(address) === 0 || (family !== 4 && family !== 6) || seen.has(address)) return false;
    seen.add(address);
    return true;
  });
  const first = usable[0]?.family;
  const [own, other] = [true, false].map((same) =>
    usable.filter(({ family }) => (family === first) === same),
  );
  const turns: (LookupAddress | undefined)[] = [];
  for (let i = 0; i < usable.length; i += 1) turns.push(own![i], other![i]);
  return turns.filter((address) => address !== undefined);
}

/** Binds the handle where the socket is to come from. @returns the error, and where it was to be bound */
export function bindLocal(handle: TcpHandle, target: Target): SystemError | undefined {
  const { localAddress, localPort = 0, family } = target;
  if (!localAddress && !localPort) return undefined;
  const address = localAddress || (family === 4 ? ANY_IPV4 : ANY_IPV6);
  const error = handle.bind(address, localPort);
  return error === 0 ? undefined : hostPortException(error, 'bind', address, localPort);
}

/** `connect ECONNREFUSED ADDRESS:PORT`, with the local side if that was asked for. */
export function connectFailed(status: number, target: Target): SystemError {
  const { address, port, localAddress, localPort } = target;
  const local = localAddress && localPort ? `${localAddress}:${localPort}` : undefined;
  const error = hostPortException(status, 'connect', address, port, local);
  return local === undefined ? error : Object.assign(error, { localAddress, localPort });
}

/** One that could not even set out. */
export function connectRefusedHere(
  socket: Socket,
  status: number,
  { address, port, family }: Target,
): SystemError {
  const { address: local = family === 4 ? ANY_IPV4 : ANY_IPV6, port: localPort = 0 } = socket._getsockname();
  return hostPortException(status, 'connect', address, port, `${local}:${localPort}`);
}

export function isBlocked(socket: Socket, { address, family }: Target): Error | undefined {
  const { blockList } = socket;
  if (blockList === undefined || !blockList.check(address, family === 6 ? 'ipv6' : 'ipv4')) return undefined;
  return blocked(address);
}

/** The only address there is. */
function attempt(socket: Socket, target: Target): void {
  const { handle } = socket[kState];
  if (handle === undefined) return;
  const unbound = bindLocal(handle, target);
  if (unbound !== undefined) {
    socket.destroy(unbound);
    return;
  }
  const { address, port, family } = target;
  socket.emit('connectionAttempt', address, port, family);
  // A listener may have destroyed it
  if (socket[kState].handle !== handle) return;
  const flaw = isBlocked(socket, target);
  if (flaw !== undefined) {
    socket.destroy(flaw);
    return;
  }
  const error = handle.connect(address, port, (status) => afterConnect(socket, status, target));
  if (error !== 0) socket.destroy(connectRefusedHere(socket, error, target));
}

/** The answer has come. */
function afterConnect(socket: Socket, status: number, target: Target): void {
  if (socket.destroyed) return;
  if (status === 0) {
    connected(socket);
    return;
  }
  socket.connecting = false;
  const error = connectFailed(status, target);
  socket.emit('connectionAttemptFailed', target.address, target.port, target.family, error);
  socket.destroy(error);
}

/** The connection stands. */
export function connected(socket: Socket): void {
  const state = socket[kState];
  socket.connecting = false;
  state.localName = undefined;
  socket._unrefTimer();
  if (state.noDelay) state.handle?.setNoDelay(true);
  if (state.keepAlive) state.handle?.setKeepAlive(true, state.keepAliveDelay);
  socket.emit('connect');
  socket.emit('ready');
  // Reading begins, so that an end is noticed
  if (!socket.isPaused()) socket.read(0);
}

export const TIMED_OUT = UV.ETIMEDOUT;
