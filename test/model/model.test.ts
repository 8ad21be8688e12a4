/**
 * Every transition of every chart, on a path from the chart's initial state that XState's graph finds, at real
 * connections, links and sessions, in both engines. How many there are, and how many were seen, is printed.
 */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { charts } from '../../machines/index.ts';
import { Demo } from '../../src/app/demo.ts';
import { seven } from '../../src/app/seven.ts';
import { profiles } from '../../src/channel/profiles.ts';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import { Trace } from '../../src/trace/trace.ts';
import { isNever, walk, waysTo } from './driver.ts';
import { drivers } from './drivers.ts';
import { ChartModel, labelOf } from './model.ts';

const covered: string[] = [];

/** Nothing is to be said on the way: XState warns of what it takes for a mistake of ours. */
const warn = vi.spyOn(console, 'warn');

afterAll(() => {
  expect(warn).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  console.log(covered.join('\n'));
});

describe.each(drivers.map((driver) => [driver.chart.name, driver] as const))('%s', (name, driver) => {
  const model = new ChartModel(driver.chart);
  const possible = model.edges.filter((edge) => !isNever(driver, edge));
  const ways = possible.flatMap((edge) => waysTo(model, driver, edge));

  test('has every transition that is said never to happen', () => {
    const never = (driver.never ?? []).flatMap(({ edges }) => edges);
    expect(model.edges.map(labelOf)).toEqual(expect.arrayContaining(never));
    expect(new Set(never).size).toBe(never.length);
  });

  describe.each([compiledEngine, interpretedEngine])('in the $name engine', (engine) => {
    const seen = new Set<string>();

    test.each(ways.map((way) => [way.name, way] as const))('%s', async (_, way) => {
      for (const edge of await walk(model, driver, way, engine)) seen.add(labelOf(edge));
    });

    test('takes every transition, and none that never happens', () => {
      const never = model.edges.length - possible.length;
      covered.push(
        `${name} (${engine.name}): ${seen.size} of ${possible.length} transitions on ${ways.length} paths, ` +
          `${never} never happen`,
      );
      expect([...seen].sort()).toEqual(possible.map(labelOf).sort());
    });
  });
});

test('every chart has a driver', () => {
  expect(drivers.map(({ chart }) => chart.name).sort()).toEqual(Object.keys(charts).sort());
});

test('whole sessions over every kind of link take none that never happens', () => {
  const never = new Set(
    drivers.flatMap((driver) =>
      (driver.never ?? []).flatMap(({ edges }) => edges.map((label) => `${driver.chart.name} ${label}`)),
    ),
  );
  const taken = new Set<string>();
  for (const { link, endpoint } of profiles.values()) {
    for (let seed = 1; seed <= 5; seed++) {
      const trace = new Trace();
      trace.listen((event) => {
        if (event.kind === 'transition') taken.add(`${event.chart} ${labelOf(event)}`);
      });
      new Demo({
        seed,
        engine: compiledEngine,
        link,
        tcp: endpoint,
        commands: seven,
        trace,
        strict: true,
      }).run();
    }
  }
  expect(taken.size).toBeGreaterThan(30);
  expect([...taken].filter((label) => never.has(label))).toEqual([]);
});
