/** All that a ladder is drawn from: what is shown, where the posts stand, which part of time is seen. */
import { countBelow } from '../../model/column.ts';
import { kindId } from '../../model/draft.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { type Arrows, END } from './arrows.ts';
import type { FoldedTime } from './foldedTime.ts';
import type { LadderNotes } from './notes.ts';
import type { Posts } from './posts.ts';

export interface Scene {
  readonly model: TraceModel;
  readonly posts: Posts;
  /** Number of the connection at each post; undefined where there are several. */
  readonly connections: readonly (number | undefined)[];
  readonly arrows: Arrows;
  /** Places of the arrows that are drawn, in order. */
  readonly shown: Int32Array;
  readonly notes: LadderNotes;
  readonly time: FoldedTime;
}

/** Where things stand from left to right, px. */
export interface Columns {
  /** Right end of the times. */
  readonly gutter: number;
  /** Room for words beside the outer posts; 0 for none. */
  readonly beside: number;
  readonly posts: readonly number[];
}

/** Height of the ends' names, px. */
export const HEAD = 26;

const GUTTER = 74;
const GUTTER_COMPACT = 58;

/** The columns of a ladder of a width (px) with so many posts. */
export function columnsOf(width: number, posts: number, compact: boolean): Columns {
  const gutter = compact ? GUTTER_COMPACT : GUTTER;
  const room = width - gutter;
  const beside = compact ? Math.min(64, room * 0.14) : Math.min(190, Math.max(60, room * 0.2));
  const left = gutter + beside;
  const right = width - beside;
  const step = (right - left) / (posts - 1);
  return { gutter, beside, posts: Array.from({ length: posts }, (_, i) => Math.round(left + i * step)) };
}

/** An arrow in px: from where to where; of one that was lost, to where the link dropped it. */
export interface Line {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** On its way a lost packet has come so far at the least and at the most, as shares of the way. */
const LEAST_SHARE = 0.38;
const MOST_SHARE = 0.9;

/** Where an arrow is drawn; `top` is the place (px) of time that is uppermost. Writes into `line`. */
export function lineOf({ arrows, time }: Scene, columns: Columns, at: number, top: number, line: Line): Line {
  const start = arrows.start(at);
  const ended = arrows.ended.at(at);
  const from = columns.posts[arrows.from.at(at)]!;
  const to = columns.posts[arrows.to.at(at)]!;
  line.x0 = from;
  line.y0 = HEAD + time.y(start) - top;
  line.x1 = arrows.end.at(at) === END.lost ? from + (to - from) * lostShare(arrows, ended - start) : to;
  line.y1 = HEAD + time.y(ended) - top;
  return line;
}

/** How far a packet had come that was lost after so long (us). */
function lostShare({ transit }: Arrows, after: number): number {
  const share = transit === 0 ? 0.5 : after / transit;
  return Math.min(MOST_SHARE, Math.max(LEAST_SHARE, share));
}

/** The first and the last (not included) of the shown arrows that may be seen between two times, us. */
export function seenBetween({ arrows, shown }: Scene, from: number, to: number): [number, number] {
  const [first, last] = arrows.between(from, to);
  return [countBelow(shown, shown.length, first), countBelow(shown, shown.length, last)];
}

/** Places of the shown arrows that are under way at a time, us. */
export function underWayAt(scene: Scene, t: number): number[] {
  const [first, last] = seenBetween(scene, t, t);
  const found: number[] = [];
  for (let i = first; i < last; i++) {
    const at = scene.shown[i]!;
    if (scene.arrows.start(at) <= t && scene.arrows.ended.at(at) > t) found.push(at);
  }
  return found;
}

/** The shown arrow nearest to a place, no more than `within` px off; -1 when there is none. */
export function arrowAt(
  scene: Scene,
  columns: Columns,
  top: number,
  [x, y]: readonly [number, number],
  within: number,
): number {
  const { time } = scene;
  const [first, last] = seenBetween(scene, time.t(top + y - HEAD - within), time.t(top + y - HEAD + within));
  const line: Line = { x0: 0, y0: 0, x1: 0, y1: 0 };
  let nearest = -1;
  let least = within;
  for (let i = first; i < last; i++) {
    const distance = distanceTo(lineOf(scene, columns, scene.shown[i]!, top, line), x, y);
    if (distance >= least) continue;
    least = distance;
    nearest = scene.shown[i]!;
  }
  return nearest;
}

/** The arrow (its place) that a row is about, -1 when none that is shown is. */
export function arrowOfRow({ model, arrows, shown }: Scene, row: number): number {
  const { events } = model;
  if (!isOfPacket(model, row)) return -1;
  const packet = events.a[row]! - 1;
  const copy = events.kind[row] === kindId.send ? NONE : events.d[row]! - 1;
  for (
    let at = countBelow(arrows.packet.data, arrows.length, packet);
    arrows.packet.data[at] === packet;
    at++
  ) {
    if (at >= arrows.length || (copy !== NONE && arrows.copy.at(at) !== copy)) continue;
    const place = countBelow(shown, shown.length, at);
    return shown[place] === at ? at : -1;
  }
  return -1;
}

const PACKET_KINDS: ReadonlySet<number> = new Set([kindId.send, kindId.link, kindId.receive, kindId.discard]);

/** A row is about a packet: its sending, what the link did, its arrival. */
export function isOfPacket({ events }: TraceModel, row: number): boolean {
  return row >= 0 && PACKET_KINDS.has(events.kind[row]!);
}

/** The row of an arrow's beginning, or of its end from some way on (a share). */
export function rowOfArrow({ model, arrows }: Scene, at: number, share: number): number {
  const end = arrows.endRow(model, at);
  return share > 0.6 && end !== NONE ? end : model.packets.row.at(arrows.packet.at(at));
}

function distanceTo({ x0, y0, x1, y1 }: Line, x: number, y: number): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
}
