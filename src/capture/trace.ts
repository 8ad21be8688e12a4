/**
 * A capture as a trace in our own events, so that all that draws a trace can draw it. What the capture cannot tell is
 * inferred, and the header says so: when segments left or arrived at the other end, why they were sent, the connection
 * chart and the variables of both ends.
 */
import type { LinkAction, TraceEvent, TraceHeader } from '../trace/event.ts';
import { Trace } from '../trace/trace.ts';
import { type CapturedConnection, connectionsOf, otherSide, type Side } from './connections.ts';
import { InferredEnd } from './inferredEnd.ts';
import { captureNotes, connectionNotes } from './notes.ts';
import { type Passage, type Passages, passagesOf } from './passages.ts';
import type { CaptureResult } from './read.ts';

export interface CaptureTraceOptions {
  /** Numbers of the connections to show, as `connectionsOf` gives them. Default: all. */
  readonly connections?: readonly number[];
  /** Version of the product, for the header. */
  readonly version?: string;
}

export interface CaptureTrace {
  readonly header: TraceHeader;
  readonly events: TraceEvent[];
  /** What a reader should know: sentences in plain text. */
  readonly notes: string[];
}

/** Ends in a trace, by side. */
const ENDS = ['client', 'server'] as const;
/** Connections that the header describes one by one. */
const DESCRIBED = 100;
/** What no capture tells, for the header. */
const ESTIMATED = ['times at the other end', 'why', 'connection chart', 'variables'];

/** A connection with how its segments went. */
interface Conversation {
  readonly connection: CapturedConnection;
  readonly passages: Passages;
}

/**
 * The trace of a capture's connections. Ends are called `client` and `server`, connections are numbered alike at both.
 * A capture that begins in the middle of a connection starts both charts with a transition from CLOSED to ESTABLISHED by
 * the event `inferred`, which no chart has; all others are the chart's own.
 */
export function traceOf(capture: CaptureResult, options: CaptureTraceOptions = {}): CaptureTrace {
  const { connections: wanted, version = '' } = options;
  const found = connectionsOf(capture);
  const chosen = wanted === undefined ? found : found.filter(({ number }) => wanted.includes(number));
  const conversations = chosen.map((connection) => ({ connection, passages: passagesOf(connection) }));
  const steps = stepsOf(conversations);
  const start = steps[0]?.t ?? 0;
  const events: TraceEvent[] = [];
  const trace = new Trace();
  trace.listen((event) => events.push(event));
  play(trace, conversations, steps, start);
  const notes = [...captureNotes(capture), ...conversations.flatMap(connectionNotes)];
  return { header: headerOf(capture, conversations, version, start), events, notes };
}

/** Something that happens to a segment: it is sent (`arrival` -1), or one of its copies arrives. */
interface Step {
  readonly t: number;
  /** Of what falls together, the order in the file */
  readonly frame: number;
  readonly conversation: number;
  readonly passage: number;
  readonly arrival: number;
}

/** All that happens, in order of time, then of the file; nothing arrives before it is sent. */
function stepsOf(conversations: readonly Conversation[]): Step[] {
  const steps: Step[] = [];
  for (const [conversation, { passages }] of conversations.entries()) {
    for (const [passage, { sent, packet, arrivals }] of passages.all.entries()) {
      const { frame } = packet;
      steps.push({ t: sent, frame, conversation, passage, arrival: -1 });
      for (const [arrival, { t, packet: arrived }] of arrivals.entries()) {
        const order = Math.max(arrived.frame, frame);
        steps.push({ t: Math.max(t, sent), frame: order, conversation, passage, arrival });
      }
    }
  }
  return steps.sort((a, b) => a.t - b.t || a.frame - b.frame);
}

function play(
  trace: Trace,
  conversations: readonly Conversation[],
  steps: readonly Step[],
  start: number,
): void {
  const players = conversations.map(({ connection, passages }) => new Player(trace, connection, passages));
  for (const { t, conversation, passage, arrival } of steps) {
    const player = players[conversation]!;
    if (arrival < 0) player.departs(passage, t - start);
    else player.arrives(passage, arrival, t - start);
  }
}

/** Writes one connection's events. */
class Player {
  readonly #trace: Trace;
  readonly #passages: readonly Passage[];
  readonly #ends: readonly [InferredEnd, InferredEnd];
  /** Numbers of the packets, by passage; and of the event that a copy's arrival follows from. */
  readonly #numbers: number[] = [];

