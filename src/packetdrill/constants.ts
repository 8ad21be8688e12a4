/** The names that scripts use for numbers, with Linux's values: flags of calls, and states and bits of tcp_info. */
import { congestionStates, stateNumbers } from '../tcp/info.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import type { Expression } from './script.ts';

export const O_NONBLOCK = 0x800;
export const O_RDWR = 2;
export const MSG_OOB = 1;
export const MSG_PEEK = 2;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 0x10;
export const POLLRDHUP = 0x2000;
export const EPOLLET = 0x8000_0000;
export const EPOLLONESHOT = 0x4000_0000;
export const EPOLL_CTL_MOD = 3;

const CALLS: Readonly<Record<string, number>> = {
  AF_INET: 2,
  AF_INET6: 10,
  PF_INET: 2,
  PF_INET6: 10,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_NONBLOCK: O_NONBLOCK,
  SOCK_CLOEXEC: 0x80000,
  IPPROTO_IP: 0,
  IPPROTO_TCP: 6,
  PROTO_TCP: 6,
  O_RDONLY: 0,
  O_RDWR,
  O_NONBLOCK,
  F_GETFL: 3,
  F_SETFL: 4,
  SHUT_RD: 0,
  SHUT_WR: 1,
  SHUT_RDWR: 2,
  MSG_OOB,
  MSG_PEEK,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_EOR: 0x80,
  MSG_MORE: 0x8000,
  MSG_WAITALL: 0x100,
  MSG_TRUNC: 0x20,
  MSG_ZEROCOPY: 0x400_0000,
  MSG_FASTOPEN: 0x2000_0000,
  POLLIN,
  POLLOUT,
  POLLERR,
  POLLHUP,
  POLLRDHUP,
  POLLRDNORM: 0x40,
  POLLWRNORM: 0x100,
  POLLPRI: 2,
  EPOLLIN: POLLIN,
  EPOLLOUT: POLLOUT,
  EPOLLERR: POLLERR,
  EPOLLHUP: POLLHUP,
  EPOLLRDHUP: POLLRDHUP,
  EPOLLET,
  EPOLLONESHOT,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD,
  EPOLL_CLOEXEC: 0x80000,
};

/** Other names of the same states, as Linux's and FreeBSD's headers and tools have them. */
const STATE_ALIASES: Readonly<Record<string, string>> = {
  SYN_RECV: 'SYN_RECEIVED',
  SYN_RCVD: 'SYN_RECEIVED',
  FIN_WAIT1: 'FIN_WAIT_1',
  FIN_WAIT2: 'FIN_WAIT_2',
  CLOSE: 'CLOSED',
};

const tcpiOptions = {
  TCPI_OPT_TIMESTAMPS: 1,
  TCPI_OPT_SACK: 2,
  TCPI_OPT_WSCALE: 4,
  TCPI_OPT_ECN: 8,
} as const;

/** A state under any of its names; undefined if it is none. */
export function stateNamed(name: string): string | undefined {
  const plain = name.replaceAll('-', '_');
  const state = STATE_ALIASES[plain] ?? plain;
  return stateNumbers[state] === undefined ? undefined : state;
}

/** A constant of the code between %{ and }%. */
export function codeConstant(name: string): number | undefined {
  const known = { ...congestionStates, ...tcpiOptions } as Readonly<Record<string, number>>;
  if (known[name] !== undefined) return known[name];
  const prefix = /^(?:TCPI?S?_)(.*)$/.exec(name);
  const state = prefix === null ? undefined : stateNamed(prefix[1] as string);
  return state === undefined ? undefined : stateNumbers[state];
}

/** Flags of a message by their names: `MSG_MORE|MSG_OOB`. */
export function messageFlags(flags: number): string {
  const named = Object.entries(CALLS).filter(([name, bit]) => name.startsWith('MSG_') && (flags & bit) !== 0);
  const rest = named.reduce((left, [, bit]) => left & ~bit, flags);
  const unnamed = rest === 0 ? [] : [`0x${(rest >>> 0).toString(16)}`];
  return [...named.map(([name]) => name), ...unnamed].join('|');
}

/** The number an argument stands for; undefined for `...`. */
export function numberOf(expression: Expression | undefined): number | undefined {
  if (expression === undefined || expression.kind === 'any') return undefined;
  if (expression.kind === 'number') return expression.value;
  if (expression.kind === 'name') {
    const value = CALLS[expression.name];
    if (value === undefined) throw new ScriptUnsupported(`the constant ${expression.name}`);
    return value;
  }
  if (expression.kind === 'binary') {
    const left = numberOf(expression.left) ?? 0;
    const right = numberOf(expression.right) ?? 0;
    return (expression.operator === '<<' ? left << right : left | right) >>> 0;
  }
  if (expression.kind === 'call') return numberOf(expression.args[0]);
  if (expression.kind === 'list' && expression.items.length === 1) return numberOf(expression.items[0]);
  throw new Mismatch(`a number is needed where the script has a ${expression.kind}`);
}
