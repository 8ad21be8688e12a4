/**
 * All that can happen next in a state, and the states that follow. The hosts are real ones, taken up from their
 * snapshots for one step and put back; what is allowed to go wrong is bounded.
 */
import type { TcpConfig } from '../tcp/config.ts';
import { Host, type HostOptions } from '../tcp/host.ts';
import type { Output } from '../tcp/outlet.ts';
import { type HostSnapshot, restoreHost } from '../tcp/snapshot.ts';
import { Random } from '../time/random.ts';
import { parseTcpPacket } from '../wire/packet.ts';
import {
  Actor,
  ADDRESSES,
  ISS,
  NAMES,
  NOBODY,
  other,
  PORTS,
  SCRIPTS,
  SIDES,
  type Side,
  type User,
} from './actor.ts';
import { exactTimes, hostText, roughTimes, timersOf } from './key.ts';
import { TextNumbers } from './names.ts';
import type { ScriptEnd } from './script.ts';
import { Shared } from './shared.ts';
import {
  type Bounds,
  type CheckOptions,
  connectionOf,
  type Move,
  type Packet,
  type Place,
  stateOf,
  type World,
} from './world.ts';

/** What one host does when something happens to it. */
interface Outcome {
  readonly place: Place;
  readonly sent: readonly Packet[];
}

/** What happens to a host: so many us pass, a packet comes, or its user acts. */
type Input = number | Packet | 'act' | 'read' | 'open';

/** Takes up one host for one step. What a host does in the same place is looked up and not done again. */
export class Workshop {
  readonly #options: CheckOptions;
  readonly #places = [new Map<string, Place>(), new Map<string, Place>()] as const;
  readonly #texts = new TextNumbers();
  readonly #shared = new Shared();
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
      if (this.#options.slow && mayRead(world, side)) moves.push({ kind: 'read', side });
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
      case 'read':
        return this.#step(world, side, 'read');
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
    const actor = new Actor(side, place.user, this.#options.slow);
    const options = hostOptions(this.#options, side, (packet) => sent.push(this.#packet(packet)));
    const host = restoreHost(options, place.host, {
      listeners: side === 1 ? [{ port: PORTS[1], onConnection: (connection) => actor.take(connection) }] : [],
      handler: (connection) => actor.handlerOf(connection),
    });
    host.poll(now);
    if (typeof input === 'object') host.receive(input.bytes, now);
    else if (input === 'act') actor.act();
    else if (input === 'read') actor.read();
    else if (input === 'open') actor.open(host);
    return { place: this.#place(side, host.snapshot(), actor.user(), now), sent };
  }

  #place(side: Side, host: HostSnapshot, user: User, now: number): Place {
    const places = this.#places[side];
    const rest = this.#texts.numberOf(hostText(host, user, now));
    const key = `${rest} ${exactTimes(host, now)}`;
    let place = places.get(key);
    if (place === undefined) {
      const due = deadlinesOf(host).map((deadline) => deadline - now);
      const name = this.#texts.numberOf(`${rest} ${roughTimes(host)}`);
      place = { id: places.size, host: this.#shared.share(host), user, now, name, due };
      places.set(key, place);
    }
    return place;
  }

  #packet(bytes: Uint8Array): Packet {
    const key = bytes.join();
    let packet = this.#packets.get(key);
    if (packet === undefined) {
      const copy = bytes.slice();
      const parsed = parseTcpPacket(copy);
      const segment = typeof parsed === 'string' ? parsed : parsed.segment;
      packet = { id: this.#packets.size, bytes: copy, segment };
      this.#packets.set(key, packet);
    }
    return packet;
  }
}

/** What a script of this side has to know. */
export function scriptEnd(options: CheckOptions, side: Side): ScriptEnd {
  return { name: NAMES[side], opens: side === 0, iss: ISS[side], irs: ISS[other(side)], tcp: tcpOf(options) };
}

/** The settings of both ends. */
function tcpOf({ window, tcp }: CheckOptions): Partial<TcpConfig> {
  // One byte a segment, and nothing that comes from the clock
  const small = { mss: 1, receiveBuffer: window, nagle: false, timestamps: false, windowScaling: false };
  const always = { invalidRateLimit: 0 };
  const growth = { congestion: 'newreno', abcLimit: 1, slowStartAfterIdle: false } as const;
  return { ...small, ...always, ...growth, ...tcp };
}

/** What a side's host is made of. */
export function hostOptions(options: CheckOptions, side: Side, output: Output): HostOptions {
  return {
    name: NAMES[side],
    addresses: [ADDRESSES[side]],
    output,
    random: new Random(side + 1),
    engine: options.engine,
    tcp: tcpOf(options),
    ...(options.stack && { stack: options.stack }),
    ...(options.charts && { charts: options.charts }),
    strict: true,
    iss: () => ISS[side],
  };
}

function mayAct(world: World, side: Side): boolean {
  const connection = connectionOf(world, side);
  if (connection === undefined || world.places[side].user.next >= SCRIPTS[side].length) return false;
  const state = stateOf(connection);
  return state === 'ESTABLISHED' || state === 'CLOSE_WAIT';
}

function mayRead(world: World, side: Side): boolean {
  return (connectionOf(world, side)?.receiver.available ?? 0) > 0;
}

/** Whose timer is due first. */
function nextTimer({ places }: World): Side | undefined {
  const [a = Number.POSITIVE_INFINITY, b = Number.POSITIVE_INFINITY] = places.map(({ due }) => due[0]!);
  if (Math.min(a, b) === Number.POSITIVE_INFINITY) return undefined;
  return a <= b ? 0 : 1;
}

/** The deadlines of all timers of a host in order, us; Infinity at the end. */
function deadlinesOf(host: HostSnapshot): number[] {
  return [...timersOf(host).map(({ deadline }) => deadline), Number.POSITIVE_INFINITY];
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
