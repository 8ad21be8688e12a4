/**
 * Files that the inspector is to show: traces, checked as they are read and laid together if there are several, and
 * captures of other programs, which the page reads. What cannot be read is told with its line; the rest is shown.
 */
import { createReadStream, statSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { getSystemErrorMap } from 'node:util';
import type { TraceEvent, TraceHeader, TraceSink } from '../src/trace/event.ts';
import { eventLine, headerLine } from '../src/trace/json.ts';
import { TraceError, TraceParser } from '../src/trace/jsonParse.ts';
import { TraceMerger } from '../src/trace/merge.ts';
import { LONGEST_LINE } from '../src/trace/packed/pack.ts';
import { EXIT, Failure, oneLine } from './failure.ts';
import type { Io } from './io.ts';
import { count } from './words.ts';

/** What can be read, and read again. */
export interface Source {
  /** As the user calls it. */
  readonly name: string;
  /** As the page calls it. */
  readonly title: string;
  readonly kind: 'trace' | 'capture';
  /** Bytes that it has now; undefined when that is not known. */
  size(): number | undefined;
  /** Reads so many bytes of it, or all. */
  open(bytes?: number): Readable;
  /** The same for who is done with a piece before it asks for the next: its memory is used again. */
  pieces(bytes?: number): AsyncIterable<Uint8Array>;
}

/** Bad lines that are told one by one. */
const TOLD = 3;
/** Bytes read at a time. */
const PIECE = 262_144;

/** What pcap and pcapng begin with, in either order of bytes and with us or ns. */
const CAPTURES = ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a'];

/**
 * Looks what the file is. A pipe is read to its end.
 * @throws {Failure} a usage error, when it cannot be read
 */
export async function openSource(name: string): Promise<Source> {
  try {
    const stats = await stat(name);
    const title = basename(name);
    if (stats.isFile() || stats.isDirectory()) {
      return { name, title, kind: kindOf(await beginningOf(name)), ...fileContent(name) };
    }
    const whole = await readFile(name);
    return { name, title, kind: kindOf(whole), ...content([whole]) };
  } catch (error) {
    throw unreadable(name, error);
  }
}

/** A file may grow while it is looked at. */
function fileContent(name: string): Pick<Source, 'size' | 'open' | 'pieces'> {
  return {
    // What says that it has none may be a file of the system's
    size: () => statSync(name, { throwIfNoEntry: false })?.size || undefined,
    open: (bytes = Number.POSITIVE_INFINITY) =>
      createReadStream(name, { highWaterMark: PIECE, end: bytes - 1 }),
    pieces: (bytes = Number.POSITIVE_INFINITY) => piecesOf(name, bytes),
  };
}

/** While one is looked at the next one is read. */
async function* piecesOf(name: string, bytes: number): AsyncGenerator<Uint8Array> {
  const file = await open(name);
  let [one, other] = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)];
  let left = bytes;
  let reading = file.read(one, 0, Math.min(PIECE, left), null);
  try {
    while (left > 0) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      left -= bytesRead;
      [one, other] = [other, one];
      reading = file.read(one, 0, Math.min(PIECE, left), null);
      yield other.subarray(0, bytesRead);
    }
  } finally {
    await reading.catch(() => {});
    await file.close();
  }
}

function content(pieces: readonly Buffer[]): Pick<Source, 'size' | 'open' | 'pieces'> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const all = (): Readable => Readable.from(pieces);
  return { size: () => size, open: all, pieces: all };
}

function unreadable(name: string, error: unknown): Failure {
  const { errno = 0, message } = error as NodeJS.ErrnoException;
  return new Failure(EXIT.usage, `cannot read '${name}': ${getSystemErrorMap().get(errno)?.[1] ?? message}`);
}

