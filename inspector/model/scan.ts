/**
 * A line of a trace into the draft, without making objects or texts of it: twenty times as fast as `JSON.parse`, for
 * traces of a million events. It reads lines as `src/trace/json.ts` writes them and says no to all others, which
 * `jsonParse.ts` then reads or refuses.
 */
import { FIELDS, type Field } from '../../src/trace/json.ts';
import { Cursor, type Literal, literal } from './cursor.ts';
import { type Draft, KINDS, kindId, type SegmentDraft } from './draft.ts';
import type { Words } from './words.ts';

const OPEN = literal('{"n":');
const TIME = literal(',"t":');
const END = literal(',"end":"');
const CAUSE = literal(',"cause":');
const KIND = literal(',"kind":"');
const TRUE = literal('true');
const [COMMA, COLON, LEFT, RIGHT, BRACE, CLOSE, QUOTE] = [0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d, 0x22];

/** How to read one field. */
interface Step {
  /** The field's name, and the quote that its value begins with. */
  readonly key: Literal;
  readonly optional: boolean;
  /** By word: it may be; undefined for any. */
  readonly allowed: Uint8Array | undefined;
  /** Where it goes: a number of WORDS or OTHERS. */
  readonly place: number;
}

/** Words by their fields' names, and where in the draft each goes: a switch over numbers, as it is what takes the time. */
const WORDS: Readonly<Record<string, number>> = {
  chart: 0,
  from: 1,
  to: 2,
  guard: 3,
  direction: 4,
  change: 5,
};
/** The reason of a loss, and the word that says what happened. */
const REASON = 6;
const WORD = 7;
/** What is no word. */
const OTHERS: Readonly<Record<string, number>> = {
  connection: 8,
  instance: 9,
  packet: 10,
  deadline: 11,
  queue: 12,
  copy: 12,
  bit: 12,
  by: 12,
  late: 13,
  segment: 14,
  bytes: 15,
  values: 16,
  detail: 17,
  text: 17,
};

/** Reads lines of which the words are kept in `words`. */
export class LineScanner {
  readonly #words: Words;
  readonly #cursor: Cursor;
  /** By the word of a kind: its number and its fields. */
  readonly #kinds: ({ readonly kind: number; readonly steps: readonly Step[] } | undefined)[] = [];
  readonly #lost: number;
  readonly #delivered: number;

  constructor(words: Words) {
    this.#words = words;
    this.#cursor = new Cursor(words);
    this.#lost = words.id('lost');
    this.#delivered = words.id('delivered');
    KINDS.forEach((kind, id) => {
      this.#kinds[words.id(kind)] = { kind: id, steps: FIELDS[kind].map((field) => this.#step(field, kind)) };
    });
  }

  /**
   * Fills the draft from the line that begins at `from`; returns the place behind it, 0 when it is not as we write them.
   * It may go up to `end`, behind which there are SPARE bytes (`words.ts`), the first one 0.
   */
  scan(bytes: Uint8Array<ArrayBuffer>, from: number, end: number, draft: Draft): number {
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
    if (cursor.failed || kind === undefined) return 0;
    draft.kind = kind.kind;
    const { steps } = kind;
    for (let i = 0; i < steps.length; i++) {
      const { key, place, allowed, optional } = steps[i]!;
      if (cursor.skips(key)) {
        if (place > WORD) readOther(cursor, draft, place);
        else {
          const word = readWord(cursor, draft, place);
          if (allowed !== undefined && allowed[word] !== 1) return 0;
        }
      } else if (!optional) return 0;
    }
    cursor.expectByte(CLOSE);
    return !cursor.failed && this.#saysAll(draft) ? cursor.at : 0;
  }

  #step([name, type, words]: Field, kind: string): Step {
    const ids = words?.map((word) => this.#words.id(word));
    const allowed = ids && new Uint8Array(Math.max(...ids) + 1);
    for (const id of ids ?? []) allowed![id] = 1;
    const plain = type.replace('?', '');
    const quote = plain === 'text' || plain === 'bytes' ? '"' : '';
    const place = name === 'reason' && kind === 'link' ? REASON : (WORDS[name] ?? OTHERS[name]);
    if (place === undefined && plain !== 'text') throw new Error(`the scanner has no place for ${name}`);
    return {
      key: literal(`,"${name}":${quote}`),
      optional: type.endsWith('?'),
      allowed,
      place: place ?? WORD,
    };
  }

