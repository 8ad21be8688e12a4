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
}

/** Bad lines that are told one by one. */
const TOLD = 3;
/** No line of a trace is longer; characters. */
const LONGEST = 4_194_304;
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
function fileContent(name: string): Pick<Source, 'size' | 'open'> {
  return {
    // What says that it has none may be a file of the system's
    size: () => statSync(name, { throwIfNoEntry: false })?.size || undefined,
    open: (bytes = Number.POSITIVE_INFINITY) =>
      createReadStream(name, { highWaterMark: PIECE, end: bytes - 1 }),
  };
}

function content(pieces: readonly Buffer[]): Pick<Source, 'size' | 'open'> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return { size: () => size, open: () => Readable.from(pieces) };
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

/** Reads a trace from front to back, and notes what is wrong with it. */
export class TraceReading {
  readonly #source: Source;
  readonly #sink: TraceSink | undefined;
  readonly #chunks: AsyncIterator<Uint8Array, undefined>;
  readonly #decoder = new TextDecoder();
  readonly #parser = new TraceParser();
  readonly #problems: string[] = [];
  #tail = '';
  #lines = 0;
  #events = 0;
  #bad = 0;
  #ended = false;

  /** `sink` is told of the events. */
  constructor(source: Source, sink?: TraceSink) {
    this.#source = source;
    this.#sink = sink;
    this.#chunks = source.open()[Symbol.asyncIterator]();
  }

  /** Of a trace that `begin` has not refused. */
  get header(): TraceHeader {
    return this.#parser.header!;
  }

  /**
   * Reads until there is an event.
   * @throws {Failure} a usage error, when there is something else instead
   */
  async begin(): Promise<void> {
    while (!this.#ended && this.#events === 0) await this.#read();
    const [problem] = this.#problems;
    if (problem !== undefined && this.#events === 0) throw new Failure(EXIT.usage, problem);
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
    this.#tail += done === true ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true });
    const lines = this.#tail.split('\n');
    this.#tail = lines.pop()!;
    for (const line of lines) if (!this.#ended) this.#take(line);
    if (done === true) this.#finishTail();
    else if (this.#tail.length > LONGEST) {
      this.#note(`trace line ${this.#lines + 1}: longer than any line can be`);
      this.#ended = true;
    }
    if (this.#ended) await this.#chunks.return?.();
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      return await this.#chunks.next();
    } catch (error) {
      throw unreadable(this.#source.name, error);
    }
  }

  /** What has no line end; and that there was nothing, if so. */
  #finishTail(): void {
    if (this.#tail !== '' && !this.#ended) this.#take(this.#tail, ' (the file ends there)');
    this.#tail = '';
    this.#ended = true;
    if (this.#parser.header === undefined && this.#bad === 0)
      this.#note('trace line 1: no header: the trace is empty');
  }

  #take(line: string, where = ''): void {
    this.#lines += 1;
    try {
      const event = this.#parser.push(line);
      if (event === undefined) return;
      this.#events += 1;
      this.#sink?.(event);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.#note(`${error.message}${where}`);
      // Without a header it is no trace
      if (this.#parser.header === undefined) this.#ended = true;
    }
  }

  #note(problem: string): void {
    this.#bad += 1;
    if (this.#bad <= TOLD) this.#problems.push(`${this.#source.name}: ${problem}`);
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
    const reading = new TraceReading(source, (event) => events.push(event));
    await reading.begin();
    await reading.finish(io);
    headers.push(reading.header);
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
