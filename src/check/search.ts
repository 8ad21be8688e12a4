/**
 * Breadth-first search of all states that two hosts can get into within the bounds. The first violation found is thus
 * one of the shortest.
 */
import { StateNames } from './key.ts';
import { flawOf, stepFlaw } from './properties.ts';
import { type CheckOptions, isOver, type Move, Workshop, type World } from './world.ts';

export interface SearchLimits {
  /** Moves from the start; Infinity unless given. */
  readonly depth?: number;
  /** States; 5,000,000 unless given. */
  readonly states?: number;
}

export interface Violation {
  readonly flaw: string;
  /** From the start to where it shows. */
  readonly path: readonly Move[];
}

export interface SearchResult {
  readonly states: number;
  readonly edges: number;
  /** Moves to the farthest state. */
  readonly depth: number;
  /** States in which all is over. */
  readonly over: number;
  /** False when a limit cut the search short. */
  readonly complete: boolean;
  readonly violation: Violation | undefined;
}

/** Told now and then how far it is; returns false to stop. */
export type Progress = (states: number, depth: number) => boolean;

const MOST_STATES = 5_000_000;
/** New states between two calls of the progress. */
const STRIDE = 1000;

/** Goes through everything; the same options give the same result. */
export function search(
  options: CheckOptions,
  limits: SearchLimits = {},
  progress: Progress = () => true,
): SearchResult {
  return new Search(options, limits, progress).run();
}

class Search {
  readonly #workshop: Workshop;
  readonly #limits: Required<SearchLimits>;
  readonly #progress: Progress;
  readonly #names = new StateNames();
  readonly #found = new Map<string, number>();
  /** What is not expanded yet: states of this depth and of the next. */
  #frontier: [number, World][] = [];
  #next: [number, World][] = [];
  readonly #parents: number[] = [];
  readonly #moves: (Move | undefined)[] = [];
  readonly #over: number[] = [];
  /** From where each edge comes and where it leads. */
  readonly #tails: number[] = [];
  readonly #heads: number[] = [];
  #violation: Violation | undefined;
  #stopped = false;

  constructor(options: CheckOptions, limits: SearchLimits, progress: Progress) {
    this.#workshop = new Workshop(options);
    this.#limits = { depth: Number.POSITIVE_INFINITY, states: MOST_STATES, ...limits };
    this.#progress = progress;
  }

  run(): SearchResult {
    const start = this.#workshop.start();
    this.#visit(start, -1, undefined);
    let depth = 0;
    while (this.#next.length > 0 && !this.#ends() && depth < this.#limits.depth) {
      this.#frontier = this.#next;
      this.#next = [];
      depth += 1;
      for (const [index, world] of this.#frontier) {
        if (this.#ends()) break;
        this.#expand(index, world, depth);
      }
    }
    const complete = !this.#stopped && this.#next.length === 0;
    if (this.#violation === undefined && complete) this.#checkEnds();
    return {
      states: this.#parents.length,
      edges: this.#heads.length,
      depth,
      over: this.#over.length,
      complete,
      violation: this.#violation,
    };
  }

  #ends(): boolean {
    return this.#violation !== undefined || this.#stopped;
  }

  #expand(index: number, world: World, depth: number): void {
    const moves = this.#workshop.moves(world);
    if (moves.length === 0 && !isOver(world)) {
      this.#fail('nothing can happen any more, and the end has not come', index);
    }
    for (const move of moves) {
      if (this.#ends()) return;
      this.#follow(index, world, move, depth);
    }
  }

  #follow(index: number, world: World, move: Move, depth: number): void {
    let after: World;
    try {
      after = this.#workshop.after(world, move);
    } catch (error) {
      this.#fail(`an error: ${(error as Error).message}`, index, move);
      return;
    }
    const flaw = stepFlaw(world, after);
    if (flaw !== undefined) this.#fail(flaw, index, move);
    else this.#visit(after, index, move, depth);
  }

  /** A state that has been reached, by a move from another. */
  #visit(world: World, parent: number, move: Move | undefined, depth = 0): void {
    const name = this.#names.nameOf(world);
    const known = this.#found.get(name);
    const index = known ?? this.#parents.length;
    if (parent >= 0) {
      this.#tails.push(parent);
      this.#heads.push(index);
    }
    if (known !== undefined) return;
    this.#found.set(name, index);
    this.#parents.push(parent);
    this.#moves.push(move);
    this.#next.push([index, world]);
    if (isOver(world)) this.#over.push(index);
    const flaw = flawOf(world);
    if (flaw !== undefined) this.#fail(flaw, index);
    if (index % STRIDE === 0 && !this.#progress(index, depth)) this.#stopped = true;
    if (index >= this.#limits.states) this.#stopped = true;
  }

  #fail(flaw: string, index: number, last?: Move): void {
    const path = last === undefined ? [] : [last];
    for (let at = index; at > 0; at = this.#parents[at]!) path.unshift(this.#moves[at]!);
    this.#violation = { flaw, path };
  }

  /** From every state the end can be reached: goes back from the states in which all is over. */
  #checkEnds(): void {
    const before = this.#edgesBack();
    const ends = new Uint8Array(this.#parents.length);
    const queue = [...this.#over];
    for (const index of queue) ends[index] = 1;
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      for (const tail of before(index)) {
        if (ends[tail] === 1) continue;
        ends[tail] = 1;
        queue.push(tail);
      }
    }
    const lost = ends.indexOf(0);
    if (lost >= 0) this.#fail('from here the end is never reached, whatever happens', lost);
  }

  /** For each state those from which a move leads to it. */
  #edgesBack(): (index: number) => Int32Array {
    const starts = new Int32Array(this.#parents.length + 1);
    for (const head of this.#heads) starts[head + 1]! += 1;
    for (let i = 1; i < starts.length; i += 1) starts[i]! += starts[i - 1]!;
    const tails = new Int32Array(this.#heads.length);
    const filled = starts.slice();
    for (const [edge, head] of this.#heads.entries()) {
      tails[filled[head]!] = this.#tails[edge]!;
      filled[head]! += 1;
    }
    return (index) => tails.subarray(starts[index], starts[index + 1]);
  }
}