async function beginningOf(name: string): Promise<Uint8Array> {
  const file = await open(name);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function kindOf(bytes: Uint8Array): Source['kind'] {
  return CAPTURES.includes(Buffer.from(bytes.subarray(0, 4)).toString('hex')) ? 'capture' : 'trace';
}

/** What a trace's bytes are given to. */
export interface Consumer {
  /** Lines that could be read, the header not counted. */
  readonly events: number;
  /** It takes no more. */
  readonly stopped: boolean;
  push(chunk: Uint8Array): void;
  finish(): void;
}

/** Is told of a line that cannot be read; `last`: the file ends in it. */
export type TellProblem = (error: TraceError, last: boolean) => void;

/** Reads a trace from front to back, and notes what is wrong with it. */
export class TraceReading<C extends Consumer> {
  readonly consumer: C;
  readonly #source: Source;
  readonly #chunks: AsyncIterator<Uint8Array, undefined>;
  readonly #problems: string[] = [];
  #bad = 0;
  #ended = false;

  constructor(source: Source, consumer: (problem: TellProblem) => C, bytes?: number) {
    this.#source = source;
    this.consumer = consumer((error, last) => this.#note(error, last));
    this.#chunks = source.pieces(bytes)[Symbol.asyncIterator]();
  }

  /**
   * Reads until there is an event.
   * @throws {Failure} a usage error, when there is something else instead
   */
  async begin(): Promise<void> {
    while (!this.#ended && this.consumer.events === 0) await this.#read();
    const [problem] = this.#problems;
    if (problem !== undefined && this.consumer.events === 0) throw new Failure(EXIT.usage, problem);
  }

  /** Reads the rest, unless the user stops it, and warns of lines that cannot be read. */
  async finish(io: Io): Promise<void> {
    while (!this.#ended && !io.stop.aborted) await this.#read();
    await this.#chunks.return?.();
    for (const problem of this.#problems) io.err(`statewire: ${oneLine(problem)}\n`);
    if (this.#bad === 0) return;
    const lines = count(this.#bad, 'line');
    io.err(`statewire: ${this.#source.name}: ${lines} could not be read; the rest is shown\n`);
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#next();
    if (done === true) this.consumer.finish();
    else this.consumer.push(value);
    this.#ended = done === true || this.consumer.stopped;
    if (this.#ended) await this.#chunks.return?.();
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      return await this.#chunks.next();
    } catch (error) {
      throw unreadable(this.#source.name, error);
    }
  }

  #note({ message }: TraceError, last: boolean): void {
    this.#bad += 1;
    if (this.#bad > TOLD) return;
    this.#problems.push(`${this.#source.name}: ${message}${last ? ' (the file ends there)' : ''}`);
  }
}

/** The events of a trace, one by one. */
class Events implements Consumer {
  events = 0;
  stopped = false;
  readonly #sink: TraceSink;
  readonly #problem: TellProblem;
  readonly #decoder = new TextDecoder();
  readonly #parser = new TraceParser();
  #tail = '';
  #lines = 0;

  constructor(sink: TraceSink, problem: TellProblem) {
    this.#sink = sink;
    this.#problem = problem;
  }

  /** Of a trace that `begin` has not refused. */
  get header(): TraceHeader {
    return this.#parser.header!;
  }

  push(chunk: Uint8Array): void {
    this.#tail += this.#decoder.decode(chunk, { stream: true });
    const lines = this.#tail.split('\n');
    this.#tail = lines.pop()!;
    for (const line of lines) if (!this.stopped) this.#take(line, false);
    if (this.#tail.length <= LONGEST_LINE) return;
    this.#problem(new TraceError(this.#lines + 1, 'longer than any line can be'), false);
    this.stopped = true;
  }

  /** What has no line end; and that there was nothing, if so. */
  finish(): void {
    this.#tail += this.#decoder.decode();
    if (this.#tail !== '' && !this.stopped) this.#take(this.#tail, true);
    if (this.#parser.header === undefined && !this.stopped)
      this.#problem(new TraceError(1, 'no header: the trace is empty'), false);
  }

  #take(line: string, last: boolean): void {
    this.#lines += 1;
    try {
      const event = this.#parser.push(line);
      if (event === undefined) return;
      this.events += 1;
      this.#sink(event);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.#problem(error, last);
      // Without a header it is no trace
      this.stopped ||= this.#parser.header === undefined;
    }
  }
}

/**
 * Traces of several processes of one run as one, in memory.
 * @throws {Failure} a usage error, when there is a capture among them or one cannot be read
 */
export async function mergeSources(sources: readonly Source[], io: Io): Promise<Source> {
  const capture = sources.find(({ kind }) => kind === 'capture');
  if (capture !== undefined)
    throw new Failure(EXIT.usage, `'${capture.name}' is a capture: it is shown alone`);
  const parts: TraceEvent[][] = [];
  const headers: TraceHeader[] = [];
  for (const source of sources) {
    const events: TraceEvent[] = [];
    const reading = new TraceReading(source, (problem) => new Events((event) => events.push(event), problem));
    await reading.begin();
    await reading.finish(io);
    headers.push(reading.consumer.header);
    parts.push(events);
  }
  const text = mergedText(headers, parts);
  const all = (names: readonly string[]): string => names.join(' + ');
  return {
    name: all(sources.map(({ name }) => name)),
    title: all(sources.map(({ title }) => title)),
    kind: 'trace',
    ...content(text),
  };
}

/** Events whose lines are one piece. */
const TOGETHER = 1000;

function mergedText(headers: readonly TraceHeader[], parts: readonly (readonly TraceEvent[])[]): Buffer[] {
  const pieces: Buffer[] = [];
  let lines: string[] = [];
  const merger = new TraceMerger(headers, (event) => {
    if (lines.push(eventLine(event)) < TOGETHER) return;
    pieces.push(Buffer.from(`${lines.join('\n')}\n`));
    lines = [];
  });
  pieces.push(Buffer.from(`${headerLine(merger.header)}\n`));
  for (const [index, events] of parts.entries()) for (const event of events) merger.add(index, event);
  merger.drain();
  if (lines.length > 0) pieces.push(Buffer.from(`${lines.join('\n')}\n`));
  return pieces;
}
