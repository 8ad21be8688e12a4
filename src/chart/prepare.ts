/**
 * Makes a chart's machine ready for the interpreted engine: every action, guard and delay is wrapped, so that the
 * instance it runs for hears of it. What is done with that is `interpreted.ts`'s business.
 */
import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate';
import type { Chart } from '../../machines/event.ts';
import type { ChartInstance, ChartListener } from './chart.ts';
import { Arguments } from './compile.ts';
import { checkDelay, checkSubset, delaysOf, nodesOf, reject } from './subset.ts';

/** What a running chart hears of its functions. */
export interface Runner extends ChartInstance {
  /** Who listens to the event being handled. */
  readonly listener: ChartListener | undefined;
  /** The delays evaluated in this step: XState hands on their lengths, not their names. */
  readonly evaluated: string[];
  /** What an action, guard or delay threw, before XState wraps it into an error of its own. */
  thrown: { readonly error: unknown } | undefined;
}

/** A chart prepared for actors: its machine with each action, guard and delay wrapped. */
export interface Prepared {
  readonly chart: Chart;
  readonly machine: AnyStateMachine;
  readonly nodes: readonly AnyStateNode[];
  /** Whose functions are being called: XState tells a guard nothing of its actor. */
  running: Runner | undefined;
}

type Wrapped = (args: { context: { host: object } }) => unknown;
type Implementation = (args: Arguments) => unknown;

const cache = new WeakMap<Chart, Prepared>();

/** The machine of a chart for its actors, made once. Throws an Error when it is outside the subset. */
export function prepare(chart: Chart): Prepared {
  let prepared = cache.get(chart);
  if (prepared === undefined) {
    checkSubset(chart);
    prepared = wrap(chart);
    cache.set(chart, prepared);
  }
  return prepared;
}

function wrap(chart: Chart): Prepared {
  const { actions, guards, delays } = chart.machine.implementations;
  const nodes = nodesOf(chart.machine.root);
  const prepared: { -readonly [Key in keyof Prepared]: Prepared[Key] } = {
    chart,
    machine: chart.machine,
    nodes,
    running: undefined,
  };
  prepared.machine = chart.machine.provide({
    actions: mapped(actions, (call, name) =>
      watched(prepared, call, (runner) => runner.listener?.action(runner, name)),
    ),
    guards: mapped(guards, (call) => watched(prepared, call)),
    delays: mapped(delays, (call, name) => {
      const state = nodes.filter((node) => delaysOf(node).includes(name)).map((node) => node.path.join('.'));
      return watched(prepared, (args) => {
        prepared.running?.evaluated.push(name);
        return checkDelay(chart, state.join(' or '), name, typeof call === 'function' ? call(args) : call);
      });
    }),
  } as Parameters<AnyStateMachine['provide']>[0]);
  // XState would search all that the host refers to for actors to revive: a chart has none.
  prepared.machine.restoreSnapshot = (snapshot) => snapshot as ReturnType<AnyStateMachine['restoreSnapshot']>;
  return prepared;
}

function mapped(
  functions: object,
  change: (call: Implementation, name: string) => Wrapped,
): Record<string, Wrapped> {
  const entries = Object.entries(functions) as [string, Implementation][];
  return Object.fromEntries(entries.map(([name, call]) => [name, change(call, name)]));
}

/** Calls with `context.host` only, and remembers what was thrown. */
function watched(prepared: Prepared, call: Implementation, tell?: (runner: Runner) => void): Wrapped {
  return ({ context }) => {
    const { running } = prepared;
    if (running !== undefined) tell?.(running);
    try {
      return call(new Arguments(context.host));
    } catch (error) {
      if (running !== undefined) running.thrown = { error };
      throw error;
    }
  };
}

/** The path of the leaf in an XState value: `{ a: { b: 'c' } }` is `a.b.c`. */
export function pathOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  const key = Object.keys(value)[0] as string;
  return `${key}.${pathOf(value[key] as StateValue)}`;
}

/** XState's snapshot of a chart in the leaf `state`. Throws an Error naming the chart when there is none. */
export function snapshotIn(prepared: Prepared, state: string, host: object) {
  const leaf = prepared.nodes.find((node) => node.type !== 'compound' && node.path.join('.') === state);
  if (leaf === undefined) reject(prepared.chart, undefined, `it has no leaf "${state}" to be restored to`);
  const [last, ...above] = leaf.path.toReversed() as [string, ...string[]];
  const value = above.reduce<StateValue>((inner, key) => ({ [key]: inner }), last);
  return prepared.machine.resolveState({ value, context: { host } });
}
