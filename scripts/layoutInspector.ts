/**
 * The charts as the inspector draws them: smaller than in the documentation, so that a whole chart can be read on a page
 * beside other things. It says what of a chart is drawn (no actions, nothing that most states do alike; the page tells
 * the rest in words), and writes `inspector/geometry/charts.ts`, so that the page needs no layout engine; and
 * `finals.ts` beside it, which the model of a run needs before anything is drawn.
 */
import { charts } from '../machines/index.ts';
import { type Placed, textSize } from '../src/chart/diagram/measure.ts';
import {
  type Diagram,
  type DiagramEdge,
  type DiagramState,
  diagramOf,
  edgeKey,
  type Line,
} from '../src/chart/diagram/model.ts';
import { type Printed, print } from '../src/chart/diagram/text.ts';
import { chartTable, type TransitionRow } from '../src/chart/table.ts';
import { place, type Sizes } from './layout.ts';

/** What so many states do alike is left out. */
const COMMON = 4;
/** Characters of a line. */
const COLUMNS = 24;
const TITLE_LETTER = 8.6;
const TITLE = 25;
const MARGIN = 8;
const TOP = 10;

const SIZES: Sizes = {
  head: () => [0, TOP],
  box: (state) => {
    const title = Math.ceil(state.name.length * TITLE_LETTER) + 2 * MARGIN;
    if (state.compound) return [title, TITLE];
    const [width, height] = textSize(printed(state.lines));
    return [Math.max(title, width + 2 * MARGIN, 64), height === 0 ? TITLE + 1 : TITLE + height + 4];
  },
  lines: (state) => textSize(printed(state.lines)),
  label: (edge) => {
    const [width, height] = textSize(printed(edge.lines));
    return [width + 6, height + 2];
  },
  options: {
    'elk.layered.spacing.nodeNodeBetweenLayers': '9',
    'elk.layered.spacing.edgeNodeBetweenLayers': '5',
    'elk.layered.spacing.edgeEdgeBetweenLayers': '6',
    'elk.spacing.nodeNode': '18',
    'elk.spacing.edgeNode': '10',
    'elk.spacing.edgeEdge': '9',
    'elk.spacing.edgeLabel': '2',
    'elk.padding': '[top=10,left=10,bottom=10,right=10]',
  },
};

function printed(lines: readonly Line[]): Printed[] {
  return print(lines, COLUMNS);
}

/** The files of the page that tell of charts: path and text. */
export async function inspectorCharts(): Promise<[path: string, text: string][]> {
  const entries: string[] = [];
  const finals: [string, string][] = [];
  for (const [name, chart] of Object.entries(charts)) {
    const diagram = slim(diagramOf(chart));
    const { transitions, states } = chartTable(chart);
    entries.push(source(diagram, await place(diagram, SIZES), transitions));
    for (const { path, final } of states) if (final) finals.push([name, path]);
  }
  return [
    ['inspector/geometry/charts.ts', drawingsText(entries)],
    ['inspector/geometry/finals.ts', finalsText(finals)],
  ];
}

/** What is drawn of a chart. */
function slim(diagram: Diagram): Diagram {
  const drawn = [...diagram.states, ...diagram.edges].flatMap(({ lines }) => lines.flatMap(meanings));
  const isCommon = (meaning: string): boolean => drawn.filter((other) => other === meaning).length >= COMMON;
  const slimLines = (lines: readonly Line[]): Line[] => {
    const kept = lines.flatMap((line) => {
      const events = line.events.filter((event) => !isCommon(meaning(line, event)));
      const { guard } = line;
      return events.length === 0 ? [] : [{ events, actions: [], ...(guard === undefined ? {} : { guard }) }];
    });
    return kept.filter((line, i) => kept.findIndex((other) => sameLine(other, line)) === i);
  };
  const states = diagram.states.map((state): DiagramState => {
    const own = state.lines.filter(({ target, events }) => target === undefined && !isDoing(events));
    return { ...state, lines: state.compound ? [] : slimLines(own) };
  });
  const edges = diagram.edges.map((edge): DiagramEdge => ({ ...edge, lines: slimLines(edge.lines) }));
  return { ...diagram, everywhere: [], states, edges: edges.filter(({ lines }) => lines.length > 0) };
}

/** Entry and exit actions, which are no events. */
function isDoing(events: readonly string[]): boolean {
  return events[0] === 'entry' || events[0] === 'exit';
}

function meanings(line: Line): string[] {
  return line.events.map((event) => meaning(line, event));
}

/** What an event does, wherever it happens. */
function meaning({ guard, actions }: Line, event: string): string {
  return [event, guard, ...actions].join(' ');
}

function sameLine(a: Line, b: Line): boolean {
  return a.guard === b.guard && a.events.join() === b.events.join();
}

function source({ name, states, edges }: Diagram, placed: Placed, rows: readonly TransitionRow[]): string {
  const lines = (of: readonly Line[]) =>
    printed(of).map((pieces) => pieces.map(({ kind, text }) => [kind, text]));
  const dots = Object.keys(placed.boxes).filter((key) => key.endsWith('/initial'));
  const parts = {
    size: placed.size,
    initial: initialLeaf(states, undefined),
    states: states.map(({ path, final, compound, lines: own }) => ({
      path,
      box: placed.boxes[path],
      ...(final && { final }),
      ...(compound && { compound }),
      ...(own.length > 0 && { lines: lines(own) }),
    })),
    dots: dots.map((key) => ({ box: placed.boxes[key], line: placed.edges[key]?.line })),
    edges: edges.map((edge) => {
      const { line, label } = placed.edges[edgeKey(edge.source, edge.target)]!;
      return { source: edge.source, target: edge.target, line, label, lines: lines(edge.lines) };
    }),
    transitions: rows.map(({ source, event, guard, actions, target, reenter }) => ({
      source,
      event,
      ...(guard !== undefined && { guard }),
      ...(actions.length > 0 && { actions }),
      ...(target !== undefined && { target }),
      ...(reenter && { reenter }),
    })),
  };
  return `  ${JSON.stringify(name)}: ${JSON.stringify(parts)},`;
}

/** Path of the leaf that a state, or the chart, begins in. */
function initialLeaf(states: readonly DiagramState[], parent: string | undefined): string {
  const first = states.find((state) => state.parent === parent && state.initial);
  return first === undefined ? (parent ?? '') : initialLeaf(states, first.path);
}

const GENERATED = ['// biome-ignore-all format: generated', '// biome-ignore-all lint: generated'];

function drawingsText(entries: readonly string[]): string {
  return [
    ...GENERATED,
    '/** Generated by npm run charts: do not edit. What the charts are, and where the page draws each part, px. */',
    "import type { ChartDrawing } from './drawing.ts';",
    '',
    'export const CHARTS: Readonly<Record<string, ChartDrawing>> = {',
    ...entries,
    '};',
    '',
  ].join('\n');
}

function finalsText(finals: readonly (readonly [string, string])[]): string {
  return [
    ...GENERATED,
    '/** Generated by npm run charts: do not edit. Chart and state in which it ends. */',
    `export const FINALS: readonly (readonly [string, string])[] = ${JSON.stringify(finals)};`,
    '',
  ].join('\n');
}
