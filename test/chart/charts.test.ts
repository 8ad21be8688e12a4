/** The project's own charts: inside the subset, and alike in both engines whatever events come. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Chart } from '../../machines/event.ts';
import { charts } from '../../machines/index.ts';
import type { TimerSnapshot } from '../../src/chart/chart.ts';
import { chartTable, compiledEngine, handled, interpretedEngine } from '../../src/chart/index.ts';
import { compareEngines, recordingHost } from './compare.ts';
import { wordsFor } from './randomChart.ts';

/** A snapshot's timers: each delay of a leaf and of the states around it. */
function timersIn(chart: Chart, leaf: string): TimerSnapshot[] {
  const delays = new Set<string>();
  for (const { source, event } of chartTable(chart).transitions) {
    if (event.startsWith('after.') && `${leaf}.`.startsWith(`${source}.`))
      delays.add(event.slice('after.'.length));
  }
  return [...delays].map((delay, order) => ({ delay, deadline: 5 + order, order }));
}

describe.each(Object.entries(charts))('chart %s', (name, chart) => {
  test('is found under its own name and keeps to the subset', () => {
    expect(chart.name).toBe(name);
    compiledEngine.check(chart);
    interpretedEngine.check(chart);
  });

  // Random events seldom get far: so they start in each leaf in turn, with its timers running.
  test.each(Object.keys(handled(chart)))('runs alike in both engines from %s', (state) => {
    const words = wordsFor(Object.keys(chart.events));
    const start = { state, timers: timersIn(chart, state) };
    fc.assert(
      fc.property(words, (word) => {
        compareEngines(chart, recordingHost(chart), [{ ...word, start }, word]);
      }),
      { numRuns: Number(process.env.CHART_FUZZ ?? 25) },
    );
  });

  test('its table names each leaf and each event', () => {
    const matrix = handled(chart);
    const { states } = chartTable(chart);
    const leaves = states.filter((state) => !states.some((other) => other.parent === state.path));
    expect(Object.keys(matrix).sort()).toEqual(leaves.map((leaf) => leaf.path).sort());
    for (const row of Object.values(matrix))
      expect(Object.keys(row).sort()).toEqual(Object.keys(chart.events).sort());
  });
});
