import { describe, expect, it } from 'vitest';
import { exitCode, type Measured, measure } from '../../cli/measure.ts';
import { summaryLines } from '../../cli/summary.ts';
import { Demo, type DemoResult } from '../../src/app/demo.ts';
import { seven } from '../../src/app/seven.ts';
import { bothWays } from '../../src/channel/profiles.ts';
import { compiledEngine } from '../../src/chart/index.ts';

/** A run in which the server answers right, whatever is expected of it. */
function run(commands: typeof seven = seven): Measured {
  const demo = new Demo({ seed: 1, engine: compiledEngine, link: bothWays({}), commands });
  demo.run();
  return measure(demo);
}

const ended = (end: DemoResult['end']): Measured => {
  const measured = run();
  return { ...measured, result: { ...measured.result, end } };
};

describe('what the shell is told', () => {
  it.each([
    ['finished', 0],
    ['refused', 3],
    ['timedOut', 4],
    ['reset', 5],
    ['hungUp', 6],
    ['badAnswer', 6],
    ['aborted', 6],
    ['unreachable', 6],
    [undefined, 6],
  ] as const)('%s: %i', (end, code) => expect(exitCode(ended(end))).toBe(code));

  it('a wrong answer: 6, and the summary shows which and what was expected', () => {
    const measured = run([seven[0]!, { command: 'GET,name', answer: 'song' }]);
    expect(exitCode(measured)).toBe(6);
    const lines = summaryLines(measured, 0, 100, (text) => text);
    expect(lines[1]).toMatch(/^PUT,name,sung +Success! +right$/);
    expect(lines[2]).toMatch(/^GET,name +sung +WRONG +expected song$/);
    expect(lines).toContain('1 of 2 answers right; client CLOSED, server CLOSED');
  });
});
