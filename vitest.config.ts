import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { mutantPlugin } from './test/mutants/plugin.ts';

// MUTANT=name: the tests run on a stack with that mistake in it (docs/mutants.md)
const { MUTANT } = process.env;

/** Files that take longest, with the counts of test:all above all: whichever began last would be waited for alone. */
const LONG = [
  'fuzz/fuzz',
  'check/search',
  'tcp/volume',
  'tcp/hostile',
  'tcp/transfer',
  'mutants/mutants',
  'model/model',
  'tcp/snapshot',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  plugins: MUTANT === undefined ? [] : [mutantPlugin(MUTANT)],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    sequence: { sequencer: LongestFirst },
    // Much of it waits for programs and timers: of two cores both are worth using
    maxWorkers: Math.max(availableParallelism() - 1, 2),
    testTimeout: 60_000,
    // Some build the programs first, on a machine that does much else
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['machines/**', 'src/**', 'cli/**'],
      reporter: ['text-summary', 'html'],
    },
  },
});
