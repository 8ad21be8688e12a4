/**
 * A ladder for the terminal, drawn from the trace stream alone: time, both ends, each segment as an arrow, what the
 * link did to it, state changes, and the application's words.
 *
 *       1.000                 │── #9 ACK 1:6(5) ack 1 "PUT,n" ──╌╌╌       │
 *       1.400                 │        ╌╌╌── #9 ACK 1:6(5) ack 1 +300 ms ──>│ ESTABLISHED
 *
 * It decides which events share a row: a segment leaves on one row and arrives on another, unless nothing happens
 * between; a state change stands beside the segment that brought it. `+300 ms` is by how much longer the link held a
 * packet than the one it held least, of those that have arrived in that direction: a constant delay is no news. How a row looks is `ladderRow.ts`, what a
 * segment is called `ladderLabel.ts`. One conversation at a time reads well; several are drawn between the same posts.
 */
import type { SegmentSummary, TraceEvent, TraceSink } from './event.ts';
import {
  arrivalMark,
  discardWords,
  Flows,
  linkDeed,
  milliseconds,
  remember,
  segmentPieces,
  sendLabel,
} from './ladderLabel.ts';
import {
  asciiSigns,
  type LadderStyle,
  type Piece,
  type Row,
  RowPainter,
  type Signs,
  unicodeSigns,
  type Words,
} from './ladderRow.ts';
import { printable } from './text.ts';

export type { LadderRole, LadderStyle } from './ladderRow.ts';

export interface LadderOptions {
  /** Takes each line, without a line end. */
  write(line: string): void;
  /** Columns; 100 unless given, taken as 60 when it is less. */
  readonly width?: number;
  /** Names of the left and the right end in the trace; `client` and `server` unless given. */
  readonly ends?: readonly [string, string];
  /** Nothing but ASCII comes out. */
  readonly ascii?: boolean;
  /** Colours the pieces; none unless given. */
  readonly style?: LadderStyle;
}

type Of<Kind extends TraceEvent['kind']> = Extract<TraceEvent, { kind: Kind }>;

/** A packet on its way. */
interface Packet {
  /** What the segment is called. */
  readonly base: readonly Piece[];
  /** How its arrival is marked. */
  readonly mark: Piece | undefined;
  readonly toRight: boolean;
  arrivals: number;
}

/** What the link has done to one copy of a packet. */
interface Deeds {
  readonly pieces: readonly Piece[];
  /** How long it was delayed, us. */
  readonly held: number;
}

const NO_DEEDS: Deeds = { pieces: [], held: 0 };

/** Packets and link events remembered at a time. */
const MEMORY = 4096;

/** Draws a ladder: hand it the events by `sink`, and call `flush` at the end (or whenever what is there shall show). */
export class Ladder {
  readonly sink: TraceSink = (event) => this.#take(event);
  readonly #write: (line: string) => void;
  readonly #ends: readonly [string, string];
  readonly #ascii: boolean;
  readonly #signs: Signs;
  readonly #painter: RowPainter;
  readonly #flows = new Flows();
  readonly #packets = new Map<number, Packet>();
  /** What the link has done up to an event of its own, by that event's number. */
  readonly #deeds = new Map<number, Deeds>();
  /** The least that the link held a packet that arrived, us, by direction. */
  readonly #leastHeld = { right: Number.POSITIVE_INFINITY, left: Number.POSITIVE_INFINITY };
  #row: Row | undefined;
  #headed = false;

  constructor(options: LadderOptions) {
    this.#write = (line) => options.write(line);
    this.#ends = options.ends ?? ['client', 'server'];
    this.#ascii = options.ascii ?? false;
    this.#signs = this.#ascii ? asciiSigns : unicodeSigns;
    this.#painter = new RowPainter(options.width ?? 100, this.#signs, options.style ?? ((text) => text));
  }

