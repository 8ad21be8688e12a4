/**
 * A chart as plain data: its states, its transitions, what it ignores. For documentation, tests and the inspector;
 * the engines have forms of their own.
 */
import type { AnyStateNode } from 'xstate';
import type { Chart } from '../../machines/event.ts';
import { compile } from './compile.ts';
import { afterEvent, delaysOf, listOf, nodesOf } from './subset.ts';

export interface StateRow {
  /** The keys from the top, joined by dots. */
  readonly path: string;
  /** Path of the state around it; undefined at the top. */
  readonly parent: string | undefined;
  /** The state around it (or the chart) starts here. */
  readonly initial: boolean;
  readonly final: boolean;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
}

export interface TransitionRow {
  /** Path of the state that declares it; '' for the chart itself, whose transitions hold in every state. */
  readonly source: string;
  /** An event, or `after.DELAY`. */
  readonly event: string;
  readonly guard?: string;
  readonly actions: readonly string[];
  /** Path of the target as written, which may have states of its own; none when the state stays. */
  readonly target?: string;
  readonly reenter: boolean;
}

export interface ChartTable {
  readonly name: string;
  readonly states: readonly StateRow[];
  readonly transitions: readonly TransitionRow[];
  /** Events that a state deliberately ignores (`EVENT: {}`, alone or as the last resort). */
  readonly ignored: readonly { readonly state: string; readonly event: string }[];
}

/** A chart as plain data. Throws an Error when it is outside the subset. */
export function chartTable(chart: Chart): ChartTable {
  compile(chart);
  const states: StateRow[] = [];
  const transitions: TransitionRow[] = [];
  const ignored: { state: string; event: string }[] = [];
  for (const node of nodesOf(chart.machine.root)) {
    if (node.parent !== undefined) states.push(stateRow(node, node.parent));
    for (const [key, event] of eventsOf(node)) {
      for (const row of rowsOf(node, key, event)) {
        if (row.guard === undefined && row.target === undefined && row.actions.length === 0) {
          ignored.push({ state: row.source, event });
        } else {
          transitions.push(row);
        }
      }
    }
  }
  return { name: chart.name, states, transitions, ignored };
}

function stateRow(node: AnyStateNode, parent: AnyStateNode): StateRow {
  return {
    path: node.path.join('.'),
    parent: parent.parent === undefined ? undefined : parent.path.join('.'),
    initial: parent.initial.target[0] === node,
    final: node.type === 'final',
    entry: listOf(node.config.entry) as string[],
    exit: listOf(node.config.exit) as string[],
  };
}

/** XState's name and ours for what a state reacts to. */
function eventsOf(node: AnyStateNode): [string, string][] {
  const after = delaysOf(node).map((delay): [string, string] => [afterEvent(node, delay), `after.${delay}`]);
  return [...Object.keys(node.config.on ?? {}).map((event): [string, string] => [event, event]), ...after];
}

function rowsOf(node: AnyStateNode, key: string, event: string): TransitionRow[] {
  return (node.transitions.get(key) ?? []).map((candidate) => {
    const target = candidate.target?.[0];
    return {
      source: node.path.join('.'),
      event,
      ...(candidate.guard === undefined ? {} : { guard: candidate.guard as string }),
      actions: listOf(candidate.actions) as string[],
      ...(target === undefined ? {} : { target: target.path.join('.') }),
      reenter: candidate.reenter,
    };
  });
}

/** What becomes of an event in a leaf. */
export type Handling = 'handled' | 'ignored' | 'unhandled';

/** For each leaf each event of the chart: does anything react to it there? `ignored` when all that reacts is `{}`. */
export function handled(chart: Chart): Record<string, Record<string, Handling>> {
  const { leaves, events, names, plans } = compile(chart);
  const matrix: Record<string, Record<string, Handling>> = {};
  leaves.forEach((leaf, row) => {
    const line: Record<string, Handling> = {};
    for (const { type, id } of events) {
      const candidates = plans[row * names.length + id];
      if (candidates === undefined) line[type] = 'unhandled';
      else line[type] = candidates.every((plan) => plan.ignores) ? 'ignored' : 'handled';
    }
    matrix[leaf.path] = line;
  });
  return matrix;
}
