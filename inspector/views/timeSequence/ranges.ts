/** Which part of a time-sequence graph is seen. */
import { countBelow, countUpTo, type FloatList } from '../../model/column.ts';
import type { Sequence } from './sequence.ts';

/** From, to. */
export type Range = readonly [number, number];

/** Places in a sorted column that are between two times; one before and one after counted if `beyond`. */
export function placesIn(times: FloatList, [from, to]: Range, beyond = false): [number, number] {
  const first = countBelow(times.data, times.length, from);
  const last = countUpTo(times.data, times.length, to);
  return beyond ? [Math.max(0, first - 1), Math.min(times.length, last + 1)] : [first, last];
}

/** When the direction was used, us, with a little room; the whole run when never. */
export function usedTime({ sentTime, ackTime }: Sequence, start: number, finish: number): Range {
  const times = [sentTime, ackTime].filter(({ length }) => length > 0);
  if (times.length === 0) return [start, Math.max(finish, start + 1)];
  const first = Math.min(...times.map((list) => list.at(0)));
  const last = Math.max(...times.map((list) => list.at(list.length - 1)));
  const room = Math.max(1000, (last - first) * 0.03);
  return [first - room, last + room];
}

/** The window's edge is left out of sight when it is so much higher than what was sent, as a share of that. */
const FAR = 0.5;
/** Room below and above, as shares: letters stand over segments. */
const BELOW = 0.06;
const ABOVE = 0.1;

/** The sequence numbers that are used in a stretch of time (us). `whole` takes in the window however far its edge is. */
export function usedRange(sequence: Sequence, span: Range, whole: boolean): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const [firstSent, lastSent] = placesIn(sequence.sentTime, span);
  for (let i = firstSent; i < lastSent; i++) {
    low = Math.min(low, sequence.sentFrom.at(i));
    high = Math.max(high, sequence.sentTo.at(i));
  }
  const [first, last] = placesIn(sequence.ackTime, span, true);
  let edge = Number.NEGATIVE_INFINITY;
  for (let i = first; i < last; i++) {
    low = Math.min(low, sequence.ackSeq.at(i));
    high = Math.max(high, sequence.ackSeq.at(i));
    edge = Math.max(edge, sequence.ackEdge.at(i));
  }
  if (low > high) return [0, 10];
  if (edge > high && (whole || edge <= high + (high - low) * FAR)) high = edge;
  const used = high - low;
  return [low - Math.max(1, used * BELOW), high + Math.max(1, used * ABOVE)];
}

/** A range zoomed by a factor (below 1: in) around a value. */
export function zoomed([from, to]: Range, factor: number, around: number): Range {
  return [around - (around - from) * factor, around + (to - around) * factor];
}
