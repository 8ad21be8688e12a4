/** The chain of causes, the fields of packets, and the table of RFC sections. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NONE, TraceModel } from '../../inspector/model/traceModel.ts';
import { chainOf, packetAt, packetBytes, startOf } from '../../inspector/views/why/chain.ts';
import { fieldsOf } from '../../inspector/views/why/fields.ts';
import { REASON_NAMES, reasonOf } from '../../inspector/views/why/reasons.ts';
import type { Chart } from '../../machines/event.ts';
import * as machines from '../../machines/index.ts';
import { charts } from '../../machines/index.ts';
import { chartTable } from '../../src/chart/index.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { roughEvents } from './traces.ts';

const events = roughEvents();
const model = new TraceModel();
for (const event of events) model.add(event);
const WIDE = { causes: 10_000, effects: 10_000 };

describe('the chain', () => {
  test('goes back step by step to what has no cause', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: events.length - 1 }), (row) => {
        const { causes, earlier } = chainOf(model, row, WIDE);
        expect(earlier).toBe(false);
        const all = [...causes, row];
        for (let i = 1; i < all.length; i++)
          expect([startOf(model, all[i]!), model.events.causeOf(all[i]!)]).toContain(all[i - 1]);
        expect(model.events.causeOf(all[0]!)).toBe(NONE);
      }),
      { numRuns: 40 },
    );
  });

  test('is cut where it is told to, and says so', () => {
    const row = events.length - 1;
    const whole = chainOf(model, row, WIDE);
    const cut = chainOf(model, row, { causes: 3, effects: 0 });
    expect(whole.causes.length).toBeGreaterThan(3);
    expect(cut).toMatchObject({ causes: whole.causes.slice(-3), earlier: true });
  });

  test('a timer that runs out follows from what armed it', () => {
    const row = events.findIndex((event) => event.kind === 'fact' && event.event === 'after.rto');
    const start = events[startOf(model, row)];
    expect(start).toMatchObject({ kind: 'timer', delay: 'rto', change: 'armed' });
    if (start?.kind === 'timer') expect(start.deadline).toBe(events[row]!.t);
  });

  test('effects of a packet end at its arrival', () => {
    const row = events.findIndex((event) => event.kind === 'send');
    const kinds = chainOf(model, row, WIDE).effects.map((link) => events[link.row]!.kind);
    expect(kinds.at(-1)).toBe('receive');
    expect(kinds.filter((kind) => kind !== 'link' && kind !== 'receive')).toEqual([]);
  });
});

describe('fields', () => {
  test('cover every byte once, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom(0x45, 0x4f, 0x60, 0x00),
        (bytes, first) => {
          if (bytes.length > 9) {
            bytes[0] = first;
            bytes[first === 0x60 ? 6 : 9] = 6;
          }
          const fields = fieldsOf(bytes);
          let at = 0;
          for (const { from, to } of fields) {
            expect(from).toBe(at);
            expect(to).toBeGreaterThan(from);
            at = to;
          }
          expect(at).toBe(bytes.length);
        },
      ),
    );
  });

  test('of a segment say what the trace says', () => {
    for (const event of events) {
      if (event.kind !== 'send') continue;
      const value = (name: string): string | undefined =>
        fieldsOf(event.bytes).find((field) => field.name === name)?.value;
      expect(value('Sequence number')).toBe(String(event.segment.seq));
      expect(value('Acknowledgment number')).toBe(String(event.segment.ack));
      expect(value('Window')).toBe(String(event.segment.window));
      const data = fieldsOf(event.bytes).find(({ layer }) => layer === 'data');
      expect((data?.to ?? 0) - (data?.from ?? 0)).toBe(event.segment.length);
      const [tsVal, tsEcr] = event.segment.options?.timestamps ?? [];
      expect(value('Timestamps')).toBe(tsVal === undefined ? undefined : `TSval ${tsVal}, TSecr ${tsEcr}`);
    }
  });
});

test('a damaged packet shows the bytes that arrived and the bit that the link had flipped', () => {
  let seen = 0;
  events.forEach((event, row) => {
    if (packetAt(model, row) === NONE || event.kind === 'send') return;
    const sent = events[model.packets.row.at(packetAt(model, row))];
    const { bytes, flipped } = packetBytes(model, row);
    if (sent?.kind !== 'send') return;
    const differs = [...bytes].flatMap((byte, i) => (byte === sent.bytes[i] ? [] : [i]));
    expect(differs).toEqual(flipped < 0 ? [] : [flipped >> 3]);
    if (flipped >= 0) {
      expect(bytes[flipped >> 3]! ^ sent.bytes[flipped >> 3]!).toBe(0x80 >> (flipped & 7));
      seen += 1;
    }
  });
  expect(seen).toBeGreaterThan(3);
});

describe('reasons', () => {
  test('name charts and words that exist', () => {
    const found = Object.values(machines).filter(
      (each): each is typeof machines.connection =>
        typeof each === 'object' && each !== null && 'machine' in each,
    );
    const texts = new Map(found.map((chart) => [chart.machine.id, JSON.stringify(chart.machine.config)]));
    expect(texts.size).toBeGreaterThan(5);
    for (const name of REASON_NAMES) {
      const [chart, word, ...more] = name.split(' ');
      const text = texts.get(chart!);
      if (text === undefined) continue;
      for (const each of [word!.replace(/^after\./, ''), ...more]) expect(text, name).toContain(`"${each}`);
    }
  });

  /** Every step that a chart can take, as the trace tells it. */
  function stepsOf(chart: Chart): TraceEvent[] {
    const { transitions, states } = chartTable(chart);
    const taken = transitions.map(({ source, target = source, event, guard }) => {
      return { kind: 'transition', from: source, event, to: target, ...(guard !== undefined && { guard }) };
    });
    const actions = [...transitions, ...states.map(({ entry, exit }) => ({ actions: [...entry, ...exit] }))]
      .flatMap((row) => row.actions)
      .map((action) => ({ kind: 'action', action }));
    const timers = Object.keys(chart.machine.implementations.delays).map((delay) => {
      return { kind: 'timer', change: 'armed', delay, deadline: 1 };
    });
    const of = { t: 0, cause: 0, end: 'client', connection: 1, chart: chart.name, instance: 1 };
    return [...taken, ...actions, ...timers].map(
      (step, n) => ({ n, ...of, ...step }) as unknown as TraceEvent,
    );
  }

  const ofTcp = Object.keys(charts).filter((name) => !/^(session|link)/.test(name));
  test.each(ofTcp)('are known for all that %s can do', (name) => {
    const steps = stepsOf(charts[name]!);
    const table = new TraceModel();
    for (const step of steps) table.add(step);
    expect(steps.filter((_, row) => reasonOf(table, row) === undefined)).toEqual([]);
  });

  test('are known for every step of TCP in a run', () => {
    const unknown = events.filter((event, row) => {
      const ours = event.kind !== 'app' && !('chart' in event && /session|link/.test(event.chart));
      return ours && reasonOf(model, row) === undefined;
    });
    expect(unknown.map((event) => JSON.stringify({ ...event, bytes: undefined }))).toEqual([]);
  });
});
