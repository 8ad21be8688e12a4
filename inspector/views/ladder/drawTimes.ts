/** The times beside a ladder, and the marks of the gaps that are folded. */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Pen, Size } from '../../draw/pen.ts';
import { clockText, tickStep } from '../../draw/ticks.ts';
import { waitText } from '../../model/label.ts';
import { type FoldedTime, timesBetween } from './foldedTime.ts';
import { type Columns, HEAD } from './scene.ts';

/** px between times */
const APART = 64;
const LINE = 17;

/** Times in the gutter with a line each; after a fold where time goes on. */
export function drawTimes(
  pen: Pen,
  { width, height }: Size,
  colours: Colours,
  time: FoldedTime,
  columns: Columns,
  top: number,
): void {
  const step = tickStep(APART / time.scale, 1);
  pen.font = FONT.small;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  pen.lineWidth = 1;
  pen.setLineDash([]);
  let free = HEAD + LINE / 2;
  for (const t of timesBetween(time, step, top, top + height - HEAD)) {
    const y = Math.round(HEAD + time.y(t) - top) + 0.5;
    pen.strokeStyle = colours.grid;
    pen.beginPath();
    pen.moveTo(columns.gutter, y);
    pen.lineTo(width, y);
    pen.stroke();
    if (y < free || y > height - LINE / 2) continue;
    pen.fillStyle = colours.dim;
    pen.fillText(clockText(t, step), columns.gutter - 6, y);
    free = y + LINE;
  }
}

/** Half of the height of a time's text, px. */
const HALF = 7;

/** Takes away the times that something of a height (px) at a place in the gutter would lie over in part. */
export function clearTimes(
  pen: Pen,
  colours: Colours,
  time: FoldedTime,
  columns: Columns,
  top: number,
  [y, height]: readonly [number, number],
): void {
  const step = tickStep(APART / time.scale, 1);
  const reach = height / 2 + HALF;
  const place = y - HEAD + top;
  pen.fillStyle = colours.panel;
  for (const t of timesBetween(time, step, place - reach, place + reach))
    pen.fillRect(0, HEAD + time.y(t) - top - HALF, columns.gutter - 2, 2 * HALF);
}

/** A zigzag over the posts and how long the gap is. */
export function drawFolds(
  pen: Pen,
  { width, height }: Size,
  colours: Colours,
  time: FoldedTime,
  columns: Columns,
  top: number,
): void {
  pen.font = FONT.small;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const [left, right] = [columns.posts[0]!, columns.posts.at(-1)!];
  for (const fold of time.folds) {
    const y = HEAD + fold.top - top;
    const tall = fold.bottom - fold.top;
    if (y > height || y + tall < HEAD) continue;
    pen.fillStyle = colours.raised;
    pen.fillRect(columns.gutter, y, width - columns.gutter, tall);
    for (const x of columns.posts) drawBreak(pen, x, y, tall, colours);
    pen.fillStyle = colours.dim;
    pen.fillText(`${waitText(fold.to - fold.from)}, nothing to show`, (left + right) / 2, y + tall / 2 + 0.5);
  }
}

function drawBreak(pen: Pen, x: number, y: number, tall: number, colours: Colours): void {
  pen.strokeStyle = colours.dim;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x - 5, y + tall * 0.3);
  pen.lineTo(x + 5, y + tall * 0.7);
  pen.lineTo(x, y + tall);
  pen.stroke();
}
