/**
 * Lays the traces of several processes together: one order by time, one numbering, and one number for a packet from
 * its sender through the network to its receiver, which the bytes tell that were sent and that came.
 *
 * A network's trace has a `receive` for each packet that came in at a port, which what the link did with it and the
 * `receive` where it goes out name (docs/trace.md). Merged, the packet has its sender's number everywhere.
 */
import type { TraceEvent, TraceHeader, TraceSink } from './event.ts';

/** Different packets remembered that were sent or delivered and have not been seen to arrive; the oldest go first. */
const UNDER_WAY = 65_536;
/** The same of packets that are equal to the byte. */
const ALIKE = 1024;
/** Clocks of processes may differ by so much: a packet that comes before it was sent waits for that, us of the wall clock. */
const SKEW = 5_000;

/** One process's part. */
export interface TracePart {
  readonly header: TraceHeader;
  readonly events: Iterable<TraceEvent>;
}

/** A packet's number, and the event that its arrival follows from. */
interface Passage {
  readonly packet: number;
  readonly cause: number;
}

/** Packets by their bytes; equal ones arrive in the order in which they left. */
class UnderWay {
  readonly #passages = new Map<string, Passage[]>();

  put(bytes: Uint8Array, passage: Passage): void {
    const key = keyOf(bytes);
    const alike = this.#passages.get(key);
    if (alike === undefined) this.#passages.set(key, [passage]);
    else if (alike.push(passage) > ALIKE) alike.shift();
    if (this.#passages.size > UNDER_WAY) this.#passages.delete(this.#passages.keys().next().value!);
  }

  has(bytes: Uint8Array): boolean {
    return this.#passages.has(keyOf(bytes));
  }

  take(bytes: Uint8Array): Passage | undefined {
    const key = keyOf(bytes);
    const alike = this.#passages.get(key);
    const passage = alike?.shift();
    if (alike?.length === 0) this.#passages.delete(key);
    return passage;
  }
}

/** One character a byte: a map finds a string by its content. */
function keyOf(bytes: Uint8Array): string {
  let key = '';
  for (let i = 0; i < bytes.length; i += 4096) key += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return key;
}

/** What one part's numbers have become. */
class Part {
  readonly isNetwork: boolean;
  /** Seconds of its clock in one of the wall clock. */
  readonly speed: number;
  /** us from the merged trace's time 0 to this part's */
  readonly offset: number;
  readonly numbers = new Map<number, number>();
  /** Packet of a `receive`, by the part's own number of that event. */
  readonly received = new Map<number, number>();
  /** Its events that are not merged yet begin at `#next`. */
  #waiting: TraceEvent[] = [];
  #next = 0;

  constructor({ start = 0, configuration }: TraceHeader, first: number) {
    this.speed = typeof configuration.speed === 'number' ? configuration.speed : 1;
    this.offset = Math.round((start - first) * 1000 * this.speed);
    this.isNetwork = configuration.program === 'network';
  }

  add(event: TraceEvent): void {
    this.#waiting.push(event);
  }

  get head(): TraceEvent | undefined {
    return this.#waiting[this.#next];
  }

  /** Time of the head, us of the merged trace; Infinity if nothing waits. */
  get time(): number {
    const { head } = this;
    return head === undefined ? Number.POSITIVE_INFINITY : head.t + this.offset;
  }

  take(): TraceEvent {
    const event = this.#waiting[this.#next]!;
    this.#next += 1;
    if (this.#next > 1000 && this.#next * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return event;
  }
}

/** Merges as events come, those of each part in their order. */
export class TraceMerger {
  readonly header: TraceHeader;
  readonly #sink: TraceSink;
  readonly #parts: readonly Part[];
  readonly #sent = new UnderWay();
  /** Where endpoints' packets come from: the network, or each other if there is none. */
  readonly #arriving: UnderWay;
  readonly #names = new Map<string, number>();
  #last = 0;
  #now = 0;

  /** `headers`: of the parts, numbered from 0 in this order. */
  constructor(headers: readonly TraceHeader[], sink: TraceSink) {
    const first = Math.min(...headers.map(({ start = 0 }) => start));
    this.#parts = headers.map((header) => new Part(header, first));
    this.#arriving = this.#parts.some(({ isNetwork }) => isNetwork) ? new UnderWay() : this.#sent;
    this.#sink = sink;
    this.header = mergedHeader(headers, first);
  }

