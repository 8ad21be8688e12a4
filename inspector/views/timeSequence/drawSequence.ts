/**
 * Draws a direction in tcptrace's encoding: segments as I-beams from their first to behind their last sequence number,
 * the line of acknowledgements, the window's edge above it, and signs for what is not as usual. Or as Stevens draws it:
 * a point for each segment, and the acknowledgements.
 */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Pen } from '../../draw/pen.ts';
import { tickBytes, ticks } from '../../draw/ticks.ts';
import { drawTimeAxis } from '../../draw/timeAxis.ts';
import { drawCross, drawFlash } from '../ladder/signs.ts';
import { beamsIn } from './beams.ts';
import type { Plane } from './plane.ts';
import { placesIn } from './ranges.ts';
import { HEARD, SENT, type Sequence, type Side } from './sequence.ts';

export interface SequencePicture {
  readonly sequence: Sequence;
  readonly plane: Plane;
  readonly side: Side;
  /** Points and steps only. */
  readonly stevens: boolean;
}

/** Colours of what a side sends. */
export function hueOf(side: Side): 'data' | 'ack' {
  return side === 'a' ? 'data' : 'ack';
}

export function drawSequence(pen: Pen, colours: Colours, picture: SequencePicture): void {
  const { plane, stevens } = picture;
  drawAxes(pen, colours, plane);
  pen.save();
  pen.beginPath();
  pen.rect(plane.left, plane.top, plane.right - plane.left, plane.bottom - plane.top);
  pen.clip();
  if (!stevens) drawWindow(pen, colours, picture);
  drawAcks(pen, colours, picture);
  if (!stevens) drawSacks(pen, colours, picture);
  if (stevens) drawPoints(pen, colours, picture);
  else drawBeams(pen, colours, picture);
  drawSigns(pen, colours, picture);
  if (!stevens) drawHeard(pen, colours, picture);
  pen.restore();
}

function drawAxes(pen: Pen, colours: Colours, plane: Plane): void {
  const { left, right, top, bottom, range } = plane;
  drawTimeAxis(pen, plane.time, { top, bottom, label: bottom + 13 }, colours);
  pen.font = FONT.small;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const seq of ticks(range[0], range[1], Math.max(2, (bottom - top) / 48))) {
    if (seq < 0 || !Number.isInteger(seq)) continue;
    const y = Math.round(plane.y(seq)) + 0.5;
    pen.strokeStyle = colours.grid;
    pen.beginPath();
    pen.moveTo(left, y);
    pen.lineTo(right, y);
    pen.stroke();
    pen.fillStyle = colours.dim;
    if (y > top + 4) pen.fillText(tickBytes(seq), left - 6, y);
  }
  pen.strokeStyle = colours.line;
  pen.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
}

/** Both lines are steps: what was told holds until something else is. */
function drawSteps(
  pen: Pen,
  { sequence, plane }: SequencePicture,
  values: { at(i: number): number },
  end: number,
): void {
  const { ackTime } = sequence;
  const { from, to } = plane.time;
  const [first, last] = placesIn(ackTime, [from, to], true);
  if (first === last) return;
  pen.beginPath();
  let x = plane.time.x(ackTime.at(first));
  let y = plane.y(values.at(first));
  pen.moveTo(x, y);
  for (let i = first + 1; i < last; i++) {
    const nextX = plane.time.x(ackTime.at(i));
    const nextY = plane.y(values.at(i));
    // Of what falls on one pixel, the last and what is far from it
    if (nextX - x < 0.7 && Math.abs(nextY - y) < 0.7 && i < last - 1) continue;
    pen.lineTo(nextX, y);
    pen.lineTo(nextX, nextY);
    x = nextX;
    y = nextY;
  }
  if (last === ackTime.length) pen.lineTo(Math.max(x, plane.time.x(end)), y);
  pen.stroke();
}

/** When a direction was used last, us. */
function lastTime({ ackTime, sentTime }: Sequence): number {
  return Math.max(
    ackTime.length === 0 ? 0 : ackTime.at(ackTime.length - 1),
    sentTime.length === 0 ? 0 : sentTime.at(sentTime.length - 1),
  );
}

