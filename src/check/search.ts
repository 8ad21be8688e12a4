/**
 * Breadth-first search of all states that two hosts can get into within the bounds. The first violation found is thus
 * one of the shortest.
 */
import { StateNames } from './key.ts';
import { flawOf, stepFlaw } from './properties.ts';
import { Workshop } from './workshop.ts';
import { type CheckOptions, isOver, type Move, type World } from './world.ts';

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

/** Why a search ended before it had gone through everything. */
export type Cut = 'depth' | 'states' | 'stopped';

export interface SearchResult {
  readonly states: number;
  readonly edges: number;
  /** Moves to the farthest state. */
  readonly depth: number;
  /** States in which all is over. */
  readonly over: number;
  /** undefined: it has gone through everything, or to a violation. */
  readonly cut: Cut | undefined;
  readonly violation: Violation | undefined;
}

/** How far it is. */
export interface Progress {
  readonly states: number;
  readonly depth: number;
}

const MOST_STATES = 5_000_000;
/** New states between two pauses. */
const STRIDE = 1000;

/** Goes through everything; the same options give the same result. */
export function search(options: CheckOptions, limits: SearchLimits = {}): SearchResult {
  const run = searching(options, limits);
  let step = run.next();
  while (!step.done) step = run.next();
  return step.value;
}

/**
 * The same, with a pause now and then in which the caller may look at the clock, or do other work; `next(true)` ends
 * the search there.
 */
export function searching(
  options: CheckOptions,
  limits: SearchLimits = {},
): Generator<Progress, SearchResult, true | undefined> {
  return new Search(options, limits).run();
}

class Search {
  readonly #workshop: Workshop;
  readonly #limits: Required<SearchLimits>;
  readonly #names = new StateNames();
  readonly #found = new Map<string, number>();
  /** States of the next depth, which are not expanded yet. */
  #next: [number, World][] = [];
  readonly #parents: number[] = [];
  readonly #moves: (Move | undefined)[] = [];
  readonly #over: number[] = [];
  /** From where each edge comes and where it leads, and whether it is the arrival of a packet. */
  readonly #tails: number[] = [];
  readonly #heads: number[] = [];
  readonly #arrivals: boolean[] = [];
  /** Moves to the states that are being found, and to the last new one. */
  #depth = 0;
  #farthest = 0;
  #paused = 0;
  #violation: Violation | undefined;
  #cut: Cut | undefined;

  constructor(options: CheckOptions, limits: SearchLimits) {
    this.#workshop = new Workshop(options);
    this.#limits = { depth: Number.POSITIVE_INFINITY, states: MOST_STATES, ...limits };
  }

  *run(): Generator<Progress, SearchResult, true | undefined> {
    this.#visit(this.#workshop.start());
    while (this.#next.length > 0 && !this.#ends()) {
      if (this.#depth === this.#limits.depth) {
        this.#cut = 'depth';
        break;
      }
      yield* this.#deeper();
    }
    if (!this.#ends()) this.#checkEnds();
    if (!this.#ends()) this.#checkSilence();
    return {
      states: this.#parents.length,
      edges: this.#heads.length,
      depth: this.#farthest,
      over: this.#over.length,
      cut: this.#cut,
      violation: this.#violation,
    };
  }

  #ends(): boolean {
    return this.#violation !== undefined || this.#cut !== undefined;
  }

  /** All states one move further. */
  *#deeper(): Generator<Progress, void, true | undefined> {
    const frontier = this.#next;
    this.#next = [];
    this.#depth += 1;
    for (const [index, world] of frontier) {
      if (this.#ends()) return;
      this.#expand(index, world);
      const states = this.#parents.length;
      if (states < this.#paused + STRIDE) continue;
      this.#paused = states;
      if ((yield { states, depth: this.#depth }) === true) this.#cut = 'stopped';
    }
  }

  #expand(index: number, world: World): void {
    const moves = this.#workshop.moves(world);
    if (moves.length === 0 && !isOver(world)) {
      this.#fail('nothing can happen any more, and the end has not come', index);
    }
    for (const move of moves) {
      if (this.#ends()) return;
      this.#follow(index, world, move);
    }
  }

  #follow(index: number, world: World, move: Move): void {
    let after: World;
    try {
      after = this.#workshop.after(world, move);
    } catch (error) {
      this.#fail(`an error: ${(error as Error).message}`, index, move);
      return;
    }
    const flaw = stepFlaw(world, after);
    if (flaw !== undefined) this.#fail(flaw, index, move);
    else this.#visit(after, index, move);
  }

  /** A state that has been reached: the first, or by a move from another. */
  #visit(world: World, parent = -1, move?: Move): void {
    const name = this.#names.nameOf(world);
    const known = this.#found.get(name);
    const index = known ?? this.#parents.length;
    if (known === undefined && index >= this.#limits.states) {
      this.#cut = 'states';
      return;
    }
    if (move !== undefined) {
      this.#tails.push(parent);
      this.#heads.push(index);
      this.#arrivals.push(move.kind === 'deliver');
    }
    if (known !== undefined) return;
    this.#found.set(name, index);
    this.#farthest = this.#depth;
    this.#parents.push(parent);
    this.#moves.push(move);
    this.#next.push([index, world]);
    if (isOver(world)) this.#over.push(index);
    const flaw = flawOf(world);
    if (flaw !== undefined) this.#fail(flaw, index);
  }

  #fail(flaw: string, index: number, last?: Move): void {
    const path = last === undefined ? [] : [last];
    for (let at = index; at > 0; at = this.#parents[at]!) path.unshift(this.#moves[at]!);
    this.#violation = { flaw, path };
  }

  /** From every state the end can be reached: goes back from the states in which all is over. */
  #checkEnds(): void {
    const before = this.#edgesBack(() => true);
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

  /** Left alone, the two fall silent: no circle of arrivals. Takes away what leads to silence, and that must be all. */
  #checkSilence(): void {
    const before = this.#edgesBack((edge) => this.#arrivals[edge]!);
    const ways = new Int32Array(this.#parents.length);
    for (const [edge, tail] of this.#tails.entries()) if (this.#arrivals[edge]) ways[tail]! += 1;
    const queue: number[] = [];
    for (const [index, count] of ways.entries()) if (count === 0) queue.push(index);
    let silent = 0;
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      silent += 1;
      for (const tail of before(index)) {
        ways[tail]! -= 1;
        if (ways[tail] === 0) queue.push(tail);
      }
    }
    if (silent < ways.length) {
      const first = ways.findIndex((count) => count > 0);
      this.#fail('from here packets go back and forth for ever', first);
    }
  }

  /** For each state those from which a move, of those wanted, leads to it. */
  #edgesBack(wanted: (edge: number) => boolean): (index: number) => Int32Array {
    const starts = new Int32Array(this.#parents.length + 1);
    for (const [edge, head] of this.#heads.entries()) if (wanted(edge)) starts[head + 1]! += 1;
    for (let i = 1; i < starts.length; i += 1) starts[i]! += starts[i - 1]!;
    const tails = new Int32Array(starts[starts.length - 1]!);
    const filled = starts.slice();
    for (const [edge, head] of this.#heads.entries()) {
      if (!wanted(edge)) continue;
      tails[filled[head]!] = this.#tails[edge]!;
      filled[head]! += 1;
    }
    return (index) => tails.subarray(starts[index], starts[index + 1]);
  }
}
