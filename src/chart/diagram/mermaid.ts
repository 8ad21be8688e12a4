/** A chart in the language of Mermaid (stateDiagram-v2). What is an arrow and what a line in a box is `model.ts`'s. */
import type { Chart } from '../../../machines/event.ts';
import { type Diagram, type DiagramState, diagramOf } from './model.ts';
import { plain } from './text.ts';

/** Mermaid's text of a chart. Throws an Error when the chart is outside the subset. */
export function chartMermaid(chart: Chart): string {
  const diagram = diagramOf(chart);
  const lines = ['stateDiagram-v2', ...statesIn(diagram, undefined, '  ')];
  for (const { source, target, lines: labels } of diagram.edges) {
    lines.push(`  ${idOf(source)} --> ${idOf(target)} : ${labels.map(plain).join('<br/>')}`);
  }
  if (diagram.everywhere.length > 0) lines.push(...everywhere(diagram));
  return `${lines.join('\n')}\n`;
}

/** Mermaid's ids have no dots. */
function idOf(path: string): string {
  return path.replaceAll('.', '_');
}

/** The states within one, or at the top, nested ones first to be declared. */
function statesIn(diagram: Diagram, parent: string | undefined, indent: string): string[] {
  const states = diagram.states.filter((state) => state.parent === parent);
  const lines = states.flatMap((state) => stateLines(diagram, state, indent));
  for (const state of states) {
    if (state.initial) lines.push(`${indent}[*] --> ${idOf(state.path)}`);
    if (state.final) lines.push(`${indent}${idOf(state.path)} --> [*]`);
  }
  return lines;
}

function stateLines(diagram: Diagram, state: DiagramState, indent: string): string[] {
  const id = idOf(state.path);
  const said = state.lines.map(plain);
  if (state.compound) {
    const note = said.length === 0 ? [] : noteOn(id, said, indent);
    const title = id === state.name ? [] : [`${indent}state "${state.name}" as ${id}`];
    return [
      ...title,
      `${indent}state ${id} {`,
      ...statesIn(diagram, state.path, `${indent}  `),
      `${indent}}`,
      ...note,
    ];
  }
  const text = [state.name, ...said].join('<br/>');
  return [text === id ? `${indent}${id}` : `${indent}state "${text}" as ${id}`];
}

/** Mermaid gives a compound state no text of its own. */
function noteOn(id: string, said: readonly string[], indent: string): string[] {
  return [`${indent}note right of ${id}`, ...said.map((text) => `${indent}  ${text}`), `${indent}end note`];
}

/** What holds in every state is a note on the first one. */
function everywhere(diagram: Diagram): string[] {
  const [first] = diagram.states;
  if (first === undefined) return [];
  return noteOn(idOf(first.path), ['in every state:', ...diagram.everywhere.map(plain)], '  ');
}
