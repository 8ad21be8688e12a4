/** Pictures of the charts: complete, legible, and the same as the generated files in the repository. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { setup } from 'xstate';
import { defineChart, defineEvents } from '../../machines/event.ts';
import { charts } from '../../machines/index.ts';
import { generate, stale } from '../../scripts/charts.ts';
import { geometry } from '../../src/chart/diagram/geometry.ts';
import { chartJson, chartMermaid, chartSvg } from '../../src/chart/diagram/index.ts';
import { type Box, boxSize, labelSize, type Placed } from '../../src/chart/diagram/measure.ts';
import { type DiagramEdge, type DiagramState, diagramOf, edgeKey } from '../../src/chart/diagram/model.ts';
import { chartTable } from '../../src/chart/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function overlap([x1, y1, w1, h1]: Box, [x2, y2, w2, h2]: Box): boolean {
  return x1 < x2 + w2 && x2 < x1 + w1 && y1 < y2 + h2 && y2 < y1 + h1;
}

function holds([x, y, width, height]: Box, [x2, y2, w2, h2]: Box): boolean {
  return x2 >= x && y2 >= y && x2 + w2 <= x + width && y2 + h2 <= y + height;
}

/** The straight pieces of an arrow, as boxes without width. */
function piecesOf(line: readonly number[]): Box[] {
  const pieces: Box[] = [];
  for (let i = 0; i + 3 < line.length; i += 2) {
    const [x1, y1, x2, y2] = line.slice(i, i + 4) as [number, number, number, number];
    pieces.push([Math.min(x1, x2), Math.min(y1, y2), Math.abs(x1 - x2), Math.abs(y1 - y2)]);
  }
  return pieces;
}

test('the generated files are up to date (npm run charts)', async () => {
  expect(await stale(ROOT)).toEqual([]);
});

test('drawing again gives the same bytes', async () => {
  expect([...(await generate(ROOT))]).toEqual([...(await generate(ROOT))]);
});

describe.each(Object.entries(charts))('the picture of %s', (name, chart) => {
  const diagram = diagramOf(chart);
  const placed = geometry[name] as Placed;
  const simple = diagram.states.filter(({ compound }) => !compound);
  const boxOf = ({ path }: DiagramState) => placed.boxes[path] as Box;
  const edgeOf = ({ source, target }: DiagramEdge) =>
    placed.edges[edgeKey(source, target)] as { line: readonly number[]; label: Box };

  test('has all states, each as big as its text, none over another', () => {
    const boxes = simple.map(boxOf);
    simple.forEach((state, i) => {
      const [, , width, height] = boxes[i] as Box;
      expect([width, height]).toEqual(boxSize(state));
    });
    boxes.forEach((box, i) => {
      for (const other of boxes.slice(i + 1)) expect(overlap(box, other)).toBe(false);
    });
    for (const state of diagram.states) {
      if (state.parent !== undefined)
        expect(holds(placed.boxes[state.parent] as Box, boxOf(state))).toBe(true);
      expect(holds([0, 0, ...placed.size], boxOf(state))).toBe(true);
    }
  });

  test('has all arrows; their labels lie over no state and no other label', () => {
    const labels = diagram.edges.map((edge) => edgeOf(edge).label);
    diagram.edges.forEach((edge, i) => {
      const label = labels[i] as Box;
      expect(label.slice(2)).toEqual(labelSize(edge));
      for (const state of simple) expect(overlap(label, boxOf(state))).toBe(false);
      for (const other of labels.slice(i + 1)) expect(overlap(label, other)).toBe(false);
      expect(holds([0, 0, ...placed.size], label)).toBe(true);
    });
  });

  test('leads no arrow through a state, a list of lines or the label of another arrow', () => {
    const lists = Object.entries(placed.boxes).filter(([key]) => key.endsWith('/lines'));
    for (const edge of diagram.edges) {
      for (const piece of piecesOf(edgeOf(edge).line)) {
        for (const state of simple)
          expect(overlap(piece, boxOf(state)), edgeKey(edge.source, edge.target)).toBe(false);
        for (const [, list] of lists) expect(overlap(piece, list)).toBe(false);
        for (const other of diagram.edges) {
          if (other !== edge)
            expect(overlap(piece, edgeOf(other).label), edgeKey(edge.source, edge.target)).toBe(false);
        }
      }
    }
  });

  test.each([
    ['SVG', chartSvg],
    ['Mermaid', chartMermaid],
  ] as const)('says every event, guard, action and state in %s, and nothing that is ignored', (_, draw) => {
    const text = draw(chart).replace(/<style>[\s\S]*<\/style>/, '');
    const { transitions, states } = chartTable(chart);
    for (const { event, guard, actions } of transitions) {
      expect(text).toContain(event.replace('after.', 'after '));
      if (guard !== undefined) expect(text).toContain(`[${guard}]`);
      for (const action of actions) expect(text).toContain(action);
    }
    for (const { path } of states) expect(text).toContain(path.split('.').at(-1));
  });

  test('counts each transition once, as an arrow or as a line', () => {
    const lines = [
      ...diagram.everywhere,
      ...diagram.states.flatMap((state) => state.lines),
      ...diagram.edges.flatMap((edge) => edge.lines),
    ];
    const { transitions, states } = chartTable(chart);
    const doings =
      states.filter(({ entry }) => entry.length > 0).length +
      states.filter(({ exit }) => exit.length > 0).length;
    const events = lines.reduce((sum, line) => sum + line.events.length, 0);
    expect(events).toBe(transitions.length + doings);
  });

  test('is well-formed, in dark and light', () => {
    const svg = chartSvg(chart);
    const open = [...svg.matchAll(/<([a-z]+)\b(?:[^>]*[^/>])?>/g)].map(([, tag]) => tag as string).sort();
    const closed = [...svg.matchAll(/<\/([a-z]+)>/g)].map(([, tag]) => tag as string).sort();
    expect(open).toEqual(closed);
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  test('is plain data as JSON', () => {
    const data = chartJson(chart);
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });
});

/** A chart of somebody else's. */
function otherChart(id: string) {
  const types = { context: {} as { host: object }, input: {} as object, events: {} as { type: 'go' } };
  const machine = setup({ types }).createMachine({
    id,
    context: ({ input }) => ({ host: input }),
    initial: 'here',
    states: { here: { on: { go: { target: 'there' } } }, there: { on: { go: {} } } },
  });
  return defineChart(id, machine, defineEvents('go'));
}

test('there is no picture of a chart that was not laid out, and the error says what to do', () => {
  expect(chartMermaid(otherChart('mine'))).toContain('here --> there : go');
  expect(() => chartSvg(otherChart('mine'))).toThrow(/"mine".*npm run charts/);
  expect(() => chartSvg(otherChart('toString'))).toThrow(/no picture/);
  // One of ours, changed: what is new has no place.
  expect(() => chartSvg(otherChart('growth'))).toThrow(/no place for .*npm run charts/);
});
