/**
 * Every packet that was sent, with its segment, and what became of each of its copies on the link. Packets and copies
 * are numbers from 0.
 *
 * A copy is told from another by the causes: what the link did follows from what it did before, and where two things
 * follow from one there are two copies.
 */
import type { SegmentOptions, SegmentSummary } from '../../src/trace/event.ts';
import type { Words } from '../../src/trace/packed/words.ts';
import { ByteStore } from './byteStore.ts';
import { FloatList, grown, IntList } from './column.ts';
import { type Draft, kindId, type SegmentDraft } from './draft.ts';
import { type EventTable, NONE } from './eventTable.ts';

/** What became of a copy. */
export const FATES = ['inFlight', 'received', 'discarded', 'lost'] as const;
export type Fate = (typeof FATES)[number];

/** What happened to a copy on the way; bits of `copyMarks`. */
export const MARK = { corrupted: 1, duplicate: 2, reordered: 4, late: 8 } as const;

/** Bytes kept in all; of packets beyond that only the first ones. */
const KEPT = 64 << 20;
const HEAD = 160;
/** Of one packet, bytes. */
const LARGEST = 65_536;
/** More than there are words. */
const WORDS = 1 << 26;

/** Where bytes are in the store, and how many of how many. */
interface Kept {
  readonly at: number;
  readonly kept: number;
  readonly length: number;
}

export class Packets {
  length = 0;
  /** Row of the sending, or of the arrival of a packet whose sending is not in the trace. */
  readonly row = new IntList();
  /** Its number in the trace */
  readonly number = new FloatList();
  /** Words: addresses, flags; the segment's numbers. */
  readonly source = new IntList();
  readonly destination = new IntList();
  readonly flags = new IntList();
  readonly seq = new FloatList();
  readonly ack = new FloatList();
  readonly window = new FloatList();
  /** Payload bytes */
  readonly dataLength = new FloatList();
  /** Bytes of the whole packet */
  readonly size = new IntList();
  /** Why it was sent, a word; 0 when the sending is not in the trace. */
  readonly why = new IntList();
  readonly firstCopy = new IntList();
  /** Chart instance of the data it carries, a track; NONE for none. */
  readonly track = new IntList();

  copies = 0;
  readonly copyPacket = new IntList();
  readonly copyNext = new IntList();
  /** Row of the last that happened to it, and of what settled its fate (NONE before). */
  readonly copyLastRow = new IntList();
  readonly copyEndRow = new IntList();
  readonly copyFate = new IntList();
  readonly copyMarks = new IntList();

  /** Packets of which no segment could be read. */
  readonly #unreadable = new Set<number>();
  readonly #options = new Map<number, SegmentOptions>();
  readonly #timestamps = new FloatList();
  readonly #bytes = new ByteStore();
  readonly #bytesAt = new FloatList();
  readonly #bytesKept = new IntList();
  /** Arrivals, by row, that differ from what was sent. */
  readonly #changed = new Map<number, Kept & { readonly segment: SegmentSummary | undefined }>();
  /** Packets by number whose sending is not in the trace. */
  readonly #strays = new Map<number, number>();
  /** By the two words of its addresses */
  readonly #isns = new Map<number, number>();
  /** By row of sendings and of what the link did: something follows from it already. */
  #followed = new Uint8Array(1024);
  readonly #events: EventTable;
  readonly #words: Words;
  /** All lists of which the length is the number of packets or of copies. */
  readonly #lists: readonly (IntList | FloatList)[];
  /** Words of what the link does. */
  readonly #what: Readonly<Record<'lost' | 'corrupted' | 'reordered' | 'delivered', number>>;

  constructor(events: EventTable, words: Words) {
    this.#events = events;
    this.#words = words;
    const { row, number, source, destination, flags, seq, ack, window, dataLength, size, why } = this;
    const { copyPacket, copyNext, copyLastRow, copyEndRow, copyFate, copyMarks } = this;
    this.#lists = [
      ...[row, number, source, destination, flags, seq, ack, window, dataLength, size, why],
      ...[this.firstCopy, this.track, this.#timestamps, this.#bytesAt, this.#bytesKept],
      ...[copyPacket, copyNext, copyLastRow, copyEndRow, copyFate, copyMarks],
    ];
    const [lost, corrupted] = [words.id('lost'), words.id('corrupted')];
    this.#what = { lost, corrupted, reordered: words.id('reordered'), delivered: words.id('delivered') };
  }