  /** Writes the row under construction. */
  flush(): void {
    if (this.#row === undefined) return;
    if (!this.#headed)
      this.#write(this.#painter.heading(this.#show(this.#ends[0]), this.#show(this.#ends[1])));
    this.#headed = true;
    this.#write(this.#painter.paint(this.#row));
    this.#row = undefined;
  }

  #take(event: TraceEvent): void {
    if (event.kind === 'send') this.#onSend(event);
    else if (event.kind === 'link') this.#onLink(event);
    else if (event.kind === 'receive') {
      // At the ports of a network between the ends nothing arrives yet
      if (this.#ends.includes(event.end)) this.#onReceive(event);
    } else if (event.kind === 'discard') this.#onDiscard(event);
    else if (event.kind === 'transition') this.#onTransition(event);
    else if (event.kind === 'report') this.#onReport(event);
    else if (event.kind === 'app') this.#onApp(event);
  }

  #onApp({ t, end, what, text }: Of<'app'>): void {
    this.#words(t, end, { text: this.#show(`${what}: ${text}`), role: 'app' });
  }

  #onSend(event: Of<'send'>): void {
    const { n, t, end, segment, why, bytes } = event;
    this.#flows.see(segment);
    const toRight = end !== this.#ends[1];
    const base = segmentPieces(n, segment, this.#flows);
    remember(this.#packets, n, { base, mark: arrivalMark(why), toRight, arrivals: 0 }, MEMORY);
    const row = this.#rowAt(t, (r) => r.middle === undefined && !(toRight ? r.right : r.left));
    const label = sendLabel(base, segment, why, bytes, this.#flows, this.#ascii);
    row.middle = { kind: 'arrow', packet: n, toRight, phase: 'leave', label };
  }

  #onLink(event: Of<'link'>): void {
    if (event.what === 'lost') {
      this.#onLost(event.packet, event.t, event.reason);
      return;
    }
    const before = this.#deeds.get(event.cause) ?? NO_DEEDS;
    const deed = linkDeed(event);
    const pieces = deed === undefined ? before.pieces : [...before.pieces, deed];
    const held = before.held + (event.what === 'delayed' ? event.by : 0);
    remember(this.#deeds, event.n, { pieces, held }, MEMORY);
  }

  #onLost(packet: number, t: number, reason: string): void {
    const end: Piece = { text: `lost (${this.#show(reason)})`, role: 'trouble' };
    const middle = this.#arrowOf(packet, t);
    if (middle?.phase === 'leave') {
      middle.phase = 'lost';
      middle.end = end;
      return;
    }
    const name = this.#packets.get(packet)?.base.map((piece) => piece.text) ?? [`#${packet}`];
    const text = [this.#signs.lost, ...name].join(' ');
    this.#newRow(t).middle = { kind: 'words', side: 'middle', pieces: [{ text, role: 'trouble' }, end] };
  }

  #onReceive(event: Of<'receive'>): void {
    const { packet, t, end, segment } = event;
    const known = this.#packets.get(packet);
    const toRight = known?.toRight ?? end === this.#ends[1];
    const deeds = this.#deedsUntil(event.cause, toRight);
    if (known !== undefined && known.arrivals > 0)
      deeds.push({ text: 'duplicate', short: ['dup'], role: 'late' });
    if (known !== undefined) known.arrivals += 1;
    const base = known?.base ?? this.#unknown(packet, segment);
    const leaving = this.#arrowOf(packet, t);
    if (leaving?.phase === 'leave') {
      leaving.phase = 'through';
      leaving.label = [...base, ...deeds, ...leaving.label.slice(base.length)];
      return;
    }
    const mark = known?.mark === undefined ? [] : [known.mark];
    const label: Piece[] = [...base, ...mark, ...deeds];
    this.#newRow(t).middle = { kind: 'arrow', packet, toRight, phase: 'arrive', label };
  }

  /** What the link did up to this event of its own, and how much longer than the least it held the packet. */
  #deedsUntil(cause: number, toRight: boolean): Piece[] {
    const { pieces, held } = this.#deeds.get(cause) ?? NO_DEEDS;
    const side = toRight ? 'right' : 'left';
    const least = Math.min(this.#leastHeld[side], held);
    this.#leastHeld[side] = least;
    // Within a hundredth it counts as the same
    if (held - least <= least / 100) return [...pieces];
    return [...pieces, { text: `+${milliseconds(held - least)}`, role: 'late', minor: true }];
  }

  /** A packet whose sender the trace has not shown. */
  #unknown(packet: number, segment: SegmentSummary | undefined): readonly Piece[] {
    if (segment === undefined) return [{ text: `#${packet}`, role: 'segment' }];
    this.#flows.see(segment);
    return segmentPieces(packet, segment, this.#flows);
  }

  #onDiscard(event: Of<'discard'>): void {
    const { packet, t, end } = event;
    const [text, ...short] = discardWords(event.reason) ?? [this.#show(event.reason)];
    const side = this.#side(end);
    const { lost } = this.#signs;
    if (this.#arrowOf(packet, t) !== undefined && side !== undefined && this.#row![side] === undefined) {
      const shorter = short.map((words) => `${lost} ${words}`);
      this.#row![side] = { text: `${lost} ${text}`, short: shorter, role: 'trouble' };
    } else {
      this.#words(t, end, { text: `${lost} #${packet} ${text}`, role: 'trouble' });
    }
  }

  #onTransition({ t, end, chart, from, to }: Of<'transition'>): void {
    if (chart !== 'connection' || from === to) return;
    const note: Piece = { text: this.#show(to), role: 'state' };
    const side = this.#side(end);
    const row = this.#row;
    // A listener makes a connection in LISTEN only to hand it the SYN: a state it leaves at once
    if (from === 'LISTEN' && side !== undefined && row?.t === t && row[side]?.text === from) row[side] = note;
    else this.#note(t, end, note);
  }

  /** Only an end that was not in order is news: an orderly one shows as states. */
  #onReport({ t, end, report, detail }: Of<'report'>): void {
    if (report !== 'closed' || detail === undefined || detail === 'closed') return;
    this.#note(t, end, { text: `${this.#signs.lost} ${this.#show(detail)}`, role: 'trouble' });
  }

  #note(t: number, end: string, note: Piece): void {
    const side = this.#side(end);
    if (side === undefined) return;
    this.#rowAt(t, (row) => row[side] === undefined && belongs(row, side))[side] = note;
  }

