/**
 * A chart as a picture in SVG, drawn from places that were worked out before. Dark or light as the reader has it; what is
 * drawn where is decided by `model.ts` and `geometry.ts`.
 */
import {
  type Box,
  boxLines,
  DOT,
  FONT,
  headLines,
  initialName,
  LEADING,
  labelLines,
  linesName,
  MARGIN,
  type Placed,
  TITLE,
} from './measure.ts';
import { type Diagram, type DiagramEdge, type DiagramState, edgeKey } from './model.ts';
import type { Printed } from './text.ts';

const RADIUS = 8;
/** Corners of arrows. */
const BEND = 6;

/** Classes and their colours: light, dark. */
const COLOURS: readonly (readonly [string, 'fill' | 'stroke', string, string])[] = [
  ['.ground,.label', 'fill', '#ffffff', '#0d1117'],
  ['.box', 'fill', '#f6f8fa', '#1c232c'],
  ['.box,.group,.inner,.rule,.arrow', 'stroke', '#8c959f', '#6e7b8a'],
  ['.dot,.head', 'fill', '#8c959f', '#6e7b8a'],
  ['text', 'fill', '#57606a', '#8b949e'],
  ['.title,.target', 'fill', '#1f2328', '#e6edf3'],
  ['.event', 'fill', '#0a3069', '#c9dcf5'],
  ['.guard', 'fill', '#8250df', '#d2a8ff'],
  ['.action', 'fill', '#116329', '#7ee787'],
];

function rules(dark: boolean): string {
  return COLOURS.map(([names, what, light, night]) => `${names}{${what}:${dark ? night : light}}`).join('');
}

// No CSS variables: many programs that show SVG do not know them.
const STYLE = [
  `text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}`,
  '.title{font-size:13px;font-weight:700}.event{font-weight:600}.label{opacity:.93}.rule{opacity:.5}',
  '.group,.inner,.arrow{fill:none}.arrow{stroke-width:1.3}.group{stroke-dasharray:4 3}',
  rules(false),
  `@media (prefers-color-scheme:dark){${rules(true)}}`,
].join('\n');

