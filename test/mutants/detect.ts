/**
 * Looks for a mistake in the stack as it is loaded here, in seconds: by the search of the state space, by fuzzing and
 * by scripts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineNamed } from '../../src/chart/index.ts';
import { type Bounds, search } from '../../src/check/index.ts';
import { parseScript, runScript } from '../../src/packetdrill/index.ts';
import { hunt } from '../fuzz/campaign.ts';

const NONE: Bounds = { losses: 0, dups: 0, reorder: 0, early: 0 };

/** Searches, small ones first: bounds, the window, and whether users read late. */
const SEARCHES: readonly (readonly [Partial<Bounds>, number, boolean])[] = [
  [{}, 4, false],
  [{ dups: 1 }, 4, false],
  [{}, 1, true],
  [{ reorder: 1 }, 4, false],
  [{ losses: 1 }, 4, false],
  [{ losses: 1 }, 1, true],
];

/** What the search finds; undefined: nothing. */
export function check(): string | undefined {
  for (const [bounds, window, slow] of SEARCHES) {
    const options = { bounds: { ...NONE, ...bounds }, window, slow, engine: engineNamed('compiled') };
    const { violation } = search(options, { states: 60_000 });
    if (violation !== undefined) return violation.flaw;
  }
  return undefined;
}

/** What random programs find; undefined: nothing. */
export function fuzz(): string | undefined {
  for (let seed = 1; seed <= 10; seed++) {
    const finding =
      hunt('solo', { seed, count: 200, shrink: false }) ?? hunt('duel', { seed, count: 50, shrink: false });
    if (finding !== undefined) return finding.flaw;
  }
  return undefined;
}

const SCRIPTS = 'test/packetdrill/scripts';

/** What the scripts of packetdrill find; undefined: nothing. */
export function packetdrill(): string | undefined {
  const engine = engineNamed('compiled');
  for (const name of readdirSync(SCRIPTS, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.pkt')) continue;
    try {
      const script = parseScript(readFileSync(join(SCRIPTS, name), 'utf8'), name);
      runScript(script, { profile: 'rfc', strict: true, engine });
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}
