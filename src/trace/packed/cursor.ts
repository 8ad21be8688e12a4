/**
 * Reads JSON from bytes where it looks exactly as we write it: no blanks, keys in their order, whole numbers. What looks
 * otherwise sets `failed`, and the line is read the slow way.
 */
import { SPARE, type Words } from './words.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const COMMA = 0x2c;
const BRACE = 0x7d;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Something to be expected, in UTF-8, and SPARE bytes (`words.ts`). */
export interface Literal {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function literal(text: string): Literal {
  return literalOf(encoder.encode(text));
}

export function literalOf(text: Uint8Array): Literal {
  const { length } = text;
  const bytes = new Uint8Array(length + SPARE);
  bytes.set(text);
  return { length, bytes: bytes.subarray(0, length), view: new DataView(bytes.buffer) };
}

export class Cursor {
  at = 0;
  failed = false;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #view = new DataView(this.bytes.buffer);
  readonly #words: Words;
  #end = 0;

  constructor(words: Words) {
    this.#words = words;
  }

  /** What is read next: from `from` to at most `end`, behind which there are SPARE bytes (`words.ts`), the first one 0. */
  start(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.at = from;
    this.#end = end;
    this.failed = false;
  }

  /** The byte that comes. */
  get next(): number {
    return this.bytes[this.at]!;
  }

  /**
   * Passes over `expected` if it is what comes, eight bytes at a time: as numbers, as no text in UTF-8 is NaN or 0, and
   * so no longer than what there is.
   */
  skips({ length, view: expected }: Literal): boolean {
    const view = this.#view;
    const { at } = this;
    let i = 0;
    for (; i + 8 <= length; i += 8)
      if (view.getFloat64(at + i, true) !== expected.getFloat64(i, true)) return false;
    if ((length & 4) !== 0) {
      if (view.getInt32(at + i, true) !== expected.getInt32(i, true)) return false;
      i += 4;
    }
    const rest = length & 3;
    if (rest !== 0 && (view.getInt32(at + i, true) ^ expected.getInt32(i, true)) << (32 - 8 * rest) !== 0)
      return false;
    this.at = at + length;
    return true;
  }

  /** A whole number from 0, four digits at a time. */
  count(): number {
    const view = this.#view;
    const from = this.at;
    let at = from;
    let value = 0;
    for (;;) {
      const four = view.getInt32(at, true);
      // Of each byte that is no digit a bit of the upper four is set
      const other = ((four & TOPS) ^ ZEROS) | (((four & LOWS) + SIXES) & TOPS);
      if (other === 0) {
        value = value * 10_000 + fourDigits(four);
        at += 4;
        continue;
      }
      const digits = (31 - Math.clz32(other & -other)) >>> 3;
      if (digits > 0) value = value * TENS[digits]! + fourDigits(four << (32 - 8 * digits));
      at += digits;
      break;
    }
    this.at = at;
    const digits = at - from;
    if (digits === 0 || digits > 15 || (digits > 1 && this.bytes[from] === ZERO)) this.failed = true;
    return value;
  }

  /** A number of any form, or Infinity as a text; it ends before a comma or a brace. */
  number(): number {
    const { bytes } = this;
    const from = this.at;
    const digit = bytes[from]! - ZERO;
    if (digit >= 1 && digit <= 9) {
      const value = this.count();
      const next = bytes[this.at];
      if ((next === COMMA || next === BRACE) && this.at - from <= 15) return value;
      this.failed = false;
      this.at = from;
    }
    while (this.at < this.#end && bytes[this.at] !== COMMA && bytes[this.at] !== BRACE) this.at += 1;
    const text = decoder.decode(bytes.subarray(from, this.at));
    if (text === '"Infinity"') return Number.POSITIVE_INFINITY;
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) this.failed = true;
    return Number(text);
  }

  /** A text between quotes without anything escaped, the first quote already read; its number as a word, of which one is guessed. */
  word(guess = 0): number {
    const words = this.#words;
    const word = words.isAt(guess, this.#view, this.at) ? guess : words.read(this.#view, this.at);
    if (word < 0) this.failed = true;
    else this.at = words.after;
    return Math.max(word, 0);
  }

  /** The bytes of a text without anything escaped, the first quote already read. */
  text(): Uint8Array<ArrayBuffer> {
    const { bytes } = this;
    let { at } = this;
    for (; at < this.#end && bytes[at] !== QUOTE; at++) {
      // Control characters are no JSON.
      if (bytes[at] === BACKSLASH || bytes[at]! < 0x20) break;
    }
    if (at >= this.#end || bytes[at] !== QUOTE) this.failed = true;
    const text = bytes.subarray(this.at, at);
    this.at = at + 1;
    return text;
  }

  /** Pairs of lower-case hex digits up to a quote, into `into`, in which there must be room; how many bytes they are. */
  hex(into: Uint8Array): number {
    const view = this.#view;
    const from = this.at;
    let length = 0;
    for (; length < into.length; length++) {
      const byte = BYTES[view.getUint16(from + 2 * length, true)]!;
      if (byte > 0xff) break;
      into[length] = byte;
    }
    this.at = from + 2 * length + 1;
    if (view.getUint8(this.at - 1) !== QUOTE) this.failed = true;
    return length;
  }
}

const [TOPS, LOWS, ZEROS, SIXES] = [0xf0f0f0f0 | 0, 0x0f0f0f0f, 0x30303030, 0x06060606];
const TENS = [1, 10, 100, 1000];

/** Value of four digits, of which the lowest byte is the first. */
function fourDigits(four: number): number {
  const digits = four & LOWS;
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
}

/** By two characters, the lower byte the first: the byte that they are in lower-case hex, 0x100 for none. */
const BYTES = new Uint16Array(1 << 16).fill(0x100);
for (let byte = 0; byte < 256; byte++) {
  const [high, low] = encoder.encode(byte.toString(16).padStart(2, '0'));
  BYTES[high! | (low! << 8)] = byte;
}
