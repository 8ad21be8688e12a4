/** The calls that move bytes. A script names lengths; what the bytes are is `pattern.ts`'s, and checked when read. */
import type { Call } from './calls.ts';
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, numberOf } from './constants.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import { isPattern, patternAt } from './pattern.ts';
import type { Expression } from './script.ts';
import { type Blocked, failed, type Outcome, type Socket, type Sockets } from './sockets.ts';

export const transferCalls: Readonly<Record<string, Call>> = {
  read: (sockets, args) => receive(sockets, args[0], numberOf(args[2]), 0),
  readv: (sockets, args) => receive(sockets, args[0], vectorLength(args[1]), 0),
  recv: (sockets, args) => receive(sockets, args[0], numberOf(args[2]), numberOf(args[3]) ?? 0),
  recvfrom: (sockets, args) => receive(sockets, args[0], numberOf(args[2]), numberOf(args[3]) ?? 0),
  recvmsg: (sockets, args) => receive(sockets, args[0], messageLength(args[1]), numberOf(args[2]) ?? 0),
  write: (sockets, args) => send(sockets, args[0], numberOf(args[2]), 0),
  writev: (sockets, args) => send(sockets, args[0], vectorLength(args[1]), 0),
  send: (sockets, args) => send(sockets, args[0], numberOf(args[2]), numberOf(args[3]) ?? 0),
  sendto: (sockets, args) => send(sockets, args[0], numberOf(args[2]), numberOf(args[3]) ?? 0),
  sendmsg: (sockets, args) => send(sockets, args[0], messageLength(args[1]), numberOf(args[2]) ?? 0),
};

/** Bytes in `[{..., 100}, {..., 200}]`. */
function vectorLength(expression: Expression | undefined): number {
  if (expression?.kind !== 'list') throw new Mismatch('an iovec is needed here');
  return expression.items.reduce((sum, item) => sum + (partLength(item) ?? 0), 0);
}

function partLength(item: Expression): number | undefined {
  if (item.kind !== 'struct') throw new Mismatch('an iovec is made of {..., length}');
  return numberOf(item.fields.get('iov_len') ?? item.fields.get('1'));
}

function messageLength(expression: Expression | undefined): number {
  if (expression?.kind !== 'struct') throw new Mismatch('a msghdr is needed here');
  return vectorLength(expression.fields.get('msg_iov'));
}

function receive(
  sockets: Sockets,
  fd: Expression | undefined,
  length: number | undefined,
  flags: number,
): Outcome | Blocked {
  const socket = sockets.get(numberOf(fd));
  if (socket === undefined) return failed('EBADF');
  if ((flags & MSG_OOB) !== 0) throw new ScriptUnsupported('MSG_OOB');
  if (socket.connection === undefined || socket.listener !== undefined) return failed('ENOTCONN');
  const attempt = (): Outcome | undefined =>
    tryReceive(socket, Math.max(length ?? 0, 0), (flags & MSG_PEEK) !== 0);
  const dontWait = socket.nonblocking || (flags & MSG_DONTWAIT) !== 0;
  return attempt() ?? (dontWait ? failed('EAGAIN') : attempt);
}

function tryReceive(socket: Socket, length: number, peek: boolean): Outcome | undefined {
  const { connection } = socket;
  if (connection === undefined) return failed('ENOTCONN');
  if (connection.available > 0) {
    if (peek) return { value: Math.min(connection.available, length) };
    const data = connection.receive(length);
    if (!isPattern(data, socket.read)) throw new Mismatch(`wrong bytes after ${socket.read} that were right`);
    socket.read += data.length;
    return { value: data.length };
  }
  if (socket.error !== undefined) return failed(socket.takeError() as string);
  if (socket.ended || socket.gone || socket.shutRead || length === 0) return { value: 0 };
  return undefined;
}

/** A blocking write returns when all is in the buffer, one that does not with what fits. */
function send(
  sockets: Sockets,
  fd: Expression | undefined,
  length: number | undefined,
  flags: number,
): Outcome | Blocked {
  const socket = sockets.get(numberOf(fd));
  if (socket === undefined) return failed('EBADF');
  if ((flags & MSG_OOB) !== 0) throw new ScriptUnsupported('MSG_OOB');
  const total = Math.max(length ?? 0, 0);
  let sent = 0;
  const dontWait = socket.nonblocking || (flags & MSG_DONTWAIT) !== 0;
  const attempt = (): Outcome | undefined => {
    const refusal = sent === 0 ? refused(socket) : socket.gone ? { value: sent } : undefined;
    if (refusal !== undefined) return refusal;
    if (socket.connecting) return undefined;
    const room = Math.min(total - sent, sockets.host.config.sendBuffer);
    const taken = socket.connection?.send(patternAt(socket.written, room)) ?? 0;
    sent += taken;
    socket.written += taken;
    return sent === total || (dontWait && sent > 0) ? { value: sent } : undefined;
  };
  return attempt() ?? (dontWait ? failed('EAGAIN') : attempt);
}

function refused(socket: Socket): Outcome | undefined {
  if (socket.error !== undefined) return failed(socket.takeError() as string);
  if (socket.shutWrite || socket.gone) return failed('EPIPE');
  return socket.connection === undefined ? failed('EPIPE') : undefined;
}
