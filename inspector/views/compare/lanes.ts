/**
 * A run as a lane: the client's line above, the server's below, time from left to right, each packet a slanted stroke.
 * It decides what is drawn where and leaves out what would be drawn twice on the same pixels. No DOM.
 */
import { MARK, NONE, type TraceModel } from '../../model/traceModel.ts';

export type StrokeKind = 'there' | 'back' | 'resent';

/** A copy of a packet, px. */
export interface Stroke {
  readonly packet: number;
  readonly kind: StrokeKind;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** It did not get there. */
  readonly lost: boolean;
  readonly corrupted: boolean;
}

/** Where a lane is. */
export interface LaneRoom {
  readonly top: number;
  readonly bottom: number;
  /** px of a time, us */
  readonly x: (t: number) => number;
  /** us */
  readonly from: number;
  readonly to: number;
}

/** Strokes that one lane has at most: more could not be told apart. */
const MOST = 6000;
/** How far a packet that was lost at once is drawn, px, and the share of the way that any lost one goes. */
const STUB = 5;
const LOST_WAY = 0.45;

/** The strokes that are to be seen, in the order in which the packets were sent. */
export function strokesOf(model: TraceModel, room: LaneRoom): Stroke[] {
  const { packets, events } = model;
  const strokes: Stroke[] = [];
  const drawn = new Set<string>();
  for (let packet = 0; packet < packets.length && strokes.length < MOST; packet++) {
    if (events.time[packets.row.at(packet)]! > room.to) break;
    for (const copy of packets.copiesOf(packet)) {
      const stroke = strokeOf(model, packet, copy, room);
      if (stroke === undefined) continue;
      const { kind, x0, x1, lost, corrupted } = stroke;
      const key = `${kind}${Math.round(x0)},${Math.round(x1)}${lost}${corrupted}`;
      if (drawn.has(key)) continue;
      drawn.add(key);
      strokes.push(stroke);
    }
  }
  return strokes;
}

function strokeOf(model: TraceModel, packet: number, copy: number, room: LaneRoom): Stroke | undefined {
  const { packets, events, words } = model;
  const row = packets.row.at(packet);
  const end = packets.copyEndRow.at(copy);
  const [sent, ended] = [events.time[row]!, end === NONE ? model.finish : events.time[end]!];
  if (ended < room.from) return undefined;
  const back = words.text(events.end[row]!) === 'server';
  const why = words.text(packets.why.at(packet));
  const lost = packets.fateOf(copy) === 'lost';
  const [y0, y1] = back ? [room.bottom, room.top] : [room.top, room.bottom];
  const x0 = room.x(sent);
  return {
    packet,
    kind: why === 'timer' || why === 'fast' ? 'resent' : back ? 'back' : 'there',
    x0,
    y0,
    x1: lost ? Math.max(x0 + STUB, room.x(ended)) : room.x(ended),
    y1: lost ? y0 + (y1 - y0) * LOST_WAY : y1,
    lost,
    corrupted: (packets.copyMarks.at(copy) & MARK.corrupted) !== 0,
  };
}

/** The stroke nearest to a place, within so many px; undefined for none. */
export function strokeAt(
  strokes: readonly Stroke[],
  x: number,
  y: number,
  within: number,
): Stroke | undefined {
  let nearest: Stroke | undefined;
  let least = within;
  for (const stroke of strokes) {
    const away = distance(stroke, x, y);
    if (away < least) {
      least = away;
      nearest = stroke;
    }
  }
  return nearest;
}

function distance({ x0, y0, x1, y1 }: Stroke, x: number, y: number): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x0 - at * dx, y - y0 - at * dy);
}

/** Until when something is on the wire or said, us: what a view shows at first, without waiting times after it. */
export function busyUntil(model: TraceModel): number {
  const { packets, events, marks } = model;
  let last = 0;
  for (let copy = 0; copy < packets.copies; copy++) {
    const end = packets.copyEndRow.at(copy);
    if (end !== NONE) last = Math.max(last, events.time[end]!);
  }
  for (let i = marks.rows.length - 1; i >= 0; i--)
    if (marks.kindAt(i) === 'app') return Math.max(last, events.time[marks.rows.at(i)]!);
  return last;
}
