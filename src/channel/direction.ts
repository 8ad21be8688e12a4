/**
 * One direction of a link: what a packet goes through, in netem's order. Queue and rate, loss, duplicate, corrupt,
 * delay and jitter, reorder, slot. MTU and outages are looked at when a packet is given to the link: one that is
 * under way when an outage begins still arrives. Faults count packets at the entrance, too, and act at the place of the
 * impairment they are like. How big each effect is, is drawn in impairments.ts; what takes the packets is the link.
 */
import type { Random } from '../time/random.ts';
import type { TimerQueue } from '../time/timerQueue.ts';
import type { Timer, TimerOwner } from '../time/timers.ts';
import type { LinkAction } from '../trace/event.ts';
import type { Trace } from '../trace/trace.ts';
import { markCongestion } from '../wire/ip.ts';
import type { PacketHandler } from './channel.ts';
import type { Condition } from './condition.ts';
import { DEFAULT_QUEUE, type DirectionConfig } from './config.ts';
import type { FaultCounter } from './faults.ts';
import { Fifo, Flight } from './flight.ts';
import { drawDelay, flipBit } from './impairments.ts';
import { type LossReason, newStatistics } from './statistics.ts';

/**
 * Packets under way in one direction beyond which more are lost (reason `queue`): a link is no bottomless store, and
 * the timers of all of them may fall due at one instant, for which a timer queue has a limit of 100,000.
 */
const MAX_IN_FLIGHT = 40_000;

const TRANSMITTER = 0;
const TICK = 1;
const FIRST_FLIGHT = 2;

/** The generators of one direction: a fork each, so that turning one impairment on does not shift the others' draws. */
export const STREAMS = ['loss', 'quality', 'duplicate', 'corrupt', 'delay', 'reorder'] as const;
export type Streams = Readonly<Record<(typeof STREAMS)[number], Random>>;

/** What a direction is made of. */
export interface DirectionParts {
  /** 0 forward, 1 backward */
  readonly way: 0 | 1;
  /** As in the trace: `client>server`. */
  readonly name: string;
  readonly config: DirectionConfig;
  readonly condition: Condition;
  readonly faults: FaultCounter;
  readonly streams: Streams;
  readonly timers: TimerQueue;
  readonly trace: Trace | undefined;
  /** Takes a packet that has come out, to call `deliver` later: never at once. */
  readonly arrived: (flight: Flight) => void;
}

export class LinkDirection implements TimerOwner {
  readonly parts: DirectionParts;
  readonly statistics = newStatistics();
  /** Waiting for the rate, the one being sent at the head. */
  readonly queue = new Fifo<Flight>();
  /** Waiting for a tick. */
  readonly slotted = new Fifo<Flight>();
  readonly transmitter: Timer;
  readonly tick: Timer;
  /** All flights ever made, by index. */
  readonly flights: Flight[] = [];
  readonly #free: Flight[] = [];
  /** Order of the packet sent last. */
  order = 0;
  /** The highest order delivered. */
  highest = 0;
  /** What the transmission so far is short of a whole microsecond, in bits times 1,000,000, modulo the rate. */
  remainder = 0;
  /** When the last transmission ended, us: one that begins within the same microsecond goes on with its remainder. */
  freeAt = 0;
  readonly #rate: number;
  readonly #limit: number;
  readonly #threshold: number;
  readonly #mtu: number;
  readonly #trace: Trace | undefined;
  readonly #timers: TimerQueue;

  constructor(parts: DirectionParts) {
    this.parts = parts;
    this.#timers = parts.timers;
    this.#trace = parts.trace;
    this.#rate = parts.config.rate ?? 0;
    this.#limit = parts.config.queue ?? DEFAULT_QUEUE;
    this.#threshold = parts.config.ecnThreshold ?? Number.POSITIVE_INFINITY;
    this.#mtu = parts.config.mtu ?? Number.POSITIVE_INFINITY;
    this.transmitter = parts.timers.create(this, TRANSMITTER);
    this.tick = parts.timers.create(this, TICK);
  }

