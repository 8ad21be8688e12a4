/** Where a time is on an axis from left to right; no DOM, so that geometry can be tested in Node. */

/** Times (us) and places (px) of a stretch. */
export interface TimeScale {
  readonly from: number;
  readonly to: number;
  x(t: number): number;
  t(x: number): number;
}

/** The stretch between two times over a width that begins at `left`, px. */
export function timeScale(from: number, to: number, left: number, width: number): TimeScale {
  const perTime = width / Math.max(1, to - from);
  return { from, to, x: (t) => left + (t - from) * perTime, t: (x) => from + (x - left) / perTime };
}
