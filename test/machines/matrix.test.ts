/** Each state against each event, of every chart: handled, deliberately ignored, or on the list of what cannot happen. */
import { describe, expect, test } from 'vitest';
import { charts } from '../../machines/index.ts';
import { handled } from '../../src/chart/index.ts';
import { unhandled } from './unhandled.ts';

/** `state: event` for each pair of a matrix that nothing reacts to. */
function gapsOf(name: string): string[] {
  const matrix = handled(charts[name] as (typeof charts)[string]);
  return Object.entries(matrix)
    .flatMap(([state, row]) =>
      Object.entries(row)
        .filter(([, handling]) => handling === 'unhandled')
        .map(([event]) => `${state}: ${event}`),
    )
    .sort();
}

describe.each(Object.keys(charts))('chart %s', (name) => {
  const reasons = unhandled[name] ?? [];

  test('leaves unhandled exactly what its host cannot send', () => {
    const listed = reasons.flatMap(({ states, events }) =>
      states.flatMap((state) => events.map((event) => `${state}: ${event}`)),
    );
    expect(new Set(listed).size).toBe(listed.length);
    expect(gapsOf(name)).toEqual(listed.sort());
  });

  test('handles each of its events somewhere', () => {
    const rows = Object.values(handled(charts[name] as (typeof charts)[string]));
    for (const event of Object.keys((charts[name] as (typeof charts)[string]).events)) {
      expect(rows.some((row) => row[event] === 'handled')).toBe(true);
    }
  });
});

test('reasons are given for charts that there are', () => {
  for (const name of Object.keys(unhandled)) expect(Object.keys(charts)).toContain(name);
});
