import { defineConfig } from 'vitest/config';
import { mutantPlugin } from './test/mutants/plugin.ts';

// MUTANT=name: the tests run on a stack with that mistake in it (docs/mutants.md)
const { MUTANT } = process.env;

export default defineConfig({
  plugins: MUTANT === undefined ? [] : [mutantPlugin(MUTANT)],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
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
