/**
 * What all finders share while they go over a run: the run, whose packets are whose, and the list of findings. It
 * decides nothing about what is worth a remark.
 */
import { kindId } from '../model/draft.ts';
import { packetText } from '../model/flags.ts';
import { timeText } from '../model/label.ts';
import { type Sendings, sendingsOf } from '../model/sendings.ts';
import { NONE, type TraceModel } from '../model/traceModel.ts';
import type { Note, NoteKind, NoteLink } from './note.ts';

/** Findings of a kind that are kept; those beyond are only counted. */
const MOST = 5000;
/** More than there are words. */
const WORDS = 1 << 26;

/** A connection at an end. */
export interface Owner {
  /** Word of the end */
  readonly endId: number;
  readonly connection: number;
}

export class Scan {
  readonly model: TraceModel;
  readonly sendings: Sendings;
  readonly notes: Note[] = [];
  /** Findings by kind, those not kept too. */
  readonly counts = new Map<NoteKind, number>();
  /** Who sends from one address to another. */
  readonly #owners = new Map<number, Owner>();

  constructor(model: TraceModel) {
    this.model = model;
    this.sendings = sendingsOf(model);
  }

  add(kind: NoteKind, row: number, owner: Owner | undefined, text: string, links: NoteLink[] = []): void {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count > MOST) return;
    const end = owner === undefined ? '' : this.model.words.text(owner.endId);
    const known = links.filter((link) => link.row !== NONE);
    this.notes.push({ kind, row, end, connection: owner?.connection ?? 0, text, links: known });
  }

  /** Learns from a sending who has which address. */
  learn(row: number): void {
    const { events, packets } = this.model;
    const packet = events.a[row]! - 1;
    const key = packets.source.at(packet) * WORDS + packets.destination.at(packet);
    if (!this.#owners.has(key)) this.#owners.set(key, this.ownerOf(row));
  }

  /** The connection that a row of an end belongs to. */
  ownerOf(row: number): Owner {
    const { end, connection } = this.model.events;
    return { endId: end[row]!, connection: connection[row]! };
  }

  /** The connection that a packet came from. */
  senderOf(packet: number): Owner | undefined {
    const { source, destination } = this.model.packets;
    return this.#owners.get(source.at(packet) * WORDS + destination.at(packet));
  }

  /** The connection that a packet is meant for, once it has sent something itself. */
  receiverOf(packet: number): Owner | undefined {
    const { source, destination } = this.model.packets;
    return this.#owners.get(destination.at(packet) * WORDS + source.at(packet));
  }

  /** A connection's variable at a row. */
  value({ endId, connection }: Owner, name: string, row: number): number | undefined {
    const { words, series } = this.model;
    return series.find(endId, connection, words.find(name) ?? NONE)?.at(row);
  }

  /** State of a connection's only chart of a kind; empty when there is none. */
  stateOf({ endId, connection }: Owner, chart: string, row: number): string {
    const { tracks, words } = this.model;
    const track = tracks.group(endId, connection, words.find(chart) ?? NONE)?.tracks.at(0);
    return track === undefined ? '' : words.text(tracks.stateAt(track, row));
  }

  word(id: number): string {
    return this.model.words.text(id);
  }

  name(packet: number): string {
    return packetText(this.model, packet);
  }

  time(row: number): number {
    return this.model.events.time[row]!;
  }

  /** Row at which the first copy of a packet was taken in, NONE when none was. */
  arrivalOf(packet: number): number {
    const { packets } = this.model;
    let first = NONE;
    for (const copy of packets.copiesOf(packet)) {
      const row = packets.copyEndRow.at(copy);
      if (packets.fateOf(copy) === 'received' && (first === NONE || row < first)) first = row;
    }
    return first;
  }

  /** The first of so many rows after `row` that is what is looked for, NONE for none. */
  ahead(row: number, reach: number, wanted: (row: number) => boolean): number {
    const end = Math.min(this.model.length, row + 1 + reach);
    for (let at = row + 1; at < end; at++) if (wanted(at)) return at;
    return NONE;
  }

  /** The nearest of so many causes of `row` that is what is looked for, NONE for none. */
  behind(row: number, reach: number, wanted: (row: number) => boolean): number {
    let at = this.model.events.causeOf(row);
    for (let i = 0; i < reach && at !== NONE; i++) {
      if (wanted(at)) return at;
      at = this.model.events.causeOf(at);
    }
    return NONE;
  }

  /** The time for which a chart's timer is started soon after `row`, us; 0 when it is not. */
  armedAfter(row: number, delay: string): number {
    const { kind, a, b, chart, instance, x } = this.model.events;
    const armed = this.ahead(
      row,
      40,
      (at) =>
        kind[at] === kindId.timer &&
        chart[at] === chart[row] &&
        instance[at] === instance[row] &&
        this.word(a[at]!) === 'armed' &&
        this.word(b[at]!) === delay,
    );
    return armed === NONE ? 0 : x[armed]! - this.time(armed);
  }
}

/** Distance of two sequence numbers, below 0 when `a` is before `b` (RFC 9293 section 3.4). */
export function seqDistance(a: number, b: number): number {
  return (a - b) | 0;
}

/** `1 segment`, `3 segments` */
export function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}

/** A length of time to four digits, us. */
export function roughTime(us: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(us)))) - 3);
  return timeText(Math.round(us / step) * step);
}
