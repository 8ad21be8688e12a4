/**
 * A run as the page has it: all events in columns, and what is derived from them as they come in. It only grows; a row
 * is the place of an event in it, and what was so at a moment is asked for by the row of the last event that counts.
 *
 * It decides what is kept and how events become rows. Who reads lines is `reader.ts`; what the moment is, is the page's.
 */
import type { TraceBody, TraceEvent, TraceHeader } from '../../src/trace/event.ts';
import { Words } from '../../src/trace/packed/words.ts';
import { FINALS } from '../geometry/finals.ts';
import { FloatList, IntList } from './column.ts';
import { Conversations } from './conversations.ts';
import { Draft, KINDS, kindId } from './draft.ts';
import { EventTable, NONE } from './eventTable.ts';
import { Marks } from './marks.ts';
import { Packets } from './packets.ts';
import { SeriesTable } from './series.ts';
import { Tracks } from './tracks.ts';

export { FATES, type Fate, MARK } from './packets.ts';
export { NONE };

/** Charts, and connections, of which is kept what they were before the oldest event. */
const KEPT_BEFORE = 10_000;

export class TraceModel {
  /** Undefined until the first line is read. */
  header: TraceHeader | undefined;
  readonly words = new Words();
  readonly events = new EventTable();
  readonly tracks: Tracks;
  readonly packets: Packets;
  readonly series = new SeriesTable();
  readonly conversations: Conversations;
  readonly marks: Marks;
  /** Events that were here and were dropped to keep within the limit. */
  dropped = 0;
  readonly #texts: string[] = [];
  /** Packets of ICMP, which are few. */
  readonly #icmp: Uint8Array[] = [];
  readonly #changedNames = new IntList();
  readonly #changedValues = new FloatList();
  readonly #draft = new Draft();
  /** By end: the connection and the segment chart that was told `sent`, whose packet comes next. */
  readonly #sending: ({ readonly connection: number; readonly track: number } | undefined)[] = [];
  /** By word of flags, as far as known */
  readonly #takers: boolean[] = [];
  readonly #segment: number;
  readonly #sent: number;

  constructor() {
    const finals = new Set(
      FINALS.map(([chart, state]) => this.words.id(chart) * 65_536 + this.words.id(state)),
    );
    const isFinal = (chart: number, state: number): boolean => finals.has(chart * 65_536 + state);
    this.tracks = new Tracks(this.events, this.words, isFinal);
    this.packets = new Packets(this.events, this.words);
    this.conversations = new Conversations(this.events, this.words, this.packets);
    this.marks = new Marks(this.events, this.words);
    this.#segment = this.words.id('segment');
    this.#sent = this.words.id('sent');
  }

  get length(): number {
    return this.events.length;
  }

  /** Time of the first event, us; 0 when there is none. */
  get start(): number {
    return this.length === 0 ? 0 : this.events.time[0]!;
  }

  /** Time of the last event, us. */
  get finish(): number {
    return this.length === 0 ? 0 : this.events.time[this.length - 1]!;
  }

  /** Makes room for so many rows in all, and for what they bring if they are like those that are here. */
  reserve(rows: number): void {
    const times = rows / Math.max(1, this.length);
    this.events.reserve(rows);
    this.tracks.reserve(rows, times);
    this.packets.reserve(rows, times);
    this.#changedNames.reserve(times);
    this.#changedValues.reserve(times);
  }

  /** Takes in an event. */
  add(event: TraceEvent): void {
    this.#draft.read(event, this.words);
    this.append(this.#draft);
  }

  /** Takes in what a draft holds; false when its number is not above the last one's (it was here before). */
  append(draft: Draft): boolean {
    const { events } = this;
    if (events.length > 0 && draft.n <= events.n[events.length - 1]!) return false;
    const row = events.add(draft.n, draft.t, draft.end, draft.cause, draft.kind);
    events.connection[row] = draft.connection;
    events.b[row] = draft.word;
    switch (draft.kind) {
      case kindId.fact:
      case kindId.transition:
      case kindId.action:
      case kindId.timer:
        this.#addChartRow(row, draft);
        break;
      case kindId.send:
        this.#addSend(row, draft);
        break;
      case kindId.link:
        events.c[row] = draft.reason;
        events.chart[row] = draft.direction;
        events.x[row] = draft.value;
        this.packets.link(row, draft);
        break;
      case kindId.receive:
        this.packets.receive(row, draft);
        break;
      case kindId.discard:
        this.packets.discard(row, draft);
        break;
      case kindId.variables:
        this.#addVariables(row, draft);
        break;
      case kindId.icmp:
        events.d[row] = this.#icmp.push(
          draft.bytes.slice(draft.bytesFrom, draft.bytesFrom + draft.bytesLength),
        );
        break;
      default:
        if (draft.text !== undefined) events.a[row] = this.#texts.push(draft.text);
    }
    this.conversations.index(row, draft.text);
    this.marks.index(row);
    return true;
  }

