/**
 * Errors as Node makes them: the same classes, codes, messages and fields, because programs look at all of these. Which
 * error a situation calls for is the caller's business.
 */
import { getSystemErrorMap, inspect } from 'node:util';

/** libuv's numbers for the errors that a TCP can bring: the negated errno of Linux. */
export const UV = {
  EPERM: -1,
  EBADF: -9,
  EINVAL: -22,
  EPIPE: -32,
  EADDRINUSE: -98,
  EADDRNOTAVAIL: -99,
  ENETUNREACH: -101,
  ECONNABORTED: -103,
  ECONNRESET: -104,
  ENOBUFS: -105,
  EISCONN: -106,
  ENOTCONN: -107,
  ETIMEDOUT: -110,
  ECONNREFUSED: -111,
  EHOSTUNREACH: -113,
  EALREADY: -114,
  ECANCELED: -125,
  EOF: -4095,
  ENOTFOUND: -3008,
} as const;

const NAMES = new Map(Object.entries(UV).map(([name, number]) => [number as number, name]));

/** `ECONNRESET` for -104. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? 'UNKNOWN';
}

/** A number of this platform for a name of ours: programs compare `errno` with `os.constants.errno`. */
function platformErrno(name: string, errno: number): number {
  for (const [number, [other]] of getSystemErrorMap()) if (other === name) return number;
  return errno;
}

/** What Node puts into an error of a system call. */
export type SystemError = NodeJS.ErrnoException & { address?: string; port?: number };

function systemError(errno: number, syscall: string, message: string): SystemError {
  const name = errnoName(errno);
  const error: SystemError = new Error(message);
  error.errno = platformErrno(name, errno);
  error.code = name;
  error.syscall = syscall;
  return error;
}

/** `read ECONNRESET` */
export function errnoException(errno: number, syscall: string): SystemError {
  return systemError(errno, syscall, `${syscall} ${errnoName(errno)}`);
}

function withPlace(error: SystemError, address: string, port: number | undefined): SystemError {
  error.address = address;
  if (port !== undefined && port !== 0) error.port = port;
  return error;
}

function place(address: string, port: number | undefined): string {
  return port !== undefined && port > 0 ? `${address}:${port}` : address;
}

/** `connect ECONNREFUSED 127.0.0.1:80 - Local (127.0.0.1:40000)` */
export function hostPortException(
  errno: number,
  syscall: string,
  address: string,
  port?: number,
  local?: string,
): SystemError {
  const from = local === undefined ? '' : ` - Local (${local})`;
  const message = `${syscall} ${errnoName(errno)} ${place(address, port)}${from}`;
  return withPlace(systemError(errno, syscall, message), address, port);
}

/** `listen EADDRINUSE: address already in use 127.0.0.1:80` */
export function listenException(errno: number, address: string, port: number): SystemError {
  const name = errnoName(errno);
  const words = [...getSystemErrorMap().values()].find(([other]) => other === name)?.[1] ?? 'unknown error';
  const error: SystemError = new Error(`listen ${name}: ${words} ${place(address, port)}`);
  error.code = name;
  error.errno = platformErrno(name, errno);
  error.syscall = 'listen';
  error.address = address;
  if (port !== 0) error.port = port;
  return error;
}