function drawAcks(pen: Pen, colours: Colours, picture: SequencePicture): void {
  pen.strokeStyle = colours[picture.side === 'a' ? 'ack' : 'data'];
  pen.lineWidth = 1.4;
  drawSteps(pen, picture, picture.sequence.ackSeq, lastTime(picture.sequence));
}

function drawWindow(pen: Pen, colours: Colours, picture: SequencePicture): void {
  pen.strokeStyle = colours.window;
  pen.lineWidth = 1.3;
  pen.setLineDash([5, 3]);
  drawSteps(pen, picture, picture.sequence.ackEdge, lastTime(picture.sequence));
  pen.setLineDash([]);
}

function drawSacks(pen: Pen, colours: Colours, { sequence, plane }: SequencePicture): void {
  const { sackTime, sackFrom, sackTo } = sequence;
  const [first, last] = placesIn(sackTime, [plane.time.from, plane.time.to]);
  pen.strokeStyle = colours.sack;
  // So thin that those of a burst of ACKs can be told apart
  pen.lineWidth = 1;
  pen.beginPath();
  let [lastX, lastFrom, lastTo] = [Number.NaN, 0, 0];
  for (let i = first; i < last; i++) {
    const x = Math.round(plane.time.x(sackTime.at(i))) + 0.5;
    const [from, to] = [Math.round(plane.y(sackFrom.at(i))), Math.round(plane.y(sackTo.at(i)))];
    if (x === lastX && from === lastFrom && to === lastTo) continue;
    [lastX, lastFrom, lastTo] = [x, from, to];
    pen.moveTo(x, from);
    pen.lineTo(x, Math.min(to, from - 2));
  }
  pen.stroke();
}

/** Half the width of a beam's ends, px; and from which height on it has them. */
const CAP = 3;
const CAPPED = 5;

function drawBeams(pen: Pen, colours: Colours, picture: SequencePicture): void {
  const again = SENT.timer | SENT.fast;
  strokeBeams(pen, picture, (traits) => (traits & again) === 0, colours[hueOf(picture.side)], 1.4, []);
  strokeBeams(pen, picture, (traits) => (traits & again) !== 0, colours.resent, 2.2, [4, 2]);
}

function strokeBeams(
  pen: Pen,
  { sequence, plane }: SequencePicture,
  wanted: (traits: number) => boolean,
  colour: string,
  width: number,
  dash: number[],
): void {
  const { x, bottom, top, segments } = beamsIn(sequence, plane, wanted);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  for (let i = 0; i < x.length; i++) {
    pen.moveTo(x[i]!, bottom[i]!);
    pen.lineTo(x[i]!, Math.min(top[i]!, bottom[i]! - 1.5));
  }
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  for (let i = 0; i < x.length; i++) {
    if (segments[i] !== 1 || bottom[i]! - top[i]! < CAPPED) continue;
    for (const y of [bottom[i]!, top[i]!]) {
      pen.moveTo(x[i]! - CAP, y);
      pen.lineTo(x[i]! + CAP, y);
    }
  }
  pen.stroke();
}

