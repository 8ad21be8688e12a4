/** Bytes that come in pieces and are taken in others: those that are not taken yet, with SPARE bytes of 0 behind them. */
import { SPARE } from './words.ts';

export class Backlog {
  /** `length` of them count. */
  bytes = new Uint8Array(1 << 16);
  length = 0;

  add(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length + SPARE > this.bytes.length) {
      const larger = new Uint8Array(2 * length + SPARE);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(piece, this.length);
    this.bytes.fill(0, length, length + SPARE);
    this.length = length;
  }

  /** The first `count` are taken: more than there are, and so all. */
  drop(count: number): void {
    this.bytes.copyWithin(0, count, this.length);
    this.length = Math.max(0, this.length - count);
  }
}