  /** Takes a packet from the sender; its bytes are copied. The timers must stand at the present. */
  send(packet: Uint8Array, id: number): void {
    const { condition, faults } = this.parts;
    this.statistics.sent += 1;
    this.order += 1;
    if (faults.any) faults.match(packet);
    condition.advance(this.#timers.now());
    if (packet.length > this.#mtu) this.#refuse(id, 'mtu');
    else if (!condition.up) this.#refuse(id, 'outage');
    else if (this.queue.length >= this.#limit || this.full) this.#refuse(id, 'queue');
    else this.#enter(packet, id);
  }

  timeout(timer: Timer): void {
    if (timer.slot === TRANSMITTER) this.#transmitted();
    else if (timer.slot === TICK) this.#ticked();
    else this.#ready(this.flights[timer.slot - FIRST_FLIGHT]!);
  }

  /**
   * Hands a packet to the receiver (nobody, when its end is closed). It counts as reordered when a packet sent later
   * was delivered before it; a copy has its original's place in the order.
   */
  deliver(flight: Flight, handler: PacketHandler | undefined): void {
    const late = flight.order < this.highest;
    if (late) this.statistics.reordered += 1;
    else this.highest = flight.order;
    this.statistics.delivered += 1;
    const trace = this.#trace;
    if (trace === undefined) {
      handler?.(flight.bytes, flight.id);
    } else {
      this.#tell(flight, late ? { what: 'delivered', late: true } : { what: 'delivered' });
      const before = trace.cause;
      trace.cause = flight.cause;
      try {
        handler?.(flight.bytes, flight.id);
      } finally {
        trace.cause = before;
      }
    }
    this.#release(flight);
  }

  /** A packet under way is gone. */
  lose(flight: Flight, reason: LossReason): void {
    this.statistics.lost[reason] += 1;
    if (this.#trace !== undefined) this.#tell(flight, { what: 'lost', reason });
    this.#release(flight);
  }

  /** A flight out of the pool, counted as under way. */
  take(packet: Uint8Array): Flight {
    let flight = this.#free.pop();
    if (flight === undefined) {
      flight = new Flight(this.flights.length, this.parts.way);
      this.flights.push(flight);
    }
    flight.fill(packet);
    this.statistics.inFlight += 1;
    return flight;
  }

  /** Its timer, made when it is first needed. */
  timerOf(flight: Flight): Timer {
    flight.timer ??= this.#timers.create(this, flight.index + FIRST_FLIGHT);
    return flight.timer;
  }

  /** Is there no room for one more packet under way? */
  get full(): boolean {
    return this.statistics.inFlight >= MAX_IN_FLIGHT;
  }

  #refuse(id: number, reason: LossReason): void {
    this.statistics.lost[reason] += 1;
    if (this.#trace === undefined) return;
    const { name } = this.parts;
    const body = { kind: 'link', packet: id, direction: name, what: 'lost', reason } as const;
    this.#trace.add('link', this.#timers.now(), body, id);
  }

  #enter(packet: Uint8Array, id: number): void {
    const { faults } = this.parts;
    const flight = this.take(packet);
    flight.id = id;
    flight.cause = id;
    flight.order = this.order;
    flight.copy = 0;
    if (faults.any) {
      flight.drop = faults.drop;
      flight.corrupt = faults.corrupt;
      flight.duplicate = faults.duplicate;
      flight.delay = faults.delay;
    }
    if (this.#rate === 0) {
      this.#pass(flight);
      return;
    }
    this.queue.push(flight);
    if (this.#trace !== undefined) this.#tell(flight, { what: 'enqueued', queue: this.queue.length });
    if (this.queue.length > this.#threshold) this.#mark(flight);
    if (this.queue.length > 1) return;
    if (this.freeAt !== this.#timers.now()) this.remainder = 0;
    this.#transmit(flight);
  }

  /** The queue is long: whoever can be told so is (RFC 3168 section 5). */
  #mark(flight: Flight): void {
    if (!markCongestion(flight.bytes)) return;
    this.statistics.marked += 1;
    if (this.#trace !== undefined) this.#tell(flight, { what: 'marked' });
  }

  /** Starts to send the head of the queue. Fractions of a microsecond are carried on to the next packet. */
  #transmit(flight: Flight): void {
    const work = flight.bytes.length * 8_000_000 + this.remainder;
    this.remainder = work % this.#rate;
    this.#timers.arm(this.transmitter, (work - this.remainder) / this.#rate);
  }

  #transmitted(): void {
    const flight = this.queue.shift()!;
    this.freeAt = this.#timers.now();
    this.parts.condition.advance(this.#timers.now());
    this.#pass(flight);
    const next = this.queue.peek();
    if (next !== undefined) this.#transmit(next);
  }

  /** Loss and duplication. */
  #pass(flight: Flight): void {
    if (flight.drop) {
      this.lose(flight, 'fault');
      return;
    }
    if (this.#lostByChance()) {
      this.lose(flight, 'loss');
      return;
    }
    const drawn = this.#happens(this.parts.config.duplicate, this.parts.streams.duplicate);
    const copy = (drawn || flight.duplicate) && !this.full ? this.#duplicate(flight) : undefined;
    this.#onward(flight);
    if (copy !== undefined) this.#onward(copy);
  }

  #lostByChance(): boolean {
    const { config, condition, streams } = this.parts;
    const independent = this.#happens(config.loss, streams.loss);
    return (condition.varies && streams.quality.chance(condition.loss)) || independent;
  }

  #duplicate(flight: Flight): Flight {
    this.statistics.duplicated += 1;
    if (this.#trace !== undefined) this.#tell(flight, { what: 'duplicated', copy: 1 });
    const copy = this.take(flight.bytes);
    copy.id = flight.id;
    copy.cause = flight.cause;
    copy.order = flight.order;
    copy.copy = 1;
    copy.clearFaults();
    return copy;
  }

  /** Corruption, delay, jitter and reordering. */
  #onward(flight: Flight): void {
    const { config, streams } = this.parts;
    const drawn = this.#happens(config.corrupt, streams.corrupt);
    if (drawn || flight.corrupt) this.#corrupt(flight);
    let hold = drawDelay(config, streams.delay) + flight.delay;
    if (hold > 0 && this.#trace !== undefined) this.#tell(flight, { what: 'delayed', by: hold });
    const { reorder } = config;
    if (reorder !== undefined && this.#happens(reorder.probability, streams.reorder)) {
      hold += reorder.by;
      if (this.#trace !== undefined) this.#tell(flight, { what: 'reordered', by: reorder.by });
    }
    if (hold === 0) this.#ready(flight);
    else this.#timers.arm(this.timerOf(flight), hold);
  }

  #corrupt(flight: Flight): void {
    const bit = flipBit(flight.bytes, this.parts.streams.corrupt);
    if (bit < 0) return;
    this.statistics.corrupted += 1;
    if (this.#trace !== undefined) this.#tell(flight, { what: 'corrupted', bit });
  }

  /** Out, or on to wait for a tick. */
  #ready(flight: Flight): void {
    const { slot } = this.parts.config;
    if (slot === undefined) {
      this.parts.arrived(flight);
    } else if (this.slotted.length >= this.#limit) {
      this.lose(flight, 'queue');
    } else {
      const now = this.#timers.now();
      flight.ready = now;
      this.slotted.push(flight);
      if (this.slotted.length === 1) this.#timers.arm(this.tick, slot.interval - (now % slot.interval));
    }
  }

  /** A tick takes the packets that were ready before it: one that is ready just now has the next. */
  #ticked(): void {
    const slot = this.parts.config.slot!;
    const now = this.#timers.now();
    for (let room = slot.packets; room > 0; room -= 1) {
      const flight = this.slotted.peek();
      if (flight === undefined || flight.ready >= now) break;
      this.slotted.shift();
      this.parts.arrived(flight);
    }
    if (this.slotted.length > 0) this.#timers.arm(this.tick, slot.interval);
  }

  /** Draws, unless it is off: each stream is its own, so nobody else is shifted. */
  #happens(probability: number | undefined, stream: Random): boolean {
    return probability !== undefined && probability > 0 && stream.chance(probability);
  }

  #tell(flight: Flight, action: LinkAction): void {
    const body = { kind: 'link', packet: flight.id, direction: this.parts.name, ...action } as const;
    flight.cause = this.#trace!.add('link', this.#timers.now(), body, flight.cause);
  }

  #release(flight: Flight): void {
    this.statistics.inFlight -= 1;
    this.#free.push(flight);
  }
}
