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
  labelLines,
  LEADING,
  MARGIN,
  type Placed,
  TITLE,
} from './measure.ts';
import { type Diagram, type DiagramEdge, type DiagramState, edgeKey } from './model.ts';
import type { Printed } from './text.ts';

const RADIUS = 8;
/** Corners of arrows. */
const BEND = 6;

const STYLE = `
:root{--ground:#fff;--box:#f6f8fa;--group:#fbfcfd;--line:#8c959f;--text:#1f2328;--dim:#57606a;--event:#0a3069;--guard:#8250df;--action:#116329}
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--box:#1c232c;--group:#12181f;--line:#6e7b8a;--text:#e6edf3;--dim:#8b949e;--event:#c9dcf5;--guard:#d2a8ff;--action:#7ee787}}
text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:var(--dim)}
.ground{fill:var(--ground)}.box{fill:var(--box);stroke:var(--line)}.group{fill:var(--group);stroke:var(--line);stroke-dasharray:4 3}
.inner{fill:none;stroke:var(--line)}.rule{stroke:var(--line);opacity:.5}.dot,.head{fill:var(--line)}.arrow{fill:none;stroke:var(--line);stroke-width:1.3}
.label{fill:var(--ground);opacity:.93}.title{font-size:13px;font-weight:700;fill:var(--text)}.event{font-weight:600;fill:var(--event)}
.guard{fill:var(--guard)}.action{fill:var(--action)}.target{fill:var(--text)}
`;

/** The picture. Throws an Error when a state or an arrow has no place: then `npm run charts` has to be run. */
export function drawSvg(diagram: Diagram, placed: Placed): string {
  const [width, height] = placed.size;
  const compound = diagram.states.filter((state) => state.compound);
  const simple = diagram.states.filter((state) => !state.compound);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(`statechart ${diagram.name}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="${RADIUS}"/>`,
    ...heading(diagram),
    ...compound.map((state) => drawGroup(state, boxOf(placed, state.path))),
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
  const parts = [`<text class="title" x="${2 * MARGIN}" y="${MARGIN + 16}">${escape(diagram.name)}</text>`];
  const lines = headLines(diagram);
  if (lines.length === 0) return parts;
  parts.push(`<text x="${2 * MARGIN}" y="${MARGIN + TITLE + 8}">in every state:</text>`);
  return [...parts, ...text(lines, 2 * MARGIN, MARGIN + TITLE + 8 + LEADING)];
}

function drawGroup(state: DiagramState, [x, y, width, height]: Box): string {
  return [
    `<rect class="group" x="${x}" y="${y}" width="${width}" height="${height}" rx="${RADIUS}"/>`,
    `<text class="title" x="${x + MARGIN}" y="${y + 19}">${escape(state.name)}</text>`,
    ...text(boxLines(state), x + MARGIN, y + TITLE + 11),
  ].join('\n');
}

function drawState(state: DiagramState, [x, y, width, height]: Box): string {
  const middle = x + width / 2;
  const lines = boxLines(state);
  const parts = [
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="${RADIUS}"/>`,
    `<text class="title" text-anchor="middle" x="${middle}" y="${y + 20}">${escape(state.name)}</text>`,
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
    const spans = pieces.map(({ kind, text }) => `<tspan class="${kind}">${escape(text)}</tspan>`);
    return `<text xml:space="preserve" x="${x}" y="${y + i * LEADING}">${spans.join('')}</text>`;
  });
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

