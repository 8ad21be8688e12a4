/** The longest stretches of a run in which nothing happens, kept up to date while it grows. */
import type { EventTable } from './eventTable.ts';

/** us, from one event to the next */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** So many of the longest are known. */
const KEPT = 32;

interface Known {
  /** Rows that were looked at. */
  rows: number;
  /** The longest first. */
  readonly longest: Stretch[];
}

const known = new WeakMap<EventTable, Known>();

/** The longest stretches without an event, the longest first. */
export function quietIn(events: EventTable): readonly Stretch[] {
  const found = known.get(events) ?? { rows: 1, longest: [] };
  known.set(events, found);
  const { longest } = found;
  const { length, time } = events;
  let least = leastOf(longest);
  for (let row = found.rows; row < length; row++) {
    const [from, to] = [time[row - 1]!, time[row]!];
    if (to - from <= least) continue;
    take(longest, { from, to });
    least = leastOf(longest);
  }
  found.rows = Math.max(found.rows, length);
  return longest;
}

/** A stretch must be longer than so to be one of the longest. */
function leastOf(longest: readonly Stretch[]): number {
  const last = longest[KEPT - 1];
  return last === undefined ? 0 : lengthOf(last);
}

function take(longest: Stretch[], stretch: Stretch): void {
  let at = longest.length;
  while (at > 0 && lengthOf(longest[at - 1]!) < lengthOf(stretch)) at -= 1;
  longest.splice(at, 0, stretch);
  longest.length = Math.min(longest.length, KEPT);
}

function lengthOf({ from, to }: Stretch): number {
  return to - from;
}
