/**
 * Places for the states and arrows of a chart, by the layout engine ELK: at build time only. Sizes come from
 * `measure.ts`, so that the drawing agrees; everything is rounded to whole pixels.
 */
import elk, { type ElkExtendedEdge, type ElkNode, type ElkPoint } from 'elkjs/lib/elk.bundled.js';
import {
  type Box,
  boxLines,
  boxSize,
  DOT,
  headHeight,
  headLines,
  initialName,
  labelSize,
  linesName,
  MARGIN,
  type Placed,
  textSize,
} from '../src/chart/diagram/measure.ts';
import { type Diagram, type DiagramEdge, type DiagramState, edgeKey } from '../src/chart/diagram/model.ts';

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.randomSeed': '1',
};

type Size = readonly [width: number, height: number];

/** How big a drawing makes what it draws, px. */
export interface Sizes {
  /** What stands above the chart. */
  head(diagram: Diagram): Size;
  /** A state that holds no other; a compound one's heading. */
  box(state: DiagramState): Size;
  /** A compound state's own lines. */
  lines(state: DiagramState): Size;
  label(edge: DiagramEdge): Size;
  /** Options of the layout engine that differ. */
  readonly options?: Readonly<Record<string, string>>;
}

/** The pictures of the documentation. */
const PICTURE: Sizes = {
  head: (diagram) => {
    const head = headLines(diagram);
    return [textSize(head)[0] + 4 * MARGIN, headHeight(diagram.everywhere, head) + MARGIN];
  },
  box: boxSize,
  lines: (state) => textSize(boxLines(state)),
  label: labelSize,
};

/** Works out where everything goes. */
export async function place(diagram: Diagram, sizes: Sizes = PICTURE): Promise<Placed> {
  const [least, top] = sizes.head(diagram);
  const padding = `[top=${top},left=20,bottom=20,right=20]`;
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: { ...OPTIONS, 'elk.padding': padding, ...sizes.options },
    children: nodesIn(diagram, sizes, undefined),
    edges: [...initialEdges(diagram), ...diagram.edges.map((edge) => edgeFor(edge, sizes))],
  };
  const laid = await new elk.default().layout(graph);
  const boxes: Record<string, Box> = {};
  collect(laid, boxes);
  const width = Math.max(Math.ceil(laid.width as number), least);
  return { size: [width, Math.ceil(laid.height as number)], boxes, edges: edgesOf(laid.edges ?? []) };
}

function nodesIn(diagram: Diagram, sizes: Sizes, parent: string | undefined): ElkNode[] {
  const states = diagram.states.filter((state) => state.parent === parent);
  const dots = states
    .filter(({ initial }) => initial)
    .map(() => ({ id: initialName(parent), width: DOT, height: DOT }));
  return [...dots, ...states.map((state) => nodeFor(diagram, sizes, state))];
}

function nodeFor(diagram: Diagram, sizes: Sizes, state: DiagramState): ElkNode {
  const [width, height] = sizes.box(state);
  if (!state.compound) return { id: state.path, width, height };
  return {
    id: state.path,
    layoutOptions: {
      'elk.padding': `[top=${height + MARGIN},left=16,bottom=16,right=16]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width}, ${height})`,
    },
    children: [...linesOf(state, sizes), ...nodesIn(diagram, sizes, state.path)],
  };
}

/** A compound state's own lines, as a node that arrows go round. */
function linesOf(state: DiagramState, sizes: Sizes): ElkNode[] {
  if (state.lines.length === 0) return [];
  const [width, height] = sizes.lines(state);
  return [{ id: linesName(state.path), width, height }];
}

function initialEdges({ states }: Diagram): ElkExtendedEdge[] {
  return states
    .filter(({ initial }) => initial)
    .map(({ parent, path }) => {
      const name = initialName(parent);
      return { id: name, sources: [name], targets: [path] };
    });
}

function edgeFor(edge: DiagramEdge, sizes: Sizes): ElkExtendedEdge {
  const [width, height] = sizes.label(edge);
  return {
    id: edgeKey(edge.source, edge.target),
    sources: [edge.source],
    targets: [edge.target],
    labels: [{ text: '-', width, height, layoutOptions: { 'elk.edgeLabels.inline': 'true' } }],
  };
}

function collect(node: ElkNode, boxes: Record<string, Box>): void {
  for (const child of node.children ?? []) {
    boxes[child.id] = boxOf(child);
    collect(child, boxes);
  }
}

function boxOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<ElkNode>): Box {
  return [Math.round(x), Math.round(y), Math.round(width), Math.round(height)];
}

function edgesOf(edges: readonly ElkExtendedEdge[]): Placed['edges'] {
  return Object.fromEntries(
    edges.map((edge) => {
      const line = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) =>
        [startPoint, ...bendPoints, endPoint].flatMap(({ x, y }: ElkPoint) => [Math.round(x), Math.round(y)]),
      );
      const [label] = edge.labels ?? [];
      straighten(line);
      return [edge.id, label === undefined ? { line } : { line, label: boxOf(label) }];
    }),
  );
}

/** Takes out the steps of a pixel or two that rounding, and labels of odd width, leave in a line. */
function straighten(line: number[]): void {
  for (let i = 2; i < line.length; i++) {
    const before = line[i - 2] as number;
    if (Math.abs((line[i] as number) - before) <= 2) line[i] = before;
  }
}
