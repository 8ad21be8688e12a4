/**
 * Lists of numbers that grow and are kept in typed arrays: a trace of a million events must not be a million objects.
 */

/** Row numbers and the like: whole numbers from -2^31. */
export class IntList {
  data = new Int32Array(8);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.data = grown(this.data, new Int32Array(this.length * 2));
    this.data[this.length++] = value;
  }

  /** Makes room for so many times as many. */
  reserve(times: number): void {
    const length = Math.ceil(this.length * times);
    if (length > this.data.length) this.data = grown(this.data, new Int32Array(length));
  }

  at(index: number): number {
    return this.data[index]!;
  }

  last(): number | undefined {
    return this.length === 0 ? undefined : this.data[this.length - 1];
  }

  /** How many of the sorted values are at most `value`. */
  countUpTo(value: number): number {
    return countUpTo(this.data, this.length, value);
  }
}

/** Any numbers. */
export class FloatList {
  data = new Float64Array(8);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.data = grown(this.data, new Float64Array(this.length * 2));
    this.data[this.length++] = value;
  }

  /** Makes room for so many times as many. */
  reserve(times: number): void {
    const length = Math.ceil(this.length * times);
    if (length > this.data.length) this.data = grown(this.data, new Float64Array(length));
  }

  at(index: number): number {
    return this.data[index]!;
  }
}

/** How many of the first `length` of sorted `data` are at most `value`. */
export function countUpTo(data: ArrayLike<number>, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (data[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of the first `length` of sorted `data` are below `value`. */
export function countBelow(data: ArrayLike<number>, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (data[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Settable extends ArrayLike<number> {
  set(values: ArrayLike<number>): void;
}

/** `into`, which is larger, with what `from` holds. */
export function grown<Array extends Settable>(from: Array, into: Array): Array {
  into.set(from);
  return into;
}
