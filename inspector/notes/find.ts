/**
 * All findings of a run, in one walk over its rows. It decides which finder is asked about a row; what is worth a remark
 * is decided by the finders beside this file.
 */
import { kindId } from '../model/draft.ts';
import { NONE, type TraceModel } from '../model/traceModel.ts';
import { noteArrival, noteDiscard, noteReordered, TimestampWatch } from './arrivals.ts';
import type { Note, NoteKind } from './note.ts';
import { noteDefence, noteGiveUp, noteLoss, noteReport } from './outcomes.ts';
import { noteFastRetransmit, noteSpurious, noteTimeout } from './retransmissions.ts';
import { Scan } from './scan.ts';
import { NagleWatch, noteIdle, noteTimeWait, noteZeroWindows } from './waiting.ts';

export interface Findings {
  /** In the order of time. */
  readonly notes: readonly Note[];
  /** By kind, those beyond the first thousands too. */
  readonly counts: ReadonlyMap<NoteKind, number>;
}

/** Goes over a run. */
export function findNotes(model: TraceModel): Findings {
  const walk = new Walk(model);
  for (let row = 0; row < model.length; row++) walk.row(row);
  walk.finish();
  const { notes, counts } = walk.scan;
  return { notes: notes.sort((one, other) => one.row - other.row), counts };
}

class Walk {
  readonly scan: Scan;
  readonly #nagle = new NagleWatch();
  readonly #timestamps = new TimestampWatch();
  readonly #probes = new Map<number, number[]>();
  /** Of streams without segment charts (captures): the last packet by sequence number. */
  readonly #bySeq = new Map<string, number>();

  constructor(model: TraceModel) {
    this.scan = new Scan(model);
  }

  row(row: number): void {
    const { scan } = this;
    const { events } = scan.model;
    if (row > 0) noteIdle(scan, row);
    switch (events.kind[row]) {
      case kindId.call:
        this.#nagle.call(scan, row);
        break;
      case kindId.transition:
        this.#transition(row);
        break;
      case kindId.action:
        if (this.#is(row, 'giveUp', 'keepAlive')) noteGiveUp(scan, row);
        break;
      case kindId.send:
        this.#send(row);
        break;
      case kindId.receive:
        noteArrival(scan, row);
        this.#timestamps.arrived(scan, row);
        break;
      case kindId.discard:
        noteDiscard(scan, row);
        break;
      case kindId.report:
        noteReport(scan, row);
        break;
      case kindId.link:
        this.#link(row);
    }
  }

  finish(): void {
    noteZeroWindows(this.scan, this.#probes);
  }

  #is(row: number, word: string, chart: string): boolean {
    const { b, chart: charts } = this.scan.model.events;
    return this.scan.word(b[row]!) === word && this.scan.word(charts[row]!) === chart;
  }

  #transition(row: number): void {
    const { scan } = this;
    const { a, d } = scan.model.events;
    if (this.#is(row, 'after.rto', 'segment')) noteTimeout(scan, row);
    else if (this.#is(row, 'lossInferred', 'recovery') && a[row] !== d[row]) noteFastRetransmit(scan, row);
    else if (scan.word(d[row]!) === 'TIME_WAIT' && a[row] !== d[row]) noteTimeWait(scan, row);
  }

  #send(row: number): void {
    const { scan } = this;
    scan.learn(row);
    this.#timestamps.sent(scan, row);
    const why = scan.word(scan.model.events.b[row]!);
    if (why === 'reset' || why === 'challenge') noteDefence(scan, row, why);
    else if (why === 'data') this.#nagle.sent(scan, row);
    else if (why === 'probe') this.#probe(row);
    const before = this.#before(row);
    if ((why === 'timer' || why === 'fast') && before !== NONE) noteSpurious(scan, row, before);
  }

  /** The packet that carried the same before. */
  #before(row: number): number {
    const { packets, events } = this.scan.model;
    const packet = events.a[row]! - 1;
    if (packets.track.at(packet) !== NONE) return this.scan.sendings.before(packet);
    if (packets.dataLength.at(packet) === 0) return NONE;
    const key = `${packets.source.at(packet)} ${packets.destination.at(packet)} ${packets.seq.at(packet)}`;
    const before = this.#bySeq.get(key) ?? NONE;
    this.#bySeq.set(key, packet);
    return before;
  }

  #probe(row: number): void {
    const { endId, connection } = this.scan.ownerOf(row);
    const key = endId * 0x1_0000_0000 + connection;
    const rows = this.#probes.get(key) ?? [];
    rows.push(row);
    this.#probes.set(key, rows);
  }

  #link(row: number): void {
    const { b, x } = this.scan.model.events;
    const what = this.scan.word(b[row]!);
    if (what === 'lost') noteLoss(this.scan, row);
    else if (what === 'delivered' && x[row] === 1) noteReordered(this.scan, row);
  }
}
