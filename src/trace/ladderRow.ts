/**
 * One row of the ladder as a line of text: time, the left end's note, what is between the ends, the right end's note.
 *
 * It decides where things stand and how they are cut to the width. What goes into a row is `ladder.ts`.
 */
import { clip, textWidth } from './text.ts';

/** What a piece of text is, for who colours it. */
export type LadderRole =
  | 'time'
  | 'frame'
  | 'state'
  | 'segment'
  | 'resent'
  | 'trouble'
  | 'late'
  | 'payload'
  | 'app';

/** Colours a piece of text; it must not change its width. */
export type LadderStyle = (text: string, role: LadderRole) => string;

export interface Piece {
  readonly text: string;
  readonly role: LadderRole;
}

/** `leave` and `arrive` are two rows of one packet, `through` is both at once, `lost` ends on the way. */
export type Phase = 'leave' | 'arrive' | 'through' | 'lost';

export interface Arrow {
  readonly kind: 'arrow';
  readonly packet: number;
  readonly toRight: boolean;
  phase: Phase;
  label: readonly Piece[];
  /** What stands where a lost packet ended. */
  end?: Piece;
}

export interface Words {
  readonly kind: 'words';
  readonly side: 'left' | 'middle' | 'right';
  readonly pieces: readonly Piece[];
}

export interface Row {
  /** us */
  readonly t: number;
  left?: Piece;
  right?: Piece;
  middle?: Arrow | Words;
}

/** The signs that lines are drawn with. */
export interface Signs {
  readonly post: string;
  readonly line: string;
  readonly dots: string;
  readonly lost: string;
  readonly cut: string;
}

export const unicodeSigns: Signs = { post: '│', line: '─', dots: '╌', lost: '✗', cut: '…' };
export const asciiSigns: Signs = { post: '|', line: '-', dots: '.', lost: 'X', cut: '~' };

const TIME = 11;
/** Narrower than this a ladder is not drawn. */
export const MIN_WIDTH = 60;

/** Turns rows into lines of at most `width` columns, without blanks at their ends. */
export class RowPainter {
  readonly #signs: Signs;
  readonly #style: LadderStyle;
  readonly #note: number;
  readonly #middle: number;

  constructor(width: number, signs: Signs, style: LadderStyle) {
    const whole = Math.max(MIN_WIDTH, Math.trunc(width) || 0);
    this.#signs = signs;
    this.#style = style;
    this.#note = whole < 80 ? 12 : 13;
    this.#middle = whole - TIME - 2 * this.#note - 5;
  }

  /** The line above the ladder: whose post is whose. */
  heading(left: string, right: string): string {
    const names: Row = { t: 0, left: { text: left, role: 'state' }, right: { text: right, role: 'state' } };
    return this.#line('time (s)'.padEnd(TIME), names);
  }

  paint(row: Row): string {
    return this.#line(formatTime(row.t), row);
  }