  add(part: number, event: TraceEvent): void {
    this.#parts[part]!.add(event);
  }

  /** Merges all up to the time `until`, us: nothing older may be added after that. */
  drain(until: number = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const index = this.#nextPart();
      if (index < 0 || this.#parts[index]!.time > until) return;
      this.#merge(index);
    }
  }

  /** The part with the oldest event; but a packet that arrives waits a little for its being sent. */
  #nextPart(): number {
    const oldest = this.#oldest(Number.POSITIVE_INFINITY, () => true);
    const part = this.#parts[oldest];
    if (part === undefined || !this.#isEarly(part)) return oldest;
    const other = this.#oldest(part.time + SKEW * part.speed, (part) => !this.#isEarly(part));
    return other < 0 ? oldest : other;
  }

  #oldest(limit: number, may: (part: Part) => boolean): number {
    let [best, earliest] = [-1, Number.POSITIVE_INFINITY];
    for (const [index, part] of this.#parts.entries()) {
      if (part.time >= earliest || part.time > limit || !may(part)) continue;
      [best, earliest] = [index, part.time];
    }
    return best;
  }

  #isEarly(part: Part): boolean {
    const { head } = part;
    if (head?.kind !== 'receive' || isLeaving(part, head)) return false;
    return !this.#source(part).has(head.bytes);
  }

  /** Where the packets come from that this part receives. */
  #source(part: Part): UnderWay {
    return part.isNetwork ? this.#sent : this.#arriving;
  }

  #merge(index: number): void {
    const part = this.#parts[index]!;
    this.#now = Math.max(this.#now, part.time);
    const old = part.take();
    this.#last += 1;
    part.numbers.set(old.n, this.#last);
    const cause = part.numbers.get(old.cause) ?? 0;
    const event = { ...old, n: this.#last, t: this.#now, end: this.#nameOf(index, old.end), cause };
    this.#sink(this.#joined(part, event, old));
  }

  /** Ends keep their names; of two parts with ends of one name, the later has its number behind it: `client 2`. */
  #nameOf(part: number, end: string): string {
    const owner = this.#names.get(end) ?? part;
    this.#names.set(end, owner);
    return owner === part ? end : `${end} ${part + 1}`;
  }

  /** The event with its packet's number and the cause that lies in another process; `old` has the part's numbers. */
  #joined(part: Part, event: TraceEvent, old: TraceEvent): TraceEvent {
    switch (event.kind) {
      case 'send':
      case 'icmp':
        this.#sent.put(event.bytes, { packet: event.n, cause: event.n });
        return event;
      case 'receive':
        return this.#arrived(part, event, old.n);
      case 'link':
        return { ...event, packet: part.received.get(event.packet) ?? event.packet };
      case 'discard':
        return { ...event, packet: part.received.get(old.cause) ?? event.packet };
      default:
        return event;
    }
  }

  #arrived(part: Part, event: TraceEvent & { kind: 'receive' }, n: number): TraceEvent {
    if (isLeaving(part, event)) {
      const packet = part.received.get(event.packet) ?? event.packet;
      this.#arriving.put(event.bytes, { packet, cause: event.n });
      return { ...event, packet };
    }
    const passage = this.#source(part).take(event.bytes);
    const packet = passage?.packet ?? (part.isNetwork ? event.n : 0);
    part.received.set(n, packet);
    return { ...event, packet, cause: passage?.cause ?? event.cause };
  }
}

/** Does a network's packet go out at a port? One that comes in has no number yet. */
function isLeaving(part: Part, event: TraceEvent & { kind: 'receive' }): boolean {
  return part.isNetwork && event.packet !== 0;
}

function mergedHeader(headers: readonly TraceHeader[], start: number): TraceHeader {
  const [{ statewire, version, engine, seed }] = headers as [TraceHeader];
  return {
    statewire,
    version,
    engine,
    seed,
    ...(start > 0 && { start }),
    configuration: { parts: headers.map(({ configuration }) => configuration) },
    inputs: headers.flatMap(({ inputs }) => inputs),
  };
}

/** Merges whole traces. */
export function mergeTraces(parts: readonly TracePart[]): { header: TraceHeader; events: TraceEvent[] } {
  const events: TraceEvent[] = [];
  const merger = new TraceMerger(
    parts.map(({ header }) => header),
    (event) => events.push(event),
  );
  for (const [index, part] of parts.entries()) for (const event of part.events) merger.add(index, event);
  merger.drain();
  return { header: merger.header, events };
}
