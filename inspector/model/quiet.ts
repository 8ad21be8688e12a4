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
  for (; found.rows < events.length; found.rows++) {
    const [from, to] = [events.time[found.rows - 1]!, events.time[found.rows]!];
    if (to > from) take(found.longest, { from, to });
  }
  return found.longest;
}

function take(longest: Stretch[], stretch: Stretch): void {
  const least = longest[KEPT - 1];
  if (least !== undefined && lengthOf(stretch) <= lengthOf(least)) return;
  let at = longest.length;
  while (at > 0 && lengthOf(longest[at - 1]!) < lengthOf(stretch)) at -= 1;
  longest.splice(at, 0, stretch);
  longest.length = Math.min(longest.length, KEPT);
}

function lengthOf({ from, to }: Stretch): number {
  return to - from;
}
