/**
 * One plot by uPlot: made once, told of new data, size and colours. Where the moment is, is a line above it, so that a
 * moving cursor draws nothing anew.
 */
import uPlot from 'uplot';
import { type Colours, colours, FONT } from '../../draw/colours.ts';
import { logTicks, tickStep, ticks, tickTime } from '../../draw/ticks.ts';
import { timeScale } from '../../draw/timeAxis.ts';
import { axisText, type PanelAbout, type PanelData, type PlotLine } from './panels.ts';

/** Width of the value axis, px: the same for all, so that times stand above each other. */
export const AXIS = 68;
/** Height of the time axis, px. */
const TIME_AXIS = 22;
/** Opacity of an area, as the end of a colour. */
export const AREA = '38';
/** Room above and at the right, px. */
const PADDING = 8;

export interface PlotShown {
  readonly data: PanelData;
  readonly span: readonly [number, number];
  readonly width: number;
  readonly height: number;
  readonly unit: number;
}

export class Plot {
  readonly #uplot: uPlot;
  readonly #about: PanelAbout;
  #shown: PlotShown;
  readonly #moment = document.createElement('div');
  readonly #pointed = document.createElement('div');

  /** `timed`: it has the time axis. */
  constructor(about: PanelAbout, shown: PlotShown, timed: boolean, into: HTMLElement) {
    this.#about = about;
    this.#shown = shown;
    const { width, height } = shown;
    this.#uplot = new uPlot(
      {
        ...{ width, height },
        padding: [PADDING, PADDING, timed ? 0 : PADDING, 0],
        legend: { show: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [...this.#shown.span] },
          y: { range: () => [...this.#shown.data.range], distr: shown.data.log ? 3 : 1 },
        },
        axes: [this.#timeAxis(timed), this.#valueAxis()],
        series: [{}, ...about.lines.map((line) => seriesOf(line, isDense(shown.data, width)))],
      },
      aligned(shown.data),
      into,
    );
    this.#moment.className = 'now';
    this.#pointed.className = 'hover';
    this.#uplot.over.append(this.#pointed, this.#moment);
  }

  /** The element that the pointer moves over. */
  get over(): HTMLElement {
    return this.#uplot.over;
  }

  show(shown: PlotShown): void {
    const { width, height } = this.#shown;
    this.#shown = shown;
    if (width !== shown.width || height !== shown.height) this.#uplot.setSize(shown);
    this.#uplot.setData(aligned(shown.data));
  }

  /** The theme has changed. */
  redraw(): void {
    this.#uplot.redraw(false, true);
  }

  /** Where the moment is, and what is pointed at, us. */
  moveTo(t: number, pointed: number | undefined): void {
    this.#place(this.#moment, t);
    this.#place(this.#pointed, pointed);
  }

  destroy(): void {
    this.#uplot.destroy();
  }

  #place(element: HTMLElement, t: number | undefined): void {
    const [from, to] = this.#shown.span;
    const inside = t !== undefined && t >= from && t <= to;
    element.hidden = !inside;
    // uPlot draws a moment later, so that its own scale may still be the one before.
    const x = timeScale(from, to, 0, this.#shown.width - AXIS - PADDING);
    if (inside) element.style.transform = `translateX(${x.x(t)}px)`;
  }

  #timeAxis(timed: boolean): uPlot.Axis {
    return {
      size: timed ? TIME_AXIS : 0,
      font: FONT.small,
      stroke: () => colours().dim,
      grid: { stroke: () => colours().grid, width: 1 },
      ticks: { show: false },
      gap: 5,
      splits: () => {
        const [from, to] = this.#shown.span;
        return ticks(from, to, this.#timeTicks());
      },
      values: (_plot, splits) => {
        if (!timed) return splits.map(() => '');
        const [from, to] = this.#shown.span;
        const step = tickStep(to - from, this.#timeTicks());
        // What would be cut off at the right is left out
        const last = to - (EDGE * (to - from)) / (this.#shown.width - AXIS);
        return splits.map((t) => (t > last ? '' : tickTime(t, step)));
      },
    };
  }

  #timeTicks(): number {
    return Math.max(2, (this.#shown.width - AXIS) / 110);
  }

  #valueAxis(): uPlot.Axis {
    return {
      size: AXIS,
      font: FONT.small,
      stroke: () => colours().dim,
      grid: { stroke: () => colours().grid, width: 1 },
      ticks: { show: false },
      gap: 6,
      // Left to itself a logarithmic axis names powers of ten alone.
      filter: (_plot, splits) => splits,
      splits: () => valueTicks(this.#shown.data, this.#shown.height),
      values: (_plot, splits) => splits.map((value) => axisText(this.#about.id, value, this.#shown.unit)),
    };
  }
}

/** Half of a time's text, px. */
const EDGE = 20;

/** Round values on the value axis. */
export function valueTicks({ range: [from, to], log }: PanelData, height: number): number[] {
  return log ? logTicks(from, to) : ticks(from, to, Math.max(2, height / 38));
}

function aligned({ lines }: PanelData): uPlot.AlignedData {
  return [[...lines.times], ...lines.values.map((line) => [...line])];
}

const stepped = uPlot.paths.stepped!({ align: 1 });

/** So many samples that dots of the usual size would run together. */
export function isDense({ samples }: PanelData, width: number): boolean {
  return samples.length > width / 4;
}

function seriesOf(line: PlotLine, dense: boolean): uPlot.Series {
  const stroke = (): string => colourOf(line, colours());
  if (line.shape !== 'disc' && line.shape !== 'ring')
    return {
      ...{ stroke, width: line.width, dash: [...line.dash], paths: stepped },
      ...(line.shape === 'box' && { fill: () => `${stroke()}${AREA}` }),
      points: { show: false },
    };
  const fill = (): string => (line.shape === 'disc' ? stroke() : colours().panel);
  return {
    stroke,
    width: 0,
    paths: () => null,
    points: { show: true, size: dense ? 2.5 : 6, width: dense ? 1 : 1.4, stroke, fill },
  };
}

export function colourOf(line: PlotLine, own: Colours): string {
  return own[line.colour as keyof Colours];
}
