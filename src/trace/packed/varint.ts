/** Whole numbers in as few bytes as they need, seven bits in each; and bytes read with care for where they end. */

/** Bytes that are being written. */
export class Writer {
  bytes = new Uint8Array(1 << 16);
  length = 0;

  /** Makes room for `count` bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }

  /** Those between two places, or all. */
  put(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.reserve(to - from);
    copyBytes(bytes, from, to, this.bytes, this.length);
    this.length += to - from;
  }

  /** A whole number from 0 to 2^53; there must be room for 8 bytes. */
  count(value: number): void {
    if (value < 0x80) {
      this.bytes[this.length++] = value;
      return;
    }
    let rest = value;
    for (; rest >= 0x8000_0000; rest = Math.floor(rest / 0x80))
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.length++] = (rest & 0x7f) | 0x80;
    this.bytes[this.length++] = rest;
  }
}

/** So few bytes are copied sooner one by one than as an array. */
const FEW = 200;

/** Copies the bytes between two places. */
export function copyBytes(bytes: Uint8Array, from: number, to: number, into: Uint8Array, at: number): void {
  if (to - from > FEW) into.set(bytes.subarray(from, to), at);
  else for (let i = from; i < to; i++) into[at + i - from] = bytes[i]!;
}

/** Of the last seven bits that a number of 53 bits has. */
const LARGEST_UNIT = 0x2_0000_0000_0000;

/** Bytes that are read; what is missing sets `failed`. */
export class Reader {
  at = 0;
  failed = false;
  #bytes: Uint8Array = new Uint8Array(0);

  start(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.at = 0;
    this.failed = false;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  count(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at++];
    if (byte === undefined) return this.#fail();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let unit = 0x80; ; unit *= 0x80) {
      byte = bytes[this.at++];
      if (byte === undefined || unit > LARGEST_UNIT) return this.#fail();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.#bytes.length) this.#fail();
  }

  take(count: number): Uint8Array {
    const from = this.at;
    this.skip(count);
    return this.#bytes.subarray(from, this.at);
  }

  #fail(): number {
    this.failed = true;
    return 0;
  }
}

/** Numbers that may be below 0 as numbers from 0: 0, -1, 1, -2, ... */
export function folded(value: number): number {
  const small = value | 0;
  if (small === value && small < 0x4000_0000 && small > -0x4000_0000) return (small << 1) ^ (small >> 31);
  return value >= 0 ? 2 * value : -2 * value - 1;
}

export function unfolded(value: number): number {
  if (value < 0x8000_0000) return (value >>> 1) ^ -(value & 1);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
