/**
 * One state of two hosts and the wires between them, as plain data, and all that can happen next. The hosts are real
 * ones, taken up from their snapshots for one step and put back; what is allowed to go wrong is bounded.
 */
import type { Engine } from '../chart/chart.ts';
import type { TcpConfig } from '../tcp/config.ts';
import type { Connection } from '../tcp/connection.ts';
import { Host, type HostOptions } from '../tcp/host.ts';
import type { Output } from '../tcp/outlet.ts';
import { type HostSnapshot, restoreHost } from '../tcp/snapshot.ts';
import type { CloseReason, ConnectionHandler } from '../tcp/user.ts';
import { Random } from '../time/random.ts';
import { exactText, placeText } from './key.ts';

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

/** How much may go wrong, in all. */
export interface Bounds {
  readonly losses: number;
  readonly dups: number;
  /** Packets that are overtaken by the next. */
  readonly reorder: number;
  /** Timers that run out while packets are under way. */
  readonly early: number;
}

export interface CheckOptions {
  readonly bounds: Bounds;
  /** The receive buffer, in segments, which carry one byte. */
  readonly window: number;
  readonly engine: Engine;
  /** Settings of both ends besides. */
  readonly tcp?: Partial<TcpConfig>;
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

/** One host and its user. Equal places are one object: `Workshop` sees to that. */
export interface Place {
  /** Differs for places that differ in anything but what was only counted; times count from `now`. */
  readonly id: number;
  readonly host: HostSnapshot;
  readonly user: User;
  /** us; the host's own clock, which stands still in its snapshot while others act */
  readonly now: number;
  /** What decides what can happen next; see key.ts. */
  readonly text: string;
  /** When its timers are due, us after `now`, in order. */
  readonly due: readonly number[];
}

/** A packet; equal ones are one object. */
export interface Packet {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface World {
  readonly places: readonly [Place, Place];
  /** Packets under way, from each side, in the order in which they were sent. */
  readonly wires: readonly [readonly Packet[], readonly Packet[]];
  /** What may still go wrong. */
  readonly bounds: Bounds;
}

/** What can happen. `side`: whose packet (the sender's), user or timer it is. */
export type Move =
  | { readonly kind: 'user' | 'deliver' | 'lose' | 'duplicate' | 'overtake'; readonly side: Side }
  | { readonly kind: 'timer'; readonly side: Side; readonly early: boolean };

export const NOBODY: User = { connection: 0, next: 0, got: [], ended: false, reason: undefined };
const OVER: readonly string[] = ['CLOSED', 'TIME_WAIT'];

/** What one host does when something happens to it. */
interface Outcome {
  readonly place: Place;
  readonly sent: readonly Packet[];
}

/** What happens to a host: so many us pass, a packet comes, or its user acts. */
type Input = number | Packet | 'act' | 'open';

/** Takes up one host for one step. What a host does in the same place is looked up and not done again. */
export class Workshop {
  readonly #options: CheckOptions;
  readonly #places = [new Map<string, Place>(), new Map<string, Place>()] as const;
  readonly #packets = new Map<string, Packet>();
  readonly #outcomes = new Map<string, Outcome>();

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  /** Before anything: the server listens, the client has sent its SYN. */
  start(): World {
    const fresh = (side: Side): Place => {
      const host = new Host(hostOptions(this.#options, side, () => {}));
      return this.#place(side, host.snapshot(), NOBODY, 0);
    };
    const silent: World = { places: [fresh(0), fresh(1)], wires: [[], []], bounds: this.#options.bounds };
    return this.#step(silent, 0, 'open');
  }

  /** All that can happen in this state. */
  moves(world: World): Move[] {
    const moves: Move[] = [];
    for (const side of SIDES) {
      if (mayAct(world, side)) moves.push({ kind: 'user', side });
      this.#wireMoves(world, side, moves);
    }
    const side = nextTimer(world);
    const early = world.wires.some((wire) => wire.length > 0);
    if (side !== undefined && (!early || world.bounds.early > 0)) moves.push({ kind: 'timer', side, early });
    return moves;
  }

  #wireMoves({ wires, bounds }: World, side: Side, moves: Move[]): void {
    if (wires[side].length === 0) return;
    moves.push({ kind: 'deliver', side });
    if (bounds.losses > 0) moves.push({ kind: 'lose', side });
    if (bounds.dups > 0) moves.push({ kind: 'duplicate', side });
    if (bounds.reorder > 0 && wires[side].length > 1) moves.push({ kind: 'overtake', side });
  }

  /** The state after a move that `moves` gave. */
  after(world: World, move: Move): World {
    const { side } = move;
    switch (move.kind) {
      case 'user':
        return this.#step(world, side, 'act');
      case 'deliver':
        return this.#deliver(world, side, 0);
      case 'overtake':
        return this.#deliver(spend(world, 'reorder'), side, 1);
      case 'lose':
        return withoutPacket(spend(world, 'losses'), side, 0);
      case 'duplicate': {
        const wire = world.wires[side];
        return withWire(spend(world, 'dups'), side, [...wire, wire[0]!]);
      }
      case 'timer':
        return this.#runOut(move.early ? spend(world, 'early') : world, side);
    }
  }

  #deliver(world: World, side: Side, index: number): World {
    const packet = world.wires[side][index]!;
    return this.#step(withoutPacket(world, side, index), other(side), packet);
  }

  /** Time passes until a timer of this side runs out. */
  #runOut(world: World, side: Side): World {
    const wait = world.places[side].due[0]!;
    const waited = wait === 0 ? world : this.#step(world, other(side), wait);
    return this.#step(waited, side, wait);
  }

