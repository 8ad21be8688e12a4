/** Random charts, random words: the two engines do the same in everything that can be observed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareEngines } from './compare.ts';
import { build, randomHost, randomTree, randomWord } from './randomChart.ts';

/** More than the test suite's share: CHART_FUZZ=20000 npx vitest run test/chart/engines.test.ts */
const RUNS = Number(process.env.CHART_FUZZ ?? 400);

test('both engines run random charts alike', () => {
  const seen = {
    cases: 0,
    transitions: 0,
    unhandled: 0,
    timers: 0,
    cancelled: 0,
    fired: 0,
    errors: 0,
    done: 0,
  };
  const words = fc.array(randomWord, { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(randomTree, words, (tree, some) => {
      const chart = build(tree);
      for (const lines of compareEngines(chart, randomHost, some)) {
        const count = (sign: string) => lines.filter((line) => line.includes(sign)).length;
        seen.cases += 1;
        seen.transitions += count('told transition');
        seen.unhandled += count('told unhandled');
        seen.timers += count('armed');
        seen.cancelled += count('cancelled');
        seen.fired += lines.filter((line) => /told fact .* after\./.test(line)).length;
        seen.errors += lines.filter((line) => line.startsWith('error')).length;
        seen.done += lines.some((line) => /^= \d true/.test(line)) ? 1 : 0;
      }
    }),
    { numRuns: RUNS },
  );
  if (process.env.CHART_FUZZ !== undefined) console.log(seen);
  // The comparison is worth something only if what is compared does happen.
  for (const [what, number] of Object.entries(seen)) expect(number, what).toBeGreaterThan(RUNS / 20);
});
