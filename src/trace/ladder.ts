/**
 * A ladder for the terminal, drawn from the trace stream alone: time, both ends, each segment as an arrow, what the
 * link did to it, state changes, and the application's words.
 *
 *       0.000        SYN_SENT │── #5 SYN seq 0 mss 5 win 15 ────╌╌╌        │
 *       0.300                 │        ╌╌╌───── #5 SYN seq 0 +300 ms ──>│ SYN_RECEIVED
 *
 * It decides which events share a row: a segment leaves on one row and arrives on another, unless nothing happens
 * between; a state change stands beside the segment that brought it. How a row looks is `ladderRow.ts`, what a
 * segment is called `ladderLabel.ts`. One conversation at a time reads well; several are drawn between the same posts.
 */
import type { LinkAction, SegmentSummary, TraceEvent, TraceSink } from './event.ts';
import { Flows, remember, segmentText, sendLabel } from './ladderLabel.ts';
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
  readonly text: string;
  readonly toRight: boolean;
  arrivals: number;
}

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
  readonly #deeds = new Map<number, readonly Piece[]>();
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
    else if (event.kind === 'receive') this.#onReceive(event);
    else if (event.kind === 'discard') this.#onDiscard(event);
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
    const text = segmentText(n, segment, this.#flows);
    remember(this.#packets, n, { text, toRight, arrivals: 0 }, MEMORY);
    const row = this.#rowAt(t, (r) => r.middle === undefined && !(toRight ? r.right : r.left));
    const label = sendLabel(n, segment, why, bytes, this.#flows, this.#ascii);
    row.middle = { kind: 'arrow', packet: n, toRight, phase: 'leave', label };
  }

  #onLink(event: Of<'link'>): void {
    if (event.what === 'lost') {
      this.#onLost(event.packet, event.t, event.reason);
      return;
    }
    const before = this.#deeds.get(event.cause) ?? [];
    const deed = linkDeed(event);
    remember(this.#deeds, event.n, deed === undefined ? before : [...before, deed], MEMORY);
  }

  #onLost(packet: number, t: number, reason: string): void {
    const end: Piece = { text: `lost (${this.#show(reason)})`, role: 'trouble' };
    const middle = this.#arrowOf(packet, t);
    if (middle?.phase === 'leave') {
      middle.phase = 'lost';
      middle.end = end;
      return;
    }
    const text = `${this.#signs.lost} ${this.#packets.get(packet)?.text ?? `#${packet}`}`;
    this.#newRow(t).middle = { kind: 'words', side: 'middle', pieces: [{ text, role: 'trouble' }, end] };
  }

  #onReceive(event: Of<'receive'>): void {
    const { packet, t, end, segment } = event;
    const known = this.#packets.get(packet);
    const deeds = [...(this.#deeds.get(event.cause) ?? [])];
    if (known !== undefined && known.arrivals > 0) deeds.push({ text: 'duplicate', role: 'late' });
    if (known !== undefined) known.arrivals += 1;
    const leaving = this.#arrowOf(packet, t);
    if (leaving?.phase === 'leave') {
      leaving.phase = 'through';
      leaving.label = [leaving.label[0]!, ...deeds, ...leaving.label.slice(1)];
      return;
    }
    const toRight = known?.toRight ?? end === this.#ends[1];
    const text = known?.text ?? this.#unknown(packet, segment);
    const label: Piece[] = [{ text, role: 'segment' }, ...deeds];
    this.#newRow(t).middle = { kind: 'arrow', packet, toRight, phase: 'arrive', label };
  }

  /** A packet whose sender the trace has not shown. */
  #unknown(packet: number, segment: SegmentSummary | undefined): string {
    if (segment === undefined) return `#${packet}`;
    this.#flows.see(segment);
    return segmentText(packet, segment, this.#flows);
  }

  #onDiscard(event: Of<'discard'>): void {
    const { packet, t, end } = event;
    const note: Piece = { text: `${this.#signs.lost} ${this.#show(event.reason)}`, role: 'trouble' };
    const side = this.#side(end);
    if (this.#arrowOf(packet, t) !== undefined && side !== undefined && this.#row![side] === undefined) {
      this.#row![side] = note;
    } else {
      this.#words(t, end, {
        text: `${this.#signs.lost} #${packet} ${this.#show(event.reason)}`,
        role: 'trouble',
      });
    }
  }

  #onTransition({ t, end, chart, from, to }: Of<'transition'>): void {
    if (chart === 'connection' && from !== to) this.#note(t, end, { text: this.#show(to), role: 'state' });
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

/** What the link did, in words; undefined for what every packet goes through. */
function linkDeed(action: LinkAction): Piece | undefined {
  switch (action.what) {
    case 'corrupted':
      return { text: `bit ${action.bit} flipped`, role: 'trouble' };
    case 'delayed':
      return action.by > 0 ? { text: `+${milliseconds(action.by)}`, role: 'late' } : undefined;
    case 'reordered':
      return { text: `held back ${milliseconds(action.by)}`, role: 'late' };
    case 'delivered':
      return action.late ? { text: 'overtaken', role: 'late' } : undefined;
    default:
      return undefined;
  }
}

function milliseconds(us: number): string {
  return `${us / 1000} ms`;
}
