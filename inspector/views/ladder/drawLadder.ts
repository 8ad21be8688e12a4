/** Draws what of a ladder does not move with the moment: times, posts, arrows with their labels, words beside. */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Pen, Size } from '../../draw/pen.ts';
import { END, TRAIT } from './arrows.ts';
import { CHIP_PAD, type Chip, chipsFor } from './chips.ts';
import { drawNotes, type NoteBox } from './drawNotes.ts';
import { drawFolds, drawTimes } from './drawTimes.ts';
import { type Columns, HEAD, type Line, lineOf, type Scene, seenBetween } from './scene.ts';
import { drawCross, drawFlash } from './signs.ts';
import { STYLES, styleOf } from './styles.ts';

/** What was drawn that can be pointed at besides arrows. */
export interface Drawn {
  readonly chips: readonly Chip[];
  readonly notes: readonly NoteBox[];
}

/** With more arrows than these in sight there are no labels, no heads. */
const LABELLED = 400;
const HEADED = 2500;

/** Draws the ladder from a place of its time (`top`, px) on. */
export function drawLadder(
  pen: Pen,
  size: Size,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  top: number,
): Drawn {
  pen.save();
  pen.beginPath();
  pen.rect(0, HEAD, size.width, size.height - HEAD);
  pen.clip();
  drawTimes(pen, size, colours, scene.time, columns, top);
  drawPosts(pen, size, colours, columns);
  drawFolds(pen, size, colours, scene.time, columns, top);
  const { visible, hidden } = drawArrows(pen, size, colours, scene, columns, top);
  const notes = drawNotes(pen, size, colours, scene, columns, top);
  const chips =
    visible.length <= LABELLED
      ? drawChips(pen, colours, scene, columns, { visible, hidden }, top, notes)
      : [];
  drawFlashes(pen, colours, scene, columns, visible, top);
  pen.restore();
  return { chips, notes };
}

function drawPosts(pen: Pen, { height }: Size, colours: Colours, { posts }: Columns): void {
  pen.strokeStyle = colours.faint;
  pen.lineWidth = 2;
  pen.setLineDash([]);
  for (const x of posts) {
    pen.beginPath();
    pen.moveTo(x, HEAD);
    pen.lineTo(x, height);
    pen.stroke();
  }
}

interface Seen {
  /** Places of the arrows that can be told apart. */
  readonly visible: readonly number[];
  /** By the place of one of them: how many more there are on the same pixels. */
  readonly hidden: ReadonlyMap<number, number>;
}

/** Draws the lines and what is at their ends. */
function drawArrows(
  pen: Pen,
  { height }: Size,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  top: number,
): Seen {
  const { time, shown, arrows } = scene;
  const [first, last] = seenBetween(scene, time.t(top), time.t(top + height - HEAD));
  const lines: number[][] = STYLES.map(() => []);
  const line: Line = { x0: 0, y0: 0, x1: 0, y1: 0 };
  const visible: number[] = [];
  const hidden = new Map<number, number>();
  const latest = STYLES.map(() => ({ y0: -FAR, y1: -FAR, at: -1 }));
  for (let i = first; i < last; i++) {
    const at = shown[i]!;
    const { x0, y0, x1, y1 } = lineOf(scene, columns, at, top, line);
    if (y1 < HEAD) continue;
    const style = styleOf(arrows, at);
    const before = latest[style]!;
    // What cannot be told from the one before it is drawn once
    if (arrows.end.at(at) === END.arrived && isNear(before.y0, y0) && isNear(before.y1, y1)) {
      hidden.set(before.at, (hidden.get(before.at) ?? 0) + 1);
      continue;
    }
    if (arrows.end.at(at) === END.arrived) latest[style] = { y0, y1, at };
    lines[style]!.push(x0, y0, x1, y1);
    visible.push(at);
  }
  STYLES.forEach((style, i) => {
    strokeLines(pen, lines[i]!, colours[style.colour], style.width, style.dash);
  });
  for (const at of visible)
    if (visible.length <= HEADED || isMarked(scene, at)) drawEnd(pen, colours, scene, columns, at, top, line);
  return { visible, hidden };
}

/** Lines that are less than this apart look like one, px. */
const APART = 1.5;
const FAR = 100_000;

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) < APART;
}

