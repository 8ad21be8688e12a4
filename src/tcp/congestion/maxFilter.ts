/**
 * The largest of the samples of a window of time, in constant space: the best and the next two of later parts of the
 * window (Kathleen Nichols' algorithm, as in Linux's win_minmax.c). Time is whatever is counted.
 */
export class MaxFilter {
  /** How far back the window reaches. */
  length: number;
  /** The best samples, best first, each later than the one before: times and values. */
  #times: [number, number, number] = [0, 0, 0];
  #values: [number, number, number] = [0, 0, 0];

  constructor(length: number) {
    this.length = length;
  }

  get value(): number {
    return this.#values[0];
  }

  reset(time: number, value: number): void {
    this.#times = [time, time, time];
    this.#values = [value, value, value];
  }

  add(time: number, value: number): void {
    const [times, values] = [this.#times, this.#values];
    if (value >= values[0] || time - times[2] > this.length) {
      this.reset(time, value);
      return;
    }
    if (value >= values[1]) this.#replace(1, time, value);
    else if (value >= values[2]) this.#replace(2, time, value);
    this.#age(time, value);
  }

  /** Passes the crown on when the best is too old; keeps the others from being as old as it. */
  #age(time: number, value: number): void {
    const times = this.#times;
    const age = time - times[0];
    if (age > this.length) {
      this.#shift(time, value);
      if (time - times[0] > this.length) this.#shift(time, value);
    } else if (times[1] === times[0] && age > this.length / 4) this.#replace(1, time, value);
    else if (times[2] === times[1] && age > this.length / 2) this.#replace(2, time, value);
  }

  /** From this place on it is this sample. */
  #replace(from: 1 | 2, time: number, value: number): void {
    for (let i = from as number; i < 3; i++) {
      this.#times[i] = time;
      this.#values[i] = value;
    }
  }

  #shift(time: number, value: number): void {
    this.#times.splice(0, 3, this.#times[1], this.#times[2], time);
    this.#values.splice(0, 3, this.#values[1], this.#values[2], value);
  }

  snapshot(): number[] {
    return [...this.#times, ...this.#values];
  }

  restore(saved: readonly number[]): void {
    this.#times = saved.slice(0, 3) as [number, number, number];
    this.#values = saved.slice(3, 6) as [number, number, number];
  }
}
