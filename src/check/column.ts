/** A list of whole numbers that grows: four bytes each, or one. */
export class Column<T extends Int32Array | Uint8Array> {
  values: T;
  length = 0;
  readonly #make: new (
    length: number,
  ) => T;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.values = new make(1 << 12);
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const longer = new this.#make(this.length * 2);
      longer.set(this.values);
      this.values = longer;
    }
    this.values[this.length] = value;
    this.length += 1;
  }
}
