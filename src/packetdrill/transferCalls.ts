/** The calls that move bytes. A script names lengths; what the bytes are is `pattern.ts`'s, and checked when read. */
import type { Call } from './calls.ts';
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, messageFlags, numberOf } from './constants.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import { MOST_BYTES } from './limits.ts';
import { isPattern, patternAt } from './pattern.ts';
import type { Expression } from './script.ts';
import { type Blocked, failed, type Outcome, type Socket, type Sockets } from './sockets.ts';

/** What a call wants: so many bytes, in this way. */
interface Wish {
  readonly length: number;
  readonly peek: boolean;
  readonly urgent: boolean;
  /** Until all is done, or something is. */
  readonly waits: boolean;
}

/** Begins to move bytes: asked again until it returns something. */
type Direction = (sockets: Sockets, socket: Socket, wish: Wish) => Blocked;

/** Where a call has its bytes and its flags. */
interface Shape {
  readonly length: (args: readonly Expression[]) => number;
  /** Place of the flags among the arguments; undefined: it has none. */
  readonly flags?: number;
}

const buffer = (args: readonly Expression[]): number => numberOf(args[2]) ?? 0;

/** What reads and what writes has the same arguments. */
const SHAPES: Readonly<Record<string, Shape>> = {
  'read write': { length: buffer },
  'readv writev': { length: (args) => vectorLength(args[1]) },
  'recv send': { length: buffer, flags: 3 },
  'recvfrom sendto': { length: buffer, flags: 3 },
  'recvmsg sendmsg': { length: (args) => messageLength(args[1]), flags: 2 },
};

export const transferCalls: Readonly<Record<string, Call>> = Object.fromEntries(
  Object.entries(SHAPES).flatMap(([names, shape]) => {
    const [reading = '', writing = ''] = names.split(' ');
    return [
      [reading, transfer(receive, shape, MSG_PEEK)],
      [writing, transfer(send, shape, MSG_OOB)],
    ];
  }),
);

/** A call of this shape; `special` is the flag that it knows beside those of both directions. */
function transfer(direction: Direction, shape: Shape, special: number): Call {
  const known = special | MSG_DONTWAIT | MSG_NOSIGNAL;
  return (sockets, args) => {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    const flags = shape.flags === undefined ? 0 : (numberOf(args[shape.flags]) ?? 0);
    const more = flags & ~known;
    if (more !== 0) throw new ScriptUnsupported(messageFlags(more));
    const length = Math.max(shape.length(args), 0);
    if (args[1]?.kind === 'name' && args[1].name === 'NULL' && length > 0) return failed('EFAULT');
    const waits = !socket.nonblocking && (flags & MSG_DONTWAIT) === 0;
    const [peek, urgent] = [(flags & MSG_PEEK) !== 0, (flags & MSG_OOB) !== 0];
    const attempt = direction(sockets, socket, { length, peek, urgent, waits });
    return attempt() ?? (waits ? attempt : failed('EAGAIN'));
  };
}

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
  const control = expression.fields.get('msg_control');
  if (control?.kind === 'list' && control.items.length > 0) throw new ScriptUnsupported('control messages');
  return vectorLength(expression.fields.get('msg_iov'));
}

function receive(_sockets: Sockets, socket: Socket, { length, peek }: Wish): Blocked {
  return () => {
    const { connection } = socket;
    if (connection === undefined || socket.listener !== undefined) return failed('ENOTCONN');
    if (connection.available > 0) {
      if (peek) return { value: Math.min(connection.available, length) };
      const data = connection.receive(length);
      if (!isPattern(data, socket.read))
        throw new Mismatch(`wrong bytes after ${socket.read} that were right`);
      socket.read += data.length;
      return { value: data.length };
    }
    if (socket.error !== undefined) return failed(socket.takeError() as string);
    return socket.ended || socket.gone || socket.shutRead || length === 0 ? { value: 0 } : undefined;
  };
}

/** A blocking write returns when all is in the buffer, one that does not with what fits. */
function send(sockets: Sockets, socket: Socket, { length, urgent, waits }: Wish): Blocked {
  if (socket.written + length > MOST_BYTES) throw new ScriptUnsupported(`writing over ${MOST_BYTES} bytes`);
  let sent = 0;
  return () => {
    if (sent > 0 && (socket.gone || socket.shutWrite)) return { value: sent };
    const refusal = refused(socket);
    const { connection } = socket;
    if (refusal !== undefined || connection === undefined) return refusal;
    if (socket.connecting) return undefined;
    const room = sockets.host.config.sendBuffer - connection.sender.buffered;
    const taken = connection.send(patternAt(socket.written, Math.min(length - sent, room)), { urgent });
    sent += taken;
    socket.written += taken;
    return sent === length || (!waits && sent > 0) ? { value: sent } : undefined;
  };
}

function refused(socket: Socket): Outcome | undefined {
  if (socket.error !== undefined) return failed(socket.takeError() as string);
  return socket.shutWrite || socket.gone || socket.connection === undefined ? failed('EPIPE') : undefined;
}
