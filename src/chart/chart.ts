/**
 * What both engines offer: start a chart for a host, send it events, read its state, keep and restore it.
 * `compiled.ts` runs a chart from a transition table, `interpreted.ts` as an XState actor; nothing else knows which.
 */
import type { Chart, ChartEvent } from '../../machines/event.ts';
import type { Timers } from '../time/timers.ts';

/** A transition taken, a fact heard, an action about to run, a timer armed: what a chart tells who listens. */
export interface ChartListener {
  /** An event was sent to the chart (also one that a timer sent), before it is looked at. */
  fact(chart: ChartInstance, event: string): void;
  /** The event is handled: called before its actions run. `to` equals `from` when the state stays. */
  transition(chart: ChartInstance, from: string, event: string, guard: string | undefined, to: string): void;
  /** An action is about to run. */
  action(chart: ChartInstance, action: string): void;
  /** A timer was armed for the absolute time `deadline` (us), or cancelled before it ran out. */
  timer(chart: ChartInstance, delay: string, change: 'armed' | 'cancelled', deadline: number): void;
  /** The event is neither handled nor deliberately ignored in the state the chart is in. */
  unhandled(chart: ChartInstance, event: string): void;
  /** The listener calls above for one event are done (the actions have run). */
  settled(chart: ChartInstance): void;
}

/** A timer of a chart, as plain data: the name of its delay, when it is due (us), its place among equal deadlines. */
export interface TimerSnapshot {
  readonly delay: string;
  readonly deadline: number;
  readonly order: number;
}

/** A chart as plain data. */
export interface ChartSnapshot {
  readonly state: string;
  readonly timers: readonly TimerSnapshot[];
}

/** A running chart. */
export interface ChartInstance {
  readonly chart: Chart;
  /** Which of its kind: its number within the endpoint, the same in both engines. */
  readonly instance: number;
  /** The leaf it is in, its path joined by dots. During a transition it still names the old one. */
  readonly state: string;
  /** True once a top-level final state was reached, or `stop` was called: events are then ignored. */
  readonly done: boolean;
  /** Handles an event to completion; one sent while another is handled waits for it. */
  send(event: ChartEvent): void;
  /** Is the chart in this state, or in one within it? */
  in(state: string): boolean;
  /** Cancels the timers and goes silent; no exit action runs. */
  stop(): void;
  snapshot(): ChartSnapshot;
}

/** What an engine needs to start a chart. Its `listener` is asked for at each event, so that tracing can start late. */
export interface ChartScope {
  readonly timers: Timers;
  listener: ChartListener | undefined;
  /** An action or guard threw: the chart has kept its old state. */
  onError(error: unknown, chart: ChartInstance): void;
}

export type EngineName = 'compiled' | 'xstate';

/** One of the two engines. */
export interface Engine {
  readonly name: EngineName;
  /** Checks that a chart keeps to the subset; throws an error that names the chart and the state. */
  check(chart: Chart): void;
  start<Host extends object>(
    chart: Chart<Host>,
    host: Host,
    scope: ChartScope,
    instance: number,
  ): ChartInstance;
  /** A chart as it was when the snapshot was made; its timers keep their deadlines and their order. */
  restore<Host extends object>(
    chart: Chart<Host>,
    host: Host,
    scope: ChartScope,
    instance: number,
    snapshot: ChartSnapshot,
  ): ChartInstance;
}
