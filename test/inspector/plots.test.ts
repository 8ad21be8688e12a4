/** The plots' data: steps that miss nothing that is seen, samples that obey Karn's rule, rates that sum up. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logTicks, tickTime } from '../../inspector/draw/ticks.ts';
import { TraceModel } from '../../inspector/model/traceModel.ts';
import { stepLines } from '../../inspector/views/plots/lines.ts';
import { PANELS, panelData, panelsOf, scaled, valuesAt } from '../../inspector/views/plots/panels.ts';
import { rateLines } from '../../inspector/views/plots/rates.ts';
import { samplesOf, visibleSamples } from '../../inspector/views/plots/rttSamples.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { demoEvents, HEADER } from './traces.ts';

const LINK = { delay: 20_000, loss: 0.1, jitter: 5000 };

function run(tcp: Partial<TcpConfig>): { events: TraceEvent[]; model: TraceModel } {
  const events = demoEvents(4, LINK, { mss: 4, ...tcp });
  const model = new TraceModel();
  model.header = { ...HEADER, configuration: { tcp: { mss: 4 } } };
  for (const event of events) model.add(event);
  return { events, model };
}

const { events, model } = run({ timestamps: false, sack: false });
const ref = [...model.conversations.all][0]!.a;
const whole = [model.start, model.finish] as const;
const cwnd = model.series.find(ref.endId, ref.connection, model.words.find('cwnd')!)!;

describe('steps', () => {
  test('have at each of their times the value of that time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (columns, share) => {
          const span = [whole[0], whole[0] + Math.max(1, share * (whole[1] - whole[0]))] as const;
          const { times, values } = stepLines(model.events, [cwnd], span, columns);
          expect(times[0]).toBe(span[0]);
          expect(times.at(-1)).toBe(span[1]);
          times.forEach((t, i) => {
            expect(values[0]![i]).toBe(cwnd.at(model.events.rowAt(t)) ?? null);
          });
        },
      ),
    );
  });

  test('are few however long the run is, and keep its extremes', () => {
    const { times, values } = stepLines(model.events, [cwnd], whole, 10);
    expect(times.length).toBeLessThanOrEqual(2 + 4 * 11);
    const all = Array.from({ length: cwnd.values.length }, (_, i) => cwnd.values.at(i));
    expect(Math.max(...(values[0] as number[]))).toBe(Math.max(...all));
  });
});

describe('a time on an axis', () => {
  test('has the digits that tell it from the next, and no more than can be read', () => {
    expect(tickTime(600, 100)).toBe('0.6 ms');
    expect(tickTime(860, 20)).toBe('860 µs');
    expect(tickTime(30_860, 20)).toBe('30.86 ms');
    expect(tickTime(30_861, 1)).toBe('30.861 ms');
  });
});

describe('a logarithmic axis', () => {
  test('has values all along it, below its first power of ten too', () => {
    expect(logTicks(28_000, 1_400_000)).toEqual([50_000, 100_000, 200_000, 500_000, 1_000_000]);
    expect(logTicks(14, 280_000)).toEqual([100, 1000, 10_000, 100_000]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 8, max: 1e5 }), (from, times) => {
        const values = logTicks(from, from * times);
        for (const value of values) expect(value >= from && value <= from * times).toBe(true);
        const steps = [from, ...values, from * times];
        for (let i = 1; i < steps.length; i++) expect(steps[i]! / steps[i - 1]!).toBeLessThanOrEqual(10);
      }),
    );
  });
});

describe('samples', () => {
  /** Rows after which SRTT or RTTVAR is another. */
  const measured = new Set(
    events.flatMap((event) =>
      event.kind === 'variables' &&
      event.end === ref.end &&
      ('srtt' in event.values || 'rttvar' in event.values)
        ? [event.t]
        : [],
    ),
  );
  measured.delete(events.find((event) => event.kind === 'variables' && event.end === ref.end)!.t);

  test('those taken are those that changed SRTT, and no refused one did', () => {
    const samples = samplesOf(model, ref);
    const taken = samples.filter(({ refused }) => !refused);
    for (const t of measured) expect(taken.map((sample) => sample.t)).toContain(t);
    expect(samples.some(({ refused }) => refused)).toBe(true);
    for (const { t, refused } of samples) if (refused) expect(measured.has(t)).toBe(false);
  });

  test('the first gives SRTT, and each later one moves it by an eighth', () => {
    for (const stamps of [false, true]) {
      const other = run({ timestamps: stamps, mss: stamps ? 100 : 20 });
      const own = [...other.model.conversations.all][0]!.a;
      let srtt = 0;
      for (const { row, rtt, refused } of samplesOf(other.model, own)) {
        if (refused) continue;
        srtt = srtt === 0 ? Math.max(rtt, 1) : Math.max(Math.round((7 * srtt + rtt) / 8), 1);
        const t = other.model.events.time[row]!;
        expect(other.model.variable(own.end, own.connection, 'srtt', other.model.events.rowAt(t))).toBe(srtt);
      }
      expect(srtt).toBeGreaterThan(0);
    }
  });

  test('with timestamps none is refused', () => {
    const other = run({ timestamps: true, mss: 100 });
    const own = [...other.model.conversations.all][0]!.a;
    expect(samplesOf(other.model, own).filter(({ refused }) => refused)).toEqual([]);
  });

  test('in a column the least and the largest are kept', () => {
    const all = Array.from({ length: 100 }, (_, i) => ({
      row: i,
      t: i,
      rtt: (i * 37) % 101,
      refused: false,
    }));
    const shown = visibleSamples(all, [0, 99], 5);
    expect(shown.length).toBeLessThanOrEqual(12);
    const rtts = shown.map(({ rtt }) => rtt);
    expect(Math.min(...rtts)).toBe(Math.min(...all.map(({ rtt }) => rtt)));
    expect(Math.max(...rtts)).toBe(Math.max(...all.map(({ rtt }) => rtt)));
    expect(shown.map(({ t }) => t)).toEqual(shown.map(({ t }) => t).sort((one, other) => one - other));
  });
});

