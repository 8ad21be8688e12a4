/**
 * One end of a connection as a capture shows it: which facts its segments and those that reach it are, which state of
 * RFC 9293 it must be in after them, and its variables as far as they can be known. It follows section 3.10.7 as
 * src/tcp/arrives.ts does, but believes what it sees: an end that acknowledges something has received it, whether the
 * capture has that or not.
 */
import { add, distance, geq, gt, leq, type Seq, seq } from '../tcp/seq.ts';
import type { SegmentSummary, SendReason, TraceBody } from '../trace/event.ts';
import type { Trace } from '../trace/trace.ts';
import { Arrived } from './arrived.ts';
import { InferredChart } from './inferredChart.ts';
import { InferredSender, taken, windowOf } from './inferredSender.ts';
import type { CapturedSegment } from './read.ts';

/** Who an end is, and what the whole capture tells of it beforehand. */
export interface EndFacts {
  /** `client`, `server` */
  readonly name: string;
  readonly connection: number;
  /** Somebody is there: it sends, or its peer acknowledges, something else than a refusal. */
  readonly answers: boolean;
  /** Of the windows that it sends and of those that its peer sends; undefined where that is not known. */
  readonly scale: number | undefined;
  readonly peerScale: number | undefined;
}

/** States in which a RST that is sent ends the connection (RFC 9293 section 3.10.5). */
const ENDED_BY_RESET: ReadonlySet<string> = new Set([
  'SYN_RECEIVED',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
]);
const FIN_UNACKED: ReadonlySet<string> = new Set(['FIN_WAIT_1', 'CLOSING', 'LAST_ACK']);
const FIN_AWAITED: ReadonlySet<string> = new Set(['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2']);
/** The segment before is what such a one follows from. */
const ANSWERS: ReadonlySet<SendReason> = new Set(['ack', 'fast', 'challenge', 'reset', 'open']);

export class InferredEnd {
  readonly #trace: Trace;
  readonly #facts: EndFacts;
  readonly #chart: InferredChart;
  readonly #sender: InferredSender;
  #now = 0;
  /** What has arrived; undefined before anything has. */
  #arrived: Arrived | undefined;
  /** Up to where its last window lets the peer send. */
  #edge: Seq | undefined;
  /** Sequence numbers after the FINs, its own and its peer's */
  #finEnd: Seq | undefined;
  #peerFinEnd: Seq | undefined;
  /** Number of the event of the last arrival, or of the last transition that one brought about. */
  #lastArrival = 0;
  #challenged = false;
  /** What came last was text after this end was closed. */
  #textUnwanted = false;
  readonly #values: Record<string, number> = {};

  constructor(trace: Trace, facts: EndFacts) {
    this.#trace = trace;
    this.#facts = facts;
    this.#chart = new InferredChart(facts.connection, (body, cause) => this.#record(body, cause));
    this.#sender = new InferredSender(facts.peerScale);
  }

  /** A segment leaves; returns its number. Of one that the way has damaged only that it was sent is told. */
  departs({ segment, bytes }: CapturedSegment, t: number, damaged: boolean): number {
    this.#now = t;
    const { connection } = this.#facts;
    if (damaged) {
      const why = segment.length > 0 ? 'data' : 'ack';
      return this.#record({ kind: 'send', connection, why, segment, bytes }, 0);
    }
    const decided = this.#beforeDeparture(segment);
    const why = this.#sender.departs(segment, t, this.#challenged);
    const cause = decided > 0 ? decided : ANSWERS.has(why) ? this.#lastArrival : 0;
    const n = this.#record({ kind: 'send', connection, why, segment, bytes }, cause);
    this.#challenged = false;
    this.#textUnwanted = false;
    this.#advertise(segment);
    this.#variables(n);
    return n;
  }

