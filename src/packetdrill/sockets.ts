/** Sockets as a script has them: small numbers, blocking or not, with an error that waits to be asked for. */
import type { Connection } from '../tcp/connection.ts';
import type { Host } from '../tcp/host.ts';
import type { Listener } from '../tcp/listener.ts';
import type { CloseReason } from '../tcp/user.ts';
import { UNREACHABLE_V4, UNREACHABLE_V6 } from '../wire/icmp.ts';
import { Mismatch } from './errors.ts';
import type { Flows } from './flow.ts';
import type { Interests } from './pollCalls.ts';

/** What each end of a connection is to the user of a socket; an orderly one is no error. */
const ERRNO: Readonly<Record<Exclude<CloseReason, 'unreachable'>, string | undefined>> = {
  closed: undefined,
  reset: 'ECONNRESET',
  refused: 'ECONNREFUSED',
  timedOut: 'ETIMEDOUT',
  aborted: 'ECONNABORTED',
};

/** The ICMP error that ended a connection, as Linux has it. */
function unreachable({ softError }: Connection): string {
  if (softError?.kind === 'parameterProblem') return 'EPROTO';
  if (softError?.version === 4)
    return softError.code === UNREACHABLE_V4.port ? 'ECONNREFUSED' : 'ENOPROTOOPT';
  return softError?.code === UNREACHABLE_V6.port ? 'ECONNREFUSED' : 'EACCES';
}

function errorOf(connection: Connection, reason: CloseReason): string | undefined {
  return reason === 'unreachable' ? unreachable(connection) : ERRNO[reason];
}

/** What a call returned. */
export interface Outcome {
  readonly value: number;
  readonly errno?: string;
}

/** A call that blocks: asked again until it returns something. */
export type Blocked = () => Outcome | undefined;

export const done: Outcome = { value: 0 };

export function failed(errno: string): Outcome {
  return { value: -1, errno };
}

export class Socket {
  nonblocking = false;
  localPort: number | undefined;
  listener: Listener | undefined;
  /** Connections of the listener that were not accepted yet. */
  readonly accepted: Connection[] = [];
  connection: Connection | undefined;
  /** A connect() under way. */
  connecting = false;
  /** SO_ERROR */
  error: string | undefined;
  /** The peer has sent all it will. */
  ended = false;
  gone = false;
  shutRead = false;
  shutWrite = false;
  /** SO_LINGER with 0: close() aborts. */
  lingerZero = false;
  readonly options = new Map<string, number>();
  /** Bytes read and written so far. */
  read = 0;
  written = 0;

  /** Ties a connection to this socket. */
  attach(connection: Connection): void {
    this.connection = connection;
    connection.handler = {
      established: () => {
        this.connecting = false;
      },
      ended: () => {
        this.ended = true;
      },
      closed: (reason) => {
        this.gone = true;
        this.connecting = false;
        this.error = errorOf(connection, reason);
      },
    };
    // What happened before it was accepted
    this.ended = connection.receiver.finished;
    if (connection.reason === undefined) return;
    this.gone = true;
    this.error = errorOf(connection, connection.reason);
  }

  /** SO_ERROR, and what a failed call reports: asking clears it. */
  takeError(): string | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  get readable(): boolean {
    if (this.listener !== undefined) return this.accepted.length > 0;
    return (this.connection?.available ?? 0) > 0 || this.ended || this.gone || this.shutRead;
  }

  get writable(): boolean {
    const { connection } = this;
    if (connection === undefined || this.connecting) return false;
    return this.gone || connection.sender.buffered < connection.config.sendBuffer;
  }
}

/** What the calls work on. */
export class Sockets {
  readonly host: Host;
  readonly flows: Flows;
  readonly remoteAddress: string;
  readonly #table = new Map<number, Socket>();
  readonly #epolls = new Map<number, Interests>();

  constructor(host: Host, flows: Flows, remoteAddress: string) {
    this.host = host;
    this.flows = flows;
    this.remoteAddress = remoteAddress;
  }

  /** Puts a new socket under the number that the script expects, or the lowest free one. */
  add(socket: Socket, expected: number | undefined): Outcome {
    const fd = this.#free(expected);
    this.#table.set(fd, socket);
    return { value: fd };
  }

  /** The same for an epoll. */
  addEpoll(expected: number | undefined): Outcome {
    const fd = this.#free(expected);
    this.#epolls.set(fd, new Map());
    return { value: fd };
  }

  #free(expected: number | undefined): number {
    const taken = (fd: number): boolean => this.#table.has(fd) || this.#epolls.has(fd);
    let fd = expected ?? 3;
    while (expected === undefined && taken(fd)) fd += 1;
    if (taken(fd)) throw new Mismatch(`file descriptor ${fd} is in use`);
    return fd;
  }

  epoll(fd: number | undefined): Interests | undefined {
    return fd === undefined ? undefined : this.#epolls.get(fd);
  }

  get(fd: number | undefined): Socket | undefined {
    return fd === undefined ? undefined : this.#table.get(fd);
  }

  /** Frees the number, which no epoll waits for any more; true if something was there. */
  remove(fd: number): boolean {
    for (const interests of this.#epolls.values()) interests.delete(fd);
    return this.#table.delete(fd) || this.#epolls.delete(fd);
  }

  /** Some socket listens at this port. */
  listensAt(port: number): boolean {
    return [...this.#table.values()].some((socket) => socket.listener?.port === port);
  }
}
