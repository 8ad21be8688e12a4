/**
 * The segments that an end has sent and that are not acknowledged at a row: what their charts say of them, how their
 * timer stands, and what the link has really done with them.
 */
import type { ConnectionRef } from '../../model/conversations.ts';
import { kindId } from '../../model/draft.ts';
import { sendingsOf } from '../../model/sendings.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';

/** What the sender believes has become of a segment. */
export type Belief = 'inFlight' | 'sacked' | 'lost' | 'unsent';

/** What has really become of its last sending. */
export type Truth = 'on its way' | 'arrived' | 'lost' | 'damaged' | 'unknown';

/** A retransmission timer that runs, us. */
export interface RunningTimer {
  readonly from: number;
  readonly deadline: number;
}

export interface Outstanding {
  readonly track: number;
  /** Number of the chart instance. */
  readonly instance: number;
  /** Sequence numbers counted from the start of the stream; what a partial ACK took is off. */
  readonly from: number;
  readonly to: number;
  /** `SYN`, `FIN`, or empty. */
  readonly control: string;
  /** State of the chart: `timed.inFlight`. */
  readonly state: string;
  readonly belief: Belief;
  readonly truth: Truth;
  readonly timesSent: number;
  /** us */
  readonly firstSent: number;
  readonly lastSent: number;
  /** Row of the last sending. */
  readonly row: number;
  readonly timer: RunningTimer | undefined;
}

/** Whose timer runs: the oldest segment's alone (RFC 6298 section 5), or each one's own. */
export type Manner = 'oldest' | 'each';

export interface Sent {
  readonly segments: readonly Outstanding[];
  readonly manner: Manner;
  /** Counted from the start of the stream; undefined before they are told. */
  readonly una: number | undefined;
  readonly next: number | undefined;
  /** Right edge of the peer's window. */
  readonly edge: number | undefined;
}

/** What an end has outstanding at a row; undefined when the trace has no charts of its segments. */
export function outstandingAt(model: TraceModel, ref: ConnectionRef, row: number): Sent | undefined {
  const { tracks, words } = model;
  const group = tracks.group(ref.endId, ref.connection, words.find('segment') ?? NONE);
  if (group === undefined) return undefined;
  const isn = isnOf(model, ref);
  const value = (name: string): number | undefined => model.variable(ref.end, ref.connection, name, row);
  const [una, next, window] = [value('snd.una'), value('snd.nxt'), value('snd.wnd')];
  const relative = (seq: number | undefined): number | undefined =>
    seq === undefined ? undefined : (seq - isn) >>> 0;
  const start = relative(una);
  const segments = tracks
    .aliveAt(group, row)
    .map((track) => segmentOf(model, track, row, isn, start ?? 0))
    .filter((segment) => segment !== undefined);
  return {
    segments,
    manner: mannerOf(model, group.tracks.at(0)),
    una: start,
    next: relative(next),
    edge: start === undefined || window === undefined ? undefined : start + window,
  };
}

/** The guard that let its timer start tells the manner in force. */
export function mannerOf(model: TraceModel, track: number): Manner {
  const { events, words, tracks } = model;
  const rows = tracks.transitions(track);
  const per = words.find('timerPerSegment') ?? NONE;
  for (let i = 0; i < rows.length; i++) {
    if (words.text(events.b[rows.at(i)]!) === 'sent') return events.c[rows.at(i)] === per ? 'each' : 'oldest';
  }
  return 'oldest';
}

function isnOf({ packets, words }: TraceModel, ref: ConnectionRef): number {
  return packets.isn(words.find(ref.local) ?? NONE, words.find(ref.remote) ?? NONE) ?? 0;
}

/** `una`: what a partial ACK has taken is left out. */
function segmentOf(
  model: TraceModel,
  track: number,
  row: number,
  isn: number,
  una: number,
): Outstanding | undefined {
  const { packets, events, words, tracks } = model;
  const sent = sendingsOf(model).upTo(track, row);
  const [first, last] = [sent[0], sent.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const flags = words.text(packets.flags.at(last));
  const syn = flags.includes('S');
  const from = (packets.seq.at(last) - isn) >>> 0;
  const length = packets.dataLength.at(last) + (syn ? 1 : 0) + (flags.includes('F') ? 1 : 0);
  const state = words.text(tracks.stateAt(track, row));
  return {
    track,
    instance: tracks.instance.at(track),
    from: Math.min(Math.max(from, una), from + length),
    to: from + length,
    control: syn ? 'SYN' : flags.includes('F') ? 'FIN' : '',
    state,
    belief: (state.split('.').at(-1) ?? 'unsent') as Belief,
    truth: truthOf(model, last, row),
    timesSent: sent.length,
    firstSent: events.time[packets.row.at(first)]!,
    lastSent: events.time[packets.row.at(last)]!,
    row: packets.row.at(last),
    timer: timerOf(model, track, row),
  };
}

/** What had become of a packet's copies at a row: the best of them counts. */
function truthOf({ packets }: TraceModel, packet: number, row: number): Truth {
  const copies = packets.copiesOf(packet);
  let truth: Truth = copies.length === 0 ? 'unknown' : 'lost';
  for (const copy of copies) {
    const end = packets.copyEndRow.at(copy);
    const fate = end === NONE || end > row ? 'inFlight' : packets.fateOf(copy);
    if (fate === 'received') return 'arrived';
    if (fate === 'inFlight') truth = 'on its way';
    else if (fate === 'discarded' && truth === 'lost') truth = 'damaged';
  }
  return truth;
}

/** The retransmission timer of a segment, undefined when it does not run. */
export function timerOf(model: TraceModel, track: number, row: number): RunningTimer | undefined {
  const { events, words, tracks } = model;
  const rto = words.find('rto');
  const ranOut = words.find('after.rto');
  const armed = words.find('armed');
  let running: RunningTimer | undefined;
  for (const at of tracks.rows(track)) {
    if (at > row) break;
    const word = events.b[at];
    if (events.kind[at] === kindId.fact && word === ranOut) running = undefined;
    if (events.kind[at] !== kindId.timer || word !== rto) continue;
    running = events.a[at] === armed ? { from: events.time[at]!, deadline: events.x[at]! } : undefined;
  }
  return running;
}

/** Share of its time that a timer has run, 0 to 1. */
export function shareOf({ from, deadline }: RunningTimer, t: number): number {
  return Math.min(1, Math.max(0, (t - from) / Math.max(1, deadline - from)));
}
