/** The chain as a picture: a line for each event, indented as on the page. */
import { FONT } from '../../draw/colours.ts';
import type { Draw } from '../../draw/pen.ts';
import { labelOf, timeText } from '../../model/label.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import type { Chain, Link } from './chain.ts';
import { reasonOf } from './reasons.ts';

/** Height of a line, px. */
export const WHY_ROW = 20;

export function chainDrawing(model: TraceModel, row: number, chain: Chain): Draw {
  const lines: Link[] = [
    ...chain.causes.map((at) => ({ row: at, depth: 0 })),
    { row, depth: 0 },
    ...chain.effects,
  ];
  return (pen, { width }, colours) => {
    const { events, words } = model;
    pen.textBaseline = 'middle';
    lines.forEach(({ row: at, depth }, i) => {
      const y = 20 + i * WHY_ROW;
      pen.fillStyle = at === row ? colours.active : colours.panel;
      pen.fillRect(0, y - WHY_ROW / 2, width, WHY_ROW);
      pen.textAlign = 'left';
      pen.font = FONT.mono;
      pen.fillStyle = colours.dim;
      pen.fillText(timeText(events.time[at]!), 10, y);
      pen.fillText(words.text(events.end[at]!), 100, y);
      pen.fillStyle = colours.text;
      pen.fillText(labelOf(model, at), 160 + depth * 14, y);
      pen.textAlign = 'right';
      pen.fillStyle = colours.dim;
      pen.fillText(reasonOf(model, at)?.rfc ?? '', width - 10, y);
    });
  };
}