function strokeLines(
  pen: Pen,
  lines: readonly number[],
  colour: string,
  width: number,
  dash: readonly number[],
): void {
  if (lines.length === 0) return;
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash([...dash]);
  pen.beginPath();
  for (let i = 0; i < lines.length; i += 4) {
    pen.moveTo(lines[i]!, lines[i + 1]!);
    pen.lineTo(lines[i + 2]!, lines[i + 3]!);
  }
  pen.stroke();
  pen.setLineDash([]);
}

function isMarked({ arrows }: Scene, at: number): boolean {
  const end = arrows.end.at(at);
  return end === END.lost || end === END.discarded;
}

/** Where on its way a packet is drawn as corrupted; the trace does not tell. */
const STRUCK = 0.62;

/** A flash on each packet that was corrupted, over all labels. */
function drawFlashes(
  pen: Pen,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  visible: readonly number[],
  top: number,
): void {
  const line: Line = { x0: 0, y0: 0, x1: 0, y1: 0 };
  for (const at of visible) {
    if ((scene.arrows.traits.at(at) & TRAIT.corrupted) === 0) continue;
    const { x0, y0, x1, y1 } = lineOf(scene, columns, at, top, line);
    drawFlash(pen, x0 + (x1 - x0) * STRUCK, y0 + (y1 - y0) * STRUCK, colours.corrupted);
  }
}

/** The head of an arrow, or the cross at which it ends. */
function drawEnd(
  pen: Pen,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  at: number,
  top: number,
  line: Line,
): void {
  const { arrows } = scene;
  const { x0, x1, y1 } = lineOf(scene, columns, at, top, line);
  const end = arrows.end.at(at);
  const traits = arrows.traits.at(at);
  if (end === END.lost) drawCross(pen, x1, y1, 5, colours.lost);
  else if (end === END.discarded)
    drawCross(pen, x1 + (x1 > x0 ? -7 : 7), y1 - headRise(line), 4, colours.corrupted);
  else if (end !== END.untold) {
    const late = (traits & TRAIT.late) !== 0;
    drawHead(pen, line, colours[STYLES[styleOf(arrows, at)]!.colour], late ? colours.panel : undefined);
  }
}

/** By how much a line rises over the last 7 px before its end. */
function headRise({ x0, y0, x1, y1 }: Line): number {
  return ((y1 - y0) / (Math.abs(x1 - x0) || 1)) * 7;
}

/** A head; hollow (filled with `inside`) for a packet that another overtook. */
function drawHead(pen: Pen, { x0, y0, x1, y1 }: Line, colour: string, inside: string | undefined): void {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const [bx, by] = [x1 - 9 * ux, y1 - 9 * uy];
  pen.beginPath();
  pen.moveTo(x1 - ux, y1 - uy);
  pen.lineTo(bx - 3.5 * uy, by + 3.5 * ux);
  pen.lineTo(bx + 3.5 * uy, by - 3.5 * ux);
  pen.closePath();
  pen.fillStyle = inside ?? colour;
  pen.fill();
  if (inside === undefined) return;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.3;
  pen.stroke();
}

function drawChips(
  pen: Pen,
  colours: Colours,
  scene: Scene,
  columns: Columns,
  { visible, hidden }: Seen,
  top: number,
  notes: readonly NoteBox[],
): Chip[] {
  pen.font = FONT.mono;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  const chips = chipsFor(scene, columns, visible, top, pen.measureText('0').width, notes, hidden);
  for (const chip of chips) {
    const { x, y, textWidth, height, text, at, kind, more } = chip;
    const style = STYLES[styleOf(scene.arrows, at)]!;
    const count = more > 0 ? ` +${more}` : '';
    pen.globalAlpha = 0.9;
    pen.fillStyle = colours.panel;
    pen.fillRect(x, y, textWidth + pen.measureText(count).width, height);
    pen.globalAlpha = 1;
    pen.fillStyle = kind === 'trouble' ? troubleColour(scene, at, colours) : colours[style.colour];
    pen.fillText(text, x + CHIP_PAD, y + height / 2 + 0.5);
    if (more === 0) continue;
    pen.fillStyle = colours.dim;
    pen.fillText(count, x + textWidth - CHIP_PAD, y + height / 2 + 0.5);
  }
  return chips;
}

function troubleColour({ arrows }: Scene, at: number, colours: Colours): string {
  return arrows.end.at(at) === END.lost ? colours.lost : colours.corrupted;
}
