/** The notes as a picture: each with its time, wrapped where the room ends. */
import { FONT } from '../../draw/colours.ts';
import type { Draw, Size } from '../../draw/pen.ts';
import { timeText } from '../../model/label.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import { NOTE_KINDS, type Note } from '../../notes/note.ts';

/** Height of a note of one line, and of each line more, px. */
const NOTE_ROW = 34;
const LINE = 15;
/** Right of the signs, px. */
const LEFT = 26;

/** The notes in a picture of a width, px, and how high it is. */
export function notesPicture(
  model: TraceModel,
  notes: readonly Note[],
  width: number,
): { readonly draw: Draw; readonly size: Size } {
  const wrapped = notes.map(({ text }) => linesOf(text, (width - LEFT - 10) / LETTER));
  const lines = wrapped.reduce((sum, { length }) => sum + length, 0);
  const height = 24 + notes.length * (NOTE_ROW - LINE) + Math.max(1, lines) * LINE;
  const draw: Draw = (pen, _size, colours) => {
    const tones = { error: colours.lost, warning: colours.resent, remark: colours.data };
    pen.textBaseline = 'middle';
    pen.textAlign = 'left';
    let y = 22;
    notes.forEach((note, i) => {
      const { title, severity } = NOTE_KINDS[note.kind];
      pen.fillStyle = tones[severity];
      pen.fillRect(10, y - 4, severity === 'remark' ? 4 : 8, 8);
      pen.font = FONT.normal;
      pen.fillText(`${timeText(model.events.time[note.row]!)}  ${note.end}  ${title}`, LEFT, y);
      pen.font = FONT.small;
      pen.fillStyle = colours.text;
      for (const line of wrapped[i]!) {
        y += LINE;
        pen.fillText(line, LEFT, y);
      }
      y += NOTE_ROW - LINE;
    });
  };
  return { draw, size: { width, height } };
}

/** Width of a letter of the small font at the most, on average, px. */
const LETTER = 6.6;

/** A text in lines of so many letters at the most; a longer word has a line of its own. */
export function linesOf(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
