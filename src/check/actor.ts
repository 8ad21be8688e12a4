/** The two users: who they are, what each does and in which order, and what they have seen. */
import type { Connection } from '../tcp/connection.ts';
import type { Host } from '../tcp/host.ts';
import type { CloseReason, ConnectionHandler } from '../tcp/user.ts';

/** 0 opens and sends first, 1 listens. */
export type Side = 0 | 1;
export const SIDES = [0, 1] as const;
export const NAMES = ['client', 'server'] as const;
export const ADDRESSES = ['10.0.0.1', '10.0.0.2'] as const;
export const PORTS = [50_000, 50] as const;
/** Where each side's numbers begin: the same in all states, so that states can be compared. */
export const ISS = [1000, 5000] as const;

/** What each user does, in this order, once the connection stands: two segments one way, one back, both close. */
export const SCRIPTS = [
  ['send', 'send', 'close'],
  ['send', 'close'],
] as const;

/** Bytes that a side sends in all: one each time. */
export function bytesOf(side: Side): number {
  return SCRIPTS[side].filter((word) => word === 'send').length;
}

/** The i-th byte a side sends. */
export function byteOf(side: Side, i: number): number {
  return (side === 0 ? 97 : 65) + i;
}

export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** What a user has done and seen. */
export interface User {
  /** Number of the connection; 0 before there is one. */
  readonly connection: number;
  /** Steps of the script done. */
  readonly next: number;
  /** What has been received. */
  readonly got: readonly number[];
  readonly ended: boolean;
  readonly reason: CloseReason | undefined;
}

export const NOBODY: User = { connection: 0, next: 0, got: [], ended: false, reason: undefined };

/** A user within a step. */
export class Actor {
  readonly #side: Side;
  readonly #slow: boolean;
  #user: User;
  #connection: Connection | undefined;

  constructor(side: Side, user: User, slow = false) {
    this.#side = side;
    this.#user = user;
    this.#slow = slow;
  }

  user(): User {
    return this.#user;
  }

  /** The first connection that stands is the user's; one that a late SYN brings up is not. */
  take(connection: Connection): void {
    connection.handler = this.handlerOf(connection);
    if (this.#side === 0) this.#become(connection);
  }

  handlerOf(connection: Connection): ConnectionHandler {
    if (connection.id === this.#user.connection) this.#connection = connection;
    const own = (work: () => void) => () => {
      if (connection.id === this.#user.connection) work();
    };
    return {
      established: () => this.#become(connection),
      readable: own(() => this.#readable(connection)),
      ended: own(() => this.#change({ ended: true })),
      closed: (reason) => own(() => this.#change({ reason }))(),
    };
  }

  open(host: Host): void {
    const [address, port] = [ADDRESSES[1], PORTS[1]];
    this.take(host.connect({ address, port, localPort: PORTS[0] }));
  }

  /** The next step of the script. */
  act(): void {
    const connection = this.#connection!;
    const script = SCRIPTS[this.#side];
    const done = script.slice(0, this.#user.next).filter((word) => word === 'send').length;
    const step = script[this.#user.next];
    this.#change({ next: this.#user.next + 1 });
    if (step === 'send') connection.send(Uint8Array.of(byteOf(this.#side, done)));
    else connection.close();
    // Who has done all reads as it comes: what lies unread when the connection is gone would be lost to the snapshot
    if (this.#user.next === script.length && connection.available > 0) this.read();
  }

  /** Takes all that there is. */
  read(): void {
    this.#change({ got: [...this.#user.got, ...this.#connection!.receive()] });
  }

  #become(connection: Connection): void {
    if (this.#user.connection === 0) this.#change({ connection: connection.id });
    if (this.#user.connection === connection.id) this.#connection = connection;
    // What came with the ACK that opened it
    if (this.#connection === connection && connection.available > 0) this.#readable(connection);
  }

  #readable(connection: Connection): void {
    this.#connection = connection;
    if (!this.#slow || this.#user.next === SCRIPTS[this.#side].length) this.read();
  }

  #change(change: Partial<User>): void {
    this.#user = { ...this.#user, ...change };
  }
}
