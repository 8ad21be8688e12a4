/**
 * The words of the command line for links, turned into the core's units: fractions, bits per second, microseconds.
 * Each throws a RangeError of one line that quotes the text; which option it came from, the caller adds.
 */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The longest delay that can be given, ms: a day. */
const LONGEST_MS = 86_400_000;

/** The highest rate that can be given, bits per second. */
export const MAX_RATE = 1_000_000_000_000;

/** A plain decimal number; NaN for anything else (no hexadecimal, no empty text). */
export function decimal(text: string): number {
  return NUMBER.test(text) ? Number(text) : Number.NaN;
}

/** A fraction from 0 to 1. */
export function parseProbability(text: string): number {
  const value = decimal(text.trim());
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`a probability is a number from 0 to 1, not '${text}'`);
  }
  return value;
}

const SCALE: Readonly<Record<string, number>> = { '': 1, k: 1_000, K: 1_000, M: 1_000_000, G: 1_000_000_000 };

/** Bits per second, with k, M or G for thousands, millions and milliards; at least 1. */
export function parseRate(text: string): number {
  const parts = /^(.*?)([kKMG]?)$/.exec(text.trim());
  const value = Math.round(decimal(parts?.[1] ?? '') * (SCALE[parts?.[2] ?? ''] ?? 1));
  if (!(value >= 1 && value <= MAX_RATE)) {
    throw new RangeError(`a rate is bits per second from 1 to 1000G, such as 64k, 1.5M or 1G, not '${text}'`);
  }
  return value;
}

/** Milliseconds, 0 or more, not finer than a microsecond; gives whole microseconds. */
export function parseMilliseconds(text: string): number {
  const value = decimal(text.trim());
  if (!(value >= 0 && value <= LONGEST_MS)) {
    throw new RangeError(`a delay is milliseconds from 0 to ${LONGEST_MS} (a day), not '${text}'`);
  }
  const us = Math.round(value * 1000);
  if (us / 1000 !== value) throw new RangeError(`a delay is not finer than 0.001 ms, unlike '${text}'`);
  return us;
}

/** `A` means both ways, `A,B` client to server and back. */
export function parsePair<T>(text: string, parse: (text: string) => T): readonly [T, T] {
  const parts = text.split(',');
  if (parts.length > 2) {
    throw new RangeError(`at most two values (client to server, and back), not ${parts.length}: '${text}'`);
  }
  const there = parse(parts[0] ?? '');
  return [there, parts.length === 2 ? parse(parts[1] ?? '') : there];
}
