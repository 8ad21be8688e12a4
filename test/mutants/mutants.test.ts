/** Every mistake is found; here by the detector that finds it soonest, in docs/mutants.md by which of them all. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withMutant } from './load.ts';
import { mutants } from './mutants.ts';
import { mutantNamed, mutated } from './plugin.ts';

const source = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

// A run with a mistake in it already has nothing to say of the others
describe.skipIf(process.env.MUTANT !== undefined)('mutants', () => {
  it('there are more than ten, each with a name of its own', () => {
    const names = new Set(mutants.map(({ name }) => name));
    expect(names.size).toBe(mutants.length);
    expect(names.size).toBeGreaterThan(10);
  });

  it('the stack as it is passes', async () => {
    expect(await withMutant(undefined, ({ fuzz }) => fuzz())).toBeUndefined();
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s is found', async (name, { quick }) => {
    expect(await withMutant(name, (detect) => detect[quick]())).toEqual(expect.any(String));
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s is in the table', (name) => {
    const row = source('docs/mutants.md')
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row).toMatch(/found/);
  });

  it('one whose text is not there, or is there twice, is refused, and so is one that nobody knows', () => {
    const mutant = { ...mutants[0]!, text: 'no such text' };
    expect(() => mutated(mutant, source(mutant.file))).toThrow('stands 0 times');
    expect(() => mutated({ ...mutant, text: 'a' }, 'aba')).toThrow('stands 2 times');
    expect(() => mutantNamed('other')).toThrow("no mutant 'other'");
  });
});
