/**
 * A line of a trace into the draft, without making objects or texts of it: ten times as fast as `JSON.parse`, for
 * traces of a million events. It reads lines as `src/trace/json.ts` writes them and says no to all others, which
 * `jsonParse.ts` then reads or refuses.
 */
import { FIELDS, type Field } from '../../src/trace/json.ts';
import { Cursor, literal } from './cursor.ts';
import { type Draft, KINDS, type SegmentDraft } from './draft.ts';
import type { Words } from './words.ts';

const OPEN = literal('{"n":');
const TIME = literal(',"t":');
const END = literal(',"end":');
const CAUSE = literal(',"cause":');
const KIND = literal(',"kind":');
const CLOSE = literal('}');
const COMMA = literal(',');
const COLON = literal(':');
const BRACE = literal('{');
const TRUE = literal('true');

/** How to read one field. */
interface Step {
  readonly key: Uint8Array;
  readonly optional: boolean;
  /** Words that it may be; undefined for any. */
  readonly allowed: ReadonlySet<number> | undefined;
  read(cursor: Cursor, draft: Draft): number;
}

/** Reads lines of which the words are kept in `words`. */
export class LineScanner {
  readonly #words: Words;
  readonly #cursor: Cursor;
  /** By the word of a kind: its number and its fields. */
  readonly #kinds: ({ readonly kind: number; readonly steps: readonly Step[] } | undefined)[] = [];

  constructor(words: Words) {
    this.#words = words;
    this.#cursor = new Cursor(words);
    KINDS.forEach((kind, id) => {
      this.#kinds[words.id(kind)] = { kind: id, steps: FIELDS[kind].map((field) => this.#step(field, kind)) };
    });
  }