  #words(t: number, end: string, piece: Piece): void {
    const side: Words['side'] = this.#side(end) ?? 'middle';
    this.#newRow(t).middle = { kind: 'words', side, pieces: [piece] };
  }

  #side(end: string): 'left' | 'right' | undefined {
    if (end === this.#ends[0]) return 'left';
    return end === this.#ends[1] ? 'right' : undefined;
  }

  /** The arrow of this packet, if it is on the row under construction. */
  #arrowOf(packet: number, t: number) {
    const row = this.#row;
    if (row?.t !== t || row.middle?.kind !== 'arrow' || row.middle.packet !== packet) return undefined;
    return row.middle;
  }

  #rowAt(t: number, fits: (row: Row) => boolean): Row {
    const row = this.#row;
    return row !== undefined && row.t === t && fits(row) ? row : this.#newRow(t);
  }

  #newRow(t: number): Row {
    this.flush();
    this.#row = { t };
    return this.#row;
  }

  /** At most 500 characters of text from outside, safe to show. */
  #show(text: string): string {
    return printable(text.slice(0, 500), this.#ascii);
  }
}

/** May a note at this end share the row: is the segment on it just sent or received there? */
function belongs({ left, right, middle }: Row, side: 'left' | 'right'): boolean {
  if (middle === undefined) return left === undefined && right === undefined;
  if (middle.kind === 'words') return false;
  const receiver = middle.toRight ? 'right' : 'left';
  return middle.phase === 'through' || (middle.phase === 'arrive') === (side === receiver);
}