  constructor(trace: Trace, connection: CapturedConnection, { all }: Passages) {
    this.#trace = trace;
    this.#passages = all;
    const scales = scalesOf(connection);
    const end = (side: Side): InferredEnd =>
      new InferredEnd(trace, {
        name: ENDS[side],
        connection: connection.number,
        answers: answers(connection, side),
        scale: scales[side],
        peerScale: scales[otherSide(side)],
      });
    this.#ends = [end(0), end(1)];
  }

  departs(index: number, t: number): void {
    const { side, packet, damaged, lost } = this.#passages[index]!;
    const n = this.#ends[side].departs(packet, t, damaged);
    this.#numbers[index] = n;
    if (lost) this.#link(side, n, t, { what: 'lost', reason: 'loss' });
  }

  arrives(index: number, arrival: number, t: number): void {
    const { side, packet, arrivals } = this.#passages[index]!;
    const { packet: arrived, damaged } = arrivals[arrival]!;
    const n = this.#numbers[index]!;
    let cause = n;
    if (arrival > 0) cause = this.#link(side, n, t, { what: 'duplicated', copy: arrival });
    const bit = damaged ? changedBit(packet.bytes, arrived.bytes) : -1;
    if (bit >= 0) cause = this.#link(side, n, t, { what: 'corrupted', bit }, cause);
    this.#ends[otherSide(side)].arrives(arrived, t, n, cause, damaged);
  }

  #link(side: Side, packet: number, t: number, action: LinkAction, cause = packet): number {
    const direction = `${ENDS[side]}>${ENDS[otherSide(side)]}`;
    return this.#trace.add('link', t, { kind: 'link', packet, direction, ...action }, cause);
  }
}

/** The first bit in which they differ, from the first of the packet; -1 when they do not, or in length. */
function changedBit(sent: Uint8Array, arrived: Uint8Array): number {
  if (sent.length !== arrived.length) return -1;
  const at = sent.findIndex((byte, i) => byte !== arrived[i]);
  return at < 0 ? -1 : at * 8 + Math.clz32(sent[at]! ^ arrived[at]!) - 24;
}

/** Is somebody there? It sends something else than refusals, or its peer acknowledges that it did. */
function answers({ passed }: CapturedConnection, side: Side): boolean {
  return passed.some(({ side: sender, damaged, packet: { segment } }) => {
    if (damaged || segment.flags.includes('R')) return false;
    return sender === side || (segment.flags.includes('.') && !segment.flags.includes('S'));
  });
}

/** Window scales by side (RFC 7323 section 2.2): both or none; undefined where the SYNs are not in the capture. */
function scalesOf({ passed }: CapturedConnection): [number | undefined, number | undefined] {
  const offers: [number | undefined, number | undefined] = [undefined, undefined];
  let answered = false;
  let refused = false;
  for (const { side, damaged, packet } of passed) {
    const { flags, options } = packet.segment;
    if (damaged || !flags.includes('S')) continue;
    offers[side] = options?.windowScale;
    if (offers[side] === undefined && !packet.optionsCut) refused = true;
    // An answer agrees only to what it was offered
    if (flags.includes('.')) answered = true;
  }
  if (refused) return [0, 0];
  return answered ? offers : [undefined, undefined];
}

function headerOf(
  capture: CaptureResult,
  conversations: readonly Conversation[],
  version: string,
  start: number,
): TraceHeader {
  const { format, frames, packets, notShown } = capture;
  const places = new Set(conversations.map(({ passages }) => passages.capturedAt));
  const configuration = {
    program: 'capture',
    inferred: true,
    estimated: ESTIMATED,
    format,
    frames,
    segments: packets.length,
    notShown,
    capturedAt: places.size === 1 ? [...places][0] : 'unknown',
    connections: conversations.slice(0, DESCRIBED).map(described),
  };
  return {
    statewire: 1,
    version,
    engine: 'inferred',
    seed: 0,
    start: start / 1000,
    configuration,
    inputs: [],
  };
}

/** A connection in the header: who talks, where it was captured, us between there and either end. */
function described({ connection, passages }: Conversation): object {
  const { number, client, server, opening, segments, bytes } = connection;
  const [clientDelay, serverDelay] = passages.distances;
  return {
    connection: number,
    client,
    server,
    opening,
    capturedAt: passages.capturedAt,
    delay: { client: clientDelay, server: serverDelay },
    segments: { client: segments[0], server: segments[1] },
    bytes: { client: bytes[0], server: bytes[1] },
  };
}
