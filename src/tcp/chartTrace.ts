/**
 * Tells the trace what charts do, with what caused what; and, in tests, refuses events that a chart neither handles
 * nor deliberately ignores.
 */
import type { ChartInstance, ChartListener } from '../chart/chart.ts';
import type { TraceBody } from '../trace/event.ts';
import type { Trace } from '../trace/trace.ts';

/** Whose charts they are, and on whose clock. */
export interface ChartOwner {
  /** As it is called in the trace. */
  readonly name: string;
  readonly trace: Trace | undefined;
  /** us */
  now(): number;
}

export class ChartTrace implements ChartListener {
  protected readonly owner: ChartOwner;
  protected readonly connection: number;
  readonly #strict: boolean;
  /** For each event being handled: what was the cause before it, and the transition its actions follow from. */
  readonly #before: number[] = [];
  readonly #transitions: number[] = [];

  /** `connection`: its number, 0 for charts that belong to none. */
  constructor(owner: ChartOwner, connection: number, strict = false) {
    this.owner = owner;
    this.connection = connection;
    this.#strict = strict;
  }

  fact(chart: ChartInstance, event: string): void {
    this.#before.push(this.cause);
    this.follow({ kind: 'fact', ...this.#names(chart), event });
    this.#transitions.push(this.cause);
  }

  transition(chart: ChartInstance, from: string, event: string, guard: string | undefined, to: string): void {
    const passed = guard === undefined ? {} : { guard };
    this.follow({ kind: 'transition', ...this.#names(chart), from, event, ...passed, to });
    this.#transitions[this.#transitions.length - 1] = this.cause;
  }

  action(chart: ChartInstance, action: string): void {
    this.cause = this.#transitions[this.#transitions.length - 1] as number;
    this.follow({ kind: 'action', ...this.#names(chart), action });
  }

  timer(chart: ChartInstance, delay: string, change: 'armed' | 'cancelled', deadline: number): void {
    this.add({ kind: 'timer', ...this.#names(chart), delay, change, deadline });
  }

  unhandled(chart: ChartInstance, event: string): void {
    if (!this.#strict) return;
    throw new Error(`chart ${chart.chart.name}, state ${chart.state}: event ${event} is not handled`);
  }

  settled(_chart: ChartInstance): void {
    this.#transitions.pop();
    this.cause = this.#before.pop() ?? 0;
  }

  /** The event that what happens now follows from. */
  protected get cause(): number {
    return this.owner.trace?.cause ?? 0;
  }

  protected set cause(n: number) {
    if (this.owner.trace !== undefined) this.owner.trace.cause = n;
  }

  protected add(body: TraceBody): number {
    return this.owner.trace?.add(this.owner.name, this.owner.now(), body) ?? 0;
  }

  /** Records an event that what comes next follows from. */
  protected follow(body: TraceBody): void {
    this.cause = this.add(body);
  }

  #names(chart: ChartInstance): { connection: number; chart: string; instance: number } {
    return { connection: this.connection, chart: chart.chart.name, instance: chart.instance };
  }
}
