/** The notes as a picture: a line for each, cut where the room ends. */
import { FONT } from '../../draw/colours.ts';
import type { Draw, Pen } from '../../draw/pen.ts';
import { timeText } from '../../model/label.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import { NOTE_KINDS, type Note } from '../../notes/note.ts';

/** Height of a note, px. */
export const NOTE_ROW = 34;

export function notesDrawing(model: TraceModel, notes: readonly Note[]): Draw {
  return (pen, { width }, colours) => {
    const tones = { error: colours.lost, warning: colours.resent, remark: colours.data };
    pen.textBaseline = 'middle';
    pen.textAlign = 'left';
    notes.forEach((note, i) => {
      const { title, severity } = NOTE_KINDS[note.kind];
      const y = 22 + i * NOTE_ROW;
      pen.fillStyle = tones[severity];
      pen.fillRect(10, y - 4, severity === 'remark' ? 4 : 8, 8);
      pen.font = FONT.normal;
      pen.fillText(`${timeText(model.events.time[note.row]!)}  ${note.end}  ${title}`, 26, y);
      pen.font = FONT.small;
      pen.fillStyle = colours.text;
      pen.fillText(cut(pen, note.text, width - 36), 26, y + 15);
    });
  };
}

/** The text, or so much of it as there is room for. */
export function cut(pen: Pick<Pen, 'measureText'>, text: string, room: number): string {
  if (pen.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 0 && pen.measureText(`${text.slice(0, length)}…`).width > room) length -= 1;
  return `${text.slice(0, length)}…`;
}