  /** A packet arrives, the one with this number; `cause` is what the link did to it, or the packet itself. */
  arrives(
    { segment, bytes }: CapturedSegment,
    t: number,
    packet: number,
    cause: number,
    damaged: boolean,
  ): void {
    this.#now = t;
    const n = this.#record({ kind: 'receive', packet, segment, bytes }, cause);
    if (damaged) {
      this.#record({ kind: 'discard', packet, reason: 'badChecksum' }, n);
      return;
    }
    this.#lastArrival = n;
    this.#challenged = false;
    this.#textUnwanted = false;
    if (this.#opens(segment, n)) this.#segment(segment, n);
    this.#variables(n);
  }

  /** Facts that a segment shows by being sent; number of the transition, 0 for none. */
  #beforeDeparture(segment: SegmentSummary): number {
    const { flags } = segment;
    if (flags.includes('R')) return this.#resets();
    const shown = flags.includes('S') ? this.#showsSyn(flags.includes('.')) : this.#showsOpen(segment);
    if (flags.includes('.')) this.#believe(segment);
    if (!flags.includes('F') || this.#finEnd !== undefined) return shown;
    this.#finEnd = add(seq(segment.seq), taken(segment));
    return this.#chart.send('user.close', 0);
  }

  #resets(): number {
    if (!ENDED_BY_RESET.has(this.#chart.state)) return 0;
    const refused = this.#textUnwanted && this.#chart.state.startsWith('FIN_WAIT');
    return refused ? this.#chart.send('textRefused', this.#lastArrival) : this.#chart.send('user.abort', 0);
  }

  #showsSyn(answer: boolean): number {
    const chart = this.#chart;
    if (!chart.started && !answer) return chart.open(false, 0);
    if (!chart.started) chart.open(true, 0);
    return answer && (chart.state === 'LISTEN' || chart.state === 'SYN_SENT')
      ? chart.send('segment.syn', 0)
      : 0;
  }

  /** What has no SYN is sent by who has a connection, though the capture has missed why. */
  #showsOpen({ length, flags }: SegmentSummary): number {
    const chart = this.#chart;
    if (!chart.started) return chart.openInTheMiddle(0);
    if (chart.state === 'SYN_SENT' && flags.includes('.')) return chart.send('segment.synAck', 0);
    if (chart.state === 'SYN_RECEIVED' && length > 0) return chart.send('synAcked', 0);
    return 0;
  }

  /** What it acknowledges has reached it. */
  #believe({ ack }: SegmentSummary): void {
    this.#arrived ??= new Arrived(seq(ack));
    if (!gt(seq(ack), this.#arrived.next)) return;
    this.#arrived.reach(seq(ack));
    this.#finish(0, false);
  }

  /** Is there a connection that a segment arrives at? It may be the one that opens it. */
  #opens({ flags, ack }: SegmentSummary, cause: number): boolean {
    if (this.#chart.started) return this.#chart.state !== 'CLOSED';
    if (flags.includes('R') || !this.#facts.answers) return false;
    if (!flags.includes('S')) this.#chart.openInTheMiddle(cause);
    else if (!flags.includes('.')) this.#chart.open(true, cause);
    else {
      // Its own SYN is not in the capture: it was sent before
      this.#chart.open(false, 0);
      this.#sender.departs(
        { flags: 'S', seq: (ack - 1) >>> 0, length: 0 } as SegmentSummary,
        this.#now,
        false,
      );
    }
    return true;
  }

  /** RFC 9293 section 3.10.7: RST, SYN, ACK, text, FIN. */
  #segment(segment: SegmentSummary, n: number): void {
    const { flags } = segment;
    if (flags.includes('R')) this.#reset(segment, n);
    else if (flags.includes('S')) this.#syn(segment, n);
    else {
      if (flags.includes('.')) this.#ack(segment, n);
      this.#text(segment, n);
    }
  }

