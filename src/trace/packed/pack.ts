/**
 * A trace on its way to who looks at it, twenty times as small: lines that are like one before are the number of its
 * template and what is in the blanks. It is the same trace: all lines come out again, also those that are none.
 *
 * Format: MAGIC; then blocks, each with its length and that of the lines in it (4 bytes each, little-endian). In a block
 * are lines: LINE.other or LINE.new, length and text of one as it is; or LINE.first + the number of a template and its
 * blanks. Both sides make the templates themselves, of the lines that are new.
 */
import { TraceError, TraceParser } from '../jsonParse.ts';
import { Backlog } from './backlog.ts';
import { KIND } from './blanks.ts';
import { type Blank, Lines, NO_TEMPLATE } from './lines.ts';
import { folded, Writer } from './varint.ts';
import { Words } from './words.ts';

/** What it is called where it is asked for (HTTP's Accept). */
export const PACKED_TYPE = 'application/vnd.statewire.packed';
/** HTTP's header of a packed trace that says how many bytes it is otherwise. */
export const SIZE_HEADER = 'Trace-Size';
/** How a packed trace begins. */
export const MAGIC = Uint8Array.of(0x53, 0x57, 0x50, 2);
/** What a line begins with in a block: it is of no template; it is the first of the next one; it is of the first one. */
export const LINE = { other: 0, new: 1, first: 2 } as const;
/** Bytes before a block. */
export const FRAME = 8;
/** Numbers below are written as the difference to the one before, all of them exactly. */
export const EXACT = 1e15;
/** No line of a trace is longer. */
export const LONGEST_LINE = 1 << 22;
/** Blanks of which the numbers go on from line to line, whatever its template. */
const GOING_ON = ['n', 't', 'cause'] as const;

const LINE_FEED = 10;
/** Lines that are packed together, bytes. */
const BLOCK = 1 << 18;

export interface PackerOptions {
  /** Is given the packed bytes; without it the lines are only looked at. */
  readonly out?: (block: Uint8Array) => void;
  /** Is told of lines that cannot be read; `last`: nothing follows, not even a line end. */
  readonly problem?: (error: TraceError, last: boolean) => void;
}

export class TracePacker {
  /** Lines that could be read, the header not counted. */
  events = 0;
  /** There is no header, or a line without end: nothing more is taken. */
  stopped = false;
  readonly #options: PackerOptions;
  readonly #words = new Words();
  readonly #lines = new Lines(this.#words);
  readonly #parser = new TraceParser();
  readonly #writer = new Writer();
  readonly #packing = new Packing();
  readonly #decoder = new TextDecoder();
  #line = 0;
  readonly #backlog = new Backlog();

  constructor(options: PackerOptions) {
    this.#options = options;
    this.#writer.length = FRAME;
    options.out?.(MAGIC);
  }

  /** Takes the next bytes of the trace. */
  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length && !this.stopped; from += BLOCK)
      this.#take(chunk.subarray(from, from + BLOCK));
  }

  /** There is no more. */
  finish(): void {
    if (this.#backlog.length > 0 && !this.stopped) this.#readLines(true);
    if (!this.stopped && this.#parser.header === undefined)
      this.#options.problem?.(new TraceError(1, 'no header: the trace is empty'), false);
  }

  #take(piece: Uint8Array): void {
    const backlog = this.#backlog;
    backlog.add(piece);
    const tooLong =
      backlog.length > LONGEST_LINE && !backlog.bytes.subarray(0, backlog.length).includes(LINE_FEED);
    if (piece.includes(LINE_FEED) || tooLong) this.#readLines(tooLong);
    if (tooLong) this.stopped = true;
  }

  /** Packs all whole lines; `last`: what comes behind them is one too. */
  #readLines(last: boolean): void {
    const backlog = this.#backlog;
    let from = 0;
    while (from < backlog.length && !this.stopped) {
      const next = this.#readLine(from, last);
      if (next === 0) break;
      from = next;
    }
    this.#send(Math.min(from, backlog.length));
    backlog.drop(from);
  }

  /** Packs a line; returns where the next one begins, 0 when it is not whole. */
  #readLine(from: number, last: boolean): number {
    const { bytes, length } = this.#backlog;
    const template = this.#lines.match(bytes, from, length);
    const { after } = this.#lines;
    if (template !== NO_TEMPLATE && (bytes[after] === LINE_FEED || (last && after === length))) {
      this.#line += 1;
      this.events += 1;
      if (this.#options.out !== undefined)
        this.#packing.pack(template, this.#lines, this.#words, this.#writer);
      return after + 1;
    }
    const found = bytes.subarray(0, length).indexOf(LINE_FEED, from);
    if (found < 0 && !last) return 0;
    const end = found < 0 ? length : found;
    this.#line += 1;
    this.#readOther(bytes.subarray(from, end), found < 0);
    return end + 1;
  }

  #readOther(line: Uint8Array, last: boolean): void {
    this.#parser.skipTo(this.#line - 1);
    let isNew = false;
    try {
      isNew = this.#parse(line);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.#options.problem?.(error, last && line.length <= LONGEST_LINE);
      this.stopped ||= this.#parser.header === undefined;
    }
    const writer = this.#writer;
    writer.reserve(16);
    writer.count(isNew ? LINE.new : LINE.other);
    writer.count(line.length);
    writer.put(line);
  }

  /** True when lines like it will match. */
  #parse(line: Uint8Array): boolean {
    if (line.length > LONGEST_LINE) throw new TraceError(this.#line, 'longer than any line can be');
    const text = this.#decoder.decode(line);
    const event = this.#parser.push(text);
    if (event === undefined) return false;
    this.events += 1;
    return this.#lines.learn(text, event);
  }

  /** Gives away what is packed, of so many bytes of lines. */
  #send(lines: number): void {
    const writer = this.#writer;
    const { length } = writer;
    writer.length = FRAME;
    if (length === FRAME || this.#options.out === undefined) return;
    const view = new DataView(writer.bytes.buffer);
    view.setUint32(0, length - FRAME, true);
    view.setUint32(4, lines, true);
    this.#options.out(writer.bytes.slice(0, length));
  }
}

