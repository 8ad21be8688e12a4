/** poll and epoll: which sockets are ready, at once or within a time. epoll is level-triggered here. */
import type { Call } from './calls.ts';
import {
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLONESHOT,
  numberOf,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
} from './constants.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import type { CallAction, Expression } from './script.ts';
import { type Blocked, done, failed, type Outcome, type Socket, type Sockets } from './sockets.ts';

/** What an epoll waits for: events of each file descriptor. */
export type Interests = Map<number, number>;

export const pollCalls: Readonly<Record<string, Call>> = {
  poll(sockets, args) {
    const list = args[0];
    if (list?.kind !== 'list') throw new Mismatch('poll() takes a list of {fd=, events=, revents=}');
    const attempt = (): Outcome | undefined => {
      const ready = list.items.map((item) => polled(sockets, item)).filter((bits) => bits !== 0).length;
      return ready === 0 ? undefined : { value: checkReady(sockets, list.items, ready) };
    };
    return waitFor(sockets, numberOf(args[2]) ?? 0, attempt);
  },

  epoll_create: (sockets, _args, call) => sockets.addEpoll(fdOf(call)),
  epoll_create1: (sockets, _args, call) => sockets.addEpoll(fdOf(call)),

  epoll_ctl(sockets, args) {
    const interests = sockets.epoll(numberOf(args[0]));
    const fd = numberOf(args[2]) ?? -1;
    if (interests === undefined || sockets.get(fd) === undefined) return failed('EBADF');
    const operation = numberOf(args[1]) ?? 0;
    const known = interests.has(fd);
    if (operation === 1 && known) return failed('EEXIST');
    if (operation !== 1 && !known) return failed('ENOENT');
    if (operation !== 1 && operation !== EPOLL_CTL_MOD) interests.delete(fd);
    else interests.set(fd, eventsOf(args[3]));
    return done;
  },

  epoll_wait(sockets, args) {
    const interests = sockets.epoll(numberOf(args[0]));
    if (interests === undefined) return failed('EBADF');
    const most = Math.max(numberOf(args[2]) ?? 1, 1);
    const attempt = (): Outcome | undefined => {
      const ready = readyOf(sockets, interests).slice(0, most);
      if (ready.length === 0) return undefined;
      checkEvents(args[1], ready);
      return { value: ready.length };
    };
    return waitFor(sockets, numberOf(args[3]) ?? 0, attempt);
  },
};

function fdOf(call: CallAction): number | undefined {
  const fd = numberOf(call.result);
  return fd !== undefined && fd >= 0 ? fd : undefined;
}

/** `timeout` in ms; negative: for ever. */
function waitFor(sockets: Sockets, timeout: number, attempt: Blocked): Outcome | Blocked {
  const end = timeout < 0 ? Number.POSITIVE_INFINITY : sockets.host.now() + timeout * 1000;
  return (
    attempt() ?? (timeout === 0 ? done : () => attempt() ?? (sockets.host.now() >= end ? done : undefined))
  );
}

/** The events of a socket that have come; errors and hang-ups are told unasked. */
function readiness(socket: Socket, asked: number): number {
  let bits = 0;
  if (socket.readable) bits |= POLLIN;
  if (socket.writable) bits |= POLLOUT;
  if (socket.ended) bits |= POLLRDHUP;
  if (socket.error !== undefined) bits |= POLLERR;
  if (socket.gone) bits |= POLLHUP;
  return bits & (asked | POLLERR | POLLHUP);
}

/** The events of a pollfd that have come. */
function polled(sockets: Sockets, item: Expression): number {
  if (item.kind !== 'struct') throw new Mismatch('poll() takes a list of {fd=, events=, revents=}');
  const socket = sockets.get(numberOf(item.fields.get('fd')));
  if (socket === undefined) throw new Mismatch('poll() of a file descriptor that is not open');
  return readiness(socket, numberOf(item.fields.get('events')) ?? 0);
}

function checkReady(sockets: Sockets, items: readonly Expression[], ready: number): number {
  for (const item of items) {
    const expected = item.kind === 'struct' ? numberOf(item.fields.get('revents')) : undefined;
    const got = polled(sockets, item);
    if (expected !== undefined && expected !== got) throw new Mismatch(`revents is ${got}, not ${expected}`);
  }
  return ready;
}

function eventsOf(event: Expression | undefined): number {
  const events = event?.kind === 'struct' ? (numberOf(event.fields.get('events')) ?? 0) : 0;
  if (events >= EPOLLONESHOT) {
    throw new ScriptUnsupported(events >= EPOLLET ? 'EPOLLET' : 'EPOLLONESHOT');
  }
  return events;
}

/** File descriptors that are ready, with their events. */
function readyOf(sockets: Sockets, interests: Interests): [fd: number, events: number][] {
  const ready: [number, number][] = [];
  for (const [fd, asked] of interests) {
    const socket = sockets.get(fd);
    const events = socket === undefined ? 0 : readiness(socket, asked);
    if (events !== 0) ready.push([fd, events]);
  }
  return ready;
}

/** Holds `{events=EPOLLIN, fd=4}`, or a list of these, against what is ready. */
function checkEvents(expected: Expression | undefined, ready: readonly [number, number][]): void {
  const items = expected?.kind === 'list' ? expected.items : expected === undefined ? [] : [expected];
  items.forEach((item, i) => {
    if (item.kind !== 'struct') return;
    const [fd, events] = ready[i] ?? [undefined, 0];
    const wanted = numberOf(item.fields.get('events'));
    const from = numberOf(item.fields.get('fd'));
    if (wanted !== undefined && wanted !== events) throw new Mismatch(`events is ${events}, not ${wanted}`);
    if (from !== undefined && from !== fd) throw new Mismatch(`fd is ${fd ?? 'none'}, not ${from}`);
  });
}
