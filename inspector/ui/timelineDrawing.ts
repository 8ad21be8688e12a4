/** The timeline's drawing: states of the connection, density of events, marks in a row for each kind, times. */
import type { Colours } from '../draw/colours.ts';
import { FONT } from '../draw/colours.ts';
import type { FoldedScale } from '../draw/foldedScale.ts';
import type { Draw, Pen } from '../draw/pen.ts';
import { clockText, tickStep } from '../draw/ticks.ts';
import type { TimeScale } from '../draw/timeScale.ts';
import { waitText } from '../model/label.ts';
import { MARK_KINDS, type MarkKind } from '../model/marks.ts';
import { NONE, type TraceModel } from '../model/traceModel.ts';
import { end } from '../state/focus.ts';
import type { Run } from '../state/run.ts';
import type { LegendItem } from './legend.tsx';

export const TIMELINE_LEGEND: readonly LegendItem[] = [
  { label: 'lost', colour: 'lost', shape: 'cross' },
  { label: 'dropped at an end', colour: 'sack', shape: 'diamond' },
  { label: 'sent again', colour: 'resent', shape: 'triangle' },
  { label: 'change of state', colour: 'accent', shape: 'bar' },
  { label: 'application', colour: 'ack', shape: 'disc' },
];

const BAND = { top: 2, height: 13 };
const DENSITY = { top: 18, height: 24 };
const MARKS = 49;
const AXIS = 65;

/** Draws a run's timeline; `scale` holds its width. */
export function drawTimeline({ model }: Run, scale: FoldedScale): Draw {
  const columns = Math.max(1, Math.ceil(scale.x(scale.to) - scale.x(scale.from)));
  const density = densityOf(model, scale, columns);
  const marks = marksOf(model, scale, columns);
  return (pen, { width }, colours) => {
    drawAxis(pen, scale, width, colours);
    drawStates(pen, model, scale, colours);
    drawFolds(pen, scale, colours);
    drawDensity(pen, density, scale.x(scale.from), colours);
    pen.strokeStyle = colours.line;
    pen.beginPath();
    pen.moveTo(0, DENSITY.top + DENSITY.height + 0.5);
    pen.lineTo(width, DENSITY.top + DENSITY.height + 0.5);
    pen.stroke();
    for (const [kind, xs] of marks) for (const x of xs) drawMark(pen, kind, x, colours);
  };
}

/** px between times, and what a time's text needs to either side */
const APART = 110;
const BESIDE = 30;

/** Lines with their times, where the scale is not folded. */
function drawAxis(pen: Pen, scale: FoldedScale, width: number, colours: Colours): void {
  const step = tickStep(APART * scale.perPixel, 1);
  pen.font = FONT.small;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.lineWidth = 1;
  const starts = [scale.x(scale.from), ...scale.folds.map(({ right }) => right)];
  const ends = [...scale.folds.map(({ left }) => left), scale.x(scale.to)];
  for (const [i, start] of starts.entries()) {
    const last = scale.t(ends[i]!);
    for (let t = Math.ceil(scale.t(start) / step) * step; t <= last; t += step) {
      const x = Math.round(scale.x(t)) + 0.5;
      pen.strokeStyle = colours.grid;
      pen.beginPath();
      pen.moveTo(x, DENSITY.top);
      pen.lineTo(x, AXIS - 8);
      pen.stroke();
      // A fold tells its length there
      if ((i > 0 && x - start < BESIDE) || (i < starts.length - 1 && ends[i]! - x < BESIDE)) continue;
      pen.fillStyle = colours.dim;
      const text = clockText(t, step);
      const half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.min(Math.max(x, half + 1), width - half - 1), AXIS);
    }
  }
}

/** A break over the rows, and how long the wait is. */
function drawFolds(pen: Pen, { folds }: FoldedScale, colours: Colours): void {
  pen.font = FONT.small;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  for (const { left, right, from, to } of folds) {
    const bottom = MARKS + 7;
    pen.fillStyle = colours.raised;
    pen.fillRect(left, DENSITY.top, right - left, bottom - DENSITY.top);
    pen.strokeStyle = colours.dim;
    pen.lineWidth = 1;
    for (const x of [left, right]) {
      pen.beginPath();
      pen.moveTo(x, DENSITY.top);
      for (let i = 1, y = DENSITY.top; y < bottom; i++) {
        y = Math.min(bottom, y + 5);
        pen.lineTo(x + (i % 2 === 0 ? -2 : 2), y);
      }
      pen.stroke();
    }
    pen.fillStyle = colours.dim;
    // In the break, so that it is not taken for a time of the axis
    pen.fillText(waitText(to - from), (left + right) / 2, DENSITY.top + DENSITY.height / 2 + 2);
  }
}