/** How the blanks of a template are told. */
export interface Manner {
  readonly kinds: Uint8Array;
  /** Of each blank: where the number is that was in it before. */
  readonly places: Uint32Array;
}

/** What was told before, which both sides must know alike. */
export class Manners {
  /** By place. */
  before = new Float64Array(4096);
  #end = GOING_ON.length;
  /** By template. */
  readonly #all: Manner[] = [];

  /** How a template is told; templates come in the order in which they are used first. */
  of(template: number, lines: Lines): Manner {
    return this.#all[template] ?? this.#add(template, lines.blanksOf(template));
  }

  #add(template: number, blanks: readonly Blank[]): Manner {
    const places = Uint32Array.from(blanks, ({ path }, i) => {
      const on = (GOING_ON as readonly string[]).indexOf(path);
      return on < 0 ? this.#end + i : on;
    });
    const manner = { kinds: Uint8Array.from(blanks, ({ kind }) => kind), places };
    this.#all[template] = manner;
    this.#end += blanks.length;
    if (this.#end > this.before.length) {
      const larger = new Float64Array(2 * this.#end);
      larger.set(this.before);
      this.before = larger;
    }
    return manner;
  }
}

/** Tells the other side what is in blanks. */
class Packing {
  readonly #manners = new Manners();
  /** By word: its number in this stream, from 1. */
  readonly #known: number[] = [];
  #count = 0;

  pack(template: number, lines: Lines, words: Words, writer: Writer): void {
    const { kinds, places } = this.#manners.of(template, lines);
    const { before } = this.#manners;
    const { numbers } = lines;
    writer.reserve(ROOM);
    writer.count(LINE.first + template);
    for (let i = 0; i < kinds.length; i++) {
      const value = numbers[i]!;
      const place = places[i]!;
      switch (kinds[i]) {
        case KIND.count:
          writer.count(folded(value - before[place]!));
          before[place] = value;
          break;
        case KIND.number:
          packNumber(value, before, place, writer);
          break;
        case KIND.word:
          this.#packWord(value, words, writer);
          break;
        case KIND.text:
          packBytes(lines.text, writer);
          break;
        default:
          packBytes(lines.bytes, writer, value);
      }
    }
  }

  /** A word's first time is 0 and its text. */
  #packWord(word: number, words: Words, writer: Writer): void {
    const known = this.#known[word];
    writer.count(known ?? 0);
    if (known !== undefined) return;
    this.#count += 1;
    this.#known[word] = this.#count;
    packBytes(new TextEncoder().encode(words.text(word)), writer);
  }
}

/** More than the numbers of a line need. */
const ROOM = 4096;

function packBytes(bytes: Uint8Array, writer: Writer, length = bytes.length): void {
  writer.count(length);
  writer.put(bytes, 0, length);
  writer.reserve(ROOM);
}

/** What is no whole number, or too large, is 0 and the number itself. */
function packNumber(value: number, before: Float64Array, place: number, writer: Writer): void {
  if (Number.isInteger(value) && Math.abs(value) < EXACT && !Object.is(value, -0)) {
    writer.count(folded(value - before[place]!) + 1);
    before[place] = value;
    return;
  }
  writer.count(0);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  writer.put(bytes);
  writer.reserve(ROOM);
}
