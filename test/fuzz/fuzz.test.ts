/**
 * A few seconds of random programs; `FUZZ_MINUTES=2 npx vitest run test/fuzz` for longer, `npm run fuzz` for other
 * seeds.
 */
import { describe, expect, it } from 'vitest';
import { campaign, findingText, hunt, KINDS } from './campaign.ts';
import { corners } from './corners.ts';
import { compareRuns, playDuel } from './duelPrograms.ts';

import { playSolo } from './soloPrograms.ts';

const SEED = Number(process.env.FC_SEED ?? 20_261_122);
const MINUTES = Number(process.env.FUZZ_MINUTES ?? 0);
const COUNTS = { duel: 250, solo: 2000, twice: 25 };

describe('random programs', () => {
  it.each(KINDS)('%s: what must hold, holds', (kind) => {
    const finding = hunt(kind, { seed: SEED, count: COUNTS[kind] });
    expect(finding === undefined ? '' : findingText(finding)).toBe('');
  });

  it.runIf(MINUTES > 0)(
    `hold for ${MINUTES} minutes`,
    () => {
      const end = performance.now() + MINUTES * 60_000;
      for (const run = campaign(SEED); performance.now() < end; ) {
        const step = run.next();
        if (step.done) expect.fail(findingText(step.value));
      }
    },
    (MINUTES + 5) * 60_000,
  );
});

describe('programs that random ones came upon', () => {
  it.each(corners.map((program) => [program.what, program] as const))('%s', (_, { duel, solo, twice }) => {
    if (twice !== undefined) expect(compareRuns(twice)).toBeUndefined();
    if (duel !== undefined) expect(playDuel(duel).flaw).toBeUndefined();
    if (solo !== undefined) expect(playSolo(solo).flaw).toBeUndefined();
  });
});
