/**
 * How big things are in a picture, and where they were placed. Places are worked out when a chart changes, by
 * `scripts/charts.ts` with a layout engine, and kept in `geometry.ts`; sizes are these on both occasions.
 */
import type { Diagram, DiagramEdge, DiagramState, Line } from './model.ts';
import { lengthOf, type Printed, print } from './text.ts';

/** px; a letter of a monospaced font is 0.6 em wide at the most. */
export const FONT = 11;
const LETTER = 6.7;
const TITLE_LETTER = 8;
export const LEADING = 15;
export const TITLE = 28;
export const MARGIN = 10;
/** The dot from which the initial state is pointed at. */
export const DOT = 12;
/** Characters of a line in a box, and beside an arrow. */
const BOX_COLUMNS = 56;
const LABEL_COLUMNS = 34;
const HEAD_COLUMNS = 90;

/** Where a box is: x, y, width, height. */
export type Box = readonly [number, number, number, number];

/** Places in a picture. */
export interface Placed {
  readonly size: readonly [number, number];
  /**
   * By path; the dots of initial states under `PATH/initial`, the chart's own under `/initial`. A compound
   * state's lines are under `PATH/lines`.
   */
  readonly boxes: Readonly<Record<string, Box>>;
  /** By `edgeKey`: x and y of each corner in turn, and the label's place; an arrow of an initial dot by its name. */
  readonly edges: Readonly<Record<string, { readonly line: readonly number[]; readonly label?: Box }>>;
}

export type Geometry = Readonly<Record<string, Placed>>;

/** What stands in a state's box under its name. */
export function boxLines(state: DiagramState): Printed[] {
  return print(state.lines, BOX_COLUMNS);
}

/** What stands beside an arrow. */
export function labelLines(edge: DiagramEdge): Printed[] {
  return print(edge.lines, LABEL_COLUMNS);
}

/** What stands above the chart: what holds in every state. */
export function headLines(diagram: Diagram): Printed[] {
  return print(diagram.everywhere, HEAD_COLUMNS);
}

/** Height of the chart's own heading. */
export function headHeight(lines: readonly Line[], printed: readonly Printed[]): number {
  return TITLE + (lines.length === 0 ? 0 : (printed.length + 1) * LEADING);
}

/** Width and height of so many lines. */
export function textSize(printed: readonly Printed[]): [number, number] {
  const columns = Math.max(0, ...printed.map(lengthOf));
  return [Math.ceil(columns * LETTER), printed.length * LEADING];
}

/** Width and height of a box that holds no other state; of a compound one's heading, which holds its name alone. */
export function boxSize(state: DiagramState): [number, number] {
  const title = Math.ceil(state.name.length * TITLE_LETTER);
  if (state.compound) return [title + 2 * MARGIN, TITLE];
  const [width, height] = textSize(boxLines(state));
  return [Math.max(title, width, 60) + 2 * MARGIN, TITLE + (height === 0 ? 4 : height + MARGIN)];
}

/** Width and height of an arrow's label with its margin. */
export function labelSize(edge: DiagramEdge): [number, number] {
  const [width, height] = textSize(labelLines(edge));
  return [width + 8, height + 4];
}

/** Name of the place for a compound state's lines, which arrows keep away from. */
export function linesName(path: string): string {
  return `${path}/lines`;
}

/** Name of an initial dot and of its arrow. */
export function initialName(parent: string | undefined): string {
  return `${parent ?? ''}/initial`;
}
