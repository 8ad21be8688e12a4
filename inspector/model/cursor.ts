/**
 * Reads JSON from bytes where it looks exactly as we write it: no blanks, keys in their order, whole numbers. What looks
 * otherwise sets `failed`, and the line is read the slow way.
 */
import type { Words } from './words.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const COMMA = 0x2c;
const BRACE = 0x7d;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Something to be expected: its bytes, four by four, the last four of them apart; of fewer than four each by itself. */
export interface Literal {
  readonly length: number;
  readonly fours: Int32Array;
  readonly last: number;
  readonly bytes: Uint8Array;
}

export function literal(text: string): Literal {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const { length } = bytes;
  const fours = Int32Array.from({ length: Math.ceil(length / 4) - 1 }, (_, i) => view.getInt32(4 * i, true));
  return { length, fours, last: length < 4 ? 0 : view.getInt32(length - 4, true), bytes };
}

export class Cursor {
  at = 0;
  failed = false;
  bytes = new Uint8Array(0);
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

  /** Passes over `expected`, of four bytes or more, if it is what comes. */
  skips({ length, fours, last }: Literal): boolean {
    const view = this.#view;
    const { at } = this;
    // What is expected may be longer than what there is
    if (at + length > this.#end) return false;
    for (let i = 0; i < fours.length; i++) if (view.getInt32(at + 4 * i, true) !== fours[i]) return false;
    if (view.getInt32(at + length - 4, true) !== last) return false;
    this.at = at + length;
    return true;
  }

  expect(expected: Literal): void {
    if (!this.skips(expected)) this.failed = true;
  }

  /** Passes over one character if it is what comes. */
  skipsByte(expected: number): boolean {
    if (this.bytes[this.at] !== expected) return false;
    this.at += 1;
    return true;
  }

  expectByte(expected: number): void {
    if (!this.skipsByte(expected)) this.failed = true;
  }

  /** A whole number from 0. */
  count(): number {
    const { bytes } = this;
    const from = this.at;
    let at = from;
    let value = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[at]! - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    this.at = at;
    const digits = at - from;
    if (digits === 0 || digits > 15 || (digits > 1 && bytes[from] === ZERO)) this.failed = true;
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
    const value = Number(text);
    if (!/^-?\d/.test(text) || Number.isNaN(value)) this.failed = true;
    return value;
  }

  /** A text between quotes without anything escaped, the first quote already read; its number as a word. */
  word(): number {
    if (this.failed) return 0;
    const word = this.#words.read(this.#view, this.at);
    if (word < 0) this.failed = true;
    else this.at = this.#words.after;
    return Math.max(word, 0);
  }

  /** The same as a text. */
  text(): string {
    const { bytes } = this;
    const from = this.at;
    let at = from;
    for (; at < this.#end && bytes[at] !== QUOTE; at++) {
      // Control characters are no JSON.
      if (bytes[at] === BACKSLASH || bytes[at]! < 0x20) {
        this.failed = true;
        return '';
      }
    }
    if (at >= this.#end) this.failed = true;
    this.at = at + 1;
    return this.failed ? '' : decoder.decode(bytes.subarray(from, at));
  }

  /** Pairs of lower-case hex digits up to a quote, into `into` as far as it goes; how many bytes they are. */
  hex(into: Uint8Array): number {
    const { bytes } = this;
    const from = this.at;
    const quote = bytes.indexOf(QUOTE, from);
    const digits = quote - from;
    if (quote < 0 || quote >= this.#end || digits % 2 !== 0) {
      this.failed = true;
      return 0;
    }
    const length = digits / 2;
    const kept = Math.min(length, into.length);
    let bad = 0;
    for (let i = 0, at = from; i < kept; i++, at += 2) {
      const high = HEX[bytes[at]!]!;
      const low = HEX[bytes[at + 1]!]!;
      into[i] = (high << 4) | low;
      bad |= high | low;
    }
    if (bad & 0x80) this.failed = true;
    this.at = quote + 1;
    return length;
  }
}

/** Value of each byte as a lower-case hex digit; 0x80 for any other. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return value < 0 ? 0x80 : value;
});
