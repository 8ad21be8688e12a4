/**
 * The mutation table: `npm run mutants [-- NAME...]`. Runs every detector (a folder of tests) on the stack with each
 * mistake in it, and writes docs/mutants.md. A run that does not end counts as found: something does not come to rest.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { DETECTORS, type Detector, type Mutant, mutants } from '../test/mutants/mutants.ts';

const FOLDERS: Readonly<Record<Detector, string>> = {
  check: 'test/check',
  fuzz: 'test/fuzz',
  model: 'test/model',
  packetdrill: 'test/packetdrill',
  conformance: 'test/conformance',
};
/** ms */
const PATIENCE = 300_000;
const PAGE = 'docs/mutants.md';

/** Do the detector's tests fail? Without a mutant they must not. */
function finds(detector: Detector, mutant?: Mutant): boolean {
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', FOLDERS[detector], '--bail=1', '--reporter=dot'],
    {
      encoding: 'utf8',
      timeout: PATIENCE,
      env: { ...process.env, ...(mutant !== undefined && { MUTANT: mutant.name }) },
    },
  );
  if (mutant === undefined && status !== 0) throw new Error(`${detector} fails without a mutant:\n${stdout}`);
  return signal !== null || status !== 0;
}

function rowOf(mutant: Mutant): string {
  const cells = DETECTORS.map((detector) => (finds(detector, mutant) ? 'found' : ''));
  console.log(`${mutant.name}: ${DETECTORS.filter((_, i) => cells[i] !== '').join(', ') || 'NOT FOUND'}`);
  return `| \`${mutant.name}\` | ${mutant.what} | ${cells.join(' | ')} |`;
}

const names = process.argv.slice(2);
const unknown = names.find((name) => mutants.every((mutant) => mutant.name !== name));
if (unknown !== undefined) throw new Error(`no mutant '${unknown}'`);
if (names.length === 0) for (const detector of DETECTORS) finds(detector);

const page = readFileSync(PAGE, 'utf8').split('\n');
const head = page.findIndex((line) => line.startsWith('|---'));
const rows = new Map(
  page
    .slice(head + 1)
    .filter((line) => line.startsWith('| `'))
    .map((line) => [line.split('`')[1], line]),
);
for (const mutant of mutants) {
  if (names.length === 0 || names.includes(mutant.name)) rows.set(mutant.name, rowOf(mutant));
}
const table = mutants.flatMap(({ name }) => rows.get(name) ?? []);
writeFileSync(PAGE, `${[...page.slice(0, head + 1), ...table].join('\n')}\n`);
if (table.some((row) => !row.includes('found'))) process.exitCode = 1;
