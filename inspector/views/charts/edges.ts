/** Which part of a drawn chart a transition of the trace is. */
import type { ChartDrawing, DeclaredTransition, DrawnEdge, Lines } from '../../geometry/drawing.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';

/** A transition as it happened. */
export interface Taken {
  readonly row: number;
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly guard: string;
}

/** The transition of a row of that kind. */
export function takenAt({ events, words }: TraceModel, row: number): Taken {
  return {
    row,
    from: words.text(events.a[row]!),
    event: words.text(events.b[row]!),
    guard: words.text(events.c[row]!),
    to: words.text(events.d[row]!),
  };
}

/** The state or one that holds it. */
export function isWithin(state: string, path: string): boolean {
  return state === path || path === '' || state.startsWith(`${path}.`);
}

/** The declaration that a transition followed; undefined when the chart has none such (another version's). */
export function declared(chart: ChartDrawing, { from, event, guard }: Taken): DeclaredTransition | undefined {
  let best: DeclaredTransition | undefined;
  for (const each of chart.transitions) {
    if (each.event !== event || (each.guard ?? '') !== guard || !isWithin(from, each.source)) continue;
    // The innermost state decides.
    if (best === undefined || each.source.length > best.source.length) best = each;
  }
  return best;
}

/** The arrow that a transition went along; undefined when it is not drawn. */
export function edgeOf(chart: ChartDrawing, taken: Taken): DrawnEdge | undefined {
  const row = declared(chart, taken);
  if (row?.target === undefined) return undefined;
  const edge = chart.edges.find(({ source, target }) => source === row.source && target === row.target);
  const says = edge?.lines.some((line) => {
    const text = line.map(([, piece]) => piece).join(' ');
    return text.includes(taken.event.replace(/^after\./, 'after '));
  });
  return says === true ? edge : undefined;
}

/**
 * Which pieces of an arrow's label a transition is, each as `line.piece`: its event, and its guard, among the events that
 * the guard is of. Empty when none is.
 */
export function piecesTaken(lines: Lines, { event, guard }: Taken): ReadonlySet<string> {
  const name = event.replace(/^after\./, 'after ');
  let group: { readonly place: string; readonly kind: string; readonly text: string }[] = [];
  let open = false;
  const lit = new Set<string>();
  const close = (): void => {
    const events = group.filter(({ kind, text }) => kind === 'event' && text === name);
    const guards = group.filter(({ kind }) => kind === 'guard');
    const own = guards.filter(({ text }) => text.includes(`[${guard}]`));
    if (guard === '' ? guards.length === 0 : own.length > 0)
      for (const { place } of events.length > 0 ? [...events, ...own] : []) lit.add(place);
    group = [];
  };
  lines.forEach((pieces, i) => {
    pieces.forEach(([kind, piece], j) => {
      // After a comma there is another event with the same guard
      if (kind === 'event' && !open) close();
      open = piece.endsWith(',');
      group.push({ place: `${i}.${j}`, kind, text: piece.trim().replace(/,$/, '') });
    });
  });
  close();
  return lit;
}

/** Rows of the transitions of a track along an arrow. */
export function takenAlong(model: TraceModel, chart: ChartDrawing, track: number, edge: DrawnEdge): number[] {
  if (track === NONE) return [];
  const rows = model.tracks.transitions(track);
  const along: number[] = [];
  for (let i = 0; i < rows.length; i++) {
    const taken = takenAt(model, rows.at(i));
    if (isWithin(taken.from, edge.source) && edgeOf(chart, taken) === edge) along.push(rows.at(i));
  }
  return along;
}

/** A line as an SVG path with rounded corners. */
export function pathOf(line: readonly number[], radius = 6): string {
  const points = Array.from({ length: line.length / 2 }, (_, i): Point => [line[2 * i]!, line[2 * i + 1]!]);
  const corners = points.slice(1, -1).map((at, i) => {
    const [before, after] = [points[i]!, points[i + 2]!];
    return `L${towards(at, before, radius)}Q${at} ${towards(at, after, radius)}`;
  });
  return `M${points[0]}${corners.join('')}L${points.at(-1)}`;
}

type Point = readonly [number, number];

/** The point that lies `by` from `from` on the way to `to`, half-way at the most. */
function towards(from: Point, to: Point, by: number): Point {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const share = length === 0 ? 0 : Math.min(by / length, 0.5);
  return [Math.round((from[0] + dx * share) * 10) / 10, Math.round((from[1] + dy * share) * 10) / 10];
}

/** The head of an arrow at the end of a line. */
export function headOf(line: readonly number[], size = 4): string {
  const [x0, y0, x, y] = line.slice(-4) as [number, number, number, number];
  const angle = Math.atan2(y - y0, x - x0);
  const corner = (turn: number): Point => [
    Math.round((x - 2 * size * Math.cos(angle) + size * Math.cos(angle + turn)) * 10) / 10,
    Math.round((y - 2 * size * Math.sin(angle) + size * Math.sin(angle + turn)) * 10) / 10,
  ];
  return `M${x},${y}L${corner(Math.PI / 2)}L${corner(-Math.PI / 2)}Z`;
}