  /** Fills the draft from the line between `from` and `end`; false when it is not as we write them. */
  scan(bytes: Uint8Array<ArrayBuffer>, from: number, end: number, draft: Draft): boolean {
    const cursor = this.#cursor;
    cursor.start(bytes, from, end);
    draft.clear();
    cursor.expect(OPEN);
    draft.n = cursor.count();
    cursor.expect(TIME);
    draft.t = cursor.count();
    cursor.expect(END);
    draft.end = cursor.word();
    cursor.expect(CAUSE);
    draft.cause = cursor.count();
    cursor.expect(KIND);
    const kind = this.#kinds[cursor.word()];
    if (cursor.failed || kind === undefined) return false;
    draft.kind = kind.kind;
    for (const step of kind.steps) {
      if (cursor.skips(step.key)) {
        const word = step.read(cursor, draft);
        if (step.allowed !== undefined && !step.allowed.has(word)) return false;
      } else if (!step.optional) return false;
    }
    cursor.expect(CLOSE);
    return !cursor.failed && cursor.atEnd && linkSaysAll(draft, this.#words);
  }

  #step([name, type, words]: Field, kind: string): Step {
    return {
      key: literal(`,"${name}":`),
      optional: type.endsWith('?'),
      allowed: words && new Set(words.map((word) => this.#words.id(word))),
      read: readerOf(name, type.replace('?', ''), kind),
    };
  }
}

type Reader = Step['read'];

/** Into which field of the draft each goes. */
const PLACES: Readonly<Record<string, Reader>> = {
  connection: (cursor, draft) => (draft.connection = cursor.count()),
  instance: (cursor, draft) => (draft.instance = cursor.count()),
  packet: (cursor, draft) => (draft.packet = cursor.count()),
  deadline: (cursor, draft) => (draft.deadline = cursor.count()),
  queue: (cursor, draft) => (draft.value = cursor.count()),
  copy: (cursor, draft) => (draft.value = cursor.count()),
  bit: (cursor, draft) => (draft.value = cursor.count()),
  by: (cursor, draft) => (draft.value = cursor.count()),
  late: (cursor, draft) => {
    cursor.expect(TRUE);
    draft.value = 1;
    return 1;
  },
  chart: (cursor, draft) => (draft.chart = cursor.word()),
  from: (cursor, draft) => (draft.from = cursor.word()),
  to: (cursor, draft) => (draft.to = cursor.word()),
  guard: (cursor, draft) => (draft.guard = cursor.word()),
  change: (cursor, draft) => (draft.change = cursor.word()),
  direction: (cursor, draft) => (draft.direction = cursor.word()),
  detail: (cursor, draft) => {
    draft.text = cursor.text();
    return 0;
  },
  text: (cursor, draft) => {
    draft.text = cursor.text();
    return 0;
  },
  segment: (cursor, draft) => {
    draft.hasSegment = true;
    readSegment(cursor, draft.segment);
    return 0;
  },
  bytes: (cursor, draft) => (draft.bytesLength = cursor.hex(draft.bytes)),
  values: (cursor, draft) => {
    readValues(cursor, draft);
    return 0;
  },
};

function readerOf(name: string, type: string, kind: string): Reader {
  if (name === 'reason' && kind === 'link') return (cursor, draft) => (draft.reason = cursor.word());
  const place = PLACES[name];
  if (place !== undefined) return place;
  if (type !== 'text') throw new Error(`the scanner has no place for ${name} of ${kind}`);
  return (cursor, draft) => (draft.word = cursor.word());
}

/** What the link did may need a number or a reason: the parser says which is missing. */
function linkSaysAll(draft: Draft, words: Words): boolean {
  if (KINDS[draft.kind] !== 'link') return true;
  const what = words.text(draft.word);
  if (what === 'lost') return draft.reason !== 0;
  return what === 'delivered' || draft.value >= 0;
}

const SEGMENT = [
  '{"source":',
  ',"destination":',
  ',"flags":',
  ',"seq":',
  ',"ack":',
  ',"window":',
  ',"length":',
].map(literal) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const OPTIONS = literal(',"options":{');
const LEFT = literal('[');
const RIGHT = literal(']');

function readSegment(cursor: Cursor, segment: SegmentDraft): void {
  const [source, destination, flags, seq, ack, window, length] = SEGMENT;
  cursor.expect(source);
  segment.source = cursor.word();
  cursor.expect(destination);
  segment.destination = cursor.word();
  cursor.expect(flags);
  segment.flags = cursor.word();
  cursor.expect(seq);
  segment.seq = cursor.count();
  cursor.expect(ack);
  segment.ack = cursor.count();
  cursor.expect(window);
  segment.window = cursor.count();
  cursor.expect(length);
  segment.length = cursor.count();
  segment.clearOptions();
  if (cursor.skips(OPTIONS)) readOptions(cursor, segment);
  cursor.expect(CLOSE);
}

/** Each option as the first one and as a later one, in the order in which they are written. */
const OPTION_STEPS = (
  [
    ['"mss":', (cursor, segment) => (segment.mss = cursor.count())],
    ['"windowScale":', (cursor, segment) => (segment.windowScale = cursor.count())],
    ['"sackPermitted":true', (_cursor, segment) => (segment.sackPermitted = true)],
    ['"sack":[', (cursor, segment) => readSack(cursor, segment.sack)],
    ['"timestamps":[', readTimestamps],
  ] satisfies [string, (cursor: Cursor, segment: SegmentDraft) => unknown][]
).map(([key, read]) => ({ first: literal(key), later: literal(`,${key}`), read }));

function readOptions(cursor: Cursor, segment: SegmentDraft): void {
  let some = false;
  for (const { first, later, read } of OPTION_STEPS) {
    if (!cursor.skips(some ? later : first)) continue;
    some = true;
    read(cursor, segment);
  }
  cursor.expect(CLOSE);
}

function readTimestamps(cursor: Cursor, segment: SegmentDraft): void {
  segment.hasTimestamps = true;
  segment.tsVal = cursor.count();
  cursor.expect(COMMA);
  segment.tsEcr = cursor.count();
  cursor.expect(RIGHT);
}

function readSack(cursor: Cursor, sack: number[]): void {
  if (cursor.skips(RIGHT)) return;
  do {
    cursor.expect(LEFT);
    sack.push(cursor.count());
    cursor.expect(COMMA);
    sack.push(cursor.count());
    cursor.expect(RIGHT);
  } while (!cursor.failed && cursor.skips(COMMA));
  cursor.expect(RIGHT);
}

function readValues(cursor: Cursor, draft: Draft): void {
  cursor.expect(BRACE);
  if (cursor.skips(CLOSE)) return;
  do {
    draft.names.push(cursor.word());
    cursor.expect(COLON);
    draft.values.push(cursor.number());
  } while (!cursor.failed && cursor.skips(COMMA));
  cursor.expect(CLOSE);
}
