/**
 * Draws what moves with the moment over a ladder: the line of now, what is to come under a veil, what is under way where
 * it is, the ends with their states, the arrow that is pointed at and the one that is explained.
 */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Pen, Size } from '../../draw/pen.ts';
import { timeText } from '../../model/label.ts';
import { NONE } from '../../model/traceModel.ts';
import type { Moment } from '../../state/cursor.ts';
import { cut } from './drawNotes.ts';
import { clearTimes } from './drawTimes.ts';
import { type Columns, HEAD, type Line, lineOf, type Scene, underWayAt } from './scene.ts';
import { STYLES, styleOf } from './styles.ts';

export interface Pointed {
  /** Places of arrows, -1 for none. */
  readonly hovered: number;
  readonly selected: number;
  /** us; undefined for none */
  readonly time: number | undefined;
}

/** How much of what is to come the veil takes. */
const VEIL = 0.5;
/** From so far below the moment, px: what stands at it is a line of text tall. */
const BELOW = 9;
/** More than these under way are not drawn one by one. */
const DISCS = 600;

export function drawMoment(
  pen: Pen,
  size: Size,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  top: number,
  moment: Moment,
  pointed: Pointed,
): void {
  const { width, height } = size;
  const y = HEAD + scene.time.y(moment.t) - top;
  pen.globalAlpha = VEIL;
  pen.fillStyle = colours.panel;
  const from = Math.min(height, Math.max(HEAD, y + BELOW));
  pen.fillRect(0, from, width, height - from);
  pen.globalAlpha = 1;
  if (pointed.time !== undefined)
    drawTimeLine(pen, size, columns, HEAD + scene.time.y(pointed.time) - top, colours.dim, [2, 3]);
  const line: Line = { x0: 0, y0: 0, x1: 0, y1: 0 };
  for (const at of [pointed.selected, pointed.hovered])
    if (at >= 0) drawGlow(pen, colours, lineOf(scene, columns, at, top, line));
  if (y >= HEAD && y <= height) {
    drawTimeLine(pen, size, columns, y, colours.taken, []);
    drawUnderWay(pen, colours, scene, columns, top, moment.t);
    clearTimes(pen, colours, scene.time, columns, top, [y, NOW]);
    drawNow(pen, colours, columns, y, moment.t);
  }
  drawHeads(pen, size, colours, scene, columns, moment.row);
}

/** Between the posts and to the right: left of them stand the words. */
function drawTimeLine(
  pen: Pen,
  { width, height }: Size,
  { posts }: Columns,
  y: number,
  colour: string,
  dash: number[],
): void {
  if (y < HEAD || y > height) return;
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(posts[0]!, Math.round(y) + 0.5);
  pen.lineTo(posts.length > 2 ? width : posts.at(-1)!, Math.round(y) + 0.5);
  pen.stroke();
  pen.setLineDash([]);
}

/** Height of the time of now, px. */
const NOW = 16;

/** The time of now in the gutter. */
function drawNow(pen: Pen, colours: Colours, { gutter }: Columns, y: number, t: number): void {
  pen.font = FONT.small;
  pen.fillStyle = colours.taken;
  pen.fillRect(0, y - NOW / 2, gutter - 2, NOW);
  pen.fillStyle = colours.panel;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const room = gutter - 6;
  const text = [10, 100, 1000]
    .map((part) => nowText(t, part))
    .find((each) => pen.measureText(each).width <= room);
  pen.fillText(text ?? cut(pen, nowText(t, 1000), room), gutter / 2 - 1, y + 0.5);
}

/** A time, of a millisecond or a second only so large parts (thousandths of them). */
function nowText(t: number, part: number): string {
  const grain = t >= 1e6 ? 1000 * part : t >= 1000 ? part : 1;
  return timeText(Math.round(t / grain) * grain);
}

/** Each packet that is under way, where it is. */
function drawUnderWay(
  pen: Pen,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  top: number,
  t: number,
): void {
  const { arrows } = scene;
  const line: Line = { x0: 0, y0: 0, x1: 0, y1: 0 };
  for (const at of underWayAt(scene, t).slice(0, DISCS)) {
    const { x0, y0, x1, y1 } = lineOf(scene, columns, at, top, line);
    const start = arrows.start(at);
    const share = (t - start) / (arrows.ended.at(at) - start);
    pen.beginPath();
    pen.arc(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, 5, 0, 2 * Math.PI);
    pen.fillStyle = colours[STYLES[styleOf(arrows, at)]!.colour];
    pen.fill();
    pen.strokeStyle = colours.panel;
    pen.lineWidth = 1.5;
    pen.stroke();
  }
}

function drawGlow(pen: Pen, colours: Colours, { x0, y0, x1, y1 }: Line): void {
  pen.strokeStyle = colours.taken;
  pen.globalAlpha = 0.4;
  pen.lineWidth = 7;
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
  pen.globalAlpha = 1;
}

/** The ends over their posts, each with the state that it is in. */
function drawHeads(
  pen: Pen,
  { width }: Size,
  colours: Colours,
  scene: Scene,
  { posts }: Columns,
  row: number,
): void {
  pen.fillStyle = colours.panel;
  pen.fillRect(0, 0, width, HEAD);
  pen.fillStyle = colours.line;
  pen.fillRect(0, HEAD - 1, width, 1);
  pen.textBaseline = 'middle';
  const room = (posts[1]! - posts[0]!) * 0.92;
  posts.forEach((x, post) => {
    const { name } = scene.posts.all[post]!;
    const state = stateOf(scene, post, row);
    pen.font = `600 ${FONT.normal}`;
    const shown = cut(pen, name, room);
    const nameWidth = pen.measureText(shown).width;
    pen.font = FONT.mono;
    const stateShown = state === '' ? '' : cut(pen, state, room - nameWidth - 8);
    const whole = nameWidth + (stateShown === '' ? 0 : 8 + pen.measureText(stateShown).width);
    const left = Math.min(Math.max(4, x - whole / 2), width - whole - 4);
    pen.textAlign = 'left';
    pen.fillStyle = colours.accent;
    pen.fillText(stateShown, left + nameWidth + 8, HEAD / 2);
    pen.font = `600 ${FONT.normal}`;
    pen.fillStyle = colours.text;
    pen.fillText(shown, left, HEAD / 2);
  });
}

/** The state of the connection at a post; empty where there are several, or none is known. */
function stateOf({ model, posts, connections }: Scene, post: number, row: number): string {
  const ref = connections[post];
  const { end } = posts.all[post]!;
  if (ref === undefined || end === NONE) return '';
  const group = model.tracks.group(end, ref, model.words.find('connection') ?? NONE);
  if (group === undefined || group.tracks.length === 0) return '';
  return model.words.text(model.tracks.stateAt(group.tracks.at(0), row));
}
