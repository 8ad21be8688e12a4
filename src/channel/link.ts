/**
 * A link between two ends, in virtual time: it puts the two directions together, says what time it is, and hands over
 * what has arrived, one packet after the other. What happens to a packet on the way is in direction.ts.
 *
 * Handlers run only from `poll`, never from `send`: so an end may send from within its handler without recursion.
 */
import type { ChartListener, Engine } from '../chart/chart.ts';
import { compiledEngine } from '../chart/compiled.ts';
import { Random } from '../time/random.ts';
import { TimerQueue } from '../time/timerQueue.ts';
import type { Trace } from '../trace/trace.ts';
import type { ChannelEnd, PacketHandler, TimedChannel } from './channel.ts';
import { Condition } from './condition.ts';
import { checkLinkConfig, type LinkConfig } from './config.ts';
import { LinkDirection, STREAMS, type Streams } from './direction.ts';
import { FaultCounter } from './faults.ts';
import { Fifo, type Flight } from './flight.ts';
import {
  type DirectionSnapshot,
  type FlightSnapshot,
  restoreDirection,
  restoreFlight,
  snapshotDirection,
  snapshotFlight,
} from './linkSnapshot.ts';
import { type PacketUnderWay, packetsUnderWay } from './linkView.ts';
import { copyStatistics, type DirectionStatistics } from './statistics.ts';

/** Packets kept at an end where nobody listens yet; more are lost (reason `queue`). */
const BACKLOG = 1000;

/** Packets handed over in one `poll`, after which it returns and is due again at once: the owner keeps control. */
const POLL_LIMIT = 100_000;

export interface LinkOptions {
  /** Checked: a RangeError names what is wrong. */
  readonly config: LinkConfig;
  readonly seed: number;
  /** What time it is for `send`. Without it, what `poll` said last. */
  readonly clock?: { now(): number };
  /** Names of the ends in the trace; `client` and `server` by default. */
  readonly names?: readonly [string, string];
  readonly trace?: Trace | undefined;
  /** Runs the charts linkQuality and linkUp; the compiled engine by default. */
  readonly engine?: Engine;
  /** Told of those charts' transitions; instance 0 is forward, 1 backward. Time stands where a packet asked last. */
  readonly listener?: ChartListener;
}

/** A link as plain data; restore it into a new link of the same configuration. */
export interface LinkSnapshot {
  /** us */
  readonly now: number;
  readonly nextOrder: number;
  readonly forward: DirectionSnapshot;
  readonly backward: DirectionSnapshot;
  /** What has arrived and waits to be handed over, oldest first; `way` is 0 for forward. */
  readonly arrived: readonly (FlightSnapshot & { readonly way: 0 | 1 })[];
}

/** One end: what is sent here goes out one way, what comes the other way is handed over here. */
class LinkEnd implements ChannelEnd {
  handler: PacketHandler | undefined;
  closed = false;
  /** What arrived before anybody listened. */
  readonly backlog = new Fifo<Flight>();
  readonly #link: Link;
  readonly #way: 0 | 1;

  constructor(link: Link, way: 0 | 1) {
    this.#link = link;
    this.#way = way;
  }

  send(packet: Uint8Array, id: number): void {
    if (!this.closed) this.#link.carry(this.#way, packet, id);
  }

  onPacket(handler: PacketHandler): void {
    this.handler = handler;
    this.#link.handOverBacklog(this.backlog);
  }

  close(): void {
    this.closed = true;
    this.#link.handOverBacklog(this.backlog);
  }
}

/**
 * Joins two ends. A packet handed to a handler is only lent: its buffer is used again after the handler returns.
 * Packets that reach a closed end count as delivered, though nobody takes them; a closed end sends none.
 */
export class Link implements TimedChannel {
  /** The first end: the client's. */
  readonly a: ChannelEnd;
  /** The second end: the server's. */
  readonly b: ChannelEnd;
  readonly #directions: readonly [LinkDirection, LinkDirection];
  readonly #ends: readonly [LinkEnd, LinkEnd];
  readonly #timers = new TimerQueue();
  readonly #clock: { now(): number } | undefined;
  readonly #arrived = new Fifo<Flight>();
  #polling = false;

  /** Throws a RangeError when the configuration is wrong. */
  constructor(options: LinkOptions) {
    checkLinkConfig(options.config);
    this.#clock = options.clock;
    this.#directions = [this.#direction(options, 0), this.#direction(options, 1)];
    this.#ends = [new LinkEnd(this, 0), new LinkEnd(this, 1)];
    [this.a, this.b] = this.#ends;
  }

  get nextTimeout(): number {
    return this.#arrived.length > 0 ? this.#timers.now() : this.#timers.nextTimeout;
  }

