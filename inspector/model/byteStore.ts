/** Packets' bytes, end to end in pieces of 1 MiB: a place in it is a number. */
import { grown } from './column.ts';

export class ByteStore {
  readonly #pieces: Uint8Array[] = [];
  readonly #size = 1 << 20;
  #end = 0;

  /** Bytes that have been kept. */
  get length(): number {
    return this.#end;
  }

  /** Keeps a copy and says where. Throws a RangeError for more than a piece holds (1 MiB). */
  put(bytes: Uint8Array): number {
    if (bytes.length > this.#size) throw new RangeError('too many bytes for one piece');
    const room = this.#size - (this.#end % this.#size);
    const at = bytes.length > room ? this.#end + room : this.#end;
    const index = Math.floor(at / this.#size);
    const offset = at % this.#size;
    const least = Math.min(this.#size, Math.max(4096, offset + bytes.length));
    const piece = this.#pieces[index] ?? new Uint8Array(least);
    this.#pieces[index] =
      piece.length < offset + bytes.length
        ? grown(piece, new Uint8Array(Math.min(this.#size, Math.max(2 * piece.length, least))))
        : piece;
    this.#pieces[index].set(bytes, offset);
    this.#end = at + bytes.length;
    return at;
  }

  /** What is kept there is what `bytes` begins with from `from`. */
  has(at: number, length: number, bytes: Uint8Array, from: number): boolean {
    const piece = this.#pieces[Math.floor(at / this.#size)]!;
    const offset = at % this.#size;
    for (let i = 0; i < length; i++) if (piece[offset + i] !== bytes[from + i]) return false;
    return true;
  }

  get(at: number, length: number): Uint8Array {
    const piece = this.#pieces[Math.floor(at / this.#size)] ?? new Uint8Array(0);
    const offset = at % this.#size;
    return piece.subarray(offset, offset + length);
  }
}
