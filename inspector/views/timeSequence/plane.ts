/** Where times and sequence numbers are in a time-sequence graph. */
import { type TimeScale, timeScale } from '../../draw/timeScale.ts';
import type { Range } from './ranges.ts';

/** The part that is seen, and where it is in px. */
export interface Plane {
  readonly time: TimeScale;
  /** Sequence numbers at the bottom and at the top. */
  readonly range: Range;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  y(seq: number): number;
  seq(y: number): number;
}

/** Room for the axes, px. */
const LEFT = 58;
const LEFT_COMPACT = 46;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;

export function planeOf(
  width: number,
  height: number,
  compact: boolean,
  [from, to]: Range,
  range: Range,
): Plane {
  const left = compact ? LEFT_COMPACT : LEFT;
  const [right, top, bottom] = [width - RIGHT, TOP, height - BOTTOM];
  const perByte = (bottom - top) / (range[1] - range[0]);
  return {
    ...{ range, left, right, top, bottom },
    time: timeScale(from, to, left, Math.max(1, right - left)),
    y: (seq) => bottom - (seq - range[0]) * perByte,
    seq: (y) => range[0] + (bottom - y) / perByte,
  };
}
