/**
 * Text for a terminal: how wide it is, how it is cut, and what of it must not reach a terminal as it is.
 *
 * What a peer sent may hold escape sequences, marks that reverse the writing, half characters: all of these are
 * written as escapes. Widths are those of Unicode's wide and fullwidth characters; ambiguous ones count as narrow.
 */

/** First and last of each range that takes two columns (UAX #11, W and F; emoji are matched by property). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

/** Vowels and finals of conjoining Hangul are drawn into the syllable before them. */
function isZeroWidth(char: string, code: number): boolean {
  return (code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7ff) || /\p{M}/u.test(char);
}

/** Columns that one character takes: 0, 1 or 2. */
function charWidth(char: string): number {
  const code = char.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (isZeroWidth(char, code)) return 0;
  if (WIDE.some(([first, last]) => code >= first && code <= last)) return 2;
  return /\p{Emoji_Presentation}/u.test(char) ? 2 : 1;
}

/** Columns that a text without control characters takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** The text, cut to at most `width` columns; where it was cut stands `mark`. */
export function clip(text: string, width: number, mark = '…'): string {
  if (text.length <= width * 4 && textWidth(text) <= width) return text;
  const room = width - textWidth(mark);
  if (room < 0) return '';
  let taken = 0;
  let end = 0;
  for (const char of text) {
    taken += charWidth(char);
    // Marks have no width: their number is limited too
    if (taken > room || end + char.length > room * 4) break;
    end += char.length;
  }
  return text.slice(0, end) + mark;
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/** The text with everything escaped that a terminal might take for an instruction; with `ascii`, all beyond ASCII. */
export function printable(text: string, ascii = false): string {
  const unsafe = ascii ? /[^ -[\]-~]/gu : /[\p{C}\p{Zl}\p{Zp}\\]/gu;
  return text.replace(unsafe, (char) => SHORT[char] ?? `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** How many bytes the UTF-8 character beginning with this byte has; 1 for a byte that begins none. */
function sequenceLength(byte: number): number {
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 1;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text for a person: printable as above, what is no whole UTF-8 character as `\xHH`. At most 64 bytes. */
export function bytesText(bytes: Uint8Array, ascii = false): string {
  const limit = Math.min(bytes.length, 64);
  let text = '';
  for (let at = 0; at < limit; ) {
    const length = sequenceLength(bytes[at]!);
    try {
      text += printable(decoder.decode(bytes.subarray(at, at + length)), ascii);
      at += length;
    } catch {
      text += `\\x${bytes[at]!.toString(16).padStart(2, '0')}`;
      at += 1;
    }
  }
  return limit < bytes.length ? `${text}...` : text;
}
