/**
 * A ring of bytes that grows as it is filled, up to a limit: both buffers of a connection are one.
 * Positions count from the first byte ever stored, so that they never move.
 */
export class Ring {
  /** Position of the oldest byte kept. */
  head = 0;
  #bytes: Uint8Array = empty;
  #mask = 0;
  /** The most bytes that are kept at a time; never set to less than are kept. */
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Bytes allocated now. */
  get allocated(): number {
    return this.#bytes.length;
  }

  /** Stores `length` bytes at `position`; the caller keeps within head and head + limit. */
  write(position: number, source: Uint8Array, offset: number, length: number): void {
    if (length === 0) return;
    this.#reserve(position + length - this.head);
    const at = position & this.#mask;
    const first = Math.min(length, this.#bytes.length - at);
    copy(this.#bytes, at, source, offset, first);
    if (first < length) copy(this.#bytes, 0, source, offset + first, length - first);
  }

  /** Copies `length` bytes at `position` into `target`. */
  read(position: number, target: Uint8Array, offset: number, length: number): void {
    if (length === 0) return;
    const at = position & this.#mask;
    const first = Math.min(length, this.#bytes.length - at);
    copy(target, offset, this.#bytes, at, first);
    if (first < length) copy(target, offset + first, this.#bytes, 0, length - first);
  }

  /** Gives up everything before `position`. An empty ring is not let go of: it will be needed again. */
  release(position: number): void {
    this.head = position;
  }

  /** Lets go of the memory: nothing is kept any more. */
  free(): void {
    this.#bytes = empty;
    this.#mask = 0;
  }

  #reserve(size: number): void {
    const old = this.#bytes;
    if (size <= old.length) return;
    if (size > this.limit) throw new RangeError(`ring holds ${this.limit} bytes, asked for ${size}`);
    let capacity = Math.max(old.length, SMALLEST);
    while (capacity < size) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    for (let i = 0; i < old.length; ) {
      // From head on, piece by piece: where a byte lies depends on the capacity.
      const from = (this.head + i) & this.#mask;
      const to = (this.head + i) & (capacity - 1);
      const piece = Math.min(old.length - i, old.length - from, capacity - to);
      bytes.set(old.subarray(from, from + piece), to);
      i += piece;
    }
    this.#bytes = bytes;
    this.#mask = capacity - 1;
  }
}

const SMALLEST = 256;
const empty = new Uint8Array(0);

/** A few bytes one by one, more by the engine's copy: below this the call costs more than the loop. */
const SHORT = 24;

function copy(target: Uint8Array, at: number, source: Uint8Array, from: number, length: number): void {
  if (length < SHORT) {
    for (let i = 0; i < length; i++) target[at + i] = source[from + i] as number;
    return;
  }
  const whole = from === 0 && length === source.length;
  target.set(whole ? source : source.subarray(from, from + length), at);
}
