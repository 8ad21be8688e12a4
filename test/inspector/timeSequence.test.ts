/** The time-sequence graph: its columns against what the events say, what of it is seen, what is pointed at. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TraceModel } from '../../inspector/model/traceModel.ts';
import { beamsIn } from '../../inspector/views/timeSequence/beams.ts';
import { planeOf } from '../../inspector/views/timeSequence/plane.ts';
import { foundAt, foundOfRow, rowOfFound, standingAt } from '../../inspector/views/timeSequence/pointAt.ts';
import { placesIn, usedRange, usedTime, zoomed } from '../../inspector/views/timeSequence/ranges.ts';
import { HEARD, SENT, type Sequence, sequenceOf } from '../../inspector/views/timeSequence/sequence.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { demoEvents, HEADER, roughEvents } from './traces.ts';

// A run with segments sent again both ways, SACK blocks, and ACKs that overtake others
const LINK = { delay: 20_000, loss: 0.08, jitter: 15_000, corrupt: 0.05 };
const events = demoEvents(3, LINK, { mss: 4, nagle: false, initialWindow: 10, delayedAck: 0 });
const model = modelOf(events);
const conversation = [...model.conversations.all][0]!;
const sequence = sequenceOf(model, conversation, 'a');

function modelOf(some: readonly TraceEvent[]): TraceModel {
  const made = new TraceModel();
  made.header = HEADER;
  for (const event of some) made.add(event);
  return made;
}

function places({ length }: { readonly length: number }): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** What an end sent that carries something, from the events. */
function sentBy(end: string): Extract<TraceEvent, { kind: 'send' }>[] {
  return events
    .filter((event) => event.kind === 'send')
    .filter((event) => event.end === end && (event.segment.length > 0 || /[SFR]/.test(event.segment.flags)));
}

/** An `n`-th of the columns between, for a trace with wrapped numbers. */
function shifted(by: number): TraceEvent[] {
  const seq = (value: number): number => (value + by) >>> 0;
  return events.map((event) => {
    if (!('segment' in event) || event.segment === undefined) return event;
    const { segment } = event;
    const own = segment.source.startsWith('10.0.0.1:');
    const sack = segment.options?.sack?.map(([left, right]) => [seq(left), seq(right)] as const);
    const moved = own
      ? { ...segment, seq: seq(segment.seq) }
      : {
          ...segment,
          ack: segment.flags.includes('.') ? seq(segment.ack) : 0,
          ...(sack === undefined ? {} : { options: { ...segment.options, sack } }),
        };
    return { ...event, segment: moved } as TraceEvent;
  });
}

