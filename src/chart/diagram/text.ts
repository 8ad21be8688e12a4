/**
 * The lines of a diagram as text: broken where they grow too long, in pieces that a drawing may colour. Letters are all
 * of one width, so that places can be worked out without knowing the font.
 */
import type { Line } from './model.ts';

/** What a piece of text is. */
export type Kind = 'event' | 'guard' | 'action' | 'target';

export interface Piece {
  readonly kind: Kind;
  readonly text: string;
}

/** A line as it is printed. */
export type Printed = readonly Piece[];

/** Continuations stand this much to the right. */
const INDENT = '  ';

/** Where a line may be broken: before each of these. */
function wordsOf({ events, guard, actions, target, again }: Line): Piece[] {
  const words: Piece[] = again === true ? [{ kind: 'target', text: '↻' }] : [];
  events.forEach((event, i) => {
    words.push({ kind: 'event', text: i < events.length - 1 ? `${event},` : event });
  });
  if (guard !== undefined) words.push({ kind: 'guard', text: `[${guard}]` });
  if (target !== undefined) words.push({ kind: 'target', text: `→ ${target}` });
  actions.forEach((action, i) => {
    words.push({
      kind: 'action',
      text: `${i === 0 ? '/ ' : ''}${action}${i < actions.length - 1 ? ',' : ''}`,
    });
  });
  return words;
}

/** A line as text, unbroken: `segment.rst, r2Reached [guard] / one, two`. */
export function plain(line: Line): string {
  return wordsOf(line)
    .map(({ text }) => text)
    .join(' ');
}

/** Lines of at most `columns` characters, where words allow it. */
export function print(lines: readonly Line[], columns: number): Printed[] {
  return lines.flatMap((line) => printOne(line, columns));
}

function printOne(line: Line, columns: number): Printed[] {
  const printed: Piece[][] = [[]];
  let used = 0;
  for (const { kind, text } of wordsOf(line)) {
    let row = printed[printed.length - 1] as Piece[];
    if (row.length > 0 && used + 1 + text.length > columns) {
      row = [{ kind, text: INDENT + text }];
      printed.push(row);
      used = INDENT.length + text.length;
    } else {
      const space = row.length === 0 ? '' : ' ';
      row.push({ kind, text: space + text });
      used += space.length + text.length;
    }
  }
  return printed;
}

/** Characters of a printed line. */
export function lengthOf(printed: Printed): number {
  return printed.reduce((sum, { text }) => sum + text.length, 0);
}
