/**
 * Breadth-first search of all states that two hosts can get into within the bounds. The first violation found is thus
 * one of the shortest.
 */
import { Graph } from './graph.ts';
import { StateNumbers } from './names.ts';
import { flawOf, stepFlaw } from './properties.ts';
import { enough } from './reduction.ts';
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
  readonly #reduces: boolean;
  readonly #limits: Required<SearchLimits>;
  readonly #numbers = new StateNumbers();
  readonly #graph = new Graph();
  /** States of the next depth, which are not expanded yet, in the order of their numbers. */
  #next: World[] = [];
  /** Moves to the states that are being found, and to the last new one. */
  #depth = 0;
  #farthest = 0;
  #paused = 0;
  #violation: Violation | undefined;
  #cut: Cut | undefined;

  constructor(options: CheckOptions, limits: SearchLimits) {
    this.#workshop = new Workshop(options);
    this.#reduces = !(options.allOrders ?? false);
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
    const { states, edges, over } = this.#graph;
    const depth = this.#farthest;
    return { states, edges, depth, over, cut: this.#cut, violation: this.#violation };
  }

  #ends(): boolean {
    return this.#violation !== undefined || this.#cut !== undefined;
  }

  /** All states one move further. */
  *#deeper(): Generator<Progress, void, true | undefined> {
    const frontier = this.#next;
    let index = this.#graph.states - frontier.length;
    this.#next = [];
    this.#depth += 1;
    for (const world of frontier) {
      if (this.#ends()) return;
      this.#expand(index, world);
      index += 1;
      const { states } = this.#graph;
      if (states < this.#paused + STRIDE) continue;
      this.#paused = states;
      if ((yield { states, depth: this.#depth }) === true) this.#cut = 'stopped';
    }
  }

  #expand(index: number, world: World): void {
    const possible = this.#workshop.moves(world);
    if (possible.length === 0 && !isOver(world)) {
      this.#fail('nothing can happen any more, and the end has not come', index);
    }
    const moves = this.#reduces ? enough(world, possible) : possible;
    this.#graph.leave(index);
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
    const flaw = stepFlaw(world, after, move);
    if (flaw !== undefined) this.#fail(flaw, index, move);
    else this.#visit(after, index, move);
  }

  /** A state that has been reached: the first, or by a move from another. */
  #visit(world: World, parent = 0, move?: Move): void {
    const before = this.#numbers.size;
    const index = this.#numbers.numberOf(world);
    const known = index < before;
    if (!known && index >= this.#limits.states) {
      this.#cut = 'states';
      return;
    }
    if (move !== undefined) this.#graph.edge(index, move);
    if (known) return;
    this.#farthest = this.#depth;
    this.#graph.state(parent, move, isOver(world));
    this.#next.push(world);
    const flaw = flawOf(world);
    if (flaw !== undefined) this.#fail(flaw, index);
  }

  #fail(flaw: string, index: number, last?: Move): void {
    this.#violation = { flaw, path: [...this.#graph.pathTo(index), ...(last === undefined ? [] : [last])] };
  }

  /** From every state the end can be reached. */
  #checkEnds(): void {
    const lost = this.#graph.neverOver();
    if (lost !== undefined) this.#fail('from here the end is never reached, whatever happens', lost);
  }

  /** Left alone, the two fall silent: no circle of arrivals. */
  #checkSilence(): void {
    const first = this.#graph.neverSilent();
    if (first !== undefined) this.#fail('from here packets go back and forth for ever', first);
  }
}