test('rates sum up to what was sent and what was acknowledged', () => {
  for (const interval of [1000, 50_000, 10_000_000]) {
    const { values } = rateLines(model, ref, [whole[0], whole[1] + 1], interval);
    const [sent, acked] = values.map((line) =>
      Math.round(line.slice(0, -1).reduce((sum: number, rate) => sum + rate! * interval, 0) / 8e6),
    );
    const bytes = events.reduce(
      (sum, event) => sum + (event.kind === 'send' && event.end === ref.end ? event.segment.length : 0),
      0,
    );
    expect(sent).toBe(bytes);
    const una = (at: number): number => model.variable(ref.end, ref.connection, 'snd.una', at)!;
    const first = events.findIndex((event) => event.kind === 'variables' && event.end === ref.end);
    expect(acked).toBe(una(events.length - 1) - una(first));
  }
});

test('rates of a connection that is paced are drawn, those of others are not there', () => {
  expect(panelsOf(model, ref).map(({ lines }) => lines.length)).toEqual([4, 4, 2]);
  const paced = new TraceModel();
  for (const event of demoEvents(1, { delay: 20_000, rate: 1_000_000 }, { congestion: 'bbr' }))
    paced.add(event);
  const own = [...paced.conversations.all][0]!.a;
  expect(panelsOf(paced, own).map(({ lines }) => lines.length)).toEqual([4, 4, 4]);
  const span = [paced.start, paced.finish + 1] as const;
  const { values } = rateLines(paced, own, span, 10_000);
  const last = paced.variable(own.end, own.connection, 'pacingRate', paced.length - 1)!;
  expect(values.map((line) => line.length)).toEqual(values.map(() => values[0]!.length));
  expect(values[2]!.at(-1)).toBe(8 * last);
  // No faster than the link
  expect(Math.max(...values[3]!.map(Number))).toBeLessThanOrEqual(1_000_000);
});

test('a threshold that is not finite is not drawn, and said to be infinite', () => {
  const question = { model, ref, span: whole, columns: 100, unit: 1 };
  const data = panelData('windows', question);
  expect(data.lines.values[1]![0]).toBeNull();
  expect(data.range[1]).toBeLessThan(1e6);
  const first = events.find((event) => event.kind === 'variables' && event.end === ref.end)!.t;
  expect(valuesAt(PANELS[0]!, question, data, first)[1]).toBe('∞');
});

test('values have units', () => {
  expect([0, 999, 1500, 65_535, 1_048_576].map(scaled)).toEqual(['0 ', '999 ', '1.5 k', '65.5 k', '1.05 M']);
});
