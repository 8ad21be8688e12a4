import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FOLD, foldedScale } from '../../inspector/draw/foldedScale.ts';
import { EventTable } from '../../inspector/model/eventTable.ts';
import { quietIn } from '../../inspector/model/quiet.ts';

/** A table of events at these times, us. */
function tableOf(times: readonly number[]): EventTable {
  const events = new EventTable();
  for (const t of times) events.add(events.length + 1, t, 0, 0, 0);
  return events;
}

const times = fc
  .array(fc.oneof(fc.nat(1000), fc.nat(1e6), fc.nat(1e8)), { minLength: 2, maxLength: 60 })
  .map((waits) => {
    let t = 0;
    return waits.map((wait) => (t += wait));
  });

describe('the longest waits', () => {
  it('are those of all events, the longest first, also when the run has grown', () => {
    fc.assert(
      fc.property(times, fc.nat(60), (all, early) => {
        const grown = tableOf(all.slice(0, early + 1));
        quietIn(grown);
        for (const t of all.slice(early + 1)) grown.add(grown.length + 1, t, 0, 0, 0);
        const lengths = all.slice(1).map((t, i) => t - all[i]!);
        const expected = lengths.filter((length) => length > 0).sort((a, b) => b - a);
        expect(quietIn(grown).map(({ from, to }) => to - from)).toEqual(expected.slice(0, 32));
      }),
    );
  });
});

describe('a folded scale', () => {
  it('has a second of traffic on most of its width, and a minute of TIME_WAIT in a fold', () => {
    const events = tableOf([...Array.from({ length: 101 }, (_, i) => i * 10_000), 61_000_000]);
    const scale = foldedScale(quietIn(events), 0, 61_000_000, 10, 1000);
    expect(scale.folds).toEqual([
      { from: 1_000_000, to: 61_000_000, left: expect.any(Number), right: expect.any(Number) },
    ]);
    const [fold] = scale.folds;
    expect(fold!.right - fold!.left).toBe(FOLD);
    expect(scale.x(0)).toBe(10);
    // 1000 px without the fold, and one part in a hundred at either side of it
    expect(scale.x(1_000_000)).toBeCloseTo(10 + (1000 - FOLD) / 1.02, 6);
    expect(scale.x(61_000_000)).toBeCloseTo(1010, 6);
  });

  it('is even where no wait stands out', () => {
    const events = tableOf([0, 100, 200, 300, 400]);
    const scale = foldedScale(quietIn(events), 0, 400, 0, 400);
    expect(scale.folds).toEqual([]);
    for (const t of [0, 50, 133, 400]) expect(scale.x(t)).toBeCloseTo(t, 9);
  });

  it('rises all the way, from edge to edge, and knows the time at each place', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 100, max: 3000 }), (all, width) => {
        const [from, to] = [all[0]!, Math.max(all.at(-1)!, all[0]! + 1)];
        const scale = foldedScale(quietIn(tableOf(all)), from, to, 10, width);
        expect(scale.x(from)).toBeCloseTo(10, 3);
        expect(scale.x(to)).toBeCloseTo(10 + width, 3);
        let before = Number.NEGATIVE_INFINITY;
        for (const t of all) {
          const x = scale.x(t);
          expect(x).toBeGreaterThanOrEqual(before);
          before = x;
          expect(Math.abs(scale.t(x) - t)).toBeLessThan(1 + 1e-6 * (to - from));
        }
      }),
    );
  });
});
