/**
 * JSON lines back into a trace (docs/trace.md): the events as they were, bytes as Uint8Array again.
 *
 * It decides whether a line is an event of this version, and says where and why it is not. Fields it does not know
 * are left out, so that a later minor addition can still be read; kinds it does not know are errors.
 */
import type { SegmentOptions, SegmentSummary, TraceEvent, TraceHeader } from './event.ts';
import { FIELDS, type Field } from './json.ts';

/** What a line of a trace cannot be read for. */
export class TraceError extends Error {
  /** 1, 2, 3, ... */
  readonly line: number;

  constructor(line: number, reason: string) {
    super(`trace line ${line}: ${reason}`);
    this.name = 'TraceError';
    this.line = line;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a trace line by line. */
export class TraceParser {
  #header: TraceHeader | undefined;
  #line = 0;

  /** Undefined before the first line. */
  get header(): TraceHeader | undefined {
    return this.#header;
  }

  /** So many lines in all were before the next one, those counted that somebody else has read. */
  skipTo(lines: number): void {
    this.#line = lines;
  }

  /**
   * Takes the next line, without its line end; returns its event, undefined for the header and for an empty line.
   * @throws {TraceError} naming the line's number and what is wrong with it
   */
  push(text: string): TraceEvent | undefined {
    this.#line += 1;
    if (text.trim() === '') return undefined;
    try {
      const fields = object(JSON.parse(text), 'the line');
      if (this.#header !== undefined) return parseEvent(fields);
      this.#header = parseHeader(fields);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      throw new TraceError(this.#line, error instanceof SyntaxError ? `not JSON (${message})` : message);
    }
  }
}

/**
 * Reads a whole trace, line ends removed.
 * @throws {TraceError} also when there is no header
 */
export function parseTrace(lines: Iterable<string>): { header: TraceHeader; events: TraceEvent[] } {
  const parser = new TraceParser();
  const events: TraceEvent[] = [];
  for (const line of lines) {
    const event = parser.push(line);
    if (event !== undefined) events.push(event);
  }
  if (parser.header === undefined) throw new TraceError(1, 'no header: the trace is empty');
  return { header: parser.header, events };
}

function parseHeader(fields: Fields): TraceHeader {
  const { statewire, start, inputs } = fields;
  if (statewire === undefined) throw new Error('not a trace: the first line has no "statewire"');
  if (statewire !== 1)
    throw new Error(`version ${JSON.stringify(statewire)} of the format; this reads version 1`);
  if (!Array.isArray(inputs)) throw wrong('inputs', 'a list', inputs);
  return {
    statewire,
    version: text('version', fields.version),
    engine: text('engine', fields.engine),
    seed: number('seed', fields.seed),
    ...(start !== undefined && { start: number('start', start) }),
    configuration: object(fields.configuration, 'configuration'),
    inputs: inputs.map((input) => text('inputs', input)),
  };
}

function parseEvent(fields: Fields): TraceEvent {
  const kind = text('kind', fields.kind);
  if (!Object.hasOwn(FIELDS, kind)) throw new Error(`unknown kind ${JSON.stringify(kind)}`);
  const event: Record<string, unknown> = {
    n: count('n', fields.n),
    t: count('t', fields.t),
    end: text('end', fields.end),
    cause: count('cause', fields.cause),
    kind,
  };
  for (const field of FIELDS[kind as TraceEvent['kind']]) {
    const value = fields[field[0]];
    if (value !== undefined || !field[1].endsWith('?')) event[field[0]] = decode(field, value);
  }
  if (kind === 'link') checkLink(event);
  return event as unknown as TraceEvent;
}

function decode([name, type, words]: Field, value: unknown): unknown {
  switch (type.replace('?', '')) {
    case 'count':
      return count(name, value);
    case 'true':
      if (value !== true) throw wrong(name, 'true', value);
      return value;
    case 'bytes':
      return fromHex(name, value);
    case 'segment':
      return parseSegment(object(value, name));
    case 'values':
      return parseValues(object(value, name));
    default:
      if (words !== undefined && !words.includes(value as string)) throw wrong(name, words.join(', '), value);
      return text(name, value);
  }
}

/** What each action of the link says besides `what`. */
const LINK_DETAIL: Readonly<Record<string, string>> = {
  enqueued: 'queue',
  lost: 'reason',
  duplicated: 'copy',
  corrupted: 'bit',
  delayed: 'by',
  reordered: 'by',
};

function checkLink(event: Fields): void {
  const needed = LINK_DETAIL[event.what as string];
  if (needed !== undefined && event[needed] === undefined) throw wrong(needed, 'there', undefined);
}

function parseSegment(fields: Fields): SegmentSummary {
  const segment = {
    source: text('source', fields.source),
    destination: text('destination', fields.destination),
    flags: text('flags', fields.flags),
    seq: count('seq', fields.seq),
    ack: count('ack', fields.ack),
    window: count('window', fields.window),
    length: count('length', fields.length),
  };
  if (fields.options === undefined) return segment;
  return { ...segment, options: parseOptions(object(fields.options, 'options')) };
}

function parseOptions(fields: Fields): SegmentOptions {
  const { mss, windowScale, sackPermitted, sack, timestamps } = fields;
  return {
    ...(mss !== undefined && { mss: count('mss', mss) }),
    ...(windowScale !== undefined && { windowScale: count('windowScale', windowScale) }),
    ...(sackPermitted === true && { sackPermitted }),
    ...(sack !== undefined && { sack: list('sack', sack).map((block) => pair('sack', block)) }),
    ...(timestamps !== undefined && { timestamps: pair('timestamps', timestamps) }),
  };
}

function parseValues(fields: Fields): Record<string, number> {
  const entries = Object.entries(fields).map(([name, value]) => [name, variable(name, value)] as const);
  return Object.fromEntries(entries);
}

function variable(name: string, value: unknown): number {
  const words: Readonly<Record<string, number>> = { Infinity: Infinity, '-Infinity': -Infinity, NaN: NaN };
  return typeof value === 'string' && Object.hasOwn(words, value) ? words[value]! : number(name, value);
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(name, 'an object', value);
  return value as Fields;
}

function list(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(name, 'a list', value);
  return value;
}

function pair(name: string, value: unknown): [number, number] {
  const both = list(name, value);
  if (both.length !== 2) throw wrong(name, 'pairs', value);
  return [count(name, both[0]), count(name, both[1])];
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw wrong(name, 'a text', value);
  return value;
}

function number(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrong(name, 'a number', value);
  return value;
}

function count(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw wrong(name, 'a whole number from 0', value);
  return value as number;
}

function fromHex(name: string, value: unknown): Uint8Array {
  const hex = text(name, value);
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw wrong(name, 'pairs of lower-case hex digits', value);
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function wrong(name: string, wanted: string, value: unknown): Error {
  if (value === undefined) return new Error(`"${name}" is missing`);
  const shown = JSON.stringify(value);
  return new Error(
    `"${name}" is ${shown.length > 40 ? `${shown.slice(0, 40)}...` : shown}, expected ${wanted}`,
  );
}
