/** Packets' bytes, end to end in pieces of 1 MiB: a place in it is a number. */
import { copyBytes } from '../../src/trace/packed/varint.ts';

export class ByteStore {
  readonly #pieces: Uint8Array[] = [];
  readonly #size = 1 << 20;
  #end = 0;

  /** Bytes that have been kept. */
  get length(): number {
    return this.#end;
  }

  /** Keeps a copy of so many from a place and says where. Throws a RangeError for more than a piece holds (1 MiB). */
  put(bytes: Uint8Array, from: number, length: number): number {
    if (length > this.#size) throw new RangeError('too many bytes for one piece');
    const room = this.#size - (this.#end % this.#size);
    const at = length > room ? this.#end + room : this.#end;
    const offset = at % this.#size;
    const piece = this.#pieceFor(Math.floor(at / this.#size), offset + length);
    copyBytes(bytes, from, from + length, piece, offset);
    this.#end = at + length;
    return at;
  }

  /** A piece with room for so many. */
  #pieceFor(index: number, length: number): Uint8Array {
    const piece = this.#pieces[index];
    if (piece !== undefined && piece.length >= length) return piece;
    const larger = new Uint8Array(Math.min(this.#size, Math.max(4096, 2 * (piece?.length ?? 0), length)));
    if (piece !== undefined) larger.set(piece);
    this.#pieces[index] = larger;
    return larger;
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
