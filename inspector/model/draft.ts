/**
 * One event as numbers, on its way into the model: words by their number, texts apart. A draft is filled again for
 * each event: here from an event, or from a line's bytes (`templates.ts`).
 */
import type { SegmentOptions, SegmentSummary, TraceEvent } from '../../src/trace/event.ts';
import { FIELDS } from '../../src/trace/json.ts';
import type { Words } from '../../src/trace/packed/words.ts';

/** The kinds of events in the order of their numbers. */
export const KINDS = Object.keys(FIELDS) as TraceEvent['kind'][];

/** A kind's number: `kindId.send`. */
export const kindId = Object.fromEntries(KINDS.map((kind, id) => [kind, id])) as Readonly<
  Record<TraceEvent['kind'], number>
>;

/** A segment as numbers. */
export class SegmentDraft {
  source = 0;
  destination = 0;
  flags = 0;
  seq = 0;
  ack = 0;
  window = 0;
  length = 0;
  /** -1 when the option is missing. */
  mss = -1;
  windowScale = -1;
  sackPermitted = false;
  /** Left and right edges in turn. */
  readonly sack: number[] = [];
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;

  /** As if nothing had been read. */
  clearOptions(): void {
    this.mss = -1;
    this.windowScale = -1;
    this.sackPermitted = false;
    if (this.sack.length > 0) this.sack.length = 0;
    this.hasTimestamps = false;
  }

  /** As if the segment could not be read. */
  clear(): void {
    this.source = 0;
    this.destination = 0;
    this.flags = 0;
    this.seq = 0;
    this.ack = 0;
    this.window = 0;
    this.length = 0;
    this.clearOptions();
  }

  read(segment: SegmentSummary, words: Words): void {
    const { options } = segment;
    this.source = words.id(segment.source);
    this.destination = words.id(segment.destination);
    this.flags = words.id(segment.flags);
    this.seq = segment.seq;
    this.ack = segment.ack;
    this.window = segment.window;
    this.length = segment.length;
    this.clearOptions();
    if (options === undefined) return;
    this.mss = options.mss ?? -1;
    this.windowScale = options.windowScale ?? -1;
    this.sackPermitted = options.sackPermitted === true;
    for (const [left, right] of options.sack ?? []) this.sack.push(left, right);
    if (options.timestamps === undefined) return;
    this.hasTimestamps = true;
    [this.tsVal, this.tsEcr] = options.timestamps;
  }

  /** The segment as an event has it. */
  summary(words: Words): SegmentSummary {
    const options = this.#options();
    return {
      source: words.text(this.source),
      destination: words.text(this.destination),
      flags: words.text(this.flags),
      seq: this.seq,
      ack: this.ack,
      window: this.window,
      length: this.length,
      ...(options === undefined ? {} : { options }),
    };
  }

  /** The options that few segments have; undefined when there are none. */
  rareOptions(): SegmentOptions | undefined {
    const { mss, windowScale, sackPermitted, sack } = this;
    if (mss < 0 && windowScale < 0 && !sackPermitted && sack.length === 0) return undefined;
    return {
      ...(mss >= 0 && { mss }),
      ...(windowScale >= 0 && { windowScale }),
      ...(sackPermitted && { sackPermitted }),
      ...(sack.length > 0 && { sack: pairs(sack) }),
    };
  }

  #options(): SegmentOptions | undefined {
    if (!this.hasTimestamps) return this.rareOptions();
    return { ...this.rareOptions(), timestamps: [this.tsVal, this.tsEcr] };
  }
}

/** Numbers in turn, two by two. */
export function pairs(numbers: readonly number[]): [number, number][] {
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}

