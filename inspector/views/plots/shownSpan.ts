/** The stretch of time that plots show: what was chosen, or the run without a long quiet end (TIME_WAIT). */
import type { TraceModel } from '../../model/traceModel.ts';
import { chosenSpan, showSpan } from '../../state/span.ts';

/** A quiet end that is a larger share of the run is left out. */
const QUIET = 0.25;

/** us, from and to */
export function shownSpan(model: TraceModel): readonly [number, number] {
  return chosenSpan.value ?? busySpan(model);
}

/** From the start to a little after the last packet has come to its end. */
export function busySpan({ packets, events, start, finish }: TraceModel): readonly [number, number] {
  const whole = [start, Math.max(finish, start + 1)] as const;
  let last = packets.length === 0 ? -1 : packets.row.at(packets.length - 1);
  // Copies part in the order of their sendings, nearly: the last ones tell.
  for (let copy = Math.max(0, packets.copies - 1000); copy < packets.copies; copy++)
    last = Math.max(last, packets.copyLastRow.at(copy));
  if (last < 0) return whole;
  const end = events.time[last]! + (events.time[last]! - start) * 0.03;
  return finish - end > QUIET * (finish - start) && end > start ? [start, end] : whole;
}

/** Before a gesture: what is shown by itself becomes what was chosen, so that zooming begins from it. */
export function settleSpan(model: TraceModel): void {
  if (chosenSpan.peek() === undefined) showSpan(...busySpan(model));
}