  #step(world: World, side: Side, input: Input): World {
    const { place, sent } = this.#outcome(side, world.places[side], input);
    const wires =
      sent.length === 0 ? world.wires : replace(world.wires, side, [...world.wires[side], ...sent]);
    return { ...world, places: replace(world.places, side, place), wires };
  }

  #outcome(side: Side, place: Place, input: Input): Outcome {
    const key = `${side} ${place.id} ${typeof input === 'object' ? `packet ${input.id}` : input}`;
    let outcome = this.#outcomes.get(key);
    if (outcome === undefined) {
      outcome = this.#work(side, place, input);
      this.#outcomes.set(key, outcome);
    }
    return outcome;
  }

  #work(side: Side, place: Place, input: Input): Outcome {
    const now = place.now + (typeof input === 'number' ? input : 0);
    // Nothing of this host's is due before: its clock goes on without it
    if (typeof input === 'number' && !(place.due[0]! <= input)) {
      return { place: this.#place(side, place.host, place.user, now), sent: [] };
    }
    const sent: Packet[] = [];
    const actor = new Actor(side, place.user);
    const options = hostOptions(this.#options, side, (packet) => sent.push(this.#packet(packet)));
    const host = restoreHost(options, place.host, {
      listeners: side === 1 ? [{ port: PORTS[1], onConnection: (connection) => actor.take(connection) }] : [],
      handler: (connection) => actor.handlerOf(connection),
    });
    host.poll(now);
    if (typeof input === 'object') host.receive(input.bytes, now);
    else if (input === 'act') actor.act();
    else if (input === 'open') actor.open(host);
    return { place: this.#place(side, host.snapshot(), actor.user(), now), sent };
  }

  #place(side: Side, host: HostSnapshot, user: User, now: number): Place {
    const places = this.#places[side];
    const key = exactText(host, user, now);
    let place = places.get(key);
    if (place === undefined) {
      const due = deadlinesOf(host).map((deadline) => deadline - now);
      place = { id: places.size, host, user, now, text: placeText(host, user), due };
      places.set(key, place);
    }
    return place;
  }

  #packet(bytes: Uint8Array): Packet {
    const key = bytes.join();
    let packet = this.#packets.get(key);
    if (packet === undefined) {
      packet = { id: this.#packets.size, bytes: bytes.slice() };
      this.#packets.set(key, packet);
    }
    return packet;
  }
}

/** What a side's host is made of. */
export function hostOptions(options: CheckOptions, side: Side, output: Output): HostOptions {
  return {
    name: NAMES[side],
    addresses: [ADDRESSES[side]],
    output,
    random: new Random(side + 1),
    engine: options.engine,
    tcp: {
      // One byte a segment, and no numbers that come from the clock
      ...{ mss: 1, receiveBuffer: options.window, nagle: false, timestamps: false, windowScaling: false },
      ...options.tcp,
    },
    strict: true,
    iss: () => ISS[side],
  };
}

/** A user within a step. */
export class Actor {
  readonly #side: Side;
  #user: User;
  #connection: Connection | undefined;

