/**
 * The timers of one endpoint in a heap ordered by (deadline, order of arming): decides what fires when.
 * What a timer means is its owner's business; who says what time it is, is the queue's owner's.
 */
import type { Timer, TimerOwner, Timers } from './timers.ts';

/** Firings at one and the same instant after which a timer that re-arms itself with 0 is taken for a mistake. */
const INSTANT_LIMIT = 100_000;

class HeapTimer implements Timer {
  readonly owner: TimerOwner;
  readonly slot: number;
  at = Number.POSITIVE_INFINITY;
  order = 0;
  /** Place in the heap, -1 when idle. */
  index = -1;

  constructor(owner: TimerOwner, slot: number) {
    this.owner = owner;
    this.slot = slot;
  }
}

/** Is `a` due before `b`? */
function before(a: HeapTimer, b: HeapTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** The timers of one endpoint. Arming, moving and cancelling take O(log n) and allocate nothing. */
export class TimerQueue implements Timers {
  /** The order that the next timer armed gets. Part of a snapshot: set it when restoring one. */
  nextOrder = 0;
  private time: number;
  private readonly heap: HeapTimer[] = [];
  private advancing = false;

  /** `now`: the time it starts at, us. */
  constructor(now = 0) {
    if (!Number.isSafeInteger(now)) throw new RangeError(`time must be an integer number of us, not ${now}`);
    this.time = now;
  }

  now(): number {
    return this.time;
  }

  /** Timers armed. */
  get size(): number {
    return this.heap.length;
  }

  /** The earliest deadline, us; Infinity when no timer is armed. */
  get nextTimeout(): number {
    const first = this.heap[0];
    return first === undefined ? Number.POSITIVE_INFINITY : first.at;
  }

  create(owner: TimerOwner, slot: number): Timer {
    return new HeapTimer(owner, slot);
  }

  /** Throws a RangeError when `delay` is not an integer of at least 0, or the deadline beyond exact integers. */
  arm(timer: Timer, delay: number): void {
    const at = this.time + delay;
    if (!(delay >= 0) || !Number.isSafeInteger(delay) || !Number.isSafeInteger(at)) {
      throw new RangeError(`a timer's delay must be an integer number of us of at least 0, not ${delay}`);
    }
    this.place(timer as HeapTimer, at, this.nextOrder);
    this.nextOrder += 1;
  }

  armAt(timer: Timer, at: number, order: number): void {
    if (!Number.isSafeInteger(at) || !Number.isSafeInteger(order)) {
      throw new RangeError(`a timer's deadline and order must be integers, not ${at} and ${order}`);
    }
    this.place(timer as HeapTimer, at, order);
    if (order >= this.nextOrder) this.nextOrder = order + 1;
  }

  cancel(timer: Timer): void {
    const gone = timer as HeapTimer;
    const index = gone.index;
    if (index < 0) return;
    gone.index = -1;
    gone.at = Number.POSITIVE_INFINITY;
    const last = this.heap.pop() as HeapTimer;
    if (last !== gone) this.settle(index, last);
  }

  /**
   * Fires all timers due up to `now` (us), each at its own deadline and in order, then sets the time to `now`.
   * A time in the past is ignored. Throws when called by a timer it fires, and when timers keep re-arming
   * themselves for the same instant.
   */
  advanceTo(now: number): void {
    if (!Number.isSafeInteger(now)) throw new RangeError(`time must be an integer number of us, not ${now}`);
    if (this.advancing)
      throw new Error('advanceTo was called while a timer fires: time stands still meanwhile');
    if (now < this.time) return;
    this.advancing = true;
    try {
      this.fireUntil(now);
    } finally {
      this.advancing = false;
    }
    this.time = now;
  }

  private fireUntil(now: number): void {
    let fired = 0;
    for (let first = this.heap[0]; first !== undefined && first.at <= now; first = this.heap[0]) {
      // A deadline restored from a snapshot may lie in the past: time stands still for it.
      if (first.at > this.time) {
        this.time = first.at;
        fired = 0;
      }
      fired += 1;
      if (fired > INSTANT_LIMIT) {
        throw new Error(
          `more than ${INSTANT_LIMIT} timers fired at ${this.time} us: one re-arms itself with 0`,
        );
      }
      this.cancel(first);
      first.owner.timeout(first);
    }
  }

  private place(timer: HeapTimer, at: number, order: number): void {
    timer.at = at;
    timer.order = order;
    if (timer.index < 0) {
      this.heap.push(timer);
      this.up(this.heap.length - 1, timer);
    } else {
      this.settle(timer.index, timer);
    }
  }

  /** Puts `timer` into the hole at `index`, wherever it belongs from there. */
  private settle(index: number, timer: HeapTimer): void {
    if (index > 0 && before(timer, this.heap[(index - 1) >> 1]!)) this.up(index, timer);
    else this.down(index, timer);
  }

  private up(start: number, timer: HeapTimer): void {
    const heap = this.heap;
    let index = start;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above]!;
      if (before(parent, timer)) break;
      heap[index] = parent;
      parent.index = index;
      index = above;
    }
    heap[index] = timer;
    timer.index = index;
  }

  private down(start: number, timer: HeapTimer): void {
    const heap = this.heap;
    const size = heap.length;
    let index = start;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= size) break;
      if (below + 1 < size && before(heap[below + 1]!, heap[below]!)) below += 1;
      const child = heap[below]!;
      if (before(timer, child)) break;
      heap[index] = child;
      child.index = index;
      index = below;
    }
    heap[index] = timer;
    timer.index = index;
  }
}
