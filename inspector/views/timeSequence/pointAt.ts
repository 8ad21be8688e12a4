/** What of a time-sequence graph is at a place, and what is so at a moment. */
import { countBelow, countUpTo } from '../../model/column.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import { isOfPacket } from '../ladder/scene.ts';
import type { Plane } from './plane.ts';
import { placesIn } from './ranges.ts';
import type { Sequence } from './sequence.ts';

/** A segment or an acknowledgement, by its place in the columns. */
export interface Found {
  readonly kind: 'sent' | 'ack';
  readonly i: number;
}

/** px at which something is meant. */
const NEAR = 8;

/** The nearest thing to a place (px), undefined when nothing is near. */
export function foundAt(
  sequence: Sequence,
  { time, y: yOf }: Plane,
  x: number,
  y: number,
): Found | undefined {
  const reach = [time.t(x - NEAR), time.t(x + NEAR)] as const;
  let nearest: Found | undefined;
  let least = NEAR;
  const offer = (kind: Found['kind'], i: number, distance: number): void => {
    if (distance >= least) return;
    least = distance;
    nearest = { kind, i };
  };
  const { sentTime, sentFrom, sentTo, ackTime, ackSeq } = sequence;
  const [firstSent, lastSent] = placesIn(sentTime, reach);
  for (let i = firstSent; i < lastSent; i++) {
    const off = Math.max(0, y - yOf(sentFrom.at(i)), yOf(sentTo.at(i)) - y);
    offer('sent', i, Math.hypot(time.x(sentTime.at(i)) - x, off));
  }
  const [firstAck, lastAck] = placesIn(ackTime, reach);
  for (let i = firstAck; i < lastAck; i++)
    offer('ack', i, Math.hypot(time.x(ackTime.at(i)) - x, yOf(ackSeq.at(i)) - y));
  return nearest;
}

/** What a row is in the graph: an acknowledgement that came, or the segment whose sending, loss, arrival it is. */
export function foundOfRow(model: TraceModel, sequence: Sequence, row: number): Found | undefined {
  if (!isOfPacket(model, row)) return undefined;
  const { ackRow, sentPacket } = sequence;
  const ack = countBelow(ackRow.data, ackRow.length, row);
  if (ack < ackRow.length && ackRow.at(ack) === row) return { kind: 'ack', i: ack };
  const packet = model.events.a[row]! - 1;
  const sent = countBelow(sentPacket.data, sentPacket.length, packet);
  return sent < sentPacket.length && sentPacket.at(sent) === packet ? { kind: 'sent', i: sent } : undefined;
}

/** The event of a thing. */
export function rowOfFound({ packets }: TraceModel, sequence: Sequence, { kind, i }: Found): number {
  return kind === 'ack' ? sequence.ackRow.at(i) : packets.row.at(sequence.sentPacket.at(i));
}

/** What the sender knew at a moment; undefined before anything was so. */
export interface Standing {
  /** End of what was sent last */
  readonly sent: number | undefined;
  readonly ack: number | undefined;
  /** Right edge of the window */
  readonly edge: number | undefined;
}

/** What was so when the event in a row was the last that counted, at a time, us. */
export function standingAt({ sentTime, sentTo, ackTime, ackSeq, ackEdge }: Sequence, t: number): Standing {
  const sent = countUpTo(sentTime.data, sentTime.length, t) - 1;
  const ack = countUpTo(ackTime.data, ackTime.length, t) - 1;
  return {
    sent: sent < 0 ? undefined : sentTo.at(sent),
    ack: ack < 0 ? undefined : ackSeq.at(ack),
    edge: ack < 0 ? undefined : ackEdge.at(ack),
  };
}
