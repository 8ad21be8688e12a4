/**
 * What arrived ahead of a gap (RFC 9293 section 3.10.7.4, SHLD-31): which ranges of the sequence space the receive
 * buffer holds beyond RCV.NXT, and the SACK blocks that say so (RFC 2018 section 4).
 */
import { earlier, geq, gt, later, leq, type Seq, seq } from './seq.ts';

/** More separate ranges than this and a new one is refused: nobody makes us keep a list of crumbs. */
const MOST_RANGES = 256;

interface Range {
  left: Seq;
  right: Seq;
  /** When it last grew: the newest is reported first. */
  stamp: number;
}

export class Reassembly {
  readonly #ranges: Range[] = [];
  #stamp = 0;

  get empty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Separate ranges held. */
  get count(): number {
    return this.#ranges.length;
  }

  /** Takes in left to right; false if there are too many ranges already, unless it is `next`: what RCV.NXT waits for. */
  add(left: Seq, right: Seq, next = false): boolean {
    const ranges = this.#ranges;
    let i = ranges.length;
    // From the end: most of what arrives early belongs to the newest range.
    while (i > 0 && geq((ranges[i - 1] as Range).right, left)) i -= 1;
    let j = i;
    let from = left;
    let to = right;
    while (j < ranges.length && leq((ranges[j] as Range).left, right)) {
      from = earlier(from, (ranges[j] as Range).left);
      to = later(to, (ranges[j] as Range).right);
      j += 1;
    }
    if (i === j && ranges.length >= MOST_RANGES && !next) return false;
    this.#stamp += 1;
    if (j === i + 1) {
      const range = ranges[i] as Range;
      range.left = from;
      range.right = to;
      range.stamp = this.#stamp;
    } else ranges.splice(i, j - i, { left: from, right: to, stamp: this.#stamp });
    return true;
  }

  /** The first range of left to right that is held already (RFC 2883 section 4.2); undefined if none of it is. */
  heldOf(left: Seq, right: Seq): readonly [left: Seq, right: Seq] | undefined {
    const ranges = this.#ranges;
    // Text in order, and text beyond all that is held, are the common cases
    if (ranges.length === 0 || leq((ranges[ranges.length - 1] as Range).right, left)) return undefined;
    for (const range of ranges) {
      const from = later(left, range.left);
      const to = earlier(right, range.right);
      if (gt(to, from)) return [from, to];
    }
    return undefined;
  }

  /** RCV.NXT has come to `next`: returns where the data held without a gap from there ends, and forgets it. */
  advance(next: Seq): Seq {
    const ranges = this.#ranges;
    let reached = next;
    let gone = 0;
    while (gone < ranges.length && leq((ranges[gone] as Range).left, reached)) {
      reached = later(reached, (ranges[gone] as Range).right);
      gone += 1;
    }
    if (gone > 0) ranges.splice(0, gone);
    return reached;
  }

  /** Writes up to `most` blocks, the newest first, into `blocks` as left, right; returns how many. */
  blocks(blocks: Uint32Array, most: number): number {
    const limit = Math.min(most, this.#ranges.length);
    let before = this.#stamp + 1;
    for (let n = 0; n < limit; n++) {
      let newest: Range | undefined;
      for (const range of this.#ranges) {
        if (range.stamp < before && (newest === undefined || range.stamp > newest.stamp)) newest = range;
      }
      if (newest === undefined) return n;
      blocks[2 * n] = newest.left;
      blocks[2 * n + 1] = newest.right;
      before = newest.stamp;
    }
    return limit;
  }

  /** Right edge of the last range; undefined without any. */
  get highest(): Seq | undefined {
    return this.#ranges[this.#ranges.length - 1]?.right;
  }

  /** The ranges held, for a snapshot. */
  get ranges(): readonly { left: Seq; right: Seq; stamp: number }[] {
    return this.#ranges.map((range) => ({ ...range }));
  }

  restore(
    ranges: readonly { readonly left: number; readonly right: number; readonly stamp: number }[],
  ): void {
    for (const { left, right, stamp } of ranges) {
      this.#ranges.push({ left: seq(left), right: seq(right), stamp });
      this.#stamp = Math.max(this.#stamp, stamp);
    }
  }

  /** True if the range reaches beyond `edge`. */
  reaches(edge: Seq): boolean {
    const highest = this.highest;
    return highest !== undefined && gt(highest, edge);
  }

  clear(): void {
    this.#ranges.length = 0;
  }
}