/** Fields by their names in the trace; what a kind does not have is left from the event before. */
export class Draft {
  n = 0;
  t = 0;
  cause = 0;
  kind = 0;
  /** Words */
  end = 0;
  chart = 0;
  /** The word that says what happened: event, action, delay, why, what, reason of a discard, call, report. */
  word = 0;
  from = 0;
  to = 0;
  guard = 0;
  change = 0;
  direction = 0;
  reason = 0;
  /** Numbers */
  connection = 0;
  instance = 0;
  packet = 0;
  deadline = 0;
  /** What the link says besides `what`: queue, copy, bit, by; 1 for late; -1 for nothing. */
  value = -1;
  /** `detail` or `text`; undefined when it is missing. */
  text: string | undefined;
  readonly segment = new SegmentDraft();
  hasSegment = false;
  /** The packet: so many bytes from `bytesFrom`. */
  bytes: Uint8Array = new Uint8Array(0);
  bytesFrom = 0;
  bytesLength = 0;
  /** Words, and as many numbers. */
  readonly names: number[] = [];
  readonly values: number[] = [];

  /** Forgets what an event of any kind may leave out. */
  clear(): void {
    this.connection = 0;
    this.chart = 0;
    this.instance = 0;
    this.guard = 0;
    this.reason = 0;
    this.value = -1;
    this.text = undefined;
    this.hasSegment = false;
    this.bytesLength = 0;
    if (this.names.length === 0) return;
    this.names.length = 0;
    this.values.length = 0;
  }

  /** Takes an event apart. */
  read(event: TraceEvent, words: Words): void {
    this.clear();
    this.n = event.n;
    this.t = event.t;
    this.end = words.id(event.end);
    this.cause = event.cause;
    this.kind = kindId[event.kind];
    if ('connection' in event) this.connection = event.connection;
    if ('chart' in event) this.chart = words.id(event.chart);
    if ('instance' in event) this.instance = event.instance;
    if ('packet' in event) this.packet = event.packet;
    this.#readBody(event, words);
  }

  #readBody(event: TraceEvent, words: Words): void {
    switch (event.kind) {
      case 'call':
        this.#say(words.id(event.call), event.detail);
        break;
      case 'report':
        this.#say(words.id(event.report), event.detail);
        break;
      case 'app':
        this.#say(words.id(event.what), event.text);
        break;
      case 'fact':
        this.#say(words.id(event.event));
        break;
      case 'action':
        this.#say(words.id(event.action));
        break;
      case 'discard':
        this.#say(words.id(event.reason));
        break;
      case 'transition':
        this.from = words.id(event.from);
        this.to = words.id(event.to);
        this.guard = words.id(event.guard ?? '');
        this.#say(words.id(event.event));
        break;
      case 'timer':
        this.change = words.id(event.change);
        this.deadline = event.deadline;
        this.#say(words.id(event.delay));
        break;
      case 'send':
        this.#say(words.id(event.why));
        this.#readPacket(event.bytes, event.segment, words);
        break;
      case 'icmp':
        this.#say(words.id(event.what));
        this.#readPacket(event.bytes, undefined, words);
        break;
      case 'receive':
        this.#readPacket(event.bytes, event.segment, words);
        break;
      case 'link':
        this.#readLink(event, words);
        break;
      case 'variables':
        for (const [name, value] of Object.entries(event.values)) {
          this.names.push(words.id(name));
          this.values.push(value);
        }
    }
  }

  #say(word: number, text?: string): void {
    this.word = word;
    this.text = text;
  }

  #readPacket(bytes: Uint8Array, segment: SegmentSummary | undefined, words: Words): void {
    this.bytes = bytes;
    this.bytesFrom = 0;
    this.bytesLength = bytes.length;
    this.hasSegment = segment !== undefined;
    if (segment !== undefined) this.segment.read(segment, words);
  }

  #readLink(event: Extract<TraceEvent, { kind: 'link' }>, words: Words): void {
    this.word = words.id(event.what);
    this.direction = words.id(event.direction);
    if (event.what === 'lost') this.reason = words.id(event.reason);
    else if (event.what === 'enqueued') this.value = event.queue;
    else if (event.what === 'duplicated') this.value = event.copy;
    else if (event.what === 'corrupted') this.value = event.bit;
    else if (event.what === 'marked') this.value = -1;
    else if (event.what === 'delivered') this.value = event.late === true ? 1 : -1;
    else this.value = event.by;
  }
}
