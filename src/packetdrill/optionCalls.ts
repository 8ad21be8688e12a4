/** Socket options, ioctl and poll: as far as they mean something to a TCP. */
import type { Call } from './calls.ts';
import { numberOf, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP } from './constants.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import type { Expression } from './script.ts';
import { type Blocked, done, failed, type Outcome, type Socket, type Sockets } from './sockets.ts';

/** Accepted and remembered; they change nothing that a script can see here. */
const HARMLESS = new Set([
  'SO_REUSEADDR',
  'SO_REUSEPORT',
  'IP_TOS',
  'IPV6_TCLASS',
  'SO_RCVTIMEO',
  'SO_SNDTIMEO',
]);
/** A system's own bookkeeping: any value is right. */
const ANY_VALUE = new Set(['SO_RCVBUF', 'SO_SNDBUF']);

export const optionCalls: Readonly<Record<string, Call>> = {
  setsockopt(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    const option = optionName(args[2]);
    if (option === 'SO_LINGER') setLinger(socket, args[3]);
    else if (option === 'TCP_NODELAY') return setNoDelay(sockets, args[3]);
    else if (option === 'SO_KEEPALIVE' || option === 'TCP_KEEPIDLE') setKeepAlive(socket, option, args[3]);
    else if (HARMLESS.has(option)) socket.options.set(option, numberOf(args[3]) ?? 0);
    else throw new ScriptUnsupported(`setsockopt(${option})`);
    return done;
  },

  getsockopt(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    const option = optionName(args[2]);
    if (ANY_VALUE.has(option)) return done;
    if (option === 'SO_ERROR') checkError(socket, args[3]);
    else if (option === 'TCP_NODELAY') checkValue(option, sockets.host.config.nagle ? 0 : 1, args[3]);
    else if (HARMLESS.has(option)) checkValue(option, socket.options.get(option) ?? 0, args[3]);
    else throw new ScriptUnsupported(`getsockopt(${option})`);
    return done;
  },

  ioctl(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket?.connection === undefined) return failed('EBADF');
    const request = optionName(args[1]);
    const { sender, available } = socket.connection;
    if (request === 'SIOCINQ' || request === 'FIONREAD') checkValue(request, available, args[2]);
    else if (request === 'SIOCOUTQ') checkValue(request, sender.buffered, args[2]);
    else throw new ScriptUnsupported(`ioctl(${request})`);
    return done;
  },

  poll(sockets, args) {
    const list = args[0];
    if (list?.kind !== 'list') throw new Mismatch('poll() takes a list of {fd=, events=, revents=}');
    const attempt = (): Outcome | undefined => {
      const ready = list.items.map((item) => readiness(sockets, item)).filter((bits) => bits !== 0).length;
      return ready === 0 ? undefined : { value: checkReady(sockets, list.items, ready) };
    };
    const timeout = numberOf(args[2]) ?? 0;
    return attempt() ?? (timeout === 0 ? done : pollUntil(sockets, timeout, attempt));
  },
};

function pollUntil(sockets: Sockets, timeout: number, attempt: Blocked): Blocked {
  const end = timeout < 0 ? Number.POSITIVE_INFINITY : sockets.host.now() + timeout * 1000;
  return () => attempt() ?? (sockets.host.now() >= end ? done : undefined);
}

function optionName(expression: Expression | undefined): string {
  if (expression?.kind === 'name') return expression.name;
  throw new ScriptUnsupported('an option given by its number');
}

/** `{onoff=1, linger=0}` */
function setLinger(socket: Socket, value: Expression | undefined): void {
  if (value?.kind !== 'struct') throw new Mismatch('SO_LINGER takes {onoff=, linger=}');
  const on = numberOf(value.fields.get('onoff')) ?? 0;
  const linger = numberOf(value.fields.get('linger')) ?? 0;
  if (on !== 0 && linger !== 0) throw new ScriptUnsupported('SO_LINGER with a time');
  socket.lingerZero = on !== 0;
}

/** SO_KEEPALIVE, and TCP_KEEPIDLE in seconds: in whichever order they come. */
function setKeepAlive(socket: Socket, option: string, value: Expression | undefined): void {
  socket.options.set(option, numberOf(value) ?? 0);
  const idle = socket.options.get('TCP_KEEPIDLE');
  const on = (socket.options.get('SO_KEEPALIVE') ?? 0) !== 0;
  if (socket.connection === undefined) throw new ScriptUnsupported(`${option} before there is a connection`);
  socket.connection.setKeepAlive(on, idle === undefined ? undefined : idle * 1000);
}

/** A host has Nagle's rule on or off for all its connections. */
function setNoDelay(sockets: Sockets, value: Expression | undefined): Outcome {
  const off = (numberOf(value) ?? 0) !== 0;
  if (off === sockets.host.config.nagle)
    throw new ScriptUnsupported('TCP_NODELAY other than the host has it');
  return done;
}

function checkError(socket: Socket, value: Expression | undefined): void {
  const error = socket.takeError();
  const item = value?.kind === 'list' ? value.items[0] : value;
  if (item === undefined || item.kind === 'any') return;
  const expected = item.kind === 'name' ? item.name : (numberOf(item) ?? 0) === 0 ? undefined : 'a number';
  if (expected !== error) throw new Mismatch(`SO_ERROR is ${error ?? 0}, not ${expected ?? 0}`);
}

function checkValue(what: string, got: number, value: Expression | undefined): void {
  const expected = numberOf(value);
  if (expected !== undefined && expected !== got) throw new Mismatch(`${what} is ${got}, not ${expected}`);
}

/** The events of a pollfd that have come; POLLERR and POLLHUP are told unasked. */
function readiness(sockets: Sockets, item: Expression): number {
  if (item.kind !== 'struct') throw new Mismatch('poll() takes a list of {fd=, events=, revents=}');
  const socket = sockets.get(numberOf(item.fields.get('fd')));
  if (socket === undefined) throw new Mismatch('poll() of a file descriptor that is not open');
  let bits = 0;
  if (socket.readable) bits |= POLLIN;
  if (socket.writable) bits |= POLLOUT;
  if (socket.ended) bits |= POLLRDHUP;
  if (socket.error !== undefined) bits |= POLLERR;
  if (socket.gone) bits |= POLLHUP;
  return bits & ((numberOf(item.fields.get('events')) ?? 0) | POLLERR | POLLHUP);
}

function checkReady(sockets: Sockets, items: readonly Expression[], ready: number): number {
  for (const item of items) {
    const expected = item.kind === 'struct' ? numberOf(item.fields.get('revents')) : undefined;
    const got = readiness(sockets, item);
    if (expected !== undefined && expected !== got) throw new Mismatch(`revents is ${got}, not ${expected}`);
  }
  return ready;
}
