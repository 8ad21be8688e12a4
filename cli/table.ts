/** Tables for a terminal: the first column to the left, numbers to the right. */
import { clip, textWidth } from '../src/trace/text.ts';
import type { Paint } from './paint.ts';

/** Columns between two columns. */
const GAP = 3;

/** The text, filled with blanks to `width` columns of a terminal. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

/**
 * Lines of a table, its heading first: the first column to the left, the others to the right.
 */
export function numberTable(rows: readonly (readonly (string | number)[])[], paint: Paint): string[] {
  const cells = rows.map((row) => row.map(String));
  const columns = Math.max(...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...cells.map((row) => textWidth(row[i] ?? ''))),
  );
  return cells.map((row, r) => {
    const line = row
      .map((cell, i) => (i === 0 ? padEnd(cell, widths[0]!) : padStart(cell, widths[i]!)))
      .join(' '.repeat(GAP))
      .trimEnd();
    return r === 0 ? paint(line, 'heading') : line;
  });
}

/** A cell of a table of texts: cut and filled to `width` columns. */
export function cell(text: string, width: number): string {
  return padEnd(clip(text, width), width);
}

/** A blank at which `wrap` does not break; it comes out as a usual one. */
export const UNBROKEN = '\u00a0';

/** The text in lines of at most `width` columns, broken at blanks; those after the first begin with `indent`. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  const start = /^ */.exec(text)![0];
  let line = '';
  for (const word of text.trimStart().split(' ')) {
    const longer = line === '' ? start + word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines.map((text) => text.replaceAll(UNBROKEN, ' '));
}
