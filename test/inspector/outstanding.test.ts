/** Outstanding segments against a plain walk over the trace. */
import { describe, expect, test } from 'vitest';
import { TraceModel } from '../../inspector/model/traceModel.ts';
import { outstandingAt, shareOf, timerOf } from '../../inspector/views/outstanding/segments.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { demoEvents, roughEvents } from './traces.ts';

function modelOf(events: readonly TraceEvent[]): TraceModel {
  const model = new TraceModel();
  for (const event of events) model.add(event);
  return model;
}

const events = roughEvents();
const model = modelOf(events);
const { a, b } = [...model.conversations.all][0]!;
const settled = events.flatMap((event, row) => (event.kind === 'variables' ? [row] : []));

describe('at the end of every input', () => {
  test('segments fill what lies between SND.UNA and SND.NXT', () => {
    for (const row of settled) {
      const ref = events[row]!.end === a.end ? a : b!;
      const sent = outstandingAt(model, ref, row)!;
      if (model.variable(ref.end, 1, 'flight', row) === undefined || sent.segments.length === 0) continue;
      expect(sent.segments[0]!.from).toBe(sent.una);
      expect(sent.segments.at(-1)!.to).toBe(sent.next);
      sent.segments.forEach((segment, i) => {
        if (i > 0) expect(segment.from).toBe(sent.segments[i - 1]!.to);
      });
    }
  });

  test('times sent are counted, and the last sending is the last', () => {
    let again = 0;
    for (const row of settled) {
      for (const segment of outstandingAt(model, a, row)!.segments) {
        const own = events.filter(
          (event, i) =>
            i <= row &&
            event.kind === 'send' &&
            event.end === a.end &&
            event.why !== 'ack' &&
            event.segment.seq === (model.packets.seq.at(0) + segment.from) % 2 ** 32,
        );
        // A part of it may be acknowledged: then no sending begins where it begins now.
        if (own.length === 0) continue;
        expect(segment.timesSent).toBe(own.length);
        expect(segment.lastSent).toBe(own.at(-1)!.t);
        if (own.length > 1) again += 1;
      }
    }
    expect(again).toBeGreaterThan(0);
  });

  test('with one timer it runs for the oldest alone', () => {
    for (const row of settled) {
      const { segments, manner } = outstandingAt(model, a, row)!;
      expect(manner).toBe('oldest');
      segments.forEach((segment, i) => {
        expect(segment.timer !== undefined).toBe(i === 0);
      });
    }
  });
});

test('with a timer for each all run, but those of segments that the peer has', () => {
  const each = demoEvents(2, { delay: 20_000, loss: 0.2 }, { arq: 'selective-repeat', window: 4, mss: 3 });
  const other = modelOf(each);
  const ref = [...other.conversations.all][0]!.a;
  let many = 0;
  each.forEach((event, row) => {
    if (event.kind !== 'variables' || event.end !== ref.end) return;
    const sent = outstandingAt(other, ref, row)!;
    expect(sent.manner).toBe('each');
    for (const { belief, timer } of sent.segments) if (belief !== 'sacked') expect(timer).toBeDefined();
    many = Math.max(many, sent.segments.length);
  });
  expect(many).toBeGreaterThan(2);
});

test('a timer runs from its arming to its deadline, and not after it ran out or was cancelled', () => {
  const armed = events.findIndex((event) => event.kind === 'timer' && event.chart === 'segment');
  const track = model.tracks.trackOf(armed);
  const event = events[armed]!;
  if (event.kind !== 'timer') throw new Error('no timer');
  expect(timerOf(model, track, armed - 1)).toBeUndefined();
  expect(timerOf(model, track, armed)).toEqual({ from: event.t, deadline: event.deadline });
  expect(timerOf(model, track, events.length - 1)).toBeUndefined();
  const ranOut = events.findIndex((each) => each.kind === 'fact' && each.event === 'after.rto');
  expect(timerOf(model, model.tracks.trackOf(ranOut), ranOut - 1)).toBeDefined();
  expect(timerOf(model, model.tracks.trackOf(ranOut), ranOut)).toBeUndefined();
  expect(shareOf({ from: 100, deadline: 300 }, 150)).toBe(0.25);
  expect(shareOf({ from: 100, deadline: 300 }, 900)).toBe(1);
});

test('what is true is told beside what is believed', () => {
  const truths = new Set<string>();
  for (let row = 0; row < events.length; row++)
    for (const ref of [a, b!])
      for (const { truth } of outstandingAt(model, ref, row)?.segments ?? []) truths.add(truth);
  expect([...truths].sort()).toEqual(expect.arrayContaining(['arrived', 'damaged', 'lost', 'on its way']));
});

test('what a partial ACK has taken is no longer outstanding', () => {
  const on = { t: 0, end: 'a', cause: 0, connection: 1 };
  const segment = {
    source: '10.0.0.1:1',
    destination: '10.0.0.2:2',
    flags: '.',
    ack: 1,
    window: 9,
    length: 10,
  };
  const part = modelOf([
    { n: 1, ...on, kind: 'fact', chart: 'segment', instance: 1, event: 'sent' },
    { n: 2, ...on, kind: 'send', why: 'data', segment: { ...segment, seq: 100 }, bytes: new Uint8Array(50) },
    { n: 3, ...on, kind: 'variables', values: { 'snd.una': 104, 'snd.nxt': 110 } },
  ]);
  const ref = [...part.conversations.all][0]!.a;
  expect(outstandingAt(part, ref, 1)!.segments).toMatchObject([{ from: 0, to: 10 }]);
  expect(outstandingAt(part, ref, 2)!.segments).toMatchObject([{ from: 4, to: 10 }]);
});