/** `getaddrinfo ENOTFOUND nowhere` */
export function notFound(hostname: string): SystemError & { hostname?: string } {
  const error = systemError(UV.ENOTFOUND, 'getaddrinfo', `getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, { errno: UV.ENOTFOUND, hostname });
}

type ErrorClass = new (message: string) => Error;

/** An error with a code, whose stack begins with `TypeError [ERR_X]: ...` as Node's do. */
export function codedError(Base: ErrorClass, code: string, message: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Base(message);
  const { name } = error;
  Object.defineProperty(error, 'name', { value: `${name} [${code}]`, configurable: true, writable: true });
  void error.stack; // made now, with the code in it
  Reflect.deleteProperty(error, 'name');
  error.code = code;
  Object.defineProperty(error, 'toString', {
    value: () => `${name} [${code}]: ${message}`,
    configurable: true,
  });
  return error;
}

export const socketClosed = () => codedError(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed');

export const socketClosedBeforeConnection = () =>
  codedError(
    Error,
    'ERR_SOCKET_CLOSED_BEFORE_CONNECTION',
    'Socket closed before the connection was established',
  );

export const connectionTimeout = () =>
  codedError(Error, 'ERR_SOCKET_CONNECTION_TIMEOUT', 'Socket connection timeout');

export const alreadyListening = () =>
  codedError(
    Error,
    'ERR_SERVER_ALREADY_LISTEN',
    'Listen method has been called more than once without closing.',
  );

export const notRunning = () => codedError(Error, 'ERR_SERVER_NOT_RUNNING', 'Server is not running.');

export const invalidIpAddress = (address: unknown) =>
  codedError(TypeError, 'ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${address}`);

export const invalidFamily = (family: unknown, host: unknown, port: unknown) =>
  Object.assign(
    codedError(RangeError, 'ERR_INVALID_ADDRESS_FAMILY', `Invalid address family: ${family} ${host}:${port}`),
    { host, port },
  );

export const blocked = (address: string) =>
  codedError(Error, 'ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`);

export const invalidHandle = () =>
  codedError(TypeError, 'ERR_INVALID_HANDLE_TYPE', 'This handle type cannot be sent');

/** What these sockets do not do at all: UNIX domain sockets, file descriptors (docs/net.md). */
export const notSupported = (what: string) =>
  codedError(
    Error,
    'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
    `${what}: not on a Statewire host, see docs/net.md`,
  );

/** All attempts of a connect to several addresses have failed. */
export function attemptsFailed(errors: readonly Error[]): AggregateError {
  const error = new AggregateError(errors);
  return Object.assign(error, { code: (errors[0] as NodeJS.ErrnoException | undefined)?.code });
}

/** As Node says what it got instead. */
function received(value: unknown): string {
  if (value == null) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  if (typeof value === 'object') {
    const { name } = (value as object).constructor ?? {};
    return name ? ` Received an instance of ${name}` : ` Received ${inspect(value, { depth: -1 })}`;
  }
  const text = inspect(value, { colors: false });
  return ` Received type ${typeof value} (${text.length > 28 ? `${text.slice(0, 25)}...` : text})`;
}

const KINDS = new Set(['string', 'function', 'number', 'object', 'boolean', 'bigint', 'symbol']);

/** `The "port" argument must be of type number. Received undefined` */
export function invalidType(name: string, expected: string | readonly string[], value: unknown) {
  const what = name.includes('.') ? 'property' : 'argument';
  const wanted = typeof expected === 'string' ? [expected] : expected;
  const types = wanted
    .filter((kind) => KINDS.has(kind.toLowerCase()) && kind !== 'Object')
    .map((kind) => kind.toLowerCase());
  const classes = wanted.filter((kind) => !types.includes(kind.toLowerCase()));
  const words = [
    ...(types.length > 0 ? [types.length > 1 ? oneOf('one of type', types) : `of type ${types[0]}`] : []),
    ...(classes.length > 0 ? [`an instance of ${classes.join(' or ')}`] : []),
  ].map((text) => text.replace('an instance of Object', 'of type object'));
  const message = `The "${name}" ${what} must be ${words.join(' or ')}.${received(value)}`;
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', message);
}

function oneOf(start: string, words: readonly string[]): string {
  if (words.length === 2) return `${start} ${words[0]} or ${words[1]}`;
  return `${start} ${words.slice(0, -1).join(', ')}, or ${words[words.length - 1]}`;
}

export function invalidValue(name: string, value: unknown, reason = 'is invalid') {
  const text = inspect(value);
  const what = name.includes('.') ? 'property' : 'argument';
  const shown = text.length > 128 ? `${text.slice(0, 128)}...` : text;
  return codedError(TypeError, 'ERR_INVALID_ARG_VALUE', `The ${what} '${name}' ${reason}. Received ${shown}`);
}

export function outOfRange(name: string, range: string, value: unknown) {
  const shown = typeof value === 'number' && Number.isInteger(value) ? grouped(value) : inspect(value);
  return codedError(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`,
  );
}

/** Node writes long integers with underscores. */
function grouped(value: number): string {
  if (Math.abs(value) < 2_147_483_648) return String(value);
  return String(value).replace(/\B(?=(\d{3})+$)/g, '_');
}

export function badPort(name: string, port: unknown) {
  return codedError(
    RangeError,
    'ERR_SOCKET_BAD_PORT',
    `${name} should be >= 0 and < 65536.${received(port)}.`,
  );
}

export const missingArguments = () =>
  codedError(TypeError, 'ERR_MISSING_ARGS', 'The "options" or "port" or "path" argument must be specified');
