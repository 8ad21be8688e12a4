/** The plots as a picture: the same lines and dots, drawn with a pen that can also write SVG. */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Draw, Pen } from '../../draw/pen.ts';
import { drawTimeAxis, type TimeScale, timeScale } from '../../draw/timeAxis.ts';
import { axisText, type PanelAbout, type PanelData, type PlotLine } from './panels.ts';
import { AXIS, colourOf, valueTicks } from './plot.ts';

export interface Drawn {
  readonly about: PanelAbout;
  readonly data: PanelData;
}

const TITLE = 24;
const FOOT = 22;

export function plotsDrawing(
  panels: readonly Drawn[],
  [from, to]: readonly [number, number],
  unit: number,
  t: number,
): Draw {
  return (pen, { width, height }, colours) => {
    const each = (height - FOOT) / panels.length;
    const scale = timeScale(from, to, AXIS, width - AXIS - 10);
    panels.forEach((panel, i) => {
      const room = { top: i * each + TITLE, bottom: (i + 1) * each - 6 };
      const last = i === panels.length - 1;
      drawTimeAxis(pen, scale, { ...room, ...(last && { label: height - FOOT / 2 }) }, colours);
      drawPanel(pen, panel, scale, room, unit, colours);
      if (t < from || t > to) return;
      pen.fillStyle = colours.taken;
      pen.fillRect(scale.x(t) - 1, room.top, 2, room.bottom - room.top);
    });
  };
}

interface Room {
  readonly top: number;
  readonly bottom: number;
}

function drawPanel(
  pen: Pen,
  { about, data }: Drawn,
  scale: TimeScale,
  room: Room,
  unit: number,
  colours: Colours,
): void {
  const [least, most] = data.range;
  const place = (value: number): number => (data.log ? Math.log(Math.max(value, least)) : value);
  const perValue = (room.bottom - room.top) / (place(most) - place(least));
  const y = (value: number): number => room.bottom - (place(value) - place(least)) * perValue;
  drawNames(pen, about, room.top - TITLE / 2, colours);
  pen.textAlign = 'right';
  pen.lineWidth = 1;
  for (const value of valueTicks(data, room.bottom - room.top)) {
    pen.fillStyle = colours.grid;
    pen.fillRect(AXIS, y(value), scale.x(scale.to) - AXIS, 1);
    pen.fillStyle = colours.dim;
    pen.fillText(axisText(about.id, value, unit), AXIS - 6, y(value));
  }
  pen.save();
  pen.beginPath();
  pen.rect(AXIS, room.top - 4, scale.x(scale.to) - AXIS, room.bottom - room.top + 8);
  pen.clip();
  about.lines.forEach((line, i) => {
    pen.strokeStyle = colourOf(line, colours);
    pen.fillStyle = line.shape === 'ring' ? colours.panel : colourOf(line, colours);
    const values = data.lines.values[i]!;
    if (line.shape === 'disc' || line.shape === 'ring') drawDots(pen, data.lines.times, values, scale, y);
    else {
      pen.lineWidth = line.width;
      pen.setLineDash([...line.dash]);
      if (line.shape === 'box') fillUnder(pen, data.lines.times, values, scale, y, room.bottom);
      drawSteps(pen, data.lines.times, values, scale, y);
      pen.setLineDash([]);
    }
  });
  pen.restore();
}

function drawNames(pen: Pen, about: PanelAbout, y: number, colours: Colours): void {
  pen.font = FONT.small;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  let x = 10;
  pen.fillStyle = colours.text;
  pen.fillText(about.title, x, y);
  x += pen.measureText(about.title).width + 16;
  for (const line of about.lines) {
    drawSample(pen, line, x, y, colours);
    x += SAMPLE + 6;
    pen.fillStyle = colours.dim;
    pen.fillText(line.label, x, y);
    x += pen.measureText(line.label).width + 16;
  }
}

/** Length of a line beside its name, px. */
const SAMPLE = 16;

/** What a line looks like: nothing is told by its colour alone. */
function drawSample(pen: Pen, line: PlotLine, x: number, y: number, colours: Colours): void {
  pen.strokeStyle = colourOf(line, colours);
  pen.fillStyle = line.shape === 'ring' ? colours.panel : colourOf(line, colours);
  if (line.shape === 'box') {
    pen.fillRect(x + 3, y - 4, SAMPLE - 6, 8);
    return;
  }
  const dot = line.shape === 'disc' || line.shape === 'ring';
  pen.lineWidth = dot ? 1.4 : line.width;
  pen.setLineDash([...line.dash]);
  pen.beginPath();
  if (dot) pen.arc(x + SAMPLE / 2, y, 3, 0, 2 * Math.PI);
  else {
    pen.moveTo(x, y);
    pen.lineTo(x + SAMPLE, y);
  }
  if (dot) pen.fill();
  pen.stroke();
  pen.setLineDash([]);
}

type Values = readonly (number | null)[];

function drawSteps(
  pen: Pen,
  times: readonly number[],
  values: Values,
  scale: TimeScale,
  y: (value: number) => number,
): void {
  pen.beginPath();
  let before: number | undefined;
  times.forEach((t, i) => {
    const value = values[i];
    const at = value == null ? undefined : y(value);
    if (before !== undefined) pen.lineTo(scale.x(t), before);
    if (at !== undefined && before === undefined) pen.moveTo(scale.x(t), at);
    else if (at !== undefined) pen.lineTo(scale.x(t), at);
    before = at;
  });
  pen.stroke();
}

/** The area between steps and the axis. */
function fillUnder(
  pen: Pen,
  times: readonly number[],
  values: Values,
  scale: TimeScale,
  y: (value: number) => number,
  bottom: number,
): void {
  pen.globalAlpha = 0.2;
  pen.beginPath();
  times.forEach((t, i) => {
    const value = values[i];
    const next = times[i + 1];
    if (value == null || next === undefined) return;
    const left = scale.x(t);
    pen.rect(left, y(value), scale.x(next) - left, bottom - y(value));
  });
  pen.fill();
  pen.globalAlpha = 1;
}

function drawDots(
  pen: Pen,
  times: readonly number[],
  values: Values,
  scale: TimeScale,
  y: (value: number) => number,
): void {
  pen.lineWidth = 1.4;
  times.forEach((t, i) => {
    const value = values[i];
    if (value == null) return;
    pen.beginPath();
    pen.arc(scale.x(t), y(value), 3, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  });
}