  /** The text of a call, a report, the application; undefined when it has none. */
  textAt(row: number): string | undefined {
    const number = this.events.a[row]!;
    return number === 0 ? undefined : this.#texts[number - 1];
  }

  /** What changed in a row of kind `variables`. */
  changesAt(row: number): [string, number][] {
    const first = this.events.a[row]!;
    return Array.from({ length: this.events.d[row]! }, (_, i) => [
      this.words.text(this.#changedNames.at(first + i)),
      this.#changedValues.at(first + i),
    ]);
  }

  /** An event as it was in the trace; a packet's bytes as many as were kept. */
  eventAt(row: number): TraceEvent {
    const { n, time, cause, end } = this.events;
    return {
      n: n[row]!,
      t: time[row]!,
      end: this.words.text(end[row]!),
      cause: cause[row]!,
      ...this.#bodyAt(row),
    };
  }

  /** A value of a connection's variable at a row; undefined before it is told. */
  variable(end: string, connection: number, name: string, row: number): number | undefined {
    const { words } = this;
    const found = this.series.find(words.find(end) ?? NONE, connection, words.find(name) ?? NONE);
    return found?.at(row);
  }

  /**
   * The newest `count` events as a model of their own, for a run without end that must not fill the memory. What charts
   * and variables were before is kept; causes that are gone are shown as such.
   */
  newest(count: number): TraceModel {
    const rest = new TraceModel();
    const first = Math.max(0, this.length - count);
    rest.header = this.header;
    rest.dropped = this.dropped + first;
    if (first > 0) for (const event of this.#before(first - 1, rest)) rest.add(event);
    for (let row = first; row < this.length; row++) rest.add(this.eventAt(row));
    return rest;
  }

  #addChartRow(row: number, draft: Draft): void {
    const { events } = this;
    events.chart[row] = draft.chart;
    events.instance[row] = draft.instance;
    if (draft.kind === kindId.transition) {
      events.a[row] = draft.from;
      events.c[row] = draft.guard;
      events.d[row] = draft.to;
    } else if (draft.kind === kindId.timer) {
      events.a[row] = draft.change;
      events.x[row] = draft.deadline;
    }
    const track = this.tracks.index(row);
    if (draft.kind === kindId.fact && draft.chart === this.#segment && draft.word === this.#sent)
      this.#sending[draft.end] = { connection: draft.connection, track };
  }

  #addSend(row: number, draft: Draft): void {
    const packet = this.packets.send(row, draft);
    const sending = this.#sending[draft.end];
    const { length, flags } = draft.segment;
    if (sending?.connection !== draft.connection) return;
    if (length === 0 && !this.#takesSequence(flags)) return;
    this.packets.track.data[packet] = sending.track;
    this.#sending[draft.end] = undefined;
  }

  /** SYN or FIN is among flags (a word). */
  #takesSequence(flags: number): boolean {
    this.#takers[flags] ??= /[SF]/.test(this.words.text(flags));
    return this.#takers[flags];
  }

  #addVariables(row: number, { end, connection, names, values }: Draft): void {
    this.events.a[row] = this.#changedNames.length;
    this.events.d[row] = names.length;
    for (let i = 0; i < names.length; i++) {
      this.#changedNames.push(names[i]!);
      this.#changedValues.push(values[i]!);
      this.series.add(row, end, connection, names[i]!, values[i]!);
    }
  }

