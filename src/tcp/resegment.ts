/**
 * Outstanding segments cut into smaller ones, once packets have to be smaller (RFC 1191 section 6.4). That they are sent
 * again says nothing of congestion: a router has said, or a probe has shown, that they were too large.
 */
import { segment as segmentChart } from '../../machines/segment.ts';
import type { ChartSnapshot } from '../chart/chart.ts';
import type { Connection } from './connection.ts';
import { Mark, SegmentRecord } from './record.ts';
import type { Sender } from './sender.ts';
import { add, type Seq } from './seq.ts';

/** Cuts what holds more than `mss` bytes of payload, and gives its pieces up for lost; true if there was any. */
export function resegment(c: Connection, sender: Sender, mss: number): boolean {
  let any = false;
  for (const large of [...sender.queue]) {
    if (large.syn || large.mark === Mark.sacked || payloadOf(large) <= mss) continue;
    any = true;
    let piece = large;
    while (payloadOf(piece) > mss) {
      const rest = split(c, sender, piece, add(piece.start, mss));
      loseInFlight(sender, piece);
      piece = rest;
    }
    loseInFlight(sender, piece);
  }
  return any;
}

function payloadOf({ length, fin }: SegmentRecord): number {
  return length - (fin ? 1 : 0);
}

function loseInFlight({ queue }: Sender, record: SegmentRecord): void {
  if (record.mark === Mark.inFlight) queue.markLost(record);
}

/** Cuts a record in two; what is known of it, and the deadline of a timer of its own, passes to both parts. */
function split(c: Connection, sender: Sender, record: SegmentRecord, at: Seq): SegmentRecord {
  const saved = record.snapshot();
  const rest = new SegmentRecord(sender, at, record.end, false, record.fin);
  record.end = at;
  record.fin = false;
  rest.restore({ ...saved, start: at });
  const chart = record.timerPerSegment() ? withTimers(c, saved.chart) : withoutTimer(record);
  rest.chart = c.restoreChart(segmentChart, rest, { instance: c.host.nextInstance(), chart });
  sender.queue.insertAfter(record, rest);
  return rest;
}

function withTimers(c: Connection, { state, timers }: ChartSnapshot): ChartSnapshot {
  const { nextOrder } = c.host.timers;
  return { state, timers: timers.map((timer, i) => ({ ...timer, order: nextOrder + i })) };
}

/** The oldest one's timer stands for the rest; by the mark, as its chart may be in the middle of a transition. */
function withoutTimer({ mark }: SegmentRecord): ChartSnapshot {
  return { state: mark === Mark.lost ? 'untimed.lost' : 'untimed.inFlight', timers: [] };
}
