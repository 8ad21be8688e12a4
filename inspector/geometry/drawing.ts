/** The form of what `charts.ts` holds: a chart laid out, and its transitions. */

/** x, y, width, height, px. */
export type Box = readonly [number, number, number, number];

/** Lines of text in pieces: what a piece is, and the piece. */
export type Lines = readonly (readonly (readonly ['event' | 'guard' | 'action' | 'target', string])[])[];

export interface DrawnState {
  /** The keys from the top, joined by dots. */
  readonly path: string;
  readonly box: Box;
  readonly final?: true;
  /** It has states within. */
  readonly compound?: true;
  /** What happens in it without its being left. */
  readonly lines?: Lines;
}

export interface DrawnEdge {
  readonly source: string;
  readonly target: string;
  /** x and y of each corner in turn. */
  readonly line: readonly number[];
  readonly label: Box;
  readonly lines: Lines;
}

/** A transition as the chart declares it. */
export interface DeclaredTransition {
  /** Path of the state that declares it; '' for the chart itself. */
  readonly source: string;
  readonly event: string;
  readonly guard?: string;
  readonly actions?: readonly string[];
  /** None when the state stays. */
  readonly target?: string;
  readonly reenter?: true;
}

export interface ChartDrawing {
  readonly size: readonly [width: number, height: number];
  /** Path of the leaf that it begins in. */
  readonly initial: string;
  readonly states: readonly DrawnState[];
  /** Where the initial states are pointed at from. */
  readonly dots: readonly { readonly box: Box; readonly line: readonly number[] }[];
  readonly edges: readonly DrawnEdge[];
  readonly transitions: readonly DeclaredTransition[];
}
