/** Two lanes under each other on one time axis, and a line where the runs part. */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Draw, Pen } from '../../draw/pen.ts';
import { drawTimeAxis, type TimeScale, timeScale } from '../../draw/timeAxis.ts';
import { kindId } from '../../model/draft.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import type { Comparison } from '../../playground/whatIf.ts';
import { drawCross, drawFlash } from '../ladder/signs.ts';
import { type Stroke, type StrokeKind, strokesOf } from './lanes.ts';

/** px: room for the ends' names, above each lane for its title, below for the times. */
export const LEFT = 52;
const RIGHT = 12;
const TITLE = 26;
const AXIS = 22;
const GAP = 12;

export interface Lane {
  readonly model: TraceModel;
  readonly title: string;
  readonly top: number;
  readonly bottom: number;
  readonly strokes: readonly Stroke[];
}

export interface Lanes {
  readonly scale: TimeScale;
  readonly lanes: readonly [Lane, Lane];
}

/** Places everything for a room and a stretch of time. */
export function placeLanes(
  { before, after }: Comparison,
  span: readonly [number, number],
  width: number,
  height: number,
): Lanes {
  const scale = timeScale(span[0], span[1], LEFT, Math.max(1, width - LEFT - RIGHT));
  const each = (height - AXIS - GAP) / 2;
  const lane = (model: TraceModel, title: string, from: number): Lane => {
    const [top, bottom] = [from + TITLE, from + each - 8];
    const room = { top, bottom, x: scale.x, from: span[0], to: span[1] };
    return { model, title, top, bottom, strokes: strokesOf(model, room) };
  };
  return { scale, lanes: [lane(before.model, 'As it was', 0), lane(after.model, 'What if', each + GAP)] };
}

export function drawLanes(placed: Lanes, comparison: Comparison): Draw {
  return (pen, { width, height }, colours) => {
    const { scale, lanes } = placed;
    drawTimeAxis(pen, scale, { top: 0, bottom: height - AXIS, label: height - AXIS / 2 }, colours);
    for (const lane of lanes) drawLane(pen, lane, scale, width, colours);
    drawParting(pen, placed, comparison, height, colours);
  };
}

const STYLE: Readonly<Record<StrokeKind, { colour: keyof Colours; dash: number[]; width: number }>> = {
  there: { colour: 'data', dash: [], width: 1.3 },
  back: { colour: 'ack', dash: [], width: 1.1 },
  resent: { colour: 'resent', dash: [6, 3], width: 1.7 },
};

function drawLane(pen: Pen, lane: Lane, scale: TimeScale, width: number, colours: Colours): void {
  const { top, bottom } = lane;
  pen.font = FONT.normal;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  pen.fillStyle = colours.text;
  pen.fillText(lane.title, 8, top - 16);
  pen.font = FONT.small;
  pen.fillStyle = colours.dim;
  pen.fillText('client', 8, top);
  pen.fillText('server', 8, bottom);
  pen.strokeStyle = colours.faint;
  pen.lineWidth = 1;
  for (const y of [top, bottom]) line(pen, LEFT, y, width - RIGHT, y);
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, top - 8, width - LEFT - RIGHT, bottom - top + 16);
  pen.clip();
  for (const kind of ['back', 'there', 'resent'] as const) drawStrokes(pen, lane, kind, colours);
  for (const stroke of lane.strokes) {
    if (stroke.lost) drawCross(pen, stroke.x1, stroke.y1, 4, colours.lost);
    if (stroke.corrupted)
      drawFlash(pen, (stroke.x0 + stroke.x1) / 2, (stroke.y0 + stroke.y1) / 2, colours.corrupted);
  }
  drawAnswers(pen, lane, scale, colours);
  pen.restore();
}

function line(pen: Pen, x0: number, y0: number, x1: number, y1: number): void {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

function drawStrokes(pen: Pen, { strokes }: Lane, kind: StrokeKind, colours: Colours): void {
  const { colour, dash, width } = STYLE[kind];
  pen.strokeStyle = colours[colour];
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  for (const stroke of strokes) {
    if (stroke.kind !== kind) continue;
    pen.moveTo(stroke.x0, stroke.y0);
    pen.lineTo(stroke.x1, stroke.y1);
  }
  pen.stroke();
  pen.setLineDash([]);
}

/** A diamond on the client's line where an answer has come. */
function drawAnswers(pen: Pen, { model, top }: Lane, scale: TimeScale, colours: Colours): void {
  const { marks, events, words } = model;
  pen.fillStyle = colours.taken;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < marks.rows.length; i++) {
    const row = marks.rows.at(i);
    const x = scale.x(events.time[row]!);
    const isAnswer =
      events.kind[row] === kindId.app && /answer$|^file sent$/.test(words.text(events.b[row]!));
    if (!isAnswer || x < LEFT || x - last < 2) continue;
    last = x;
    pen.beginPath();
    pen.moveTo(x, top - 5);
    pen.lineTo(x + 4, top);
    pen.lineTo(x, top + 5);
    pen.lineTo(x - 4, top);
    pen.closePath();
    pen.fill();
  }
}

/** When the runs part, us; undefined when they do not. */
export function partingTime({ before, after, row }: Comparison): number | undefined {
  if (row === NONE) return undefined;
  // One of them may be over by then
  const longer = [before.model, after.model].filter(({ length }) => row < length);
  return Math.min(...longer.map(({ events }) => events.time[row]!));
}

function drawParting(
  pen: Pen,
  { scale }: Lanes,
  comparison: Comparison,
  height: number,
  colours: Colours,
): void {
  const t = partingTime(comparison);
  if (t === undefined || t < scale.from || t > scale.to) return;
  const x = Math.round(scale.x(t)) + 0.5;
  pen.strokeStyle = colours.taken;
  pen.lineWidth = 1;
  pen.setLineDash([3, 3]);
  line(pen, x, 0, x, height - AXIS);
  pen.setLineDash([]);
  pen.font = FONT.small;
  pen.textBaseline = 'middle';
  const right = x > scale.x(scale.to) - 120;
  pen.textAlign = right ? 'right' : 'left';
  pen.fillStyle = colours.taken;
  pen.fillText('they part here', right ? x - 5 : Math.max(x + 5, LEFT + 16), 8);
}
