/** Pictures of charts: as plain data, as Mermaid's text, as SVG. */
import type { Chart } from '../../../machines/event.ts';
import { type ChartTable, chartTable } from '../table.ts';
import { geometry } from './geometry.ts';
import { diagramOf } from './model.ts';
import { drawSvg } from './svg.ts';

export { chartMermaid } from './mermaid.ts';

/** A chart as plain data that JSON can hold: states, transitions, what is ignored. */
export function chartJson(chart: Chart): ChartTable {
  return chartTable(chart);
}

/**
 * A chart as an SVG picture, in dark or light as the reader has it.
 * @throws Error for a chart that was not laid out (only the project's own are) or that has changed since
 */
export function chartSvg(chart: Chart): string {
  const placed = Object.hasOwn(geometry, chart.name) ? geometry[chart.name] : undefined;
  if (placed === undefined)
    throw new Error(`there is no picture of chart "${chart.name}": run 'npm run charts'`);
  return drawSvg(diagramOf(chart), placed);
}
