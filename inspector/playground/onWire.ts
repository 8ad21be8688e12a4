/** Packets under way at a moment, newest first, from the run's model. No DOM. */
import { NONE, type TraceModel } from '../model/traceModel.ts';

/** Packets looked at from the moment backwards: what is older and still under way is not listed. */
const LOOKED_AT = 400;

/** At most `limit` packets that were sent by `row` and of which a copy is on the link then. */
export function packetsOnWire(model: TraceModel, row: number, limit: number): number[] {
  const { packets } = model;
  const found: number[] = [];
  const last = packets.row.countUpTo(row) - 1;
  for (let packet = last; packet >= 0 && packet > last - LOOKED_AT && found.length < limit; packet--) {
    const underWay = packets.copiesOf(packet).some((copy) => {
      const end = packets.copyEndRow.at(copy);
      return end === NONE || end > row;
    });
    if (underWay || isJustSent(model, packet, row)) found.push(packet);
  }
  return found;
}

/** Sent, and nothing of the link is told yet: so it is in the moment between two events. */
function isJustSent({ packets, events }: TraceModel, packet: number, row: number): boolean {
  return packets.firstCopy.at(packet) === NONE && events.time[packets.row.at(packet)] === events.time[row];
}