/** Events in each column of pixels, as shares of the fullest. */
function densityOf({ events, length }: TraceModel, scale: TimeScale, columns: number): number[] {
  const counts = new Array<number>(columns).fill(0);
  const left = scale.x(scale.from);
  let before = 0;
  for (let column = 0; column < columns; column++) {
    const last = column === columns - 1 ? length : events.rowAt(scale.t(left + column + 1)) + 1;
    counts[column] = last - before;
    before = last;
  }
  const most = Math.max(1, ...counts);
  // The root lets what is little be seen beside what is much.
  return counts.map((count) => Math.sqrt(count / most));
}

/** Places of each kind's marks, one a column at the most, what matters most drawn last. */
function marksOf({ marks, events }: TraceModel, scale: TimeScale, columns: number): [MarkKind, number[]][] {
  const taken = MARK_KINDS.map(() => new Uint8Array(columns + 1));
  const places = MARK_KINDS.map((): number[] => []);
  const left = scale.x(scale.from);
  for (let i = 0; i < marks.rows.length; i++) {
    const kind = marks.kinds.at(i);
    const column = Math.round(scale.x(events.time[marks.rows.at(i)]!) - left);
    if (taken[kind]![column] === 1) continue;
    taken[kind]![column] = 1;
    places[kind]!.push(left + column);
  }
  return MARK_KINDS.map((kind, i): [MarkKind, number[]] => [kind, places[i]!]).reverse();
}

function drawDensity(pen: Pen, density: readonly number[], left: number, colours: Colours): void {
  pen.fillStyle = colours.faint;
  density.forEach((share, column) => {
    if (share === 0) return;
    const height = Math.max(1.5, share * DENSITY.height);
    pen.fillRect(left + column, DENSITY.top + DENSITY.height - height, 1, height);
  });
}

/** The states of the connection that is looked at, by name where there is room. */
function drawStates(pen: Pen, model: TraceModel, scale: TimeScale, colours: Colours): void {
  const ref = end.value;
  if (ref === undefined) return;
  const { tracks, words, events } = model;
  const group = tracks.group(ref.endId, ref.connection, words.find('connection') ?? NONE);
  if (group === undefined) return;
  const rows = tracks.transitions(group.tracks.at(0));
  pen.font = FONT.small;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  for (let i = 0; i < rows.length; i++) {
    const from = scale.x(events.time[rows.at(i)]!);
    const to = i + 1 < rows.length ? scale.x(events.time[rows.at(i + 1)]!) : scale.x(scale.to);
    const name = words.text(events.d[rows.at(i)]!);
    if (to - from < 1 || name === 'CLOSED') continue;
    pen.fillStyle = colours.raised;
    pen.fillRect(from, BAND.top, to - from - 1, BAND.height);
    pen.fillStyle = colours.accent;
    pen.fillRect(from, BAND.top, 2, BAND.height);
    pen.fillStyle = colours.dim;
    if (pen.measureText(name).width + 10 < to - from)
      pen.fillText(name, from + 6, BAND.top + BAND.height / 2 + 0.5);
  }
}

const SIGNS: Readonly<Record<MarkKind, readonly [sign: LegendItem['shape'], colour: keyof Colours]>> = {
  loss: ['cross', 'lost'],
  corruption: ['diamond', 'sack'],
  retransmission: ['triangle', 'resent'],
  state: ['bar', 'accent'],
  recovery: ['bar', 'accent'],
  app: ['disc', 'ack'],
  report: ['disc', 'ack'],
};

function drawMark(pen: Pen, kind: MarkKind, x: number, colours: Colours): void {
  const [sign, colour] = SIGNS[kind];
  const y = MARKS;
  pen.strokeStyle = colours[colour];
  pen.fillStyle = colours[colour];
  pen.lineWidth = 1.5;
  pen.beginPath();
  if (sign === 'cross') {
    pen.moveTo(x - 3.5, y - 3.5);
    pen.lineTo(x + 3.5, y + 3.5);
    pen.moveTo(x + 3.5, y - 3.5);
    pen.lineTo(x - 3.5, y + 3.5);
  } else if (sign === 'bar') {
    pen.moveTo(x, y - 5);
    pen.lineTo(x, y + 5);
  } else if (sign === 'disc') pen.arc(x, y + 3, 1.8, 0, 2 * Math.PI);
  else {
    pen.moveTo(x, y - 4);
    pen.lineTo(x + 3.5, sign === 'triangle' ? y + 3 : y);
    if (sign === 'diamond') pen.lineTo(x, y + 4);
    pen.lineTo(x - 3.5, sign === 'triangle' ? y + 3 : y);
    pen.closePath();
  }
  if (sign === 'cross' || sign === 'bar') pen.stroke();
  else pen.fill();
}
