/**
 * Variables over time as a plot takes them: one list of times, and for each line its value at each. Of many changes that
 * fall on one column of pixels the first, the least, the largest and the last are kept, so that nothing that would be
 * seen is missing.
 */
import { countUpTo } from '../../model/column.ts';
import type { EventTable } from '../../model/eventTable.ts';
import type { Series } from '../../model/series.ts';

/** Times (us), and for each line as many values; null where there is none. */
export interface Lines {
  readonly times: readonly number[];
  readonly values: readonly (readonly (number | null)[])[];
}

/** A value as it is drawn: null for what is not. */
export type Shape = (value: number) => number | null;

/** Steps of several variables between two times (us), in so many columns. */
export function stepLines(
  events: EventTable,
  all: readonly (Series | undefined)[],
  [from, to]: readonly [number, number],
  columns: number,
  shape: Shape = (value) => value,
): Lines {
  const chosen = new Set<number>([from, to]);
  for (const series of all) if (series !== undefined) choose(events, series, from, to, columns, chosen);
  const times = [...chosen].sort((one, other) => one - other);
  return { times, values: all.map((series) => valuesAt(events, series, times, shape)) };
}

/** Adds the times of the changes that are kept. */
function choose(
  events: EventTable,
  series: Series,
  from: number,
  to: number,
  columns: number,
  into: Set<number>,
): void {
  const { rows, values } = series;
  const perColumn = Math.max(1, (to - from) / Math.max(1, columns));
  const time = (i: number): number => events.time[rows.at(i)]!;
  const end = changesUpTo(events, series, to);
  let i = changesUpTo(events, series, from);
  while (i < end) {
    const first = i;
    const column = Math.floor((time(i) - from) / perColumn);
    let [least, most] = [i, i];
    while (i < end && Math.floor((time(i) - from) / perColumn) === column) {
      if (values.at(i) < values.at(least)) least = i;
      if (values.at(i) > values.at(most)) most = i;
      i += 1;
    }
    for (const kept of [first, least, most, i - 1]) into.add(time(kept));
  }
}

/** How many changes there are up to a time, us. */
export function changesUpTo(events: EventTable, { rows }: Series, t: number): number {
  return rows.countUpTo(countUpTo(events.time, events.length, t) - 1);
}

function valuesAt(
  events: EventTable,
  series: Series | undefined,
  times: readonly number[],
  shape: Shape,
): (number | null)[] {
  if (series === undefined) return times.map(() => null);
  const { rows, values } = series;
  let next = changesUpTo(events, series, times[0] ?? 0);
  return times.map((t) => {
    while (next < rows.length && events.time[rows.at(next)]! <= t) next += 1;
    return next === 0 ? null : shape(values.at(next - 1));
  });
}

/** The largest value of some lines; 0 when there is none. */
export function largest(values: readonly (readonly (number | null)[])[]): number {
  let most = 0;
  for (const line of values) for (const value of line) if (value !== null && value > most) most = value;
  return most;
}
