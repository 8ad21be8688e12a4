/** Applies a mutant to the file it is about, as that is loaded: the product itself has no switch. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { type Mutant, mutants } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @throws Error if there is no mutant of that name */
export function mutantNamed(name: string): Mutant {
  const mutant = mutants.find((mutant) => mutant.name === name);
  if (mutant === undefined)
    throw new Error(`no mutant '${name}': one of ${mutants.map(({ name }) => name).join(', ')}`);
  return mutant;
}

/**
 * The source with the mistake in it.
 * @throws Error unless the text stands in it exactly once
 */
export function mutated({ name, file, text, instead }: Mutant, source: string): string {
  const found = source.split(text).length - 1;
  if (found !== 1) throw new Error(`mutant ${name}: its text stands ${found} times in ${file}, must be once`);
  return source.replace(text, () => instead);
}

/** A vite plugin that applies one mutant. */
export function mutantPlugin(name: string): Plugin {
  const mutant = mutantNamed(name);
  return {
    name: `mutant-${name}`,
    enforce: 'pre',
    transform: (source, id) =>
      id.split('?')[0] === `${ROOT}${mutant.file}` ? { code: mutated(mutant, source), map: null } : undefined,
  };
}
