/**
 * Time that runs down a ladder, true to scale but for the gaps in which nothing happens and nothing is under way: a long
 * one is folded to a few pixels.
 */
import { countUpTo, FloatList } from '../../model/column.ts';
import type { Arrows } from './arrows.ts';

/** Stretches without anything, us: from, to. */
export interface Gaps {
  readonly from: FloatList;
  readonly to: FloatList;
}

/**
 * The gaps between `start` and `finish` (us). `shown` are places of arrows, `times` those of whatever else is drawn, in
 * order.
 */
export function gapsOf(
  arrows: Arrows,
  shown: Int32Array,
  times: ArrayLike<number>,
  start: number,
  finish: number,
): Gaps {
  const gaps = { from: new FloatList(), to: new FloatList() };
  const order = inOrder(arrows, shown);
  let busyUntil = start;
  let at = 0;
  let other = 0;
  const open = (t: number): void => {
    if (t <= busyUntil) return;
    gaps.from.push(busyUntil);
    gaps.to.push(t);
    busyUntil = t;
  };
  while (at < shown.length || other < times.length) {
    const sent = at < shown.length ? arrows.start(order[at]!) : Number.POSITIVE_INFINITY;
    const time = times[other] ?? Number.POSITIVE_INFINITY;
    open(Math.min(sent, time));
    if (time <= sent) other += 1;
    else busyUntil = Math.max(busyUntil, arrows.ended.at(order[at++]!));
  }
  open(finish);
  return gaps;
}

/** Arrows by when they start; only those of which the sending is not told may be out of order. */
function inOrder(arrows: Arrows, shown: Int32Array): Int32Array {
  for (let i = 1; i < shown.length; i++)
    if (arrows.start(shown[i]!) < arrows.start(shown[i - 1]!))
      return shown.slice().sort((one, other) => arrows.start(one) - arrows.start(other));
  return shown;
}

/** A gap that is drawn folded. */
export interface Fold {
  /** us, the whole gap */
  readonly from: number;
  readonly to: number;
  /** px, the folded part */
  readonly top: number;
  readonly bottom: number;
}

/** A gap is folded when it would be longer than so, px; so much stays of it at both ends, and between. */
export const FOLDED_FROM = 72;
const EDGE = 12;
export const FOLD_HEIGHT = 22;

/** px before the first time */
const MARGIN = 14;

export class FoldedTime {
  /** px */
  readonly height: number;
  readonly folds: readonly Fold[];
  /** px in a us, of what is not folded. */
  readonly scale: number;
  /** Where the slope changes: times (us) and places (px). */
  readonly #t = new FloatList();
  readonly #y = new FloatList();

  /** `unfolded` are the starts (us) of gaps that are drawn to scale. */
  constructor(
    start: number,
    finish: number,
    gaps: Gaps,
    scale: number,
    unfolded: ReadonlySet<number> | 'all' = new Set(),
  ) {
    this.scale = scale;
    const folds: Fold[] = [];
    this.#put(start, MARGIN);
    for (let i = 0; i < gaps.from.length; i++) {
      const [from, to] = [gaps.from.at(i), gaps.to.at(i)];
      if ((to - from) * scale <= FOLDED_FROM || unfolded === 'all' || unfolded.has(from)) continue;
      // At the very start there is nothing to keep apart from
      const top = from === start ? this.#advance(from) : this.#advance(from + EDGE / scale);
      const until = to - EDGE / scale;
      this.#put(until, top + FOLD_HEIGHT);
      folds.push({ from, to, top, bottom: top + FOLD_HEIGHT });
    }
    this.height = this.#advance(Math.max(finish, this.#t.at(this.#t.length - 1)));
    this.folds = folds;
  }

  /** Where a time (us) is, px. */
  y(t: number): number {
    return between(this.#t, this.#y, t, this.scale);
  }

  /** Which time (us) is at a place, px. */
  t(y: number): number {
    return between(this.#y, this.#t, y, 1 / this.scale);
  }

  /** The fold at a place (px), undefined when there is none. */
  foldAt(y: number): Fold | undefined {
    let [low, high] = [0, this.folds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.folds[middle]!.bottom < y) low = middle + 1;
      else high = middle;
    }
    const fold = this.folds[low];
    return fold !== undefined && fold.top <= y ? fold : undefined;
  }

  /** Goes on to a time to scale; returns the place. */
  #advance(t: number): number {
    const last = this.#t.length - 1;
    const y = this.#y.at(last) + (t - this.#t.at(last)) * this.scale;
    this.#put(t, y);
    return y;
  }

  #put(t: number, y: number): void {
    this.#t.push(t);
    this.#y.push(y);
  }
}

/** The value that belongs to `x` on a line through points in order; beyond them it goes on with `slope`. */
function between(xs: FloatList, ys: FloatList, x: number, slope: number): number {
  const i = countUpTo(xs.data, xs.length, x) - 1;
  if (i < 0) return ys.at(0) + (x - xs.at(0)) * slope;
  if (i === xs.length - 1) return ys.at(i) + (x - xs.at(i)) * slope;
  const [x0, x1] = [xs.at(i), xs.at(i + 1)];
  return ys.at(i) + ((ys.at(i + 1) - ys.at(i)) * (x - x0)) / (x1 - x0);
}

/** How much room a segment should have, px. */
const ROOM = 30;
/** Least and most that a packet's way should be tall, px. */
const LEAST_WAY = 14;
const MOST_WAY = 220;

/**
 * px in a us at which `count` things can be read, each in a line of its own, on the whole; a packet's way (`transit`, us)
 * is to be seen in a view of a height, px.
 */
export function readableScale(
  start: number,
  finish: number,
  gaps: Gaps,
  transit: number,
  count: number,
  height: number,
): number {
  let busy = Math.max(1, finish - start);
  const even = (finish - start) / Math.max(1, count);
  const kept = Math.max(transit === 0 ? even / 2 : transit / 4, 1);
  for (let i = 0; i < gaps.from.length; i++) busy -= Math.max(0, gaps.to.at(i) - gaps.from.at(i) - kept);
  const wanted = (ROOM * Math.max(1, count)) / Math.max(1, busy);
  if (transit === 0) return wanted;
  return Math.min(Math.max(wanted, LEAST_WAY / transit), Math.min(MOST_WAY, 0.4 * height) / transit);
}

/** Times between two places, px, a step apart; none that are in a fold. */
export function* timesBetween(time: FoldedTime, step: number, from: number, to: number): Generator<number> {
  const last = time.t(to);
  for (let t = Math.ceil(time.t(from) / step) * step; t <= last; t += step) {
    const fold = time.foldAt(time.y(t));
    if (fold === undefined) yield t;
    // On to the first one after it
    else t = Math.max(t, Math.floor(time.t(fold.bottom) / step) * step);
  }
}
