/** What of the peer's stream has reached an end: up to where it is whole, and the pieces beyond. */
import { geq, gt, later, leq, lt, type Seq } from '../tcp/seq.ts';

/** More holes than any receiver keeps: pieces beyond are forgotten. */
const MAX_PIECES = 256;

interface Piece {
  start: Seq;
  end: Seq;
}

export class Arrived {
  /** RCV.NXT */
  next: Seq;
  /** In order, with holes between. */
  #pieces: Piece[] = [];

  constructor(next: Seq) {
    this.next = next;
  }

  /** Sequence numbers from `start` to before `end` arrive; true if some are new. */
  add(start: Seq, end: Seq): boolean {
    if (leq(end, this.next)) return false;
    if (leq(start, this.next)) {
      this.reach(end);
      return true;
    }
    return this.#keep(start, end);
  }

  /** All before `end` has arrived: a segment says so, or the end acknowledges it. */
  reach(end: Seq): void {
    this.next = later(this.next, end);
    let gone = 0;
    for (const piece of this.#pieces) {
      if (gt(piece.start, this.next)) break;
      this.next = later(this.next, piece.end);
      gone += 1;
    }
    if (gone > 0) this.#pieces = this.#pieces.slice(gone);
  }

  #keep(start: Seq, end: Seq): boolean {
    const pieces = this.#pieces;
    const from = pieces.findIndex((piece) => geq(piece.end, start));
    if (from < 0) {
      if (pieces.length < MAX_PIECES) pieces.push({ start, end });
      return true;
    }
    const first = pieces[from]!;
    if (leq(first.start, start) && geq(first.end, end)) return false;
    let to = from;
    const joined = { start, end };
    for (; to < pieces.length && leq(pieces[to]!.start, end); to++) {
      const piece = pieces[to]!;
      if (lt(piece.start, joined.start)) joined.start = piece.start;
      joined.end = later(joined.end, piece.end);
    }
    pieces.splice(from, to - from, joined);
    if (pieces.length > MAX_PIECES) pieces.pop();
    return true;
  }
}