  constructor(side: Side, user: User) {
    this.#side = side;
    this.#user = user;
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
      readable: own(() => this.#read(connection)),
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
  }

  #become(connection: Connection): void {
    if (this.#user.connection === 0) this.#change({ connection: connection.id });
    if (this.#user.connection === connection.id) this.#connection = connection;
    // What came with the ACK that opened it
    if (this.#connection === connection && connection.available > 0) this.#read(connection);
  }

  #read(connection: Connection): void {
    this.#change({ got: [...this.#user.got, ...connection.receive()] });
  }

  #change(change: Partial<User>): void {
    this.#user = { ...this.#user, ...change };
  }
}

export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

/** Are both users done and both connections closed, but for TIME_WAIT, and is nothing under way? */
export function isOver(world: World): boolean {
  return (
    world.wires.every((wire) => wire.length === 0) &&
    world.places.every(({ user, host }, side) => {
      const done = user.next === SCRIPTS[side as Side].length;
      return done && host.connections.every((saved) => OVER.includes(stateOf(saved)));
    })
  );
}

/** RFC state of a connection in a snapshot. */
export function stateOf(saved: HostSnapshot['connections'][number]): string {
  return saved.charts.connection?.chart.state ?? 'CLOSED';
}

/** The user's connection; undefined before there is one, and when it is gone. */
export function connectionOf(world: World, side: Side) {
  const { user, host } = world.places[side];
  return host.connections.find(({ id }) => id === user.connection);
}

function mayAct(world: World, side: Side): boolean {
  const connection = connectionOf(world, side);
  if (connection === undefined || world.places[side].user.next >= SCRIPTS[side].length) return false;
  const state = stateOf(connection);
  return state === 'ESTABLISHED' || state === 'CLOSE_WAIT';
}

/** Whose timer is due first. */
function nextTimer({ places }: World): Side | undefined {
  const [a = Number.POSITIVE_INFINITY, b = Number.POSITIVE_INFINITY] = places.map(({ due }) => due[0]!);
  if (Math.min(a, b) === Number.POSITIVE_INFINITY) return undefined;
  return a <= b ? 0 : 1;
}

/** The deadlines of all timers of a host in order, us; Infinity at the end. */
function deadlinesOf({ connections }: HostSnapshot): number[] {
  const deadlines = connections.flatMap(({ charts, sender }) =>
    [...Object.values(charts), ...sender.queue.records].flatMap(({ chart }) =>
      chart.timers.map(({ deadline }) => deadline),
    ),
  );
  return [...deadlines.sort((a, b) => a - b), Number.POSITIVE_INFINITY];
}

function replace<T>(pair: readonly [T, T], side: Side, value: T): [T, T] {
  return side === 0 ? [value, pair[1]] : [pair[0], value];
}

function withWire(world: World, side: Side, wire: readonly Packet[]): World {
  return { ...world, wires: replace(world.wires, side, wire) };
}

function withoutPacket(world: World, side: Side, index: number): World {
  return withWire(
    world,
    side,
    world.wires[side].filter((_, i) => i !== index),
  );
}

function spend(world: World, what: keyof Bounds): World {
  return { ...world, bounds: { ...world.bounds, [what]: world.bounds[what] - 1 } };
}
