/**
 * A packet under way, and the queues it waits in. Flights and their buffers are used again: a link in steady traffic
 * allocates nothing per packet but the view of one whose size changed.
 */
import type { Timer } from '../time/timers.ts';

const EMPTY = new Uint8Array(0);

/** One packet (or copy) on its way through one direction of a link. */
export class Flight {
  /** Its place in the pool, and the slot of its timer. */
  readonly index: number;
  /** 0 forward, 1 backward */
  readonly way: 0 | 1;
  /** The packet: a view of `buffer`. */
  bytes: Uint8Array = EMPTY;
  /** Number in the trace. */
  id = 0;
  /** Place in the order of sending: 1, 2, 3, ... A copy has that of its original. */
  order = 0;
  /** 0 for the packet sent, 1 for its copy. */
  copy = 0;
  /** The trace event that the next one about this packet follows from. */
  cause = 0;
  /** What a fault wants done, kept from the entrance to the place where it is done. */
  drop = false;
  corrupt = false;
  duplicate = false;
  /** us */
  delay = 0;
  /** When it became ready for its tick, us. */
  ready = 0;
  timer: Timer | undefined;
  #buffer: Uint8Array = EMPTY;

  constructor(index: number, way: 0 | 1) {
    this.index = index;
    this.way = way;
  }

  /** Copies the packet in. */
  fill(packet: Uint8Array): void {
    if (packet.length > this.#buffer.length) this.#buffer = new Uint8Array(Math.max(64, packet.length));
    if (packet.length !== this.bytes.length) this.bytes = this.#buffer.subarray(0, packet.length);
    this.bytes.set(packet);
  }

  /** Forgets what faults wanted of the packet it carried before: faults leave copies alone. */
  clearFaults(): void {
    this.drop = false;
    this.corrupt = false;
    this.duplicate = false;
    this.delay = 0;
  }
}

/** A first-in, first-out queue in a ring that grows as needed. */
export class Fifo<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length += 1;
  }

  /** The oldest, which stays. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  /** Takes the oldest out. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length -= 1;
    return item;
  }

  /** All of them, oldest first. */
  toArray(): T[] {
    const items: T[] = [];
    for (let i = 0; i < this.#length; i += 1) {
      items.push(this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T);
    }
    return items;
  }

  #grow(): void {
    const items: (T | undefined)[] = this.toArray();
    items.length = this.#ring.length * 2;
    this.#ring = items;
    this.#head = 0;
  }
}
