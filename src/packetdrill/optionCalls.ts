/** Socket options and ioctl: as far as they mean something to a TCP. */
import type { ResolvedConfig } from '../tcp/config.ts';
import type { Call } from './calls.ts';
import { numberOf } from './constants.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import { congestionNamed } from './knobs.ts';
import { hasSettings, socketSetting } from './prepare.ts';
import type { Expression } from './script.ts';
import { done, failed, type Socket, type Sockets } from './sockets.ts';

/** Accepted and remembered; they change nothing that a script can see here. */
const HARMLESS = new Set(['SO_REUSEADDR', 'SO_REUSEPORT', 'SO_DEBUG', 'IPV6_V6ONLY', 'TCP_LOG']);
/** A system's own bookkeeping: any value is right. */
const ANY_VALUE = new Set(['SO_RCVBUF', 'SO_SNDBUF']);

export const optionCalls: Readonly<Record<string, Call>> = {
  setsockopt(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    const option = optionName(args[2]);
    const lives = option === 'SO_KEEPALIVE' || option === 'TCP_KEEPIDLE';
    if (option === 'SO_LINGER') setLinger(socket, args[3]);
    else if (lives && socket.connection !== undefined) setKeepAlive(socket, option, args[3]);
    else if (socketSetting(option, 0) !== undefined)
      setSetting(sockets, socket, option, numberOf(args[3]) ?? 0);
    else if (option === 'TCP_CONGESTION') setCongestion(sockets, args[3]);
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
    else if (option === 'TCP_NODELAY') checkValue(option, configOf(sockets, socket).nagle ? 0 : 1, args[3]);
    else if (option === 'TCP_USER_TIMEOUT')
      checkValue(option, configOf(sockets, socket).userTimeout / 1000, args[3]);
    else if (option === 'TCP_MAXSEG') checkValue(option, socket.connection?.snd.mss, args[3]);
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
};

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
  socket.connection?.setKeepAlive(on, idle === undefined ? undefined : idle * 1000);
}

/**
 * A connection has its own settings. Those of a socket without one are the host's: the script's first word was taken
 * before it began (`prepare.ts`).
 */
function setSetting(sockets: Sockets, socket: Socket, option: string, value: number): void {
  const wanted = socketSetting(option, value);
  if (wanted === undefined) return;
  const settings = { [wanted.setting]: wanted.value };
  if (hasSettings(configOf(sockets, socket), settings)) return;
  try {
    if (socket.connection === undefined || socket.gone) throw new RangeError('there is no connection');
    socket.connection.setOptions(settings);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ScriptUnsupported(`${option} ${value} now, or on some sockets only`);
  }
}

function configOf({ host }: Sockets, { connection }: Socket): ResolvedConfig {
  return connection?.config ?? host.config;
}

/** A host has one congestion control for all its connections: the one a variable has chosen. */
function setCongestion({ host }: Sockets, value: Expression | undefined): void {
  const item = value?.kind === 'list' ? value.items[0] : value;
  const name = item?.kind === 'string' ? item.value : 'another';
  const effect = congestionNamed(name);
  if (effect !== 'ignored' && 'congestion' in effect && effect.congestion === host.config.congestion) return;
  throw new ScriptUnsupported(`the congestion control ${name} of one socket`);
}

function checkError(socket: Socket, value: Expression | undefined): void {
  const error = socket.takeError();
  const item = value?.kind === 'list' ? value.items[0] : value;
  if (item === undefined || item.kind === 'any') return;
  const expected = item.kind === 'name' ? item.name : (numberOf(item) ?? 0) === 0 ? undefined : 'a number';
  if (expected !== error) throw new Mismatch(`SO_ERROR is ${error ?? 0}, not ${expected ?? 0}`);
}

/** `got` is undefined where a system's own number would be right. */
function checkValue(what: string, got: number | undefined, value: Expression | undefined): void {
  const expected = numberOf(value);
  if (got !== undefined && expected !== undefined && expected !== got)
    throw new Mismatch(`${what} is ${got}, not ${expected}`);
}
