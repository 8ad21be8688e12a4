/** The calls that make, join and end connections. Each returns what it returns, or a function to ask later if it blocks. */
import type { Connection } from '../tcp/connection.ts';
import { numberOf, O_NONBLOCK, O_RDWR } from './constants.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import { optionCalls } from './optionCalls.ts';
import { pollCalls } from './pollCalls.ts';
import type { CallAction, Expression } from './script.ts';
import { type Blocked, done, failed, type Outcome, Socket, type Sockets } from './sockets.ts';
import { transferCalls } from './transferCalls.ts';

/** packetdrill's own, for addresses written `...`. */
export const DEFAULT_PORT = 8080;

export type Call = (sockets: Sockets, args: readonly Expression[], call: CallAction) => Outcome | Blocked;

/**
 * Makes a call.
 * @throws ScriptUnsupported for one that there is not, Mismatch for one that makes no sense
 */
export function makeCall(sockets: Sockets, call: CallAction): Outcome | Blocked {
  const body = table[call.name];
  if (body === undefined) throw new ScriptUnsupported(`the call ${call.name}()`);
  return body(sockets, call.args, call);
}

/** The number that the script says the call returns, for the calls that give out file descriptors. */
function expectedFd(call: CallAction): number | undefined {
  const fd = numberOf(call.result);
  return fd !== undefined && fd >= 0 ? fd : undefined;
}

const calls: Readonly<Record<string, Call>> = {
  socket(sockets, args, call) {
    if ((numberOf(args[2]) ?? 0) % 6 !== 0) throw new ScriptUnsupported('sockets other than IPPROTO_TCP');
    const type = numberOf(args[1]) ?? 1;
    if ((type & 0xf) !== 1) throw new ScriptUnsupported('sockets other than SOCK_STREAM');
    const socket = new Socket();
    socket.nonblocking = (type & O_NONBLOCK) !== 0;
    return sockets.add(socket, expectedFd(call));
  },

  bind(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    if (socket.localPort !== undefined) return failed('EINVAL');
    socket.localPort = portOf(args[1]);
    sockets.flows.current = sockets.flows.at(socket.localPort, sockets.flows.current.remotePort);
    return done;
  },

  listen(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    if (socket.connection !== undefined) return failed('EINVAL');
    if (socket.listener !== undefined) return done;
    const port = socket.localPort ?? DEFAULT_PORT;
    if (sockets.listensAt(port)) return failed('EADDRINUSE');
    const onConnection = (connection: Connection): void => {
      socket.accepted.push(connection);
    };
    const backlog = Math.max(numberOf(args[1]) ?? 1, 1);
    socket.listener = sockets.host.listen({ port, backlog, onConnection });
    return done;
  },

  accept: (sockets, args, call) => accept(sockets, args, call, false),

  accept4: (sockets, args, call) =>
    accept(sockets, args, call, ((numberOf(args[3]) ?? 0) & O_NONBLOCK) !== 0),

  connect(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    if (socket.listener !== undefined) return failed('EOPNOTSUPP');
    if (args[1]?.kind === 'name') throw new ScriptUnsupported(`connect() to ${args[1].name}`);
    if (socket.connection !== undefined) return connectAgain(socket);
    const port = portOf(args[1]);
    const connection = open(sockets, port, socket.localPort);
    socket.connecting = true;
    socket.attach(connection);
    sockets.flows.current = sockets.flows.at(connection.local.port, port);
    return socket.nonblocking ? failed('EINPROGRESS') : () => connectResult(socket);
  },

  close(sockets, args) {
    const fd = numberOf(args[0]) ?? -1;
    const socket = sockets.get(fd);
    if (!sockets.remove(fd)) return failed('EBADF');
    if (socket === undefined) return done;
    socket.listener?.close();
    // Those that nobody will accept any more
    for (const connection of socket.accepted) connection.abort();
    if (socket.lingerZero) socket.connection?.abort();
    else socket.connection?.detach();
    return done;
  },

  shutdown(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    const { connection } = socket;
    if (connection === undefined || socket.gone || socket.connecting) return failed('ENOTCONN');
    const how = numberOf(args[1]) ?? 2;
    if (how !== 1) socket.shutRead = true;
    if (how !== 0 && !socket.shutWrite) {
      socket.shutWrite = true;
      connection.close();
    }
    return done;
  },

  fcntl(sockets, args) {
    const socket = sockets.get(numberOf(args[0]));
    if (socket === undefined) return failed('EBADF');
    const command = args[1]?.kind === 'name' ? args[1].name : '';
    if (command === 'F_GETFL') return { value: O_RDWR | (socket.nonblocking ? O_NONBLOCK : 0) };
    if (command !== 'F_SETFL') throw new ScriptUnsupported(`fcntl(${command})`);
    socket.nonblocking = ((numberOf(args[2]) ?? 0) & O_NONBLOCK) !== 0;
    return done;
  },
};

/** By name, and nothing that objects have by themselves. */
const table: Readonly<Record<string, Call>> = Object.assign(
  Object.create(null),
  ...[calls, transferCalls, optionCalls, pollCalls],
);

/** @throws Mismatch for ports that cannot be, or are taken */
function open(sockets: Sockets, port: number, localPort: number | undefined): Connection {
  const local = localPort === undefined ? {} : { localPort };
  try {
    return sockets.host.connect({ address: sockets.remoteAddress, port, ...local });
  } catch (error) {
    if (error instanceof RangeError) throw new Mismatch(error.message);
    throw error;
  }
}

/** A sockaddr's port, `...` being the default one. */
function portOf(expression: Expression | undefined): number {
  if (expression?.kind !== 'struct') return DEFAULT_PORT;
  const port = expression.fields.get('sin_port') ?? expression.fields.get('sin6_port');
  const value = numberOf(port);
  if (value === undefined) throw new Mismatch('this address has no port');
  if (value < 1 || value > 65_535) throw new Mismatch(`port ${value}: must be from 1 to 65535`);
  return value;
}

function accept(
  sockets: Sockets,
  args: readonly Expression[],
  call: CallAction,
  nonblocking: boolean,
): Outcome | Blocked {
  const socket = sockets.get(numberOf(args[0]));
  if (socket === undefined) return failed('EBADF');
  if (socket.listener === undefined) return failed('EINVAL');
  const attempt = (): Outcome | undefined => {
    const connection = socket.accepted.shift();
    if (connection === undefined) return undefined;
    const child = new Socket();
    child.nonblocking = nonblocking;
    child.localPort = connection.local.port;
    child.attach(connection);
    return sockets.add(child, expectedFd(call));
  };
  return attempt() ?? (socket.nonblocking ? failed('EAGAIN') : attempt);
}

function connectResult(socket: Socket): Outcome | undefined {
  if (socket.connecting) return undefined;
  return socket.gone ? failed(socket.takeError() ?? 'ECONNABORTED') : done;
}

/** connect() on a socket that has a connection already. */
function connectAgain(socket: Socket): Outcome {
  if (socket.connecting) return failed('EALREADY');
  const error = socket.takeError();
  if (error !== undefined) return failed(error);
  return socket.gone ? failed('ECONNABORTED') : failed('EISCONN');
}