/** The picture. Throws an Error when a state or an arrow has no place: then `npm run charts` has to be run. */
export function drawSvg(diagram: Diagram, placed: Placed): string {
  const [width, height] = placed.size;
  const compound = diagram.states.filter((state) => state.compound);
  const simple = diagram.states.filter((state) => !state.compound);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${xml(`statechart ${diagram.name}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="${RADIUS}"/>`,
    ...heading(diagram),
    ...compound.map((state) => drawGroup(placed, state)),
    ...diagram.edges.map((edge) => drawArrow(lineOf(placed, edgeKey(edge.source, edge.target)))),
    ...diagram.states.filter(({ initial }) => initial).map((state) => drawInitial(placed, state)),
    ...simple.map((state) => drawState(state, boxOf(placed, state.path))),
    ...diagram.edges.map((edge) => drawLabel(placed, edge)),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function missing(what: string): Error {
  return new Error(`the picture has no place for ${what}: run 'npm run charts'`);
}

function boxOf(placed: Placed, name: string): Box {
  const box = placed.boxes[name];
  if (box === undefined) throw missing(`state ${name}`);
  return box;
}

function lineOf(placed: Placed, name: string): readonly number[] {
  const edge = placed.edges[name];
  if (edge === undefined) throw missing(`arrow ${name}`);
  return edge.line;
}

function heading(diagram: Diagram): string[] {
  const parts = [`<text class="title" x="${2 * MARGIN}" y="${MARGIN + 16}">${xml(diagram.name)}</text>`];
  const lines = headLines(diagram);
  if (lines.length === 0) return parts;
  parts.push(`<text x="${2 * MARGIN}" y="${MARGIN + TITLE + 8}">in every state:</text>`);
  return [...parts, ...text(lines, 2 * MARGIN, MARGIN + TITLE + 8 + LEADING)];
}

function drawGroup(placed: Placed, state: DiagramState): string {
  const [x, y, width, height] = boxOf(placed, state.path);
  const parts = [
    `<rect class="group" x="${x}" y="${y}" width="${width}" height="${height}" rx="${RADIUS}"/>`,
    `<text class="title" x="${x + MARGIN}" y="${y + 19}">${xml(state.name)}</text>`,
  ];
  if (state.lines.length > 0) {
    const [left, top] = boxOf(placed, linesName(state.path));
    parts.push(...text(boxLines(state), left, top + 11));
  }
  return parts.join('\n');
}

function drawState(state: DiagramState, [x, y, width, height]: Box): string {
  const middle = x + width / 2;
  const lines = boxLines(state);
  const parts = [
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="${RADIUS}"/>`,
    `<text class="title" text-anchor="middle" x="${middle}" y="${y + 20}">${xml(state.name)}</text>`,
  ];
  if (state.final) {
    parts.splice(
      1,
      0,
      `<rect class="inner" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="${RADIUS - 3}"/>`,
    );
  }
  if (lines.length > 0) {
    parts.push(`<path class="rule" d="M${x} ${y + TITLE}H${x + width}"/>`);
    parts.push(...text(lines, x + MARGIN, y + TITLE + LEADING));
  }
  return parts.join('\n');
}

function drawInitial(placed: Placed, state: DiagramState): string {
  const name = initialName(state.parent);
  const [x, y] = boxOf(placed, name);
  const dot = `<circle class="dot" cx="${x + DOT / 2}" cy="${y + DOT / 2}" r="${DOT / 2 - 1}"/>`;
  return `${dot}\n${drawArrow(lineOf(placed, name))}`;
}

/** A line with rounded corners and a head. */
function drawArrow(line: readonly number[]): string {
  const points: [number, number][] = [];
  for (let i = 0; i + 1 < line.length; i += 2) points.push([line[i] as number, line[i + 1] as number]);
  const [first, ...rest] = points as [[number, number], ...[number, number][]];
  const path = rest.map((point, i) => {
    const next = rest[i + 1];
    return next === undefined ? `L${point}` : bend(points[i] as [number, number], point, next);
  });
  const before = points.at(-2) as [number, number];
  const last = points.at(-1) as [number, number];
  return `<path class="arrow" d="M${first}${path.join('')}"/>\n<path class="head" d="${head(before, last)}"/>`;
}

function bend(before: [number, number], at: [number, number], after: [number, number]): string {
  return `L${towards(at, before, BEND)}Q${at} ${towards(at, after, BEND)}`;
}

/** The point that lies `by` from `from` on the way to `to`, half-way at the most. */
function towards(from: [number, number], to: [number, number], by: number): string {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const length = Math.abs(dx) + Math.abs(dy);
  const share = length === 0 ? 0 : Math.min(by / length, 0.5);
  return `${round(from[0] + dx * share)},${round(from[1] + dy * share)}`;
}

function head([x0, y0]: [number, number], [x, y]: [number, number]): string {
  const dx = Math.sign(x - x0);
  const dy = Math.sign(y - y0);
  const [bx, by] = [x - dx * 8, y - dy * 8];
  return `M${x},${y}L${bx - dy * 4},${by - dx * 4}L${bx + dy * 4},${by + dx * 4}Z`;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

function drawLabel(placed: Placed, edge: DiagramEdge): string {
  const name = edgeKey(edge.source, edge.target);
  const box = placed.edges[name]?.label;
  if (box === undefined) throw missing(`the label of ${name}`);
  const [x, y, width, height] = box;
  return [
    `<rect class="label" x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>`,
    ...text(labelLines(edge), x + 4, y + 13),
  ].join('\n');
}

/** Lines of text, the first one's base at `y`. */
function text(lines: readonly Printed[], x: number, y: number): string[] {
  return lines.map((pieces, i) => {
    const spans = pieces.map(({ kind, text }) => `<tspan class="${kind}">${xml(text)}</tspan>`);
    return `<text xml:space="preserve" x="${x}" y="${y + i * LEADING}">${spans.join('')}</text>`;
  });
}

function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
