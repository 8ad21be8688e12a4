/**
 * A test model of a chart: its states and transitions as XState itself takes them, and paths through them. An event of
 * the model is an event of the chart together with the guard that is to pass; whoever drives a real connection sees to
 * it that it does.
 */
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { type AdjacencyValue, TestModel, type TestPath } from 'xstate/graph';
import type { Chart } from '../../machines/event.ts';
import { type ChartTable, chartTable, type TransitionRow } from '../../src/chart/index.ts';

/** A transition out of a leaf: declared there or further out. */
export interface Edge {
  readonly from: string;
  /** An event, or `after.DELAY`. */
  readonly event: string;
  /** The guard that passes; none when all that come before do not. */
  readonly guard?: string;
  readonly to: string;
  /** In the order in which they run, entry actions included. */
  readonly actions: readonly string[];
}

/** `STATE: event [guard]` */
export function labelOf({ from, event, guard }: Omit<Edge, 'to' | 'actions'>): string {
  return `${from}: ${event}${guard === undefined ? '' : ` [${guard}]`}`;
}

/** An event of the model: XState's type of it, ours, and the guard that passes. */
export interface Choice {
  readonly type: string;
  readonly event: string;
  readonly passes?: string;
}

export type Path = TestPath<AnyMachineSnapshot, Choice>;

/** The leaf, its path joined by dots. */
export function leafOf({ value }: { readonly value: AnyMachineSnapshot['value'] }): string {
  if (typeof value === 'string') return value;
  const [[outer, inner]] = Object.entries(value) as [[string, AnyMachineSnapshot['value']]];
  return `${outer}.${leafOf({ value: inner })}`;
}

/** The states around a leaf and itself, innermost first, '' for the chart. */
function around(leaf: string): string[] {
  const keys = leaf.split('.');
  return [...keys.map((_, i) => keys.slice(0, keys.length - i).join('.')), ''];
}

export class ChartModel {
  readonly edges: readonly Edge[];
  readonly #table: ChartTable;
  readonly #machine: AnyStateMachine;
  readonly #model: TestModel<AnyMachineSnapshot, Choice, unknown>;

  constructor(chart: Chart) {
    this.#table = chartTable(chart);
    this.#machine = withoutHost(chart.machine);
    this.#model = new TestModel<AnyMachineSnapshot, Choice, unknown>(this.#machine as never, {
      input: {},
      serializeState: leafOf,
      events: (state) => this.#choices(state),
      stateMatcher: (state, key) => key === '*' || leafOf(state) === key,
    });
    const map = Object.values(this.#model.getAdjacencyMap()) as AdjacencyValue<AnyMachineSnapshot, Choice>[];
    this.edges = map.flatMap(({ state, transitions }) =>
      Object.values(transitions).map(({ event, state: next }) => this.#edge(state, event, next)),
    );
  }

  /** What may happen in a state: every row that is declared there or further out, unless it is ignored further in. */
  #choices(state: AnyMachineSnapshot): Choice[] {
    if (state.status !== 'active') return [];
    const sources = around(leafOf(state));
    const found = new Map<string, Choice>();
    for (const source of sources) {
      for (const { event, guard } of this.#table.transitions.filter((row) => row.source === source)) {
        if (this.#row(sources, event, guard) === undefined) continue;
        const type = this.#typeOf(source, event);
        found.set(`${event} ${guard}`, { type, event, ...(guard === undefined ? {} : { passes: guard }) });
      }
    }
    return [...found.values()];
  }

  /** The row that an event chooses when this guard and no other passes; undefined when it is ignored. */
  #row(sources: readonly string[], event: string, guard: string | undefined): TransitionRow | undefined {
    for (const source of sources) {
      const here = <R extends { event: string }>(row: R, at: string): boolean =>
        at === source && row.event === event;
      const rows = this.#table.transitions.filter((row) => here(row, row.source));
      const chosen = rows.find((row) => row.guard === guard) ?? rows.find((row) => row.guard === undefined);
      if (chosen !== undefined) return chosen.guard === guard ? chosen : undefined;
      if (this.#table.ignored.some((row) => here(row, row.state))) return undefined;
    }
    return undefined;
  }

  #typeOf(source: string, event: string): string {
    if (!event.startsWith('after.')) return event;
    const id = source === '' ? this.#table.name : `${this.#table.name}.${source}`;
    return `xstate.${event}.${id}`;
  }

  #edge(state: AnyMachineSnapshot, { event, passes }: Choice, next: AnyMachineSnapshot): Edge {
    const [from, to] = [leafOf(state), leafOf(next)];
    const row = this.#row(around(from), event, passes) as TransitionRow;
    const entered = this.#table.states.find(({ path }) => path === to)?.entry ?? [];
    const moved = from !== to || row.reenter;
    const actions = [...row.actions, ...(moved ? entered : [])];
    return { from, event, ...(passes === undefined ? {} : { guard: passes }), to, actions };
  }

  /** The edge that a step takes. */
  edgeOf(from: string, { event, passes }: Choice): Edge {
    const label = labelOf({ from, event, ...(passes === undefined ? {} : { guard: passes }) });
    return this.edges.find((edge) => labelOf(edge) === label) as Edge;
  }

  /** The shortest path that ends with this transition, over such as are permitted on the way; none if none is. */
  shortestPathTo(target: Edge, permits: (edge: Edge) => boolean): Path[] {
    return this.#model
      .getShortestPaths(this.#wayTo(target, permits))
      .slice(0, 1)
      .map((way) => this.#extend(way, target));
  }

  /** All paths that end with this transition, and come through no state twice before. */
  simplePathsTo(target: Edge, permits: (edge: Edge) => boolean): Path[] {
    const ways = this.#model.getSimplePaths(this.#wayTo(target, permits));
    return ways.map((way) => this.#extend(way, target));
  }

  #wayTo(target: Edge, permits: (edge: Edge) => boolean) {
    return {
      toState: (state: AnyMachineSnapshot) => leafOf(state) === target.from,
      filterEvents: (state: AnyMachineSnapshot, event: Choice) => permits(this.edgeOf(leafOf(state), event)),
    };
  }

  /** A path with one more transition. */
  #extend(way: Path, target: Edge): Path {
    const before = way.steps.map(({ event }) => event).filter(({ type }) => type !== 'xstate.init');
    const choices = this.#choices(way.state);
    const last = choices.find(({ event, passes }) => event === target.event && passes === target.guard);
    return this.#model.getPathsFromEvents([...before, last as Choice], { input: {} })[0] as Path;
  }

  /** The transitions of a path. */
  edgesOf(path: Path): Edge[] {
    let from = leafOf((path.steps[0] as Path['steps'][number]).state);
    return path.steps.slice(1).map(({ event, state }) => {
      const edge = this.edgeOf(from, event);
      from = leafOf(state);
      return edge;
    });
  }
}

/** The chart for a graph: a guard passes when the event says so, and nothing is done. */
function withoutHost(machine: AnyStateMachine): AnyStateMachine {
  const { guards, actions, delays } = machine.implementations;
  const each = <T>(names: object, make: (name: string) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(names).map((name) => [name, make(name)]));
  return machine.provide({
    guards: each(
      guards,
      (name) =>
        ({ event }: { event: Choice }) =>
          event.passes === name,
    ),
    actions: each(actions, () => () => {}),
    delays: each(delays, () => 1),
  } as never);
}
