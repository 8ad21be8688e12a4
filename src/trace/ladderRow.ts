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
  /** What may stand for the text where there is no room for it, the longest first. */
  readonly short?: readonly string[];
  /** The first of its role to be left out. */
  readonly minor?: true;
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
/** From here on there is room for whole words at the sides and for three dots on the way. */
const WIDE = 100;
/** Narrower than this a ladder is not drawn. */
const MIN_WIDTH = 60;

/** Turns rows into lines of at most `width` columns, without blanks at their ends. */
export class RowPainter {
  readonly #signs: Signs;
  readonly #style: LadderStyle;
  readonly #note: number;
  readonly #middle: number;
  /** Dots that a packet on its way has at least. */
  readonly #dots: number;

  constructor(width: number, signs: Signs, style: LadderStyle) {
    const whole = Math.max(MIN_WIDTH, Math.trunc(width) || 0);
    this.#signs = signs;
    this.#style = style;
    this.#note = whole < WIDE ? 12 : 14;
    this.#dots = whole < WIDE ? 1 : 3;
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
    const text = formsOf(piece).find((form) => textWidth(form) <= width) ?? shortest(piece);
    return { text: clip(text, width, this.#signs.cut), role: piece.role };
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
    const end = this.#arrowEnd(arrow);
    const least = arrow.phase === 'leave' || arrow.phase === 'arrive' ? this.#dots : 0;
    const fixed = widthOf(end) + least;
    // Two signs of the line and a blank before the label; a blank, one more sign and room for the gap behind it
    const label = [blank(1), ...this.#fit(arrow.label, this.#middle - fixed - 6), blank(1)];
    const spare = this.#middle - fixed - widthOf(label) - 2;
    const more = least === 0 ? 0 : Math.min(3 - least, spare - 2);
    const rest = spare - more;
    const fading = frame(dots.repeat(least + more));
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

  /**
   * As many pieces as fit with a blank between them. What was sent again or damaged always says so, if in its shortest
   * form; then comes the first piece, then other news, all in the longest forms there is room for, then the rest.
   */
  #fit(pieces: readonly Piece[], width: number): Piece[] {
    const shown: (Piece | undefined)[] = [];
    const order = byImportance(pieces);
    const news = order.filter((at) => at > 0 && rankOf(pieces[at]!) < REST);
    let room = width - this.#fitFirst(pieces, news, width, shown);
    for (const at of news) room -= lengthen(pieces[at]!, at, room, shown);
    for (const at of order) {
      if (shown[at] !== undefined || news.includes(at)) continue;
      const piece = this.#fitted(pieces[at]!, room - 1);
      if (piece === undefined) continue;
      shown[at] = piece;
      room -= textWidth(piece.text) + 1;
    }
    return shown.flatMap((piece) => (piece === undefined ? [] : [blank(1), piece])).slice(1);
  }

  /** The first piece and the news in their shortest forms; returns the columns that they take. */
  #fitFirst(
    pieces: readonly Piece[],
    news: readonly number[],
    width: number,
    shown: (Piece | undefined)[],
  ): number {
    const first = pieces[0]!;
    const wanted = textWidth(first.text);
    let taken = 0;
    for (const at of news) {
      const text = shortest(pieces[at]!);
      const more = textWidth(text) + 1;
      // The first piece may be cut to five columns for the sake of what must be said, for other news not at all
      const kept = rankOf(pieces[at]!) === VITAL ? Math.min(5, wanted) : wanted;
      // The lesser news does not stay where the greater has gone
      if (taken + more + kept > width) break;
      shown[at] = { text, role: pieces[at]!.role };
      taken += more;
    }
    shown[0] = this.#cut(first, width - taken);
    return taken + textWidth(shown[0].text);
  }

  #fitted(piece: Piece, room: number): Piece | undefined {
    if (textWidth(piece.text) <= room) return piece;
    // The beginning of a payload says something, half a number does not
    return piece.role === 'payload' && room >= 6 ? this.#cut(piece, room) : undefined;
  }
}

/** Ranks of pieces, the lowest first. */
const VITAL = 1;
const REST = 4;

function rankOf({ role, minor }: Piece): number {
  if (role === 'resent' || role === 'trouble') return VITAL;
  if (role !== 'late') return REST;
  return minor === true ? 3 : 2;
}

function byImportance(pieces: readonly Piece[]): number[] {
  return Array.from(pieces.keys()).sort((a, b) => rankOf(pieces[a]!) - rankOf(pieces[b]!));
}

/** Replaces a piece that is shown by its longest form that `room` more columns allow; returns those it takes. */
function lengthen(piece: Piece, at: number, room: number, shown: (Piece | undefined)[]): number {
  const now = shown[at];
  if (now === undefined) return 0;
  const before = textWidth(now.text);
  const text = formsOf(piece).find((form) => textWidth(form) <= before + room) ?? now.text;
  shown[at] = { text, role: piece.role };
  return textWidth(text) - before;
}

function formsOf({ text, short }: Piece): readonly string[] {
  return short === undefined ? [text] : [text, ...short];
}

function shortest({ text, short }: Piece): string {
  return short?.at(-1) ?? text;
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
