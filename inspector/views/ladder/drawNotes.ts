/** The words beside the posts, one below the other where they come at once. */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Pen, Size } from '../../draw/pen.ts';
import { countBelow } from '../../model/column.ts';
import { kindId } from '../../model/draft.ts';
import { noteText } from './notes.ts';
import type { Box } from './room.ts';
import { type Columns, HEAD, type Scene } from './scene.ts';

export interface NoteBox extends Box {
  readonly row: number;
}

const LINE = 15;
/** So far below its time a note may stand, px. */
const PUSHED = 5 * LINE;
/** From the post to the words. */
const OFF = 10;
/** Half of a mark, px. */
const MARK = 5;
/** Letters of a text that is cut off, with the sign that says so. */
const FEWEST = 5;
/** More than these in sight are only marks. */
const WRITTEN = 1000;

/** Draws the notes in sight; those without room are marks on the post alone. */
export function drawNotes(
  pen: Pen,
  { width, height }: Size,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  top: number,
): NoteBox[] {
  const { notes, time } = scene;
  const first = countBelow(notes.times.data, notes.times.length, time.t(top - PUSHED));
  const last = countBelow(notes.times.data, notes.times.length, time.t(top + height - HEAD) + 1);
  const free = columns.posts.map(() => Number.NEGATIVE_INFINITY);
  const boxes: NoteBox[] = [];
  let marked = Number.NaN;
  for (let i = first; i < last; i++) {
    const post = notes.posts.at(i);
    const row = notes.rows.at(i);
    const x = columns.posts[post]!;
    const y = HEAD + time.y(notes.times.at(i)) - top;
    const state = scene.model.events.kind[row] === kindId.transition;
    if (y + post * 1e6 !== marked) drawMark(pen, x, y, state ? colours.accent : colours.dim, state);
    marked = y + post * 1e6;
    const place = Math.max(y, free[post]!);
    if (last - first > WRITTEN || place - y > PUSHED) continue;
    const limit = roomBeside(columns, post, width);
    const among = post > 0 && post < columns.posts.length - 1;
    const where = { x, y: place, limit, left: post === 0, among };
    const box = drawWords(pen, colours, scene, row, where);
    free[post] = place + LINE;
    boxes.push({ ...box, row });
  }
  return boxes;
}

/** px for words beside a post. */
function roomBeside(columns: Columns, post: number, width: number): number {
  if (post === 0) return columns.beside - OFF - 2;
  if (post === columns.posts.length - 1) return width - columns.posts[post]! - OFF - 4;
  return Math.max(0, (columns.posts[post + 1]! - columns.posts[post]!) / 3);
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly limit: number;
  /** Left of the post */
  readonly left: boolean;
  /** Among arrows: the words cover what is under them. */
  readonly among: boolean;
}

function drawWords(pen: Pen, colours: Colours, scene: Scene, row: number, place: Place): Box {
  const { x, y, limit, left, among } = place;
  pen.font = FONT.small;
  pen.textBaseline = 'middle';
  pen.textAlign = left ? 'right' : 'left';
  const whole = noteText(scene.model, row);
  const room = cut(pen, whole, limit);
  // A letter or two tell nothing: the mark is there, and pointing at it tells all
  const text = room === whole || room.length >= FEWEST ? room : '';
  const width = pen.measureText(text).width;
  const box = { x: left ? x - OFF - width : x + OFF, y: y - LINE / 2, width, height: LINE };
  if (among) {
    pen.fillStyle = colours.panel;
    pen.fillRect(box.x - 2, box.y, width + 4, LINE);
  }
  const state = scene.model.events.kind[row] === kindId.transition;
  pen.fillStyle = state ? colours.text : colours.dim;
  pen.fillText(text, left ? x - OFF : x + OFF, y + 0.5);
  // The mark belongs to it
  return { ...box, x: left ? box.x : x - MARK, width: width + OFF + MARK };
}

/** As much of a text as there is room for, px. */
export function cut(pen: Pen, text: string, limit: number): string {
  if (pen.measureText(text).width <= limit) return text;
  let count = Math.min(text.length, Math.floor(limit / 4));
  while (count > 0 && pen.measureText(`${text.slice(0, count)}…`).width > limit) count -= 1;
  return count === 0 ? '' : `${text.slice(0, count)}…`;
}

/** A diamond for a change of state, a disc for words. */
function drawMark(pen: Pen, x: number, y: number, colour: string, state: boolean): void {
  pen.fillStyle = colour;
  pen.beginPath();
  if (state) {
    pen.moveTo(x, y - 5);
    pen.lineTo(x + 5, y);
    pen.lineTo(x, y + 5);
    pen.lineTo(x - 5, y);
    pen.closePath();
  } else pen.arc(x, y, 3.5, 0, 2 * Math.PI);
  pen.fill();
}
