/**
 * A ring of packets in memory that two threads share: one writes, one reads, neither waits. Here is where bytes go and
 * what counts as a record; when to look, to sleep and to wake the other is sharedMemory.ts.
 *
 * A record is four bytes of length, then the packet, padded to a multiple of eight; it may wrap around at any byte
 * after its length. Positions only grow (modulo 2^32): the writer's `head` is published after the record's bytes, so
 * that a half-written one is never seen, and the reader's `tail` after it has copied them. The other side's position
 * and all lengths are read as a stranger's: what cannot be is counted (`badRecord`), and all that waits is dropped.
 */
import { type ChannelCounters, countDropped, LARGEST_PACKET } from './channel.ts';

/** A ring's words, each in a cache line of its own: so many apart. */
export const LINE = 16;
/** Words that a ring needs beside its data. */
export const RING_WORDS = 3 * LINE;
/** Offsets of those words. */
const HEAD = 0;
const TAIL = LINE;
const WAITING = 2 * LINE;

const PREFIX = 4;
const ALIGN = 8;
/** The smallest ring: the largest packet fits with room to spare, bytes. */
export const SMALLEST_RING = 131_072;
/** The largest: differences of positions stay 32-bit integers above zero. */
export const LARGEST_RING = 1_073_741_824;

/** Up to so many bytes a loop over words is faster than a view and `set`, and allocates nothing. */
const SMALL = 256;

/** Where a ring lies. */
export interface RingPlace {
  /** The whole memory in 32-bit words. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Where the ring's words begin. */
  readonly control: number;
  /** Where its data begins, bytes; a multiple of eight. */
  readonly data: number;
  /** Bytes of data: a power of two. */
  readonly capacity: number;
}

/** Bytes that a packet takes in a ring. */
function recordSize(length: number): number {
  return (PREFIX + length + ALIGN - 1) & -ALIGN;
}

/** What reader and writer share. */
class RingSide {
  protected readonly words: Int32Array<SharedArrayBuffer>;
  protected readonly bytes: Uint8Array<SharedArrayBuffer>;
  protected readonly control: number;
  protected readonly data: number;
  protected readonly capacity: number;
  protected readonly counters: ChannelCounters;

  constructor(place: RingPlace, counters: ChannelCounters) {
    this.words = place.words;
    this.control = place.control;
    this.data = place.data;
    this.capacity = place.capacity;
    this.bytes = new Uint8Array(place.words.buffer, place.data, place.capacity);
    this.counters = counters;
  }

  /** Can so many bytes be between tail and head? */
  protected possible(used: number): boolean {
    return used >= 0 && used <= this.capacity && used % ALIGN === 0;
  }

  /** Where in `words` the length of the record at a position is. */
  protected lengthAt(position: number): number {
    return (this.data + (position & (this.capacity - 1))) >> 2;
  }
}

/** Puts packets in. Goes on where the side's last writer published. */
export class RingWriter extends RingSide {
  #head: number;
  #tail: number;

  constructor(place: RingPlace, counters: ChannelCounters) {
    super(place, counters);
    const head = Atomics.load(this.words, this.control + HEAD);
    this.#head = (head + ALIGN - 1) & -ALIGN;
    this.#tail = (this.#head - this.capacity) | 0;
    this.waiting = false;
  }

  /** Does a packet of so many bytes fit now? Asks for the reader's position only when it might not. */
  fits(length: number): boolean {
    const most = this.capacity - recordSize(length);
    if (((this.#head - this.#tail) | 0) <= most) return true;
    this.#tail = Atomics.load(this.words, this.control + TAIL);
    const used = (this.#head - this.#tail) | 0;
    if (this.possible(used)) return used <= most;
    countDropped(this.counters, 'badRecord');
    this.#tail = this.#head;
    Atomics.store(this.words, this.control + TAIL, this.#tail);
    return true;
  }

  /** Copies a packet in and publishes it. Only one that fits. */
  put(packet: Uint8Array): void {
    const { length } = packet;
    Atomics.store(this.words, this.lengthAt(this.#head), length);
    const at = (this.#head + PREFIX) & (this.capacity - 1);
    const first = this.capacity - at;
    if (length <= first) this.bytes.set(packet, at);
    else {
      this.bytes.set(packet.subarray(0, first), at);
      this.bytes.set(packet.subarray(first), 0);
    }
    this.#head = (this.#head + recordSize(length)) | 0;
    Atomics.store(this.words, this.control + HEAD, this.#head);
  }

  /** Tells the reader whether to wake the writer when it has made room. */
  set waiting(on: boolean) {
    Atomics.store(this.words, this.control + WAITING, on ? 1 : 0);
  }
}

/** Takes packets out. Goes on where the side's last reader stopped. */
export class RingReader extends RingSide {
  #tail: number;
  /** What a writer that waits was woken for. */
  #told: number | undefined;
  /** What was taken last; in words, so that a small packet is copied without a view. */
  readonly #copy = new Int32Array((LARGEST_PACKET + 1) / 4);
  readonly #buffer = new Uint8Array(this.#copy.buffer);
  #view = this.#buffer.subarray(0, 0);

  constructor(place: RingPlace, counters: ChannelCounters) {
    super(place, counters);
    this.#tail = Atomics.load(this.words, this.control + TAIL);
  }

  /** Is something there? */
  get ready(): boolean {
    return Atomics.load(this.words, this.control + HEAD) !== this.#tail;
  }

  /**
   * Is there news for a writer that waits for room: more of it, or a position that somebody has overwritten? Without
   * news it is not woken: it would wake the reader to ask, and so on, for as long as nobody takes a packet.
   */
  writerWaits(): boolean {
    if (Atomics.load(this.words, this.control + WAITING) === 0) return false;
    if (this.#told === this.#tail && Atomics.load(this.words, this.control + TAIL) === this.#tail)
      return false;
    this.#told = this.#tail;
    this.#moveTo(this.#tail);
    return true;
  }

  /** The oldest packet, copied out, until the next call; undefined when there is none. */
  take(): Uint8Array | undefined {
    const head = Atomics.load(this.words, this.control + HEAD);
    const used = (head - this.#tail) | 0;
    if (used === 0) return undefined;
    if (!this.possible(used) || this.#tail % ALIGN !== 0) return this.#dropAll(head);
    const length = Atomics.load(this.words, this.lengthAt(this.#tail));
    if (length < 0 || length > LARGEST_PACKET || recordSize(length) > used) return this.#dropAll(head);
    this.#copyOut(length);
    this.#moveTo((this.#tail + recordSize(length)) | 0);
    if (this.#view.length !== length) this.#view = this.#buffer.subarray(0, length);
    return this.#view;
  }

  #dropAll(head: number): undefined {
    countDropped(this.counters, 'badRecord');
    this.#moveTo(head);
  }

  #moveTo(tail: number): void {
    this.#tail = tail;
    Atomics.store(this.words, this.control + TAIL, tail);
  }

  #copyOut(length: number): void {
    const at = (this.#tail + PREFIX) & (this.capacity - 1);
    const first = this.capacity - at;
    if (length > first) {
      this.#buffer.set(this.bytes.subarray(at));
      this.#buffer.set(this.bytes.subarray(0, length - first), first);
    } else if (length > SMALL) this.#buffer.set(this.bytes.subarray(at, at + length));
    else this.#copyWords((this.data + at) >> 2, length);
  }

  #copyWords(from: number, length: number): void {
    const count = (length + 3) >> 2;
    for (let i = 0; i < count; i += 1) this.#copy[i] = this.words[from + i]!;
  }
}
