/**
 * Bytes of a trace, in pieces as they come, into a model. Lines like others before go the short way (`drafts.ts`); what
 * the parser refuses is noted with its line and left out, so that what could be read is there to be seen.
 */
import type { TraceEvent } from '../../src/trace/event.ts';
import { TraceError, TraceParser } from '../../src/trace/jsonParse.ts';
import { Backlog } from '../../src/trace/packed/backlog.ts';
import { Lines, NO_TEMPLATE } from '../../src/trace/packed/lines.ts';
import { LONGEST_LINE } from '../../src/trace/packed/pack.ts';
import { Unpacker } from '../../src/trace/packed/unpack.ts';
import { Draft } from './draft.ts';
import { Drafts } from './drafts.ts';
import type { TraceModel } from './traceModel.ts';

/** What could not be read. */
export interface Problem {
  /** 1, 2, 3, ... */
  readonly line: number;
  readonly reason: string;
}

/** Lines that are noted one by one; more are only counted. */
const NOTED = 20;
/** A file with so many bad lines is something else. */
const PATIENCE = 1000;
const LINE_FEED = 10;
/** Bytes that are looked at together. */
const PIECE = 1 << 18;

export class TraceReader {
  readonly problems: Problem[] = [];
  /** All lines that could not be read, those counted that are not noted. */
  bad = 0;
  /** Nothing more will be read: the header is wrong, or too much is. */
  stopped = false;
  #line = 0;
  readonly #backlog = new Backlog();
  #model: TraceModel;
  readonly #draft = new Draft();
  #lines: Lines;
  #drafts: Drafts;
  /** Of a trace that comes packed. */
  #unpacker: Unpacker | undefined;
  readonly #parser = new TraceParser();
  readonly #decoder = new TextDecoder();

  constructor(model: TraceModel) {
    this.#model = model;
    this.#lines = new Lines(model.words);
    this.#drafts = new Drafts(this.#lines, model.words);
  }

  /** Nothing more can be had of the file, before its end. */
  breakOff(reason: string): void {
    this.#fail(this.#line + 1, reason, true);
  }

  /** Reads the next bytes of the file. */
  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length && !this.stopped; from += PIECE)
      this.#take(chunk.subarray(from, from + PIECE));
  }

  /** The same of a trace that comes packed; returns how many bytes of it have come, had it not been packed. */
  pushPacked(chunk: Uint8Array): number {
    this.#unpacker ??= new Unpacker(this.#lines, this.#model.words, {
      like: (template) => this.#append(template),
      other: (text, isNew) => this.#takeOther(text, isNew),
    });
    this.#unpacker.push(chunk);
    if (this.#unpacker.broken && !this.stopped) this.breakOff('what comes is no packed trace');
    return this.#unpacker.read;
  }

  /** What comes next goes into another model. */
  continueInto(model: TraceModel): void {
    this.#model = model;
    this.#lines = new Lines(model.words);
    this.#drafts = new Drafts(this.#lines, model.words);
  }

  /** There is no more: reads what has no line end, and says so when there was nothing. */
  finish(): void {
    if (this.#backlog.length > 0 && !this.stopped) this.#readLines(true);
    if (this.#unpacker?.isWithin === true && !this.stopped) this.breakOff('the rest has not come');
    if (!this.stopped && this.#model.header === undefined)
      this.#fail(1, 'no header: the trace is empty', true);
  }

  /** Puts bytes behind those of the line that is not whole yet, and reads what lines there are then. */
  #take(piece: Uint8Array): void {
    this.#backlog.add(piece);
    if (piece.includes(LINE_FEED)) this.#readLines(false);
    if (this.#backlog.length > LONGEST_LINE && !this.stopped) this.#tooLong();
  }

  /** Reads all whole lines; `last`: what comes behind them is one too. */
  #readLines(last: boolean): void {
    const backlog = this.#backlog;
    let from = 0;
    while (from < backlog.length && !this.stopped) {
      const next = this.#readLine(from, last);
      if (next === 0) break;
      from = next;
    }
    backlog.drop(from);
  }

  /** Reads a line; returns where the next one begins, 0 when it is not whole. */
  #readLine(from: number, last: boolean): number {
    const { bytes, length } = this.#backlog;
    const template = this.#lines.match(bytes, from, length);
    const { after } = this.#lines;
    if (template !== NO_TEMPLATE && (bytes[after] === LINE_FEED || (last && after === length))) {
      this.#append(template);
      return after + 1;
    }
    const found = bytes.subarray(0, length).indexOf(LINE_FEED, from);
    if (found < 0 && !last) return 0;
    const end = found < 0 ? length : found;
    this.#line += 1;
    this.#parse(bytes.subarray(from, end), (line, event) => this.#lines.learn(line, event));
    return end + 1;
  }

  #takeOther(text: Uint8Array, isNew: boolean): void {
    if (this.stopped) return;
    if (text.length > LONGEST_LINE) this.#tooLong();
    else {
      this.#line += 1;
      this.#parse(text, (line) => isNew && this.#lines.adopt(line));
    }
  }

  /** Takes in a line of a template. */
  #append(template: number): void {
    if (this.stopped) return;
    this.#line += 1;
    const draft = this.#drafts.filled(template);
    if (!this.#model.append(draft)) this.#disorder(draft);
  }

  /** Takes in another line; `learns` says whether lines like it will be of a template. */
  #parse(bytes: Uint8Array, learns: (line: string, event: TraceEvent) => boolean): void {
    const text = this.#decoder.decode(bytes);
    this.#parser.skipTo(this.#line - 1);
    try {
      const event = this.#parser.push(text);
      if (event !== undefined) {
        this.#draft.read(event, this.#model.words);
        if (!this.#model.append(this.#draft)) this.#disorder(this.#draft);
        if (learns(text, event)) this.#drafts.add(event);
      } else this.#model.header ??= this.#parser.header;
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      const reason = error.message.replace(/^trace line \d+: /, '');
      this.#fail(error.line, reason, this.#parser.header === undefined);
    }
  }

  #tooLong(): void {
    this.#fail(this.#line + 1, 'longer than any line can be', true);
  }

  #disorder({ n }: Draft): void {
    this.#fail(this.#line, `event ${n} comes after one with that number or a greater one`, false);
  }

  #fail(line: number, reason: string, fatal: boolean): void {
    this.bad += 1;
    if (this.problems.length < NOTED) this.problems.push({ line, reason });
    if (fatal || this.bad >= PATIENCE) this.stopped = true;
  }
}