  poll(now: number): void {
    // A handler that polls: what it asks for is being done.
    if (this.#polling) return;
    this.#polling = true;
    try {
      let room = this.#handOver(POLL_LIMIT);
      while (room > 0 && this.#timers.nextTimeout <= now) {
        this.#timers.advanceTo(Math.max(this.#timers.nextTimeout, this.#timers.now()));
        room = this.#handOver(room);
      }
      if (room > 0) this.#timers.advanceTo(now);
    } finally {
      this.#polling = false;
    }
  }

  /** A copy of both directions' counters. */
  get statistics(): { readonly forward: DirectionStatistics; readonly backward: DirectionStatistics } {
    const [forward, backward] = this.#directions;
    return { forward: copyStatistics(forward.statistics), backward: copyStatistics(backward.statistics) };
  }

  /** What is on the wire at `now` (us), for people to look at; `way` is 0 for forward. Not for a handler to ask. */
  underWay(way: 0 | 1, now: number): PacketUnderWay[] {
    return packetsUnderWay(this.#directions[way], now);
  }

  /** Takes the cable out: packets given to the link from now on are lost, those under way still arrive. */
  cut(): void {
    this.#catchUp();
    for (const direction of this.#directions) direction.parts.condition.cut(this.#timers.now());
  }

  /** Puts the cable back. A scheduled outage goes on. */
  reconnect(): void {
    this.#catchUp();
    for (const direction of this.#directions) direction.parts.condition.reconnect(this.#timers.now());
  }

  /** All that the link is doing. Not to be asked for by a handler, whose packet is neither here nor there. */
  snapshot(): LinkSnapshot {
    if (this.#polling) throw new Error('a link has no snapshot while it hands a packet over');
    const [forward, backward] = this.#directions;
    const waiting = [...this.#ends[0].backlog.toArray(), ...this.#ends[1].backlog.toArray()];
    return {
      now: this.#timers.now(),
      nextOrder: this.#timers.nextOrder,
      forward: snapshotDirection(forward),
      backward: snapshotDirection(backward),
      arrived: [...waiting, ...this.#arrived.toArray()].map((flight) => {
        return { ...snapshotFlight(flight), way: flight.way };
      }),
    };
  }

  /** Makes a new link of the same configuration what another was. Its ends are not part of it: listen to them anew. */
  restore(snapshot: LinkSnapshot): void {
    const [forward, backward] = this.#directions;
    this.#timers.advanceTo(snapshot.now);
    restoreDirection(forward, snapshot.forward);
    restoreDirection(backward, snapshot.backward);
    for (const { way, ...flight } of snapshot.arrived) {
      this.#arrived.push(restoreFlight(this.#directions[way], flight));
    }
    this.#timers.nextOrder = snapshot.nextOrder;
  }

  /** For the ends: a packet sets out. */
  carry(way: 0 | 1, packet: Uint8Array, id: number): void {
    this.#catchUp();
    this.#directions[way].send(packet, id);
  }

  /** For the ends: what waited for a listener is due now. */
  handOverBacklog(backlog: Fifo<Flight>): void {
    for (let flight = backlog.shift(); flight !== undefined; flight = backlog.shift())
      this.#arrived.push(flight);
  }

  #direction(options: LinkOptions, way: 0 | 1): LinkDirection {
    const { config, names = ['client', 'server'], engine = compiledEngine } = options;
    const side = way === 0 ? 'forward' : 'backward';
    const random = new Random(options.seed).fork(side);
    const streams = Object.fromEntries(
      STREAMS.map((name) => [name, random.fork(name)]),
    ) as unknown as Streams;
    return new LinkDirection({
      way,
      name: `${names[way]}>${names[1 - way]}`,
      config: config[side],
      condition: new Condition(config[side], random.fork('sojourn'), engine, way, options.listener),
      faults: new FaultCounter(config.faults ?? [], way === 0 ? 'client>server' : 'server>client'),
      streams,
      timers: this.#timers,
      trace: options.trace,
      arrived: (flight) => this.#arrived.push(flight),
    });
  }

  /** Moves packets along to the present; those that come out wait for `poll`. */
  #catchUp(): void {
    if (this.#clock === undefined) return;
    const now = this.#clock.now();
    if (now > this.#timers.now()) this.#timers.advanceTo(now);
  }

  /** Hands over what has arrived, `room` packets at most; returns what is left of `room`. */
  #handOver(room: number): number {
    let left = room;
    while (left > 0) {
      const flight = this.#arrived.shift();
      if (flight === undefined) break;
      left -= 1;
      const direction = this.#directions[flight.way];
      const end = this.#ends[1 - flight.way]!;
      if (end.handler !== undefined || end.closed)
        direction.deliver(flight, end.closed ? undefined : end.handler);
      else if (end.backlog.length < BACKLOG) end.backlog.push(flight);
      else direction.lose(flight, 'queue');
    }
    return left;
  }
}
