/** Sequence numbers: arithmetic modulo 2^32 (RFC 9293 section 3.4). */

declare const sequence: unique symbol;

/** A sequence number: an integer from 0 to 2^32 - 1. Compare only with the functions below. */
export type Seq = number & { readonly [sequence]: true };

/** The sequence number of any integer, modulo 2^32. */
export function seq(value: number): Seq {
  return (value >>> 0) as Seq;
}

/** `a` + `count`, modulo 2^32. */
export function add(a: Seq, count: number): Seq {
  return ((a + count) >>> 0) as Seq;
}

/** How far `a` is after `b`: negative when it is before. Right for distances below 2^31. */
export function distance(a: Seq, b: Seq): number {
  return (a - b) | 0;
}

/** a < b */
export function lt(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) < 0;
}

/** a <= b */
export function leq(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) <= 0;
}

/** a > b */
export function gt(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) > 0;
}

/** a >= b */
export function geq(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) >= 0;
}

/** The later of two. */
export function later(a: Seq, b: Seq): Seq {
  return gt(a, b) ? a : b;
}

/** The earlier of two. */
export function earlier(a: Seq, b: Seq): Seq {
  return lt(a, b) ? a : b;
}
