/** Draws what moves with the moment and the pointer over a time-sequence graph. */
import type { Colours } from '../../draw/colours.ts';
import type { Pen } from '../../draw/pen.ts';
import type { Rectangle } from './gestures.ts';
import type { Plane } from './plane.ts';
import { type Found, standingAt } from './pointAt.ts';
import type { Sequence } from './sequence.ts';

export interface NowPicture {
  readonly sequence: Sequence;
  readonly plane: Plane;
  /** us */
  readonly t: number;
  /** us; undefined for none */
  readonly hoveredTime: number | undefined;
  readonly marked: readonly (Found | undefined)[];
  readonly rectangle: Rectangle | undefined;
}

export function drawNow(pen: Pen, colours: Colours, picture: NowPicture): void {
  const { plane, t, hoveredTime, marked, rectangle } = picture;
  if (hoveredTime !== undefined) drawLine(pen, plane, hoveredTime, colours.dim, [2, 3]);
  for (const found of marked) if (found !== undefined) drawGlow(pen, colours, picture, found);
  drawLine(pen, plane, t, colours.taken, []);
  drawStanding(pen, colours, picture);
  if (rectangle === undefined) return;
  const { x0, y0, x1, y1 } = rectangle;
  pen.globalAlpha = 0.15;
  pen.fillStyle = colours.accent;
  pen.fillRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 1;
  pen.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
}

function drawLine(pen: Pen, { time, top, bottom }: Plane, t: number, colour: string, dash: number[]): void {
  if (t < time.from || t > time.to) return;
  const x = Math.round(time.x(t)) + 0.5;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.2;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x, top);
  pen.lineTo(x, bottom);
  pen.stroke();
  pen.setLineDash([]);
}

/** Rings on the lines where they are now. */
function drawStanding(pen: Pen, colours: Colours, { sequence, plane, t }: NowPicture): void {
  if (t < plane.time.from || t > plane.time.to) return;
  const { ack, sent } = standingAt(sequence, t);
  for (const seq of [ack, sent]) {
    if (seq === undefined || seq < plane.range[0] || seq > plane.range[1]) continue;
    pen.strokeStyle = colours.taken;
    pen.fillStyle = colours.panel;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(plane.time.x(t), plane.y(seq), 3.5, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
}

function drawGlow(pen: Pen, colours: Colours, { sequence, plane }: NowPicture, { kind, i }: Found): void {
  const t = kind === 'sent' ? sequence.sentTime.at(i) : sequence.ackTime.at(i);
  if (t < plane.time.from || t > plane.time.to) return;
  const bottom = plane.y(kind === 'sent' ? sequence.sentFrom.at(i) : sequence.ackSeq.at(i));
  const top = kind === 'sent' ? plane.y(sequence.sentTo.at(i)) : bottom;
  if (top > plane.bottom || bottom < plane.top) return;
  pen.globalAlpha = 0.4;
  pen.fillStyle = colours.taken;
  const [from, to] = [Math.max(plane.top, top - 4), Math.min(plane.bottom, bottom + 4)];
  pen.fillRect(plane.time.x(t) - 5, from, 10, to - from);
  pen.globalAlpha = 1;
}
