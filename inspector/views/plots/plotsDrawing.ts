/** The plots as a picture: the same lines and dots, drawn with a pen that can also write SVG. */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Draw, Pen } from '../../draw/pen.ts';
import { drawTimeAxis, type TimeScale, timeScale } from '../../draw/timeAxis.ts';
import { axisText, type PanelAbout, type PanelData } from './panels.ts';
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
      drawPanel(pen, panel, scale, { top: i * each + TITLE, bottom: (i + 1) * each - 6 }, unit, colours);
    });
    drawTimeAxis(pen, scale, { top: TITLE, bottom: height - FOOT, label: height - FOOT / 2 }, colours);
    if (t < from || t > to) return;
    pen.fillStyle = colours.taken;
    pen.fillRect(scale.x(t) - 1, TITLE, 2, height - FOOT - TITLE);
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
    pen.fillStyle = colourOf(line, colours);
    pen.fillText(line.label, x, y);
    x += pen.measureText(line.label).width + 14;
  }
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