  #line(time: string, row: Row): string {
    const post = { text: this.#signs.post, role: 'frame' } as const;
    const left = this.#cut(row.left, this.#note);
    const right = this.#cut(row.right, this.#note);
    const pieces: Piece[] = [
      { text: time, role: 'time' },
      blank(1 + this.#note - textWidth(left.text)),
      left,
      blank(1),
      post,
      ...this.#paintMiddle(row.middle),
      post,
      blank(1),
      right,
    ];
    while (pieces.at(-1)!.text.trim() === '') pieces.pop();
    return pieces.map(({ text, role }) => (text.trim() === '' ? text : this.#style(text, role))).join('');
  }

  #cut(piece: Piece | undefined, width: number): Piece {
    if (piece === undefined) return blank(0);
    return { text: clip(piece.text, width, this.#signs.cut), role: piece.role };
  }

  #paintMiddle(middle: Arrow | Words | undefined): readonly Piece[] {
    if (middle === undefined) return [blank(this.#middle)];
    return middle.kind === 'words' ? this.#paintWords(middle) : this.#paintArrow(middle);
  }

  #paintWords({ side, pieces }: Words): readonly Piece[] {
    const shown = this.#fit(pieces, this.#middle - 2);
    const rest = this.#middle - widthOf(shown);
    const before = side === 'left' ? 1 : side === 'right' ? rest - 1 : Math.trunc(rest / 2);
    return [blank(before), ...shown, blank(rest - before)];
  }

  /** Drawn from the sender on, and turned round when the sender is on the right. */
  #paintArrow(arrow: Arrow): readonly Piece[] {
    const { line, dots } = this.#signs;
    const fading = frame(dots.repeat(3));
    const end = this.#arrowEnd(arrow);
    const fixed = widthOf(end) + (arrow.phase === 'leave' || arrow.phase === 'arrive' ? 3 : 0);
    // Two signs of the line and a blank before the label; a blank, one more sign and room for the gap behind it
    const label = [blank(1), ...this.#fit(arrow.label, this.#middle - fixed - 6), blank(1)];
    const rest = this.#middle - fixed - widthOf(label) - 2;
    const gap = blank(Math.min(8, rest - 1));
    const stub = frame(line.repeat(2));
    const shaft = frame(line.repeat(rest - gap.text.length));
    let parts: (readonly Piece[])[];
    if (arrow.phase === 'leave') parts = [[stub], label, [shaft], [fading], [gap]];
    else if (arrow.phase === 'arrive') parts = [[gap], [fading], [shaft], label, [stub], end];
    else parts = [[stub], label, [frame(line.repeat(rest))], end];
    return (arrow.toRight ? parts : parts.reverse()).flat();
  }

  #arrowEnd({ phase, toRight, end }: Arrow): readonly Piece[] {
    if (phase === 'leave') return [];
    if (phase !== 'lost') return [frame(toRight ? '>' : '<')];
    const { lost, cut } = this.#signs;
    const reason = clip(end?.text ?? '', this.#middle >> 1, cut);
    const text = toRight ? `${lost} ${reason}` : `${reason} ${lost}`;
    return toRight ? [{ text, role: 'trouble' }, blank(1)] : [blank(1), { text, role: 'trouble' }];
  }

  /** As many pieces as fit with a blank between them: the first, then what is news, then the others. */
  #fit(pieces: readonly Piece[], width: number): Piece[] {
    const shown: (Piece | undefined)[] = [];
    let room = width;
    for (const at of byImportance(pieces)) {
      const piece = this.#fitted(pieces[at]!, at === 0, room);
      if (piece === undefined) continue;
      shown[at] = piece;
      room -= textWidth(piece.text) + 1;
    }
    return shown.flatMap((piece) => (piece === undefined ? [] : [blank(1), piece])).slice(1);
  }

  #fitted(piece: Piece, always: boolean, room: number): Piece | undefined {
    if (textWidth(piece.text) <= room) return piece;
    // The beginning of a payload says something, half a number does not
    return always || (piece.role === 'payload' && room >= 6) ? this.#cut(piece, room) : undefined;
  }
}

const NEWS: ReadonlySet<LadderRole> = new Set(['resent', 'late', 'trouble']);

function byImportance(pieces: readonly Piece[]): number[] {
  const rank = (at: number): number => (at === 0 ? 0 : NEWS.has(pieces[at]!.role) ? 1 : 2);
  return Array.from(pieces.keys()).sort((a, b) => rank(a) - rank(b));
}

function frame(text: string): Piece {
  return { text, role: 'frame' };
}

function blank(width: number): Piece {
  return { text: ' '.repeat(Math.max(0, width)), role: 'frame' };
}

function widthOf(pieces: readonly Piece[]): number {
  let width = 0;
  for (const piece of pieces) width += textWidth(piece.text);
  return width;
}

/** Seconds with the points below each other; microseconds only where there are any. Eleven columns. */
function formatTime(us: number): string {
  const seconds = Math.trunc(us / 1_000_000);
  const fraction = String(us % 1_000_000).padStart(6, '0');
  const shown = fraction.endsWith('000') ? fraction.slice(0, 3) : fraction;
  const text = `${String(seconds).padStart(4)}.${shown}`;
  return (text.length > TIME ? String(seconds) : text).padEnd(TIME);
}
