/**
 * All events as columns, a row each, and the tree of causes. What the numbered columns `a` to `d` hold depends on the
 * kind; who derives more from the rows is `tracks.ts`, `packets.ts`, `series.ts`.
 */
import { countUpTo, grown } from './column.ts';

/*
 * What a row's columns hold, by kind. `a`, `b`, `c`, `d` are words unless said otherwise.
 *
 * | kind | a | b | c | d | x |
 * |---|---|---|---|---|---|
 * | call, report, app | number of the text + 1 | what | | | |
 * | fact | | event | | | |
 * | transition | from | event | guard | to | |
 * | action | | action | | | |
 * | timer | change | delay | | | deadline |
 * | icmp | | what | | number of its bytes + 1 | |
 * | send | packet + 1 | why | | | |
 * | link | packet + 1 | what | reason | copy + 1 | value |
 * | receive | packet + 1 | | | copy + 1 | |
 * | discard | packet + 1 | reason | | copy + 1 | |
 * | variables | first change | | | number of changes | |
 */
/** No such row, packet, copy, track. */
export const NONE = -1;

export class EventTable {
  length = 0;
  #capacity = 1024;
  n = new Uint32Array(1024);
  /** us; never less than the row's before. */
  time = new Float64Array(1024);
  /** n of the cause, 0 for none. */
  cause = new Uint32Array(1024);
  kind = new Uint8Array(1024);
  end = new Uint32Array(1024);
  connection = new Uint32Array(1024);
  chart = new Uint32Array(1024);
  instance = new Uint32Array(1024);
  a = new Uint32Array(1024);
  b = new Uint32Array(1024);
  c = new Uint32Array(1024);
  d = new Uint32Array(1024);
  x = new Float64Array(1024);
  /**
   * Rows + 1, 0 for none: the effects of a row are a list from the first over the next ones. Made when first asked for,
   * of the rows up to `#bound`.
   */
  #firstEffect = new Int32Array(0);
  #nextEffect = new Int32Array(0);
  #lastEffect = new Int32Array(0);
  #bound = 0;

  /** A new row with what every event has; the rest is 0. Returns its number. */
  add(n: number, time: number, end: number, cause: number, kind: number): number {
    if (this.length === this.#capacity) this.#grow(2 * this.#capacity);
    const row = this.length;
    this.n[row] = n;
    this.time[row] = row > 0 ? Math.max(time, this.time[row - 1]!) : time;
    this.end[row] = end;
    this.cause[row] = cause;
    this.kind[row] = kind;
    this.length += 1;
    return row;
  }

  /** Row of the event with this number, NONE when it is not here. */
  rowOf(n: number): number {
    if (this.length === 0 || n === 0) return NONE;
    // Numbers have no gaps, as a rule.
    const guess = n - this.n[0]!;
    if (this.n[guess] === n && guess < this.length) return guess;
    const row = countUpTo(this.n, this.length, n) - 1;
    return row >= 0 && this.n[row] === n ? row : NONE;
  }

  /** The last row at or before a time (us), NONE when there is none. */
  rowAt(time: number): number {
    return countUpTo(this.time, this.length, time) - 1;
  }

  /** Row of the cause, NONE when there is none or it is not here. */
  causeOf(row: number): number {
    return this.rowOf(this.cause[row]!);
  }

  /** Rows of what a row brought about directly, in order; none of a row that is not here. */
  effectsOf(row: number): number[] {
    const rows: number[] = [];
    if (row < 0 || row >= this.length) return rows;
    this.#bindAll();
    for (let next = this.#firstEffect[row]!; next !== 0; next = this.#nextEffect[next - 1]!)
      rows.push(next - 1);
    return rows;
  }

  /** Binds the rows that have come to their causes. */
  #bindAll(): void {
    if (this.#firstEffect.length < this.length) {
      this.#firstEffect = grown(this.#firstEffect, new Int32Array(this.#capacity));
      this.#nextEffect = grown(this.#nextEffect, new Int32Array(this.#capacity));
      this.#lastEffect = grown(this.#lastEffect, new Int32Array(this.#capacity));
    }
    const { n, cause, length } = this;
    const [first, next, last] = [this.#firstEffect, this.#nextEffect, this.#lastEffect];
    const before = n[0]!;
    for (let row = this.#bound; row < length; row++) {
      const number = cause[row]!;
      if (number === 0) continue;
      // Numbers have no gaps, as a rule
      const guess = number - before;
      const parent = guess < row && n[guess] === number ? guess : this.rowOf(number);
      if (parent === NONE || parent >= row) continue;
      if (first[parent] === 0) first[parent] = row + 1;
      else next[last[parent]!] = row + 1;
      last[parent] = row;
    }
    this.#bound = length;
  }

  /** Makes room for so many rows in all: what is known to come need not be moved as it comes. */
  reserve(rows: number): void {
    if (rows > this.#capacity) this.#grow(rows);
  }

  #grow(size: number): void {
    this.#capacity = size;
    this.n = grown(this.n, new Uint32Array(size));
    this.time = grown(this.time, new Float64Array(size));
    this.cause = grown(this.cause, new Uint32Array(size));
    this.kind = grown(this.kind, new Uint8Array(size));
    this.end = grown(this.end, new Uint32Array(size));
    this.connection = grown(this.connection, new Uint32Array(size));
    this.chart = grown(this.chart, new Uint32Array(size));
    this.instance = grown(this.instance, new Uint32Array(size));
    this.a = grown(this.a, new Uint32Array(size));
    this.b = grown(this.b, new Uint32Array(size));
    this.c = grown(this.c, new Uint32Array(size));
    this.d = grown(this.d, new Uint32Array(size));
    this.x = grown(this.x, new Float64Array(size));
  }
}