describe('the columns', () => {
  test('have each segment when it was sent, counted from the start of the stream', () => {
    for (const [side, end] of [
      ['a', 'client'],
      ['b', 'server'],
    ] as const) {
      const found = sequenceOf(model, conversation, side);
      const sent = sentBy(end);
      const isn = sent[0]!.segment.seq;
      expect(places(found.sentTime).map((i) => found.sentTime.at(i))).toEqual(sent.map(({ t }) => t));
      expect(places(found.sentTime).map((i) => found.sentFrom.at(i))).toEqual(
        sent.map(({ segment }) => (segment.seq - isn) >>> 0),
      );
      sent.forEach(({ segment, why }, i) => {
        const phantom = /[SF]/.test(segment.flags) ? 1 : 0;
        expect(found.sentTo.at(i) - found.sentFrom.at(i)).toBe(segment.length + phantom);
        expect((found.sentTraits.at(i) & SENT.timer) !== 0).toBe(why === 'timer');
        expect((found.sentTraits.at(i) & SENT.fast) !== 0).toBe(why === 'fast');
        expect((found.sentTraits.at(i) & SENT.syn) !== 0).toBe(segment.flags.includes('S'));
      });
    }
  });

  test('mark what was lost, and what the receiver dropped', () => {
    const marked = (bit: number): number =>
      places(sequence.sentTraits).filter((i) => (sequence.sentTraits.at(i) & bit) !== 0).length;
    expect(marked(SENT.lost)).toBeGreaterThan(0);
    expect(marked(SENT.corrupted)).toBeGreaterThan(0);
    places(sequence.sentTraits).forEach((i) => {
      if ((sequence.sentTraits.at(i) & SENT.lost) === 0) return;
      const number = model.packets.number.at(sequence.sentPacket.at(i));
      expect(events.some((event) => event.kind === 'receive' && event.packet === number)).toBe(false);
    });
  });

  test('do not call lost what was sent twice by the link and lost once', () => {
    const rough = roughEvents();
    const counts = new Map<number, number>();
    const second = rough.findIndex((event) => {
      if (event.kind !== 'link' || event.what !== 'delivered') return false;
      counts.set(event.packet, (counts.get(event.packet) ?? 0) + 1);
      return counts.get(event.packet) === 2 && event.direction === 'client>server';
    });
    const { n, t, end, cause, packet, direction } = rough[second] as Extract<TraceEvent, { kind: 'link' }>;
    const on = { n, t, end, cause, packet, direction, kind: 'link' } as const;
    const cut = modelOf([...rough.slice(0, second), { ...on, what: 'lost', reason: 'loss' }]);
    const found = sequenceOf(cut, [...cut.conversations.all][0]!, 'a');
    const place = places(found.sentPacket).find(
      (i) => cut.packets.number.at(found.sentPacket.at(i)) === packet,
    );
    // Of a bare ACK there is nothing in the graph
    const segment = cut.packets.segmentOf(cut.packets.find(packet));
    expect(place === undefined).toBe(segment.length === 0 && !/[SFR]/.test(segment.flags));
    if (place !== undefined) expect(found.sentTraits.at(place) & SENT.lost).toBe(0);
  });

  test('have acknowledgements as they came, and an old one takes nothing back', () => {
    const arrived = events.filter((event) => event.kind === 'receive' && event.end === 'client');
    const dropped = events.filter((event) => event.kind === 'discard' && event.end === 'client');
    expect(sequence.ackTime.length).toBe(arrived.length - dropped.length);
    let old = 0;
    for (const i of places(sequence.ackTime)) {
      expect(events[sequence.ackRow.at(i)]!.kind).toBe('receive');
      expect(sequence.ackTime.at(i)).toBe(events[sequence.ackRow.at(i)]!.t);
      if (i > 0) expect(sequence.ackSeq.at(i)).toBeGreaterThanOrEqual(sequence.ackSeq.at(i - 1));
      expect(sequence.ackEdge.at(i)).toBeGreaterThanOrEqual(sequence.ackSeq.at(i));
      if ((sequence.ackTraits.at(i) & HEARD.old) !== 0) old += 1;
    }
    expect(old).toBeGreaterThan(0);
    expect(sequence.sackTime.length).toBeGreaterThan(0);
    for (const i of places(sequence.sackTime))
      expect(sequence.sackTo.at(i)).toBeGreaterThan(sequence.sackFrom.at(i));
  });

  test('scale windows as the SYNs say', () => {
    const last = sequence.ackRow.at(sequence.ackRow.length - 1);
    const { window } = model.packets.arrival(last).segment!;
    const syn = events.find((event) => event.kind === 'send' && event.segment.flags === 'S.');
    const scale = syn?.kind === 'send' ? (syn.segment.options?.windowScale ?? 0) : 0;
    expect(scale).toBeGreaterThan(0);
    const i = sequence.ackRow.length - 1;
    expect(sequence.ackEdge.at(i) - sequence.ackSeq.at(i)).toBe(window * 2 ** scale);
  });

  test('go on where sequence numbers begin again at 0', () => {
    const isn = sentBy('client')[0]!.segment.seq;
    const wrapped = modelOf(shifted(2 ** 32 - 20 - isn));
    const found = sequenceOf(wrapped, [...wrapped.conversations.all][0]!, 'a');
    for (const column of ['sentFrom', 'sentTo', 'ackSeq', 'sackFrom', 'sackTo'] as const)
      expect([...places(found[column])].map((i) => found[column].at(i))).toEqual(
        places(sequence[column]).map((i) => sequence[column].at(i)),
      );
  });

  test('of a trace of the receiver alone have its times', () => {
    const alone = modelOf(events.filter(({ end }) => end === 'server'));
    const [own] = alone.conversations.all;
    const found = sequenceOf(alone, own!, 'b');
    expect(own!.b).toBeUndefined();
    const arrived = events.filter((event) => event.kind === 'receive' && event.end === 'server');
    expect(found.sentTime.length).toBeGreaterThan(0);
    for (const i of places(found.sentTime))
      expect(arrived.some(({ t }) => t === found.sentTime.at(i))).toBe(true);
    expect(found.ackTime.length).toBeGreaterThan(0);
  });
});

