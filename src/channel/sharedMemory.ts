/**
 * A channel between two threads: a ring each way in one shared memory (sharedMemoryRing.ts, sharedMemoryLayout.ts).
 * Here is decided when an end looks, sleeps and wakes the other (by sharedMemoryBell.ts), what waits for room in the
 * sender's own memory, and what closing means.
 *
 * Nothing here needs the other thread: it may come later, or end at any instruction and be followed by one that opens
 * its side anew, which finds what waits in the ring and goes on from there.
 */
import {
  type ChannelCounters,
  countDropped,
  LARGEST_PACKET,
  type LiveEnd,
  newCounters,
  type PacketHandler,
} from './channel.ts';
import { Fifo } from './flight.ts';
import { Bell } from './sharedMemoryBell.ts';
import { placesOf, type SharedMemory, type SharedPlaces, type Side } from './sharedMemoryLayout.ts';
import { RingReader, RingWriter } from './sharedMemoryRing.ts';

export { createSharedMemory, type SharedMemory, type Side } from './sharedMemoryLayout.ts';

export interface SharedMemoryOptions {
  /** Packets that wait for room in the ring, in the sender's own memory, bytes (128 more a packet); 16 MiB unless given. */
  readonly queueBytes?: number;
}

const DEFAULT_QUEUE = 16_777_216;
/** What a packet in the queue costs beside its bytes. */
const OVERHEAD = 128;

/** Packets are delivered for so long before the event loop has its turn, ms, and the time is looked at this often. */
const SLICE = 2;
const PACKETS_PER_LOOK = 16;

/** A close waits so long for a reader to make room, ms. */
const LINGER = 1000;

/** The longest interval there is, ms. */
const NEVER = 2_147_483_647;

/**
 * Opens one end, in the thread that is to use it; what waits for it is delivered. Whoever had the same end open before
 * is told by `onError`, and it is of no more use there.
 * @throws {TypeError} when the memory is none of `createSharedMemory`
 */
export function openSharedMemory(
  memory: SharedMemory,
  side: Side,
  options: SharedMemoryOptions = {},
): LiveEnd {
  return new SharedMemoryEnd(placesOf(memory, side), side, options.queueBytes ?? DEFAULT_QUEUE);
}

class SharedMemoryEnd implements LiveEnd {
  readonly name: string;
  readonly counters: ChannelCounters = newCounters();
  readonly #bell: Bell;
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  readonly #queueLimit: number;
  readonly #queue = new Fifo<Uint8Array>();
  #queued = 0;
  #handler: PacketHandler | undefined;
  #onError: ((error: Error) => void) | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #released = false;
  #closing: PromiseWithResolver | undefined;
  /** A bell does not keep a thread alive; an open end does, as a socket would. */
  readonly #keepAlive = setInterval(() => {}, NEVER);
  readonly #work = (): void => this.#turn();
  readonly #busy = (): boolean => this.#hasWork();

  constructor(places: SharedPlaces, side: Side, queueLimit: number) {
    this.name = `sharedMemory:${side}`;
    this.#bell = new Bell(places, () => this.#schedule());
    this.#writer = new RingWriter(places.out, this.counters);
    this.#reader = new RingReader(places.back, this.counters);
    this.#queueLimit = queueLimit;
    this.#schedule();
  }

  send(packet: Uint8Array, _id: number): void {
    if (this.#closing !== undefined || this.#bell.superseded) countDropped(this.counters, 'closed');
    else if (packet.length > LARGEST_PACKET) countDropped(this.counters, 'tooLarge');
    else if (this.#queue.length > 0 || !this.#writer.fits(packet.length)) this.#enqueue(packet);
    else {
      this.#put(packet);
      this.#bell.ring();
    }
  }

  onPacket(handler: PacketHandler): void {
    this.#handler = handler;
    this.#schedule();
  }

  onError(handler: (error: Error) => void): void {
    this.#onError = handler;
  }

  /** What still waits for room has a second for it; then it is counted as `full`. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = withResolver();
      if (this.#queue.length === 0) this.#release();
      else setTimeout(() => this.#release(), LINGER).unref();
    }
    return this.#closing.promise;
  }

  #enqueue(packet: Uint8Array): void {
    const cost = packet.length + OVERHEAD;
    if (this.#queued + cost > this.#queueLimit) {
      countDropped(this.counters, 'full');
      return;
    }
    this.#queue.push(new Uint8Array(packet));
    this.#queued += cost;
    if (this.#queue.length > 1) return;
    // The reader may have made room just before it was asked to tell: look again.
    this.#writer.waiting = true;
    this.#schedule();
  }

  #put(packet: Uint8Array): void {
    this.#writer.put(packet);
    this.counters.packetsOut += 1;
    this.counters.bytesOut += packet.length;
  }

  /** One turn of the event loop: what waits for room goes out, what is there comes in, then sleep. */
  #turn(): void {
    this.#immediate = undefined;
    if (this.#released) return;
    if (this.#bell.superseded) {
      this.#fail(new Error(`${this.name} was opened again elsewhere`));
      return;
    }
    try {
      this.#flush();
      if (this.#closing === undefined) this.#deliver();
      else if (this.#queue.length === 0) this.#release();
    } finally {
      // Also after a handler that threw: its error is reported, and the next packet has its turn.
      if (this.#reader.writerWaits()) this.#bell.ring();
      if (!this.#released && !this.#bell.sleep(this.#busy)) this.#schedule();
    }
  }

  #flush(): void {
    if (this.#queue.length === 0) return;
    let packet = this.#queue.peek();
    for (; packet !== undefined && this.#writer.fits(packet.length); packet = this.#queue.peek()) {
      this.#queue.shift();
      this.#queued -= packet.length + OVERHEAD;
      this.#put(packet);
    }
    if (packet === undefined) this.#writer.waiting = false;
    this.#bell.ring();
  }

  /** Hands over what is there, until time is up. */
  #deliver(): void {
    const end = performance.now() + SLICE;
    for (let count = 1; this.#handler !== undefined && this.#closing === undefined; count += 1) {
      const packet = this.#reader.take();
      if (packet === undefined) return;
      this.counters.packetsIn += 1;
      this.counters.bytesIn += packet.length;
      this.#handler(packet, 0);
      if (count % PACKETS_PER_LOOK === 0 && performance.now() >= end) return;
    }
  }

  #schedule(): void {
    if (!this.#released) this.#immediate ??= setImmediate(this.#work);
  }

  #hasWork(): boolean {
    if (this.#bell.superseded) return true;
    const packet = this.#queue.peek();
    if (packet !== undefined && this.#writer.fits(packet.length)) return true;
    return this.#handler !== undefined && this.#closing === undefined && this.#reader.ready;
  }

  #fail(error: Error): void {
    this.#closing ??= withResolver();
    this.#release();
    this.#onError?.(error);
  }

  /** Lets go of the event loop. What waits in the ring stays there for the reader. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#keepAlive);
    clearImmediate(this.#immediate);
    while (this.#queue.shift() !== undefined) countDropped(this.counters, 'full');
    this.#bell.release();
    this.#closing?.resolve();
  }
}

interface PromiseWithResolver {
  readonly promise: Promise<void>;
  resolve(): void;
}

function withResolver(): PromiseWithResolver {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
