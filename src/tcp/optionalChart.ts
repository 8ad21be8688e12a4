/** Hosts of charts that exist once there is something to decide: most connections never need most of them. */
import type { Chart, ChartEvent } from '../../machines/event.ts';
import type { ChartInstance } from '../chart/chart.ts';
import type { Connection } from './connection.ts';

export abstract class OptionalChart {
  #chart: ChartInstance | undefined;
  protected readonly c: Connection;

  constructor(connection: Connection) {
    this.c = connection;
  }

  protected abstract get kind(): Chart;

  /** The state to name as long as there is no chart. */
  protected abstract get initial(): string;

  get chart(): ChartInstance | undefined {
    return this.#chart;
  }

  get state(): string {
    return this.#chart?.state ?? this.initial;
  }

  /** Tells the chart, which begins with that if it is not there. */
  protected tell(event: ChartEvent): void {
    this.#chart ??= this.c.startChart(this.kind, this);
    this.#chart.send(event);
  }

  /** Tells the chart if it is there. */
  protected mention(event: ChartEvent): void {
    this.#chart?.send(event);
  }

  /** Takes up the chart again where a snapshot left it. */
  protected restoreChart(): void {
    if (this.c.restores(this.kind.name)) this.#chart = this.c.startChart(this.kind, this);
  }

  close(): void {
    this.#chart?.stop();
  }
}
