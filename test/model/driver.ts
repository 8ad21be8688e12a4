/**
 * What makes a path of a model real: a rig with the real thing in it, and for each transition how to bring it about
 * by packets, calls and time. The walk holds what the trace says against the model, step by step.
 */
import { expect } from 'vitest';
import type { Chart } from '../../machines/event.ts';
import type { Engine } from '../../src/chart/index.ts';
import { type ChartModel, type Edge, labelOf, leafOf, type Path } from './model.ts';
import type { Tap } from './tap.ts';

/** The real thing, and the instance of the chart under test in it. */
export interface Rig {
  readonly tap: Tap;
  /** Forgets what was sent and told before this step. */
  begin(): void;
}

/** Transitions that no packet, call or passing of time can bring about. */
export interface Never {
  /** Labels of them. */
  readonly edges: readonly string[];
  readonly because: string;
}

export interface Driver<R extends Rig = Rig> {
  readonly chart: Chart;
  /** Makes the real thing, in the chart's initial state, fit for a path to this transition. */
  start(engine: Engine, target: Edge): R;
  /** Brings a transition about; by `STATE: event [guard]`, or without the state where it is done alike in all. */
  readonly steps: Readonly<Record<string, (rig: R) => void>>;
  /** What is to be seen outside when it was taken: packets, reports, numbers. */
  check(rig: R, edge: Edge): void;
  /** The state, as the real thing says it. */
  state(rig: R): string;
  /** May a path to the target use this transition? */
  permits?(edge: Edge, target: Edge): boolean;
  /**
   * Can a real thing go this whole path? Given, every simple path that it can go is walked, and only the shortest one
   * otherwise.
   */
  fits?(path: readonly Edge[]): boolean;
  /** By label: what the same input brings besides. */
  readonly follows?: Readonly<Record<string, readonly string[]>>;
  readonly never?: readonly Never[];
}

/** Does something that leaves the state as it is in the end; what the chart did meanwhile is no step of the path. */
export function prepare(rig: Rig, act: () => void): void {
  act();
  const taken = rig.tap.queue.splice(0);
  expect(taken.at(-1)?.to).toBe(taken[0]?.from);
  rig.begin();
}

/** Is it a transition that cannot happen? */
export function isNever(driver: Driver, edge: Edge): boolean {
  return (driver.never ?? []).some(({ edges }) => edges.includes(labelOf(edge)));
}

/** A path to a transition, and what tells it from others. */
export interface Way {
  readonly name: string;
  readonly target: Edge;
  readonly path: Path;
}

/** The paths to a transition, over such as can happen and the driver permits. */
export function waysTo(model: ChartModel, driver: Driver, target: Edge): Way[] {
  const may = (edge: Edge): boolean => !isNever(driver, edge) && (driver.permits?.(edge, target) ?? true);
  const ways =
    driver.fits === undefined
      ? model.shortestPathTo(target, may)
      : model.simplePathsTo(target, may).filter((path) => driver.fits?.(model.edgesOf(path)));
  return ways.map((path) => {
    const before = model.edgesOf(path).slice(0, -1);
    return { name: [labelOf(target), ...before.map(labelOf).reverse()].join(' < '), target, path };
  });
}

function stepFor<R extends Rig>(driver: Driver<R>, edge: Edge): (rig: R) => void {
  const label = labelOf(edge);
  const step = driver.steps[label] ?? driver.steps[label.slice(label.indexOf(': ') + 2)];
  if (step === undefined) throw new Error(`nothing is known that brings ${label} about`);
  return step;
}

/** Walks a path: each step brings its transition and no other, and what is seen outside is what it says. */
export async function walk<R extends Rig>(
  model: ChartModel,
  driver: Driver<R>,
  { path, target }: Way,
  engine: Engine,
): Promise<readonly Edge[]> {
  const rig = driver.start(engine, target);
  const { tap } = rig;
  const edges = model.edgesOf(path);
  let [state, step] = [leafOf((path.steps[0] as Path['steps'][number]).state), 0];
  const take = (): void => {
    const edge = edges[step] as Edge;
    if (tap.queue.length === 0) {
      rig.begin();
      stepFor(driver, edge)(rig);
    }
    expect(tap.next()).toEqual(edge);
    driver.check(rig, edge);
    [state, step] = [edge.to, step + 1];
  };
  // The first step is XState's start of the chart
  const types = path.steps.slice(1).map(({ event }) => event.type);
  await path.test({
    events: Object.fromEntries(types.map((type) => [type, take])),
    states: { '*': () => void (tap.queue.length === 0 && expect(driver.state(rig)).toBe(state)) },
  });
  const rest = tap.queue.map(labelOf);
  expect(rest).toEqual(driver.follows?.[labelOf(target)] ?? []);
  return tap.all;
}
