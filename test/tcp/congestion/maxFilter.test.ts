/** The filter that keeps the largest of a window of samples, against one that keeps them all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaxFilter } from '../../../src/tcp/congestion/maxFilter.ts';

const LENGTH = 10;
const steps = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 4 }), value: fc.integer({ min: 0, max: 100 }) }),
  {
    minLength: 1,
    maxLength: 100,
  },
);

describe('the largest of a window', () => {
  it('is never more than the largest sample of it, nor less than the newest', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const filter = new MaxFilter(LENGTH);
        const seen: { time: number; value: number }[] = [];
        let time = 0;
        for (const { after, value } of given) {
          time += after;
          seen.push({ time, value });
          filter.add(time, value);
          const inWindow = seen.filter((sample) => time - sample.time <= LENGTH);
          expect(filter.value).toBeLessThanOrEqual(Math.max(...inWindow.map((sample) => sample.value)));
          expect(filter.value).toBeGreaterThanOrEqual(value);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is exact while no more than three samples count', () => {
    const filter = new MaxFilter(LENGTH);
    filter.add(1, 50);
    filter.add(5, 30);
    filter.add(9, 20);
    expect(filter.value).toBe(50);
    filter.add(12, 10);
    expect(filter.value).toBe(30);
    filter.add(16, 5);
    expect(filter.value).toBe(20);
  });
});