describe('what is seen', () => {
  const time = usedTime(sequence, model.start, model.finish);
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  test('is all that was used, by default', () => {
    expect(time[0]).toBeLessThan(sequence.sentTime.at(0));
    expect(time[1]).toBeGreaterThan(sequence.ackTime.at(sequence.ackTime.length - 1));
    expect(usedTime(sequence, 0, 0)[1]).toBeGreaterThan(time[0]);
    const [low, high] = usedRange(sequence, time, false);
    for (const i of places(sequence.sentTime)) {
      expect(sequence.sentFrom.at(i)).toBeGreaterThan(low);
      expect(sequence.sentTo.at(i)).toBeLessThan(high);
    }
    const edges = places(sequence.ackEdge).map((i) => sequence.ackEdge.at(i));
    expect(usedRange(sequence, time, true)[1]).toBeGreaterThan(Math.max(...edges));
  });

  test('of a stretch in which nothing happened is still something', () => {
    const [low, high] = usedRange(sequence, [model.finish + 1e6, model.finish + 2e6], false);
    expect(high).toBeGreaterThan(low);
    const none = sequenceOf(new TraceModel(), conversation, 'a');
    expect(usedRange(none, [0, 1e6], true)).toEqual([0, 10]);
    const [from, to] = usedTime(none, 0, 0);
    expect(to).toBeGreaterThan(from);
  });

  test('lies where the plane says, and back', () => {
    fc.assert(
      fc.property(share, share, (one, other) => {
        const plane = planeOf(800, 500, false, time, usedRange(sequence, time, false));
        const x = plane.left + one * (plane.right - plane.left);
        const y = plane.top + other * (plane.bottom - plane.top);
        expect(plane.time.x(plane.time.t(x))).toBeCloseTo(x, 6);
        expect(plane.y(plane.seq(y))).toBeCloseTo(y, 6);
      }),
    );
  });

  test('stays under the pointer when it is zoomed', () => {
    fc.assert(
      fc.property(share, fc.double({ min: 0.1, max: 10, noNaN: true }), (part, factor) => {
        const around = 100 + part * 400;
        const [from, to] = zoomed([100, 500], factor, around);
        expect((around - from) / (to - from)).toBeCloseTo((around - 100) / 400, 6);
        expect(to - from).toBeCloseTo(400 * factor, 6);
      }),
    );
  });

  test('places in a column are those between, and one more on each side', () => {
    fc.assert(
      fc.property(share, share, (one, other) => {
        const [from, to] = [one, other].sort().map((part) => time[0] + part * (time[1] - time[0]));
        const [first, last] = placesIn(sequence.sentTime, [from!, to!]);
        const inside = places(sequence.sentTime).filter(
          (i) => sequence.sentTime.at(i) >= from! && sequence.sentTime.at(i) <= to!,
        );
        expect(places(sequence.sentTime).slice(first, last)).toEqual(inside);
        const at = sequence.sentTime.at(3);
        expect(placesIn(sequence.sentTime, [at, at])[1]).toBeGreaterThan(3);
        expect(placesIn(sequence.sentTime, [at, at])[0]).toBeLessThanOrEqual(3);
        const [before, after] = placesIn(sequence.sentTime, [from!, to!], true);
        expect(before).toBe(Math.max(0, first - 1));
        expect(after).toBe(Math.min(sequence.sentTime.length, last + 1));
      }),
    );
  });
});

