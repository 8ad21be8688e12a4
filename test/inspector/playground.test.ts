/** The playground's and the comparison's figures, lanes and sliders. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NONE, TraceModel } from '../../inspector/model/traceModel.ts';
import { figures, firstDifference } from '../../inspector/playground/differences.ts';
import { changedPair, KNOBS, placeOf, textOf, valueIn, valuesOf } from '../../inspector/playground/knobs.ts';
import { packetsOnWire } from '../../inspector/playground/onWire.ts';
import { busyUntil, strokeAt, strokesOf } from '../../inspector/views/compare/lanes.ts';
import { CLASSROOM, partsOf } from '../../src/app/playgroundSettings.ts';
import { profiles } from '../../src/channel/profiles.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { demoEvents, roughEvents } from './traces.ts';

function modelOf(events: readonly TraceEvent[]): TraceModel {
  const model = new TraceModel();
  for (const event of events) model.add(event);
  return model;
}

const events = roughEvents();
const rough = modelOf(events);

describe('where two runs part', () => {
  it('nowhere, when they are the same', () => {
    expect(firstDifference(rough, modelOf(roughEvents()))).toBe(NONE);
    expect(figures(rough, rough).every(({ difference }) => difference === '')).toBe(true);
  });

  it('at the first event that differs in anything, also in the bytes of a packet', () => {
    const at = events.findIndex(({ kind }, i) => kind === 'send' && i > 200);
    const changed = events.map((event, i) =>
      i === at && event.kind === 'send' ? { ...event, bytes: event.bytes.map((byte) => byte ^ 1) } : event,
    );
    expect(firstDifference(rough, modelOf(changed))).toBe(at);
    const app = events.findIndex(({ kind }) => kind === 'app');
    const said = events.map((event, i) => (i === app ? ({ ...event, text: 'x' } as TraceEvent) : event));
    expect(firstDifference(rough, modelOf(said))).toBe(app);
  });

  it('where one is over', () => {
    expect(firstDifference(rough, modelOf(events.slice(0, 100)))).toBe(100);
    expect(firstDifference(modelOf(events.slice(0, 100)), rough)).toBe(100);
  });

  it('figures are those of the events', () => {
    const clean = modelOf(demoEvents(1, { delay: 20_000 }, { mss: 20, nagle: false }));
    const table = new Map(figures(clean, rough).map((figure) => [figure.label, figure]));
    const count = (test: (event: TraceEvent) => boolean): string => String(events.filter(test).length);
    expect(table.get('Packets sent')!.values[1]).toBe(count(({ kind }) => kind === 'send'));
    expect(table.get('Lost on the link')!.values).toEqual([
      '0',
      count((event) => event.kind === 'link' && event.what === 'lost'),
    ]);
    expect(table.get('Sent again by timer')!.values[1]).toBe(
      count((event) => event.kind === 'send' && event.why === 'timer'),
    );
    expect(table.get('Answers and files')!.values).toEqual(['7', '7']);
    expect(table.get('States at the end')!.values[0]).toBe('client CLOSED, server CLOSED');
    expect(table.get('Last answer')!.difference).toMatch(/^\+/);
  });
});

describe('packets on the wire', () => {
  it('are those that were sent and have not arrived, newest first', () => {
    const row = events.findIndex(
      (event) => event.kind === 'link' && event.what === 'delayed' && event.t > 100_000,
    );
    const found = packetsOnWire(rough, row, 100).map((packet) => rough.packets.number.at(packet));
    const past = events.slice(0, row + 1);
    const sent = past.filter(({ kind }) => kind === 'send').map(({ n }) => n);
    const gone = (n: number): number =>
      past.filter(
        (e) =>
          (e.kind === 'receive' && e.packet === n) ||
          (e.kind === 'link' && e.packet === n && e.what === 'lost'),
      ).length;
    const copies = (n: number): number =>
      1 + past.filter((e) => e.kind === 'link' && e.packet === n && e.what === 'duplicated').length;
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(sent.filter((n) => gone(n) < copies(n)).reverse());
    expect(packetsOnWire(rough, rough.length - 1, 100)).toEqual([]);
    expect(packetsOnWire(rough, NONE, 100)).toEqual([]);
  });
});

describe('a lane', () => {
  const room = { top: 10, bottom: 90, x: (t: number) => t / 1000, from: 0, to: rough.finish };

  it('has a stroke for each copy, from its sender to its receiver, and crosses for the lost', () => {
    const strokes = strokesOf(rough, room);
    expect(strokes.length).toBeGreaterThan(0.8 * rough.packets.copies);
    for (const { packet, y0, y1, x0, x1, lost } of strokes) {
      const client = rough.words.text(rough.events.end[rough.packets.row.at(packet)]!) === 'client';
      expect(y0).toBe(client ? 10 : 90);
      if (!lost) expect(y1).toBe(client ? 90 : 10);
      expect(x1).toBeGreaterThanOrEqual(x0);
    }
    const lost = events.filter((event) => event.kind === 'link' && event.what === 'lost');
    expect(strokes.filter((stroke) => stroke.lost)).toHaveLength(lost.length);
    expect(strokes.some(({ corrupted }) => corrupted)).toBe(true);
    expect(strokes.some(({ kind }) => kind === 'resent')).toBe(true);
  });

  it('draws nothing twice on the same pixels, and nothing outside its time', () => {
    expect(strokesOf(rough, { ...room, x: () => 5 }).length).toBeLessThan(20);
    const late = strokesOf(rough, { ...room, from: rough.finish / 2, to: rough.finish });
    for (const { x1 } of late) expect(x1).toBeGreaterThanOrEqual(room.x(rough.finish / 2));
    const early = strokesOf(rough, { ...room, to: 50_000 });
    for (const { x0 } of early) expect(x0).toBeLessThanOrEqual(50);
  });

  it('finds the stroke under the pointer', () => {
    const stroke = strokesOf(rough, room)[3]!;
    const [x, y] = [(stroke.x0 + stroke.x1) / 2, (stroke.y0 + stroke.y1) / 2];
    expect(strokeAt([stroke], x, y + 1, 5)).toBe(stroke);
    expect(strokeAt([stroke], x + 50, y, 5)).toBeUndefined();
  });

  it('shows all that is on the wire, and not the waiting after it', () => {
    const arrivals = events.filter(({ kind }) => kind === 'receive' || kind === 'app').map(({ t }) => t);
    expect(busyUntil(rough)).toBeGreaterThanOrEqual(Math.max(...arrivals));
    expect(busyUntil(rough)).toBeLessThan(rough.finish);
  });
});

describe('sliders', () => {
  it('show what each profile has, and setting that is a link that can be', () => {
    for (const profile of profiles.keys()) {
      const settings = { ...CLASSROOM, profile };
      for (const knob of KNOBS) {
        const [there, back] = valuesOf(knob, settings);
        if (there === undefined || back === undefined) continue;
        expect(() => partsOf({ ...settings, [knob.name]: [there, back] })).not.toThrow();
        expect(valueIn(knob, textOf(knob, there))).toBe(there);
      }
    }
  });

  it('have only stops that can be set', () => {
    for (const knob of KNOBS)
      for (const [place, stop] of knob.stops.entries()) {
        expect(placeOf(knob, stop)).toBe(place);
        expect(valueIn(knob, textOf(knob, stop))).toBe(stop);
        expect(() =>
          partsOf({ ...CLASSROOM, [knob.name]: changedPair([undefined, 1], 'both', stop) }),
        ).not.toThrow();
      }
  });

  it('read any text as a number or as none', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...KNOBS), (text, knob) => {
        const value = valueIn(knob, text);
        expect(value === undefined || Number.isFinite(value)).toBe(true);
      }),
    );
    expect(changedPair([1, 2], 0, 5)).toEqual([5, 2]);
    expect(changedPair([undefined, undefined], 1, 5)).toEqual([5, 5]);
  });
});