  /** Packet with a number in the trace, NONE when it is not here. */
  find(n: number): number {
    const row = this.#events.rowOf(n);
    if (row !== NONE && this.#events.kind[row] === kindId.send) return this.#events.a[row]! - 1;
    return this.#strays.get(n) ?? NONE;
  }

  /** Takes in a sending; returns the packet. */
  send(row: number, draft: Draft): number {
    const packet = this.#add(row, draft.n, draft);
    this.why.push(draft.word);
    this.#events.a[row] = packet + 1;
    return packet;
  }

  /** Takes in what the link did; sets the row's packet and copy. */
  link(row: number, draft: Draft): void {
    const copy = this.#copyFor(row, draft.packet);
    if (copy === NONE) return;
    const { lost, corrupted, reordered, delivered } = this.#what;
    if (draft.word === lost) this.#settle(copy, row, 'lost');
    else if (draft.word === corrupted) this.copyMarks.data[copy]! |= MARK.corrupted;
    else if (draft.word === reordered) this.copyMarks.data[copy]! |= MARK.reordered;
    else if (draft.word === delivered && draft.value === 1) this.copyMarks.data[copy]! |= MARK.late;
  }

  /** Takes in an arrival. */
  receive(row: number, draft: Draft): void {
    // What comes to a network from elsewhere has the number of its coming (docs/trace.md)
    const number = draft.packet === 0 ? draft.n : draft.packet;
    if (this.find(number) === NONE) {
      this.#strays.set(number, this.#add(row, number, draft));
      this.why.push(0);
    }
    const copy = this.#copyFor(row, number);
    if (copy === NONE) return;
    this.#settle(copy, row, 'received');
    const corrupted = (this.copyMarks.at(copy) & MARK.corrupted) !== 0;
    if (corrupted || !this.#isAsSent(this.copyPacket.at(copy), draft)) this.#keepChanged(row, draft);
  }

  /** Takes in that an end dropped what had arrived. */
  discard(row: number, draft: Draft): void {
    const copy = this.#copyFor(row, draft.packet);
    if (copy !== NONE) this.#settle(copy, row, 'discarded');
  }

  fateOf(copy: number): Fate {
    return FATES[this.copyFate.at(copy)]!;
  }

  /** Copies of a packet in the order in which they parted. */
  copiesOf(packet: number): number[] {
    const copies: number[] = [];
    for (let copy = this.firstCopy.at(packet); copy !== NONE; copy = this.copyNext.at(copy))
      copies.push(copy);
    return copies;
  }

  /** First sequence number of the stream between two addresses (words): its SYN's, or the first one seen. */
  isn(source: number, destination: number): number | undefined {
    return this.#isns.get(source * WORDS + destination);
  }

  /** The segment as it was sent; without flags for what could not be read. */
  segmentOf(packet: number): SegmentSummary {
    const options = this.optionsOf(packet);
    return {
      source: this.#words.text(this.source.at(packet)),
      destination: this.#words.text(this.destination.at(packet)),
      flags: this.#words.text(this.flags.at(packet)),
      seq: this.seq.at(packet),
      ack: this.ack.at(packet),
      window: this.window.at(packet),
      length: this.dataLength.at(packet),
      ...(options === undefined ? {} : { options }),
    };
  }

  /** The segment's options, undefined when there are none. */
  optionsOf(packet: number): SegmentOptions | undefined {
    const rare = this.#options.get(packet);
    const tsVal = this.#timestamps.at(2 * packet);
    if (Number.isNaN(tsVal)) return rare;
    return { ...rare, timestamps: [tsVal, this.#timestamps.at(2 * packet + 1)] };
  }

  /** All bytes of all packets were kept. */
  get whole(): boolean {
    return this.#bytes.length < KEPT;
  }

  /** The packet's bytes, as many as were kept. */
  bytesOf(packet: number): Uint8Array {
    return this.#bytes.get(this.#bytesAt.at(packet), this.#bytesKept.at(packet));
  }

  /** What arrived in a row of kind `receive`; `segment` is undefined when it could not be read. */
  arrival(row: number): { segment: SegmentSummary | undefined; bytes: Uint8Array } {
    const packet = this.#events.a[row]! - 1;
    const changed = this.#changed.get(row);
    if (changed === undefined) {
      const segment = this.#unreadable.has(packet) ? undefined : this.segmentOf(packet);
      return { segment, bytes: this.bytesOf(packet) };
    }
    return { segment: changed.segment, bytes: this.#bytes.get(changed.at, changed.kept) };
  }

  #add(row: number, number: number, draft: Draft): number {
    const { segment, hasSegment } = draft;
    const packet = this.length;
    this.length += 1;
    if (!hasSegment) {
      segment.clear();
      this.#unreadable.add(packet);
    }
    this.row.push(row);
    this.number.push(number);
    this.source.push(segment.source);
    this.destination.push(segment.destination);
    this.flags.push(segment.flags);
    this.seq.push(segment.seq);
    this.ack.push(segment.ack);
    this.window.push(segment.window);
    this.dataLength.push(segment.length);
    this.firstCopy.push(NONE);
    this.track.push(NONE);
    this.#timestamps.push(segment.hasTimestamps ? segment.tsVal : Number.NaN);
    this.#timestamps.push(segment.tsEcr);
    this.#noteIsn(segment);
    const rare = segment.rareOptions();
    if (rare !== undefined) this.#options.set(packet, rare);
    const { at, kept } = this.#keep(draft);
    this.#bytesAt.push(at);
    this.#bytesKept.push(kept);
    this.size.push(draft.bytesLength);
    return packet;
  }

  #noteIsn({ source, destination, flags, seq }: SegmentDraft): void {
    const key = source * WORDS + destination;
    if (this.#words.text(flags).startsWith('S') || !this.#isns.has(key)) this.#isns.set(key, seq);
  }

  /** Keeps a packet's bytes, all or the first ones, as there is room. */
  #keep({ bytes, bytesFrom, bytesLength }: Draft): Kept {
    const most = this.#bytes.length < KEPT ? LARGEST : HEAD;
    const kept = Math.min(bytesLength, most);
    return { at: this.#bytes.put(bytes, bytesFrom, kept), kept, length: bytesLength };
  }

  #isAsSent(packet: number, { bytes, bytesFrom, bytesLength }: Draft): boolean {
    if (this.size.at(packet) !== bytesLength) return false;
    return this.#bytes.has(this.#bytesAt.at(packet), this.#bytesKept.at(packet), bytes, bytesFrom);
  }

  #keepChanged(row: number, draft: Draft): void {
    const segment = draft.hasSegment ? draft.segment.summary(this.#words) : undefined;
    this.#changed.set(row, { segment, ...this.#keep(draft) });
  }

  /** The copy that a row is about; a new one when something else followed from the row's cause before. */
  #copyFor(row: number, n: number): number {
    const { a, d } = this.#events;
    const packet = this.find(n);
    if (packet === NONE) return NONE;
    const cause = this.#events.causeOf(row);
    const before = cause !== NONE && a[cause] === packet + 1 ? d[cause]! - 1 : NONE;
    const copy = before === NONE || this.#followed[cause] === 1 ? this.#addCopy(packet) : before;
    if (cause !== NONE) this.#follow(cause);
    a[row] = packet + 1;
    d[row] = copy + 1;
    this.copyLastRow.data[copy] = row;
    return copy;
  }

  /** Makes room for so many rows in all, and so many times as many packets. */
  reserve(rows: number, times: number): void {
    this.#reserveRows(rows);
    for (const list of this.#lists) list.reserve(times);
  }

  #reserveRows(rows: number): void {
    const { length } = this.#followed;
    if (rows > length) this.#followed = grown(this.#followed, new Uint8Array(Math.max(rows, 2 * length)));
  }

  #follow(row: number): void {
    this.#reserveRows(row + 1);
    this.#followed[row] = 1;
  }

  #addCopy(packet: number): number {
    const copy = this.copies;
    this.copies += 1;
    const first = this.firstCopy.at(packet);
    this.copyPacket.push(packet);
    this.copyNext.push(first === NONE ? NONE : this.copyNext.at(first));
    this.copyLastRow.push(NONE);
    this.copyEndRow.push(NONE);
    this.copyFate.push(0);
    this.copyMarks.push(first === NONE ? 0 : MARK.duplicate);
    if (first === NONE) this.firstCopy.data[packet] = copy;
    else this.copyNext.data[first] = copy;
    return copy;
  }

  #settle(copy: number, row: number, fate: Fate): void {
    this.copyFate.data[copy] = FATES.indexOf(fate);
    this.copyEndRow.data[copy] = row;
  }
}