  /** What the link did may need a number or a reason: the parser says which is missing. */
  #saysAll({ kind, word, reason, value }: Draft): boolean {
    if (kind !== kindId.link) return true;
    if (word === this.#lost) return reason !== 0;
    return word === this.#delivered || value >= 0;
  }
}

/** Reads a word into its place, and returns it. */
function readWord(cursor: Cursor, draft: Draft, place: number): number {
  const word = cursor.word();
  switch (place) {
    case 0:
      draft.chart = word;
      break;
    case 1:
      draft.from = word;
      break;
    case 2:
      draft.to = word;
      break;
    case 3:
      draft.guard = word;
      break;
    case 4:
      draft.direction = word;
      break;
    case 5:
      draft.change = word;
      break;
    case REASON:
      draft.reason = word;
      break;
    default:
      draft.word = word;
  }
  return word;
}

/** Reads what is no word into its place. */
function readOther(cursor: Cursor, draft: Draft, place: number): void {
  switch (place) {
    case 8:
      draft.connection = cursor.count();
      break;
    case 9:
      draft.instance = cursor.count();
      break;
    case 10:
      draft.packet = cursor.count();
      break;
    case 11:
      draft.deadline = cursor.count();
      break;
    case 12:
      draft.value = cursor.count();
      break;
    case 13:
      cursor.expect(TRUE);
      draft.value = 1;
      break;
    case 14:
      draft.hasSegment = true;
      readSegment(cursor, draft.segment);
      break;
    case 15:
      draft.bytesLength = cursor.hex(draft.bytes);
      break;
    case 16:
      readValues(cursor, draft);
      break;
    default:
      draft.text = cursor.text();
  }
}

const [SOURCE, DESTINATION, FLAGS, SEQ, ACK, WINDOW, LENGTH] = [
  '{"source":"',
  ',"destination":"',
  ',"flags":"',
  ',"seq":',
  ',"ack":',
  ',"window":',
  ',"length":',
].map(literal) as [Literal, Literal, Literal, Literal, Literal, Literal, Literal];
const OPTIONS = literal(',"options":{');

function readSegment(cursor: Cursor, segment: SegmentDraft): void {
  cursor.expect(SOURCE);
  segment.source = cursor.word();
  cursor.expect(DESTINATION);
  segment.destination = cursor.word();
  cursor.expect(FLAGS);
  segment.flags = cursor.word();
  cursor.expect(SEQ);
  segment.seq = cursor.count();
  cursor.expect(ACK);
  segment.ack = cursor.count();
  cursor.expect(WINDOW);
  segment.window = cursor.count();
  cursor.expect(LENGTH);
  segment.length = cursor.count();
  segment.clearOptions();
  if (cursor.skips(OPTIONS)) readOptions(cursor, segment);
  cursor.expectByte(CLOSE);
}

const TIMESTAMPS = literal('"timestamps":[');

/** Options in the order in which they are written. */
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
  // What most segments have and nothing else
  if (cursor.skips(TIMESTAMPS)) readTimestamps(cursor, segment);
  else {
    let some = false;
    for (const { first, later, read } of OPTION_STEPS) {
      if (!cursor.skips(some ? later : first)) continue;
      some = true;
      read(cursor, segment);
    }
  }
  cursor.expectByte(CLOSE);
}

function readTimestamps(cursor: Cursor, segment: SegmentDraft): void {
  segment.hasTimestamps = true;
  segment.tsVal = cursor.count();
  cursor.expectByte(COMMA);
  segment.tsEcr = cursor.count();
  cursor.expectByte(RIGHT);
}

function readSack(cursor: Cursor, sack: number[]): void {
  if (cursor.skipsByte(RIGHT)) return;
  do {
    cursor.expectByte(LEFT);
    sack.push(cursor.count());
    cursor.expectByte(COMMA);
    sack.push(cursor.count());
    cursor.expectByte(RIGHT);
  } while (!cursor.failed && cursor.skipsByte(COMMA));
  cursor.expectByte(RIGHT);
}

function readValues(cursor: Cursor, draft: Draft): void {
  cursor.expectByte(BRACE);
  if (cursor.skipsByte(CLOSE)) return;
  do {
    cursor.expectByte(QUOTE);
    draft.names.push(cursor.word());
    cursor.expectByte(COLON);
    draft.values.push(cursor.number());
  } while (!cursor.failed && cursor.skipsByte(COMMA));
  cursor.expectByte(CLOSE);
}
