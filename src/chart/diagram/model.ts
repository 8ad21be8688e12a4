/**
 * What a picture of a chart shows, whatever draws it: which transitions are arrows, which are lines in a state's box, and
 * what each line says. It decides what goes where; widths and places are left to those who draw.
 */
import type { Chart } from '../../../machines/event.ts';
import { type ChartTable, chartTable, type TransitionRow } from '../table.ts';

/** One line: events that do the same thing. */
export interface Line {
  /** Empty for what `prefix` alone says. */
  readonly events: readonly string[];
  readonly guard?: string;
  readonly actions: readonly string[];
  /** Where it leads, when no arrow says so. */
  readonly target?: string;
  /** The state is left and entered again: its timers start anew. */
  readonly again?: boolean;
}

export interface DiagramState {
  readonly path: string;
  /** Last part of the path. */
  readonly name: string;
  readonly parent: string | undefined;
  readonly initial: boolean;
  readonly final: boolean;
  /** It has states within. */
  readonly compound: boolean;
  /** What happens without an arrow. */
  readonly lines: readonly Line[];
}

/** All transitions between the same two states. */
export interface DiagramEdge {
  readonly source: string;
  readonly target: string;
  readonly lines: readonly Line[];
}

export interface Diagram {
  readonly name: string;
  /** What happens in every state that does not say otherwise. */
  readonly everywhere: readonly Line[];
  readonly states: readonly DiagramState[];
  readonly edges: readonly DiagramEdge[];
}

/**
 * Where so many states lead, arrows would hide all others: they become lines in the boxes they come from, but for states
 * from which there is no other way.
 */
const HUB = 6;

/** A chart as a picture shows it. Throws an Error when it is outside the subset. */
export function diagramOf(chart: Chart): Diagram {
  const table = chartTable(chart);
  const hubs = hubsOf(table);
  const isArrow = (row: TransitionRow): boolean => row.source !== '' && leadsOut(row) && !listed(row);
  const listed = (row: TransitionRow): boolean =>
    hubs.has(row.target as string) && table.transitions.some((other) => elsewhere(row, other));
  const states = table.states.map((state): DiagramState => {
    const inside = table.transitions.filter((row) => row.source === state.path && !isArrow(row));
    return {
      ...{ path: state.path, parent: state.parent, initial: state.initial, final: state.final },
      name: state.path.slice(state.path.lastIndexOf('.') + 1),
      compound: table.states.some(({ parent }) => parent === state.path),
      lines: [
        ...doing('entry', state.entry),
        ...doing('exit', state.exit),
        ...merged(inside, (row) => insideTarget(row, state.path)),
      ],
    };
  });
  const everywhere = merged(
    table.transitions.filter(({ source }) => source === ''),
    ({ target }) => target,
  );
  return { name: table.name, everywhere, states, edges: edgesOf(table.transitions.filter(isArrow)) };
}

/** States that `HUB` others and more lead to. */
function hubsOf({ states, transitions }: ChartTable): Set<string> {
  const sources = (path: string) =>
    new Set(
      transitions.filter(({ source, target }) => target === path && source !== '').map((row) => row.source),
    );
  return new Set(states.map(({ path }) => path).filter((path) => sources(path).size >= HUB));
}

/** From one state to another, neither of which holds the other. */
function leadsOut({ source, target }: TransitionRow): boolean {
  return target !== undefined && target !== source && !target.startsWith(`${source}.`);
}

/** The same state leads somewhere else too. */
function elsewhere(row: TransitionRow, other: TransitionRow): boolean {
  return other.source === row.source && leadsOut(other) && other.target !== row.target;
}

function doing(event: string, actions: readonly string[]): Line[] {
  return actions.length === 0 ? [] : [{ events: [event], actions }];
}

/** A line in the box of `path` names its target unless it stays there. */
function insideTarget({ target }: TransitionRow, path: string): string | undefined {
  if (target === undefined || target === path) return undefined;
  return target.startsWith(`${path}.`) ? target.slice(path.length + 1) : target;
}

function edgesOf(rows: readonly TransitionRow[]): DiagramEdge[] {
  const edges = new Map<string, TransitionRow[]>();
  for (const row of rows) {
    const key = edgeKey(row.source, row.target as string);
    const same = edges.get(key);
    if (same === undefined) edges.set(key, [row]);
    else same.push(row);
  }
  return [...edges.values()].map((same) => {
    const { source, target } = same[0] as TransitionRow;
    return { source, target: target as string, lines: merged(same, () => undefined) };
  });
}

/** Name of an edge. */
export function edgeKey(source: string, target: string): string {
  return `${source} > ${target}`;
}

/** Rows as lines, those with the same guard, actions and target in one. */
function merged(
  rows: readonly TransitionRow[],
  targetOf: (row: TransitionRow) => string | undefined,
): Line[] {
  const lines = new Map<string, Line & { events: string[] }>();
  for (const row of rows) {
    const target = targetOf(row);
    const again = row.target === row.source && row.reenter;
    const key = [row.guard, ...row.actions, target, again].join(' ');
    const event = row.event.replace(/^after\./, 'after ');
    const same = lines.get(key);
    if (same !== undefined) same.events.push(event);
    else {
      lines.set(key, {
        events: [event],
        actions: row.actions,
        ...(row.guard === undefined ? {} : { guard: row.guard }),
        ...(target === undefined ? {} : { target }),
        ...(again ? { again } : {}),
      });
    }
  }
  return [...lines.values()];
}
