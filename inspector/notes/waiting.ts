/** Time that passed with nothing to show for it: shut windows, Nagle's rule, silence, TIME_WAIT. */
import { kindId } from '../model/draft.ts';
import { labelOf } from '../model/label.ts';
import { NONE } from '../model/traceModel.ts';
import { counted, type Owner, roughTime, type Scan } from './scan.ts';

/** A gap from which on nothing is said to happen, us. */
const IDLE = 1_000_000;

/** Between two rows nothing happened for long. */
export function noteIdle(scan: Scan, row: number): void {
  const { events } = scan.model;
  const length = events.time[row]! - events.time[row - 1]!;
  if (length < IDLE) return;
  const word = scan.word(events.b[row]!);
  if (events.kind[row] === kindId.fact && word === 'after.twoMsl') return;
  const timer = events.kind[row] === kindId.fact && word.startsWith('after.');
  const end = timer
    ? `the timer ${word.slice(6)} of ${scan.word(events.end[row]!)}'s chart ${scan.word(events.chart[row]!)} ran out`
    : `${scan.word(events.end[row]!)} ${labelOf(scan.model, row)}`;
  scan.add('idle', row, scan.ownerOf(row), `Nothing happened for ${roughTime(length)}, until ${end}.`, [
    { text: 'last before', row: row - 1 },
  ]);
}

/** A connection enters TIME_WAIT. */
export function noteTimeWait(scan: Scan, row: number): void {
  const wait = scan.armedAfter(row, 'twoMsl');
  const long = wait > 0 ? ` for ${roughTime(wait)}` : '';
  const owner = scan.ownerOf(row);
  const text = `${scan.word(owner.endId)} closed first and waits${long} (2 MSL): to answer a FIN that comes again, and until no old segment can be about.`;
  scan.add('timeWait', row, owner, text);
}

/** Probes sent while a window was shut, rows by connection. */
export type Probes = ReadonlyMap<number, readonly number[]>;

/** The peer's window of every connection: when it was shut, and for how long. */
export function noteZeroWindows(scan: Scan, probes: Probes): void {
  const { conversations, series, words, finish } = scan.model;
  const name = words.find('snd.wnd') ?? NONE;
  for (const { a, b } of conversations.all) {
    for (const ref of b === undefined ? [a] : [a, b]) {
      const found = series.find(ref.endId, ref.connection, name);
      if (found === undefined) continue;
      for (let i = 1; i < found.rows.length; i++) {
        if (found.values.at(i) !== 0 || found.values.at(i - 1) === 0) continue;
        const row = found.rows.at(i);
        const open = i + 1 < found.rows.length ? found.rows.at(i + 1) : NONE;
        const until = open === NONE ? finish : scan.time(open);
        const sent = countBetween(probes, ref, row, open);
        const length = roughTime(until - scan.time(row));
        const text = `The peer of ${ref.end} has no room: the window is shut for ${length}${open === NONE ? ', to the end of the run' : ''}, ${counted(sent, 'probe')} sent.`;
        scan.add('zeroWindow', row, ref, text, [{ text: 'opened', row: open }]);
      }
    }
  }
}

function countBetween(probes: Probes, owner: Owner, from: number, to: number): number {
  const rows = probes.get(owner.endId * 0x1_0000_0000 + owner.connection) ?? [];
  return rows.filter((row) => row > from && (to === NONE || row < to)).length;
}

/** What Nagle's rule held back (RFC 9293 section 3.7.4) until a delayed ACK came. */
export class NagleWatch {
  /** Row of the last SEND, by end and connection. */
  readonly #lastSend = new Map<number, number>();
  /** Largest payload, by end and connection. */
  readonly #largest = new Map<number, number>();

  call(scan: Scan, row: number): void {
    const { endId, connection } = scan.ownerOf(row);
    if (scan.word(scan.model.events.b[row]!) === 'SEND')
      this.#lastSend.set(endId * 0x1_0000_0000 + connection, row);
  }

  /** New data was sent: did it wait for an ACK that waited itself? */
  sent(scan: Scan, row: number): void {
    const { events, packets } = scan.model;
    const { endId, connection } = scan.ownerOf(row);
    const key = endId * 0x1_0000_0000 + connection;
    const length = packets.dataLength.at(events.a[row]! - 1);
    const full = Math.max(this.#largest.get(key) ?? 0, mssOf(scan));
    this.#largest.set(key, Math.max(full, length));
    const call = this.#lastSend.get(key);
    if (call === undefined || length === 0 || (full > 0 && length >= full)) return;
    const arrival = scan.behind(row, 6, (at) => events.kind[at] === kindId.receive);
    if (arrival === NONE || arrival < call || scan.time(arrival) === scan.time(call)) return;
    this.#judge(scan, row, call, arrival);
  }

  #judge(scan: Scan, row: number, call: number, arrival: number): void {
    const { events, packets } = scan.model;
    const ack = events.a[arrival]! - 1;
    const length = packets.dataLength.at(events.a[row]! - 1);
    if (ack < 0 || packets.dataLength.at(ack) > 0 || !onlyNagle(scan, row, arrival, ack, length)) return;
    const late = scan.behind(
      packets.row.at(ack),
      8,
      (at) => events.kind[at] === kindId.transition && scan.word(events.b[at]!) === 'after.delayedAck',
    );
    if (late === NONE) return;
    const packet = events.a[row]! - 1;
    const waited = roughTime(scan.time(row) - scan.time(call));
    const text = `${scan.name(packet)} waited ${waited} for the ACK of what was outstanding, which the peer gave only when its delayed ACK timer ran out.`;
    scan.add('nagle', row, scan.ownerOf(row), text, [
      { text: 'written', row: call },
      { text: 'timer', row: late },
      { text: 'ACK', row: arrival },
    ]);
  }
}

/** All that was outstanding is acknowledged now, and the windows had room before. */
function onlyNagle(scan: Scan, row: number, arrival: number, ack: number, length: number): boolean {
  const owner = scan.ownerOf(row);
  const value = (name: string): number => scan.value(owner, name, arrival) ?? 0;
  const { arq } = tcpOf(scan);
  const fixed = arq !== undefined && arq !== 'tcp';
  const own = fixed ? Number(tcpOf(scan).window ?? 1) * mssOf(scan) : value('cwnd');
  const room = Math.min(value('snd.wnd'), own) - value('flight');
  return scan.model.packets.ack.at(ack) === value('snd.nxt') && room >= length;
}

/** The settings of the run, as far as the trace says. */
function tcpOf({ model }: Scan): Readonly<Record<string, unknown>> {
  return (model.header?.configuration.tcp as Readonly<Record<string, unknown>> | undefined) ?? {};
}

/** The configured segment size, bytes; 0 when the trace does not say. */
function mssOf(scan: Scan): number {
  const { mss } = tcpOf(scan);
  return typeof mss === 'number' ? mss : 0;
}
