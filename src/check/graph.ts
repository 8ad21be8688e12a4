/** The states that have been found, by number, and the moves between them: some twenty bytes a state, four a move. */
import { SIDES, type Side } from './actor.ts';
import { Column } from './column.ts';
import type { Move } from './world.ts';

const KINDS = ['user', 'read', 'deliver', 'lose', 'duplicate', 'overtake', 'timer'] as const;

/** Every move there is; a move is noted as its place in this list. */
const MOVES: readonly Move[] = KINDS.flatMap((kind) =>
  SIDES.flatMap((side): Move[] =>
    kind === 'timer'
      ? [
          { kind, side, early: false },
          { kind, side, early: true },
        ]
      : [{ kind, side }],
  ),
);

/** Set in the head of an edge that is the arrival of a packet. */
const ARRIVAL = 1 << 31;

export class Graph {
  /** From where each state was found first, and by which move. */
  readonly #parents = new Column(Int32Array);
  readonly #moves = new Column(Uint8Array);
  /** Where the edges of a state begin; they are added state by state, in order. */
  readonly #starts = new Column(Int32Array);
  /** Where each edge leads. */
  readonly #heads = new Column(Int32Array);
  /** States in which all is over. */
  readonly #over: number[] = [];

  get states(): number {
    return this.#parents.length;
  }

  get edges(): number {
    return this.#heads.length;
  }

  get over(): number {
    return this.#over.length;
  }

  /** The next state, found from another by a move; the first one has none. */
  state(parent: number, move: Move | undefined, over: boolean): void {
    if (over) this.#over.push(this.states);
    this.#parents.push(parent);
    this.#moves.push(move === undefined ? 0 : codeOf(move));
  }

  /** The edges that follow lead from this state: each comes once, in order. */
  leave(index: number): void {
    while (this.#starts.length <= index) this.#starts.push(this.#heads.length);
  }

  edge(head: number, move: Move): void {
    this.#heads.push(move.kind === 'deliver' ? head | ARRIVAL : head);
  }

  /** The moves by which a state was found. */
  pathTo(index: number): Move[] {
    const path: Move[] = [];
    for (let at = index; at > 0; at = this.#parents.values[at]!)
      path.unshift(MOVES[this.#moves.values[at]!]!);
    return path;
  }

  /** The first state from which no way leads to where all is over: goes back from there. */
  neverOver(): number | undefined {
    const before = this.#edgesBack(false);
    const ends = new Uint8Array(this.states);
    for (const index of this.#over) ends[index] = 1;
    const queue = [...this.#over];
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      for (const tail of before(index)) {
        if (ends[tail] === 1) continue;
        ends[tail] = 1;
        queue.push(tail);
      }
    }
    return found(ends.indexOf(0));
  }

  /** The first state from which arrivals alone go on for ever: takes away what leads to silence. */
  neverSilent(): number | undefined {
    const before = this.#edgesBack(true);
    const ways = new Uint8Array(this.states);
    this.#eachEdge(true, (tail) => {
      ways[tail]! += 1;
    });
    const queue: number[] = [];
    for (const [index, count] of ways.entries()) if (count === 0) queue.push(index);
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      for (const tail of before(index)) {
        ways[tail]! -= 1;
        if (ways[tail] === 0) queue.push(tail);
      }
    }
    return found(ways.findIndex((count) => count > 0));
  }

  #eachEdge(arrivals: boolean, work: (tail: number, head: number) => void): void {
    this.leave(this.states);
    const [starts, heads] = [this.#starts.values, this.#heads.values];
    for (let tail = 0; tail < this.states; tail += 1) {
      for (let edge = starts[tail]!; edge < starts[tail + 1]!; edge += 1) {
        const head = heads[edge]!;
        if (!arrivals || head < 0) work(tail, head & ~ARRIVAL);
      }
    }
  }

  /** For each state those from which a move, or an arrival, leads to it. */
  #edgesBack(arrivals: boolean): (index: number) => Int32Array {
    const starts = new Int32Array(this.states + 1);
    this.#eachEdge(arrivals, (_, head) => {
      starts[head + 1]! += 1;
    });
    for (let i = 1; i < starts.length; i += 1) starts[i]! += starts[i - 1]!;
    const tails = new Int32Array(starts[starts.length - 1]!);
    const filled = starts.slice();
    this.#eachEdge(arrivals, (tail, head) => {
      tails[filled[head]!] = tail;
      filled[head]! += 1;
    });
    return (index) => tails.subarray(starts[index], starts[index + 1]);
  }
}

function codeOf({ kind, side, ...more }: Move): number {
  const early = 'early' in more && more.early;
  return kind === 'timer'
    ? 2 * KINDS.indexOf(kind) + 2 * side + Number(early)
    : 2 * KINDS.indexOf(kind) + (side as Side);
}

function found(index: number): number | undefined {
  return index < 0 ? undefined : index;
}
