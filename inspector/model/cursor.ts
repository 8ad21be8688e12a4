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

/** Bytes of something to be expected. */
export function literal(text: string): Uint8Array {
  return encoder.encode(text);
}

export class Cursor {
  at = 0;
  failed = false;
  bytes = new Uint8Array(0);
  readonly #words: Words;
  #end = 0;

  constructor(words: Words) {
    this.#words = words;
  }

  /** What is read next: from `from` to before `end`. */
  start(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): void {
    this.bytes = bytes;
    this.at = from;
    this.#end = end;
    this.failed = false;
  }

  get atEnd(): boolean {
    return this.at === this.#end;
  }

  /** Passes over `expected` if it is what comes. */
  skips(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.at = at + expected.length;
    return true;
  }

  expect(expected: Uint8Array): void {
    if (!this.skips(expected)) this.failed = true;
  }

  /** A whole number from 0. */
  count(): number {
    const { bytes } = this;
    const from = this.at;
    let value = 0;
    let digit = bytes[this.at]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      this.at += 1;
      digit = bytes[this.at]! - ZERO;
    }
    const digits = this.at - from;
    if (digits === 0 || digits > 15 || (digits > 1 && bytes[from] === ZERO)) this.failed = true;
    return value;
  }

  /** A number of any form, or Infinity as a text; it ends before a comma or a brace. */
  number(): number {
    const { bytes } = this;
    const from = this.at;
    while (this.at < this.#end && bytes[this.at] !== COMMA && bytes[this.at] !== BRACE) this.at += 1;
    const digit = bytes[from]! - ZERO;
    if (this.at - from < 10 && digit >= 1 && digit <= 9) {
      const end = this.at;
      this.at = from;
      const value = this.count();
      if (this.at === end) return value;
      this.at = end;
    }
    const text = decoder.decode(bytes.subarray(from, this.at));
    if (text === '"Infinity"') return Number.POSITIVE_INFINITY;
    const value = Number(text);
    if (!/^-?\d/.test(text) || Number.isNaN(value)) this.failed = true;
    return value;
  }

  /** A text between quotes without anything escaped; its number as a word. */
  word(): number {
    const from = this.at + 1;
    const to = this.#closing();
    return this.failed ? 0 : this.#words.idOfBytes(this.bytes, from, to);
  }

  /** The same as a text. */
  text(): string {
    const from = this.at + 1;
    const to = this.#closing();
    return this.failed ? '' : decoder.decode(this.bytes.subarray(from, to));
  }

  /** Pairs of lower-case hex digits between quotes, into `into` as far as it goes; how many bytes they are. */
  hex(into: Uint8Array): number {
    const { bytes } = this;
    const from = this.at + 1;
    const quote = bytes.indexOf(QUOTE, from);
    const digits = quote - from;
    if (bytes[this.at] !== QUOTE || quote < 0 || quote >= this.#end || digits % 2 !== 0) {
      this.failed = true;
      return 0;
    }
    const length = digits / 2;
    const kept = Math.min(length, into.length);
    let bad = 0;
    for (let i = 0; i < kept; i++) {
      const high = HEX[bytes[from + 2 * i]!]!;
      const low = HEX[bytes[from + 2 * i + 1]!]!;
      into[i] = (high << 4) | low;
      bad |= high | low;
    }
    if (bad & 0x80) this.failed = true;
    this.at = quote + 1;
    return length;
  }

  #closing(): number {
    const { bytes } = this;
    if (bytes[this.at] !== QUOTE) this.failed = true;
    let at = this.at + 1;
    for (; at < this.#end && bytes[at] !== QUOTE; at++) {
      // Control characters are no JSON.
      if (bytes[at] === BACKSLASH || bytes[at]! < 0x20) this.failed = true;
    }
    if (at >= this.#end) this.failed = true;
    this.at = at + 1;
    return at;
  }
}

/** Value of each byte as a lower-case hex digit; 0x80 for any other. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return value < 0 ? 0x80 : value;
});