/** A point for each segment; hollow and orange for what was sent again. */
function drawPoints(pen: Pen, colours: Colours, { sequence, plane, side }: SequencePicture): void {
  const { sentTime, sentFrom, sentTraits } = sequence;
  const [first, last] = placesIn(sentTime, [plane.time.from, plane.time.to]);
  let [lastX, lastY] = [Number.NaN, 0];
  pen.lineWidth = 1.5;
  for (let i = first; i < last; i++) {
    const x = Math.round(plane.time.x(sentTime.at(i)));
    const y = Math.round(plane.y(sentFrom.at(i)));
    const again = (sentTraits.at(i) & (SENT.timer | SENT.fast)) !== 0;
    if (!again && x === lastX && y === lastY) continue;
    [lastX, lastY] = [x, y];
    if (again) {
      pen.strokeStyle = colours.resent;
      pen.strokeRect(x - 2.5, y - 2.5, 5, 5);
    } else {
      pen.fillStyle = colours[hueOf(side)];
      pen.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
  }
}

/** Letters keep so far from each other, px. */
const LETTER = { width: 9, height: 11 };

/** Lost, corrupted, sent again, SYN, FIN, RST: a sign at the beam, a letter above it where there is room. */
function drawSigns(pen: Pen, colours: Colours, { sequence, plane }: SequencePicture): void {
  const { sentTime, sentFrom, sentTo, sentTraits } = sequence;
  const [first, last] = placesIn(sentTime, [plane.time.from, plane.time.to]);
  pen.font = `700 ${FONT.small}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'alphabetic';
  let [letterX, letterY] = [Number.NEGATIVE_INFINITY, 0];
  let [crossX, crossY] = [Number.NEGATIVE_INFINITY, 0];
  for (let i = first; i < last; i++) {
    const traits = sentTraits.at(i);
    if (traits === 0) continue;
    const x = Math.round(plane.time.x(sentTime.at(i)));
    const [y0, y1] = [plane.y(sentFrom.at(i)), plane.y(sentTo.at(i))];
    const middle = (y0 + y1) / 2;
    if ((traits & (SENT.lost | SENT.corrupted)) !== 0 && (x !== crossX || Math.abs(middle - crossY) > 2)) {
      if ((traits & SENT.lost) !== 0) drawCross(pen, x, middle, 4, colours.lost);
      else drawFlash(pen, x, middle, colours.corrupted);
      [crossX, crossY] = [x, middle];
    }
    const letter = letterOf(traits);
    const near = x - letterX < LETTER.width * letter.length && Math.abs(y1 - letterY) < LETTER.height;
    if (letter === '' || near) continue;
    pen.fillStyle = (traits & (SENT.timer | SENT.fast)) !== 0 ? colours.resent : colours.control;
    pen.fillText(letter, x, y1 - 5);
    [letterX, letterY] = [x, y1];
  }
}

/** `R` sent again by the timer, `r` fast, `S` SYN, `F` FIN, `P` a probe. */
export function letterOf(traits: number): string {
  const control = (traits & SENT.syn) !== 0 ? 'S' : (traits & SENT.fin) !== 0 ? 'F' : '';
  if ((traits & SENT.rst) !== 0) return 'RST';
  if ((traits & SENT.timer) !== 0) return `R${control}`;
  if ((traits & SENT.fast) !== 0) return `r${control}`;
  return (traits & SENT.probe) !== 0 ? 'P' : control;
}

/** Ticks under the line for duplicate ACKs, `Z` where the window is shut. */
function drawHeard(pen: Pen, colours: Colours, { sequence, plane, side }: SequencePicture): void {
  const { ackTime, ackSeq, ackTraits } = sequence;
  const [first, last] = placesIn(ackTime, [plane.time.from, plane.time.to]);
  pen.strokeStyle = colours[side === 'a' ? 'ack' : 'data'];
  pen.lineWidth = 1.2;
  pen.beginPath();
  const shut: [number, number][] = [];
  let [lastX, lastY] = [Number.NaN, 0];
  for (let i = first; i < last; i++) {
    const traits = ackTraits.at(i);
    if (traits === 0) continue;
    const x = Math.round(plane.time.x(ackTime.at(i)));
    const y = Math.round(plane.y(ackSeq.at(i)));
    if (x === lastX && y === lastY) continue;
    [lastX, lastY] = [x, y];
    if ((traits & HEARD.duplicate) !== 0) {
      pen.moveTo(x + 0.5, y);
      pen.lineTo(x + 0.5, y + 6);
    }
    if ((traits & HEARD.zeroWindow) !== 0) shut.push([x, y]);
  }
  pen.stroke();
  pen.fillStyle = colours.window;
  let free = Number.NEGATIVE_INFINITY;
  for (const [x, y] of shut) {
    if (x < free) continue;
    pen.fillText('Z', x, y + 16);
    free = x + LETTER.width;
  }
}
