/**
 * A time scale from left to right on which the long waits of a run are folded, so that TIME_WAIT does not press a second
 * of traffic into a corner. It decides what is folded; no DOM.
 */
import type { Stretch } from '../model/quiet.ts';
import type { TimeScale } from './timeScale.ts';

/** A wait that is drawn folded. */
export interface Fold extends Stretch {
  /** px, the folded part */
  readonly left: number;
  readonly right: number;
}

export interface FoldedScale extends TimeScale {
  readonly folds: readonly Fold[];
  /** us in a px, outside folds */
  readonly perPixel: number;
}

/** px of a fold */
export const FOLD = 64;
/** A wait is folded when it would take more than this share of what is to scale. */
const SHARE = 0.4;
/** This share of what is to scale stays of a wait at both of its ends. */
const EDGE = 0.01;
/** Folds take this share of the width at the most. */
const FOLDED = 0.4;

/** The scale between two times over a width that begins at `left`, px; `waits` the longest first. */
export function foldedScale(
  waits: readonly Stretch[],
  from: number,
  to: number,
  left: number,
  width: number,
): FoldedScale {
  const chosen: Stretch[] = [];
  let rest = Math.max(1, to - from);
  for (const wait of waits) {
    const length = wait.to - wait.from;
    if (length <= SHARE * rest || (chosen.length + 1) * FOLD > FOLDED * width) break;
    // Nothing but waits: then they are what there is to see
    if (rest - length < 1) break;
    chosen.push(wait);
    rest -= length;
  }
  chosen.sort((a, b) => a.from - b.from);
  const edge = EDGE * rest;
  const shown = rest + 2 * edge * chosen.length;
  const perPixel = shown / Math.max(1, width - chosen.length * FOLD);
  // Where the slope changes
  const points: [t: number, x: number][] = [[from, left]];
  const folds: Fold[] = [];
  const goTo = (t: number): number => {
    const [t0, x0] = points.at(-1)!;
    const x = x0 + (t - t0) / perPixel;
    points.push([t, x]);
    return x;
  };
  for (const wait of chosen) {
    const start = goTo(wait.from + edge);
    points.push([wait.to - edge, start + FOLD]);
    folds.push({ ...wait, left: start, right: start + FOLD });
  }
  goTo(Math.max(to, from + 1));
  return {
    from,
    to,
    folds,
    perPixel,
    x: (t) => between(points, t, 0, 1),
    t: (x) => between(points, x, 1, 0),
  };
}

/** On the line through `points`, the value that belongs to `value`; beyond them the line goes on. */
function between(points: readonly [number, number][], value: number, known: 0 | 1, wanted: 0 | 1): number {
  let i = 1;
  while (i < points.length - 1 && points[i]![known] < value) i += 1;
  const [before, after] = [points[i - 1]!, points[i]!];
  const share = (value - before[known]) / (after[known] - before[known]);
  return before[wanted] + share * (after[wanted] - before[wanted]);
}