describe('beams', () => {
  test('cover what was sent, and no more, at any width', () => {
    const time = usedTime(sequence, model.start, model.finish);
    for (const width of [120, 400, 1200]) {
      const plane = planeOf(width, 500, false, time, usedRange(sequence, time, false));
      const { x, bottom, top, segments } = beamsIn(sequence, plane, () => true);
      expect(segments.reduce((sum, count) => sum + count, 0)).toBe(sequence.sentTime.length);
      const pixels = (column: number): [number, number][] =>
        x.flatMap((at, i) => (at === column ? [[top[i]!, bottom[i]!] as [number, number]] : []));
      for (const i of places(sequence.sentTime)) {
        const column = Math.round(plane.time.x(sequence.sentTime.at(i)));
        const [low, high] = [plane.y(sequence.sentFrom.at(i)), plane.y(sequence.sentTo.at(i))];
        expect(pixels(column).some(([from, to]) => from <= high + 1e-6 && to >= low - 1e-6)).toBe(true);
      }
    }
  });

  test('of many segments that follow each other are few', () => {
    const bulk = fakeSequence(100_000);
    const plane = planeOf(800, 500, false, [0, 100_000], [0, 1e6]);
    const { x, segments } = beamsIn(bulk, plane, () => true);
    expect(x.length).toBeLessThan(800);
    expect(segments.reduce((sum, count) => sum + count, 0)).toBe(100_000);
    expect(beamsIn(bulk, plane, (traits) => traits !== 0).x).toEqual([]);
  });

  test('of segments in a column that do not follow each other are apart', () => {
    const holes = fakeSequence(3);
    holes.sentFrom.data[2] = 500;
    holes.sentTo.data[2] = 510;
    const plane = planeOf(800, 500, false, [0, 1e6], [0, 1000]);
    expect(beamsIn(holes, plane, () => true).segments).toEqual([2, 1]);
  });

  /** A segment of 10 bytes each us. */
  function fakeSequence(count: number): Sequence {
    const made = sequenceOf(new TraceModel(), conversation, 'a');
    for (let i = 0; i < count; i++) {
      made.sentTime.push(i);
      made.sentFrom.push(10 * i);
      made.sentTo.push(10 * i + 10);
      made.sentTraits.push(0);
      made.sentPacket.push(i);
    }
    return made;
  }
});

describe('pointing', () => {
  const time = usedTime(sequence, model.start, model.finish);
  const plane = planeOf(4000, 2000, false, time, usedRange(sequence, time, false));

  test('finds each segment and each acknowledgement, and nothing in the empty corner', () => {
    for (const i of places(sequence.sentTime)) {
      const [x, y] = [plane.time.x(sequence.sentTime.at(i)), plane.y(sequence.sentFrom.at(i))];
      const found = foundAt(sequence, plane, x, y - 1)!;
      const row = rowOfFound(model, sequence, found);
      expect(Math.abs(plane.time.x(model.events.time[row]!) - x)).toBeLessThan(8);
    }
    expect(foundAt(sequence, plane, plane.left + 1, plane.top + 1)).toBeUndefined();
    expect(foundAt(sequence, plane, plane.time.x(sequence.sentTime.at(0)), plane.top + 1)).toBeUndefined();
  });

  test('a row is found as what it is', () => {
    for (const i of places(sequence.ackRow))
      expect(foundOfRow(model, sequence, sequence.ackRow.at(i))).toEqual({ kind: 'ack', i });
    for (const i of places(sequence.sentPacket)) {
      const found = foundOfRow(model, sequence, model.packets.row.at(sequence.sentPacket.at(i)));
      expect(found).toEqual({ kind: 'sent', i });
      expect(rowOfFound(model, sequence, found!)).toBe(model.packets.row.at(sequence.sentPacket.at(i)));
    }
    const sent = new Map(places(sequence.sentPacket).map((i) => [sequence.sentPacket.at(i), i]));
    const acks = new Set(places(sequence.ackRow).map((i) => sequence.ackRow.at(i)));
    for (const [row, event] of events.entries()) {
      if (acks.has(row)) continue;
      const number = event.kind === 'send' ? event.n : 'packet' in event ? event.packet : 0;
      const i = sent.get(model.packets.find(number));
      expect(foundOfRow(model, sequence, row)).toEqual(i === undefined ? undefined : { kind: 'sent', i });
    }
    expect(foundOfRow(model, sequence, -1)).toBeUndefined();
    expect(
      foundOfRow(
        model,
        sequence,
        events.findIndex(({ kind }) => kind === 'fact'),
      ),
    ).toBeUndefined();
  });

  test('what stands at a moment is what was last', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        const t = model.start + share * (model.finish - model.start);
        const sent = places(sequence.sentTime).findLast((i) => sequence.sentTime.at(i) <= t);
        const ack = places(sequence.ackTime).findLast((i) => sequence.ackTime.at(i) <= t);
        expect(standingAt(sequence, t)).toEqual({
          sent: sent === undefined ? undefined : sequence.sentTo.at(sent),
          ack: ack === undefined ? undefined : sequence.ackSeq.at(ack),
          edge: ack === undefined ? undefined : sequence.ackEdge.at(ack),
        });
      }),
    );
    expect(standingAt(sequence, -1)).toEqual({ sent: undefined, ack: undefined, edge: undefined });
  });
});
