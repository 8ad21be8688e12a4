/**
 * What a network shows while it runs: a table of what is on the wire, drawn over itself on a terminal, or a line for each
 * thing that happens. It decides the words and how many rows there are; what there is to show comes from the link and
 * the trace.
 */
import type { PacketUnderWay } from '../src/channel/linkView.ts';
import { type DirectionStatistics, totalLost } from '../src/channel/statistics.ts';
import type { TraceEvent } from '../src/trace/event.ts';
import type { Flows } from '../src/trace/ladderLabel.ts';
import { linkNote } from '../src/trace/pcapng.ts';
import { summarizePacket } from '../src/trace/summary.ts';
import { clip, textWidth } from '../src/trace/text.ts';
import { parseTcpPacket } from '../src/wire/packet.ts';
import type { Paint } from './paint.ts';
import { padEnd } from './table.ts';

/** Packets shown in each direction: the table must fit on a terminal of 24 lines. */
const ROWS = 8;

/** Columns of a packet's own words, and of what happened to it. */
const LABEL = 24;
const MARKS = 20;

/** One direction as it is now. */
export interface WayView {
  /** `a > b` */
  readonly name: string;
  readonly packets: readonly PacketUnderWay[];
  readonly statistics: DirectionStatistics;
}

/** Lines of at most `width` columns: for each direction its counters and the next packets to come out. `now` in us. */
export function queueLines(
  ways: readonly WayView[],
  now: number,
  flows: Flows,
  width: number,
  paint: Paint,
): string[] {
  return ways.flatMap(({ name, packets, statistics }) => {
    const rows = packets.slice(0, ROWS).map((packet) => packetRow(packet, now, flows, width));
    const more = packets.length - rows.length;
    return [
      paint(clip(countersText(name, statistics), width), 'heading'),
      ...rows.map(({ text, damaged }) => (damaged ? paint(clip(text, width), 'trouble') : clip(text, width))),
      ...(more > 0 ? [clip(`  and ${more} more`, width)] : []),
    ];
  });
}

/** What went wrong is told only where it did: the line must fit. */
function countersText(name: string, statistics: DirectionStatistics): string {
  const { sent, delivered, marked, corrupted, duplicated, reordered, inFlight } = statistics;
  const troubles = Object.entries({
    lost: totalLost(statistics),
    marked,
    corrupted,
    duplicated,
    overtaken: reordered,
  });
  return [
    name,
    `on the wire ${inFlight}`,
    `in ${sent}`,
    `out ${delivered}`,
    ...troubles.filter(([, count]) => count > 0).map(([what, count]) => `${what} ${count}`),
  ].join('   ');
}

/** Between whom it goes is told where there is room. */
function packetRow(packet: PacketUnderWay, now: number, flows: Flows, width: number) {
  const { bytes, copy, place, due, tick } = packet;
  const damaged = isDamaged(bytes);
  const marks = [
    ...(damaged ? ['corrupted'] : []),
    ...(copy > 0 ? ['copy'] : []),
    ...(place === 'tick' ? [] : [place === 'delay' ? 'delayed' : 'queued']),
  ];
  const wait = `in ${(Math.max(0, due - now) / 1000).toFixed(1).padStart(8)} ms`;
  const slot = tick === undefined ? '' : `   tick ${String(tick).padStart(3)}`;
  const { label, ends } = packetText(bytes, flows);
  const text = `  ${wait}${slot}   ${padEnd(label, LABEL)} ${padEnd(marks.join(', '), MARKS)}`;
  const fits = textWidth(text) + 1 + ends.length <= width;
  return { text: (fits ? `${text} ${ends}` : text).trimEnd(), damaged };
}

/** Would its receiver drop it? */
function isDamaged(bytes: Uint8Array): boolean {
  const parsed = parseTcpPacket(bytes);
  return typeof parsed === 'string' && parsed !== 'notTcp' && parsed !== 'fragment';
}

/** A packet as packetdrill writes it, `P. 1:6(5) ack 1`, and between whom it goes. */
function packetText(bytes: Uint8Array, flows: Flows): { readonly label: string; readonly ends: string } {
  const segment = summarizePacket(bytes);
  if (segment === undefined) return { label: `${bytes.length} bytes, no TCP`, ends: '' };
  const { flags, seq, ack, length, source, destination } = segment;
  const first = flows.seq(segment, seq);
  const numbers = `${flags} ${first}:${first + length}(${length})`;
  const label = flags.includes('.') ? `${numbers} ack ${flows.ack(segment, ack)}` : numbers;
  return { label, ends: `${source} > ${destination}` };
}

/** What happened, in a line; undefined for what needs no line of its own. */
export function eventText(event: TraceEvent, flows: Flows): string | undefined {
  const at = `${(event.t / 1_000_000).toFixed(3)} s `;
  switch (event.kind) {
    case 'receive': {
      const { label, ends } = packetText(event.bytes, flows);
      const what = event.packet === 0 ? `${event.end} in #${event.n}` : `${event.end} out #${event.packet}`;
      return `${at}${what} ${label} ${ends}`.trimEnd();
    }
    case 'link': {
      const note = event.what === 'delivered' && event.late ? 'overtaken' : linkNote(event);
      return note === '' ? undefined : `${at}link #${event.packet} ${note}`;
    }
    case 'discard':
      return `${at}${event.end} #${event.packet} not passed on (${event.reason})`;
    case 'transition':
      return `${at}link ${event.chart} ${event.instance === 0 ? 'a > b' : 'b > a'}: ${event.from} > ${event.to}`;
    default:
      return undefined;
  }
}

/** Lines at the bottom of a terminal, drawn over those drawn before. */
export class LiveLines {
  readonly #write: (text: string) => void;
  #shown: readonly string[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Each line must fit the terminal: one that is broken in two cannot be drawn over. */
  draw(lines: readonly string[]): void {
    if (lines.join('\n') === this.#shown.join('\n')) return;
    this.#write(back(this.#shown.length) + lines.map((line) => `${line}\n`).join(''));
    this.#shown = lines;
  }

  /** As if nothing had been drawn. */
  clear(): void {
    this.draw([]);
  }
}

/** To the start of so many lines above, with all from there on wiped. */
function back(lines: number): string {
  return lines === 0 ? '' : `\u001b[${lines}A\u001b[J`;
}