  #bodyAt(row: number): TraceBody {
    const { kind, a, b, d, connection } = this.events;
    const word = this.words.text(b[row]!);
    const text = this.textAt(row);
    const own = { connection: connection[row]! };
    switch (KINDS[kind[row]!]!) {
      case 'call':
        return { kind: 'call', ...own, call: word, ...(text === undefined ? {} : { detail: text }) };
      case 'report':
        return { kind: 'report', ...own, report: word, ...(text === undefined ? {} : { detail: text }) };
      case 'app':
        return { kind: 'app', what: word, text: text ?? '' };
      case 'icmp':
        return { kind: 'icmp', what: word, bytes: this.#icmp[d[row]! - 1] ?? new Uint8Array(0) };
      case 'send': {
        const packet = a[row]! - 1;
        const segment = this.packets.segmentOf(packet);
        return { kind: 'send', ...own, why: word as 'data', segment, bytes: this.packets.bytesOf(packet) };
      }
      case 'receive': {
        const { segment, bytes } = this.packets.arrival(row);
        const number = this.packetNumber(row);
        const packet = number === this.events.n[row] ? 0 : number;
        return { kind: 'receive', packet, ...(segment === undefined ? {} : { segment }), bytes };
      }
      case 'discard':
        return { kind: 'discard', packet: this.packetNumber(row), reason: word };
      case 'variables':
        return { kind: 'variables', ...own, values: Object.fromEntries(this.changesAt(row)) };
      case 'link':
        return this.#linkAt(row, word);
      default:
        return this.#chartAt(row, word);
    }
  }

  /** What was so at `row`: charts go to `rest`, variables come back as events of that row. */
  #before(row: number, rest: TraceModel): TraceEvent[] {
    const { tracks, words, events } = this;
    const alive = tracks.groups.flatMap((group) => tracks.aliveAt(group, row)).slice(-KEPT_BEFORE);
    for (const track of alive) {
      const { end, connection, chart } = tracks.groups[tracks.groupOf.at(track)]!;
      const [endId, chartId] = [rest.words.id(words.text(end)), rest.words.id(words.text(chart))];
      const state = rest.words.id(words.text(tracks.stateAt(track, row)));
      rest.tracks.seed(endId, connection, chartId, tracks.instance.at(track), state);
    }
    const all = this.series.allAt(row).slice(-KEPT_BEFORE);
    // Each connection has had a row at least, so that there are numbers for these.
    return all.map(({ end, connection, values }, i): TraceEvent => {
      const named = Object.fromEntries(values.map(([name, value]) => [words.text(name), value]));
      const n = events.n[row]! - all.length + 1 + i;
      return {
        n,
        t: events.time[row]!,
        end: words.text(end),
        cause: 0,
        kind: 'variables',
        connection,
        values: named,
      };
    });
  }

  /** Number in the trace of the packet that a row is about; 0 when it is not here. */
  packetNumber(row: number): number {
    const packet = this.events.a[row]! - 1;
    return packet < 0 ? 0 : this.packets.number.at(packet);
  }

  #linkAt(row: number, what: string): TraceBody {
    const { c, x, chart } = this.events;
    const on = {
      kind: 'link',
      packet: this.packetNumber(row),
      direction: this.words.text(chart[row]!),
    } as const;
    const value = x[row]!;
    if (what === 'lost') return { ...on, what, reason: this.words.text(c[row]!) as 'loss' };
    if (what === 'enqueued') return { ...on, what, queue: value };
    if (what === 'duplicated') return { ...on, what, copy: value };
    if (what === 'corrupted') return { ...on, what, bit: value };
    if (what === 'marked') return { ...on, what };
    if (what === 'delivered') return { ...on, what, ...(value === 1 ? { late: true } : {}) };
    return { ...on, what: what as 'delayed', by: value };
  }

  #chartAt(row: number, word: string): TraceBody {
    const { kind, a, c, d, x, connection, chart, instance } = this.events;
    const text = (id: number): string => this.words.text(id);
    const on = { connection: connection[row]!, chart: text(chart[row]!), instance: instance[row]! };
    switch (KINDS[kind[row]!]) {
      case 'fact':
        return { kind: 'fact', ...on, event: word };
      case 'action':
        return { kind: 'action', ...on, action: word };
      case 'timer':
        return { kind: 'timer', ...on, delay: word, change: text(a[row]!) as 'armed', deadline: x[row]! };
      default: {
        const guard = c[row] === 0 ? {} : { guard: text(c[row]!) };
        return { kind: 'transition', ...on, from: text(a[row]!), event: word, ...guard, to: text(d[row]!) };
      }
    }
  }
}
