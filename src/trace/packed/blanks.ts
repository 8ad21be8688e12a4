/** Where in a line of a trace other numbers may stand, without its being another line: its blanks. */

/** What may stand in a blank: a number of this table. */
export const KIND = { count: 0, number: 1, word: 2, text: 3, bytes: 4 } as const;

/** By path in the line. A text may be anything; a word is one of not too many. */
const BLANKS = {
  n: 'count',
  t: 'count',
  end: 'word',
  cause: 'count',
  connection: 'count',
  instance: 'count',
  packet: 'count',
  deadline: 'count',
  queue: 'count',
  copy: 'count',
  bit: 'count',
  by: 'count',
  direction: 'word',
  bytes: 'bytes',
  'segment.source': 'word',
  'segment.destination': 'word',
  'segment.seq': 'count',
  'segment.ack': 'count',
  'segment.window': 'count',
  'segment.length': 'count',
  'segment.options.mss': 'count',
  'segment.options.windowScale': 'count',
  'segment.options.timestamps': 'count',
  'segment.options.sack': 'count',
  values: 'number',
  detail: 'text',
  text: 'text',
} as const satisfies Readonly<Record<string, keyof typeof KIND>>;

export type BlankPath = keyof typeof BLANKS;

export interface Blank {
  /** The line's text before it, from the blank before. */
  readonly before: string;
  /** Of KIND. */
  readonly kind: number;
  readonly path: BlankPath;
  /** Of the numbers of one path, in their order. */
  readonly index: number;
}

/** A text, a number, or what is between them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[^,}\]]*|[^"\d-]/g;

/** The blanks of a line as `eventLine` writes it, and what comes behind the last one. */
export function blanksOf(line: string): { blanks: Blank[]; rest: string } {
  const blanks: Blank[] = [];
  const counts: Record<string, number> = {};
  const keys: string[] = [];
  let before = '';
  for (const [token] of line.matchAll(TOKEN)) {
    const isKey = token.startsWith('"') && /[{,]$/.test(before);
    if (isKey) keys[keys.length - 1] = JSON.parse(token);
    else if (token === '{') keys.push('');
    else if (token === '}') keys.pop();
    const path = keys[0] === 'values' ? 'values' : keys.join('.');
    if (isKey || !/^["\d-]/.test(token) || !Object.hasOwn(BLANKS, path)) {
      before += token;
      continue;
    }
    const kind = KIND[BLANKS[path as BlankPath]];
    const index = counts[path] ?? 0;
    counts[path] = index + 1;
    const isNumber = kind === KIND.count || kind === KIND.number;
    // The quote behind what is no number is read with it
    blanks.push({ before: isNumber ? before : `${before}"`, kind, path: path as BlankPath, index });
    before = '';
  }
  return { blanks, rest: before };
}
