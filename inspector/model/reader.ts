/**
 * Bytes of a trace, in pieces as they come, into a model. Lines as we write them go the short way (`scan.ts`); what the
 * parser refuses is noted with its line and left out, so that what could be read is there to be seen.
 */
import { TraceError, TraceParser } from '../../src/trace/jsonParse.ts';
import { Draft } from './draft.ts';
import { LineScanner } from './scan.ts';
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
/** No line of a trace is longer. */
const LONGEST = 1 << 22;
const LINE_FEED = 10;

export class TraceReader {
  readonly problems: Problem[] = [];
  /** All lines that could not be read, those counted that are not noted. */
  bad = 0;
  /** Nothing more will be read: the header is wrong, or too much is. */
  stopped = false;
  #line = 0;
  #tail = new Uint8Array(0);
  #model: TraceModel;
  readonly #draft = new Draft();
  #scanner: LineScanner;
  readonly #parser = new TraceParser();
  /** Lines that the parser has been told of. */
  #told = 0;
  readonly #decoder = new TextDecoder();

  constructor(model: TraceModel) {
    this.#model = model;
    this.#scanner = new LineScanner(model.words);
  }

  /** Nothing more can be had of the file, before its end. */
  breakOff(reason: string): void {
    this.#fail(this.#line + 1, reason, true);
  }

  /** Reads the next bytes of the file. */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    const bytes = this.#tail.length === 0 ? chunk : joined(this.#tail, chunk);
    let from = 0;
    while (!this.stopped) {
      const end = bytes.indexOf(LINE_FEED, from);
      if (end < 0) break;
      this.#readLine(bytes, from, end);
      from = end + 1;
    }
    this.#tail = bytes.slice(from);
    if (this.#tail.length > LONGEST && !this.stopped)
      this.#fail(this.#line + 1, 'longer than any line can be', true);
  }

  /** What comes next goes into another model. */
  continueInto(model: TraceModel): void {
    this.#model = model;
    this.#scanner = new LineScanner(model.words);
  }

  /** There is no more: reads what has no line end, and says so when there was nothing. */
  finish(): void {
    if (this.#tail.length > 0 && !this.stopped) this.#readLine(this.#tail, 0, this.#tail.length);
    this.#tail = new Uint8Array(0);
    if (!this.stopped && this.#model.header === undefined)
      this.#fail(1, 'no header: the trace is empty', true);
  }

  #readLine(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): void {
    this.#line += 1;
    const known = this.#parser.header !== undefined;
    if (known && this.#scanner.scan(bytes, from, end, this.#draft)) {
      if (!this.#model.append(this.#draft)) this.#disorder();
    } else this.#parse(this.#decoder.decode(bytes.subarray(from, end)));
  }

  #parse(text: string): void {
    // The parser counts the lines it is given: an empty one stands for each that was read without it.
    for (; this.#told < this.#line - 1; this.#told++) this.#parser.push('');
    this.#told = this.#line;
    try {
      const event = this.#parser.push(text);
      if (event !== undefined) {
        this.#draft.read(event, this.#model.words);
        if (!this.#model.append(this.#draft)) this.#disorder();
      } else this.#model.header ??= this.#parser.header;
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      const reason = error.message.replace(/^trace line \d+: /, '');
      this.#fail(error.line, reason, this.#parser.header === undefined);
    }
  }

  #disorder(): void {
    this.#fail(this.#line, `event ${this.#draft.n} comes after one with that number or a greater one`, false);
  }

  #fail(line: number, reason: string, fatal: boolean): void {
    this.bad += 1;
    if (this.problems.length < NOTED) this.problems.push({ line, reason });
    if (fatal || this.bad >= PATIENCE) this.stopped = true;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