  #reset(segment: SegmentSummary, n: number): void {
    const next = this.#arrived?.next;
    const exact =
      this.#chart.state === 'SYN_SENT'
        ? flagsAck(segment) && seq(segment.ack) === this.#sender.nxt
        : next === undefined || seq(segment.seq) === next;
    if (exact) this.#lastArrival = this.#chart.send('segment.rst', n);
    else this.#challenged = true;
  }

  #syn(segment: SegmentSummary, n: number): void {
    const { state } = this.#chart;
    const answer = flagsAck(segment);
    const expected = state === 'LISTEN' || state === 'SYN_SENT' || (state === 'SYN_RECEIVED' && answer);
    if (!expected) return;
    const afterSyn = add(seq(segment.seq), 1);
    if (answer) {
      if (!gt(seq(segment.ack), this.#sender.una)) return;
      this.#sender.acknowledged(segment, this.#now);
    }
    this.#arrived ??= new Arrived(afterSyn);
    this.#lastArrival = this.#chart.send(answer ? 'segment.synAck' : 'segment.syn', n);
    if (segment.length > 0) this.#arrived.add(afterSyn, add(afterSyn, segment.length));
  }

  #ack(segment: SegmentSummary, n: number): void {
    const { state } = this.#chart;
    const sender = this.#sender;
    const ack = seq(segment.ack);
    const forSyn = !sender.known || (gt(ack, sender.una) && leq(ack, sender.nxt));
    if (state === 'SYN_SENT' || (state === 'SYN_RECEIVED' && !forSyn)) return;
    sender.acknowledged(segment, this.#now);
    if (state === 'SYN_RECEIVED') this.#chart.send('synAcked', n);
    const finAcked = this.#finEnd !== undefined && geq(sender.una, this.#finEnd);
    if (finAcked && FIN_UNACKED.has(this.#chart.state)) this.#chart.send('finAcked', n);
  }

  #text(segment: SegmentSummary, n: number): void {
    const start = seq(segment.seq);
    this.#arrived ??= new Arrived(start);
    const end = add(start, taken(segment));
    if (end === start) return;
    const fin = segment.flags.includes('F');
    if (fin) this.#peerFinEnd = end;
    const isNew = this.#arrived.add(start, end);
    this.#textUnwanted = isNew && segment.length > 0;
    this.#finish(n, fin && !isNew);
  }

  /** The peer's FIN, once all before it is there; `again` when it had come before. */
  #finish(cause: number, again: boolean): void {
    const [arrived, finEnd] = [this.#arrived, this.#peerFinEnd];
    if (arrived === undefined || finEnd === undefined || !geq(arrived.next, finEnd)) return;
    if (FIN_AWAITED.has(this.#chart.state)) this.#chart.send('finReceived', cause);
    else if (again && this.#chart.state === 'TIME_WAIT') this.#chart.send('finRepeated', cause);
  }

  #advertise(segment: SegmentSummary): void {
    const window = windowOf(segment, this.#facts.scale);
    if (!flagsAck(segment) || segment.flags.includes('R')) return;
    this.#edge = window === undefined ? undefined : add(seq(segment.ack), window);
  }

  /** Records those that have changed. */
  #variables(cause: number): void {
    const now: Record<string, number> = {};
    this.#sender.variables(now);
    if (this.#arrived !== undefined) {
      now['rcv.nxt'] = this.#arrived.next;
      if (this.#edge !== undefined) now['rcv.wnd'] = Math.max(distance(this.#edge, this.#arrived.next), 0);
    }
    const values: Record<string, number> = {};
    let changed = false;
    for (const name in now) {
      if (this.#values[name] === now[name]) continue;
      values[name] = this.#values[name] = now[name]!;
      changed = true;
    }
    if (changed) this.#record({ kind: 'variables', connection: this.#facts.connection, values }, cause);
  }

  #record(body: TraceBody, cause: number): number {
    return this.#trace.add(this.#facts.name, this.#now, body, cause);
  }
}

function flagsAck({ flags }: SegmentSummary): boolean {
  return flags.includes('.');
}
