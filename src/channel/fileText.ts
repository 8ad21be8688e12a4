/**
 * Payload bytes as one line of text for people: UTF-8 where it is that, escapes for the rest. A function of the bytes
 * alone, the same on every version of Node (so no Unicode tables of its own), as readers of a log check it.
 */

/** At most so many bytes are written for one: `\xHH`. */
export const LONGEST_ESCAPE = 4;

const DIGITS = '0123456789abcdef';
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS.charCodeAt(byte >>> 4));
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS.charCodeAt(byte & 15));

const BACKSLASH = 0x5c;
const X = 0x78;

/** What stands after the backslash for a byte below 128; 0: `xHH`. */
const LETTERS = new Uint8Array(128);
LETTERS[BACKSLASH] = BACKSLASH;
LETTERS[0x09] = 0x74; // \t
LETTERS[0x0a] = 0x6e; // \n
LETTERS[0x0d] = 0x72; // \r

/**
 * Characters that a terminal takes for an instruction, or that change how others are drawn: C1 controls, soft hyphen,
 * zero width and direction marks, line and paragraph separators, tags. First and last of each range.
 */
const UNSAFE: readonly (readonly [number, number])[] = [
  [0x80, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
];

/** Writes the text of `bytes` from `start` to `end` into `out` at `at`, and returns where it ends. */
export function writeText(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  let to = at;
  let from = start;
  while (from < end) {
    const byte = bytes[from]!;
    if (byte >= 0x20 && byte < 0x7f && byte !== BACKSLASH) {
      out[to] = byte;
      to += 1;
      from += 1;
      continue;
    }
    const length = byte < 0xc2 ? 1 : characterLength(bytes, from, end);
    if (length === 1) to = writeEscape(byte, out, to);
    else {
      for (let i = 0; i < length; i += 1) out[to + i] = bytes[from + i]!;
      to += length;
    }
    from += length;
  }
  return to;
}

function writeEscape(byte: number, out: Uint8Array, at: number): number {
  const letter = byte < 128 ? LETTERS[byte]! : 0;
  out[at] = BACKSLASH;
  if (letter !== 0) {
    out[at + 1] = letter;
    return at + 2;
  }
  out[at + 1] = X;
  out[at + 2] = HIGH[byte]!;
  out[at + 3] = LOW[byte]!;
  return at + 4;
}

/** Bytes of the UTF-8 character here (RFC 3629 section 4), 1 when it is none or one that must be escaped. */
function characterLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  if (length === 1 || at + length > end) return 1;
  let code = first & (0xff >>> (length + 1));
  for (let i = 1; i < length; i += 1) {
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return 1;
    code = (code << 6) | (next & 0x3f);
  }
  return isShortest(code, length) && !isUnsafe(code) ? length : 1;
}

/** Not written in more bytes than it needs, no surrogate, not beyond Unicode. */
function isShortest(code: number, length: number): boolean {
  if (length === 2) return true;
  if (length === 3) return code >= 0x800 && (code < 0xd800 || code > 0xdfff);
  return code >= 0x10000 && code <= 0x10ffff;
}

function isUnsafe(code: number): boolean {
  for (const [first, last] of UNSAFE) if (code >= first && code <= last) return true;
  return false;
}
