/**
 * The compiled engine: runs a chart from its table, one event to completion at a time.
 * What a transition does and in which order was settled by `compile.ts`; when a timer is due is the timers' business.
 */
import type { Chart, ChartEvent } from '../../machines/event.ts';
import type { Timer, TimerOwner } from '../time/timers.ts';
import type { ChartInstance, ChartListener, ChartScope, ChartSnapshot, Engine } from './chart.ts';
import { compile, leafAt, type Operation, type Plan, type Program } from './compile.ts';
import { checkDelay, endlessRun, RUN_LIMIT, reject } from './subset.ts';

/** What an action, guard or delay threw, boxed because it may be anything. */
interface Failure {
  readonly error: unknown;
}

class CompiledChart implements ChartInstance, TimerOwner {
  readonly instance: number;
  done: boolean;
  private busy = false;
  private leaf: number;
  private readonly program: Program;
  private readonly host: object;
  private readonly scope: ChartScope;
  /** By slot; made when first armed. */
  private timers: (Timer | undefined)[] | undefined = undefined;
  /** Events that wait for the one being handled. */
  private queue: number[] | undefined = undefined;

  constructor(program: Program, host: object, scope: ChartScope, instance: number, leaf: number) {
    this.program = program;
    this.host = host;
    this.scope = scope;
    this.instance = instance;
    this.leaf = leaf;
    this.done = program.leaves[leaf]!.done;
  }

  get chart(): Chart {
    return this.program.chart;
  }

  get state(): string {
    return this.program.leaves[this.leaf]!.path;
  }

  in(state: string): boolean {
    const { leaves, chart } = this.program;
    if (leaves[this.leaf]!.within.has(state)) return true;
    if (!leaves.some((leaf) => leaf.within.has(state)))
      reject(chart, undefined, `it has no state "${state}"`);
    return false;
  }

  send(event: ChartEvent): void {
    const { events, chart } = this.program;
    if (events[event.id] !== event) reject(chart, undefined, `"${event.type}" is not one of its events`);
    this.deliver(event.id);
  }

  timeout(timer: Timer): void {
    this.deliver(this.program.events.length + timer.slot);
  }

  stop(): void {
    if (this.done) return;
    this.finish();
    if (!this.busy) this.cancelAll(this.scope.listener);
  }

  snapshot(): ChartSnapshot {
    const timers = this.armed().map(({ slot, at, order }) => {
      return { delay: this.program.slots[slot]!.delay, deadline: at, order };
    });
    return { state: this.state, timers };
  }

  /** Arms the timers of a snapshot. */
  rearm(snapshot: ChartSnapshot): void {
    const { chart, leaves } = this.program;
    for (const { delay, deadline, order } of snapshot.timers) {
      const slot = leaves[this.leaf]!.slots.get(delay);
      if (slot === undefined) reject(chart, undefined, `state "${this.state}" has no timer "${delay}"`);
      this.scope.timers.armAt(this.timer(slot), deadline, order);
    }
  }

  /** Handles an event, and those sent meanwhile. */
  private deliver(id: number): void {
    if (this.done) return;
    if (this.busy) {
      this.queue ??= [];
      this.queue.push(id);
      return;
    }
    this.busy = true;
    let failure = this.step(id);
    if (this.queue !== undefined) failure ??= this.drain(this.queue);
    this.busy = false;
    if (this.done) this.cancelAll(this.scope.listener);
    if (failure !== undefined) this.scope.onError(failure.error, this);
  }

  private drain(queue: number[]): Failure | undefined {
    for (let next = 0; next < queue.length && !this.done; next += 1) {
      const failure = next < RUN_LIMIT ? this.step(queue[next]!) : this.endless();
      if (failure !== undefined) return failure;
    }
    this.queue = undefined;
    return undefined;
  }

  private endless(): Failure {
    this.finish();
    return { error: endlessRun(this.chart, this.state) };
  }

  private step(id: number): Failure | undefined {
    const { listener } = this.scope;
    const { plans, names, scratch } = this.program;
    const candidates = plans[this.leaf * names.length + id];
    if (listener !== undefined) return this.told(id, candidates, listener);
    if (candidates === undefined) return undefined;
    const base = scratch.top;
    try {
      const plan = this.select(candidates);
      if (plan === undefined) return undefined;
      const { operations } = plan;
      for (let i = 0; i < operations.length; i += 1) this.run(operations[i]!);
      this.enter(plan);
      if (scratch.top !== base) this.flush(base, undefined);
      return undefined;
    } catch (error) {
      return this.fail(error, base, undefined);
    }
  }

  /** A step with someone listening: the same, and each part of it told. */
  private told(
    id: number,
    candidates: readonly Plan[] | undefined,
    listener: ChartListener,
  ): Failure | undefined {
    const { names, leaves, scratch } = this.program;
    const name = names[id]!;
    const base = scratch.top;
    let failure: Failure | undefined;
    listener.fact(this, name);
    if (candidates === undefined) listener.unhandled(this, name);
    try {
      const plan = candidates === undefined ? undefined : this.select(candidates);
      if (plan !== undefined && !plan.ignores) {
        listener.transition(this, this.state, name, plan.guardName, leaves[plan.next]!.path);
        for (const operation of plan.operations) {
          if (operation.kind === 'action') listener.action(this, operation.name);
          this.run(operation);
        }
        this.enter(plan);
        this.flush(base, listener);
      }
    } catch (error) {
      failure = this.fail(error, base, listener);
    }
    listener.settled(this);
    return failure;
  }

  /** The first candidate without a guard, or whose guard passes. */
  private select(candidates: readonly Plan[]): Plan | undefined {
    const { args } = this.program.scratch;
    // Once is enough: guards only read, so no other instance runs in between.
    args.context.host = this.host;
    for (let i = 0; i < candidates.length; i += 1) {
      const plan = candidates[i]!;
      if (plan.guard === undefined || plan.guard(args)) return plan;
    }
    return undefined;
  }

  private run(operation: Operation): void {
    const { scratch, slots, chart } = this.program;
    const { slot } = operation;
    if (operation.kind === 'cancel') {
      this.defer(slot, -1);
      return;
    }
    // Set anew each time: the action before may have run another instance of this chart.
    scratch.args.context.host = this.host;
    const result = operation.call(scratch.args);
    if (slot >= 0) this.defer(slot, checkDelay(chart, slots[slot]!.state, operation.name, result));
  }

  private defer(slot: number, delay: number): void {
    const { scratch } = this.program;
    scratch.pending[scratch.top] = slot;
    scratch.pending[scratch.top + 1] = delay;
    scratch.top += 2;
  }

  private enter(plan: Plan): void {
    this.leaf = plan.next;
    if (plan.done) this.finish();
  }

  /** Arms and cancels at the end of a step, in the order of the exits and entries. */
  private flush(base: number, listener: ChartListener | undefined): void {
    const { scratch } = this.program;
    const { pending } = scratch;
    for (let i = base; i < scratch.top; i += 2) {
      const delay = pending[i + 1]!;
      if (delay < 0) this.cancel(this.timers?.[pending[i]!], listener);
      else this.arm(pending[i]!, delay, listener);
    }
    scratch.top = base;
  }

  private arm(slot: number, delay: number, listener: ChartListener | undefined): void {
    const timer = this.timer(slot);
    this.scope.timers.arm(timer, delay);
    listener?.timer(this, this.program.slots[slot]!.delay, 'armed', timer.at);
  }

  private cancel(timer: Timer | undefined, listener: ChartListener | undefined): void {
    if (timer === undefined || timer.at === Number.POSITIVE_INFINITY) return;
    const { at } = timer;
    this.scope.timers.cancel(timer);
    listener?.timer(this, this.program.slots[timer.slot]!.delay, 'cancelled', at);
  }

  private timer(slot: number): Timer {
    // Of its right size: an array that grows takes room for many more.
    this.timers ??= new Array<Timer | undefined>(this.program.slots.length).fill(undefined);
    let timer = this.timers[slot];
    if (timer === undefined) {
      timer = this.scope.timers.create(this, slot);
      this.timers[slot] = timer;
    }
    return timer;
  }

  /** The timers that run, in the order in which they were armed. */
  private armed(): Timer[] {
    const armed: Timer[] = [];
    for (const timer of this.timers ?? []) {
      if (timer !== undefined && timer.at !== Number.POSITIVE_INFINITY) armed.push(timer);
    }
    return armed.sort((a, b) => a.order - b.order);
  }

  private cancelAll(listener: ChartListener | undefined): void {
    if (this.timers === undefined) return;
    for (const timer of this.armed()) this.cancel(timer, listener);
  }

  private fail(error: unknown, base: number, listener: ChartListener | undefined): Failure {
    this.program.scratch.top = base;
    this.finish();
    this.cancelAll(listener);
    return { error };
  }

  private finish(): void {
    this.done = true;
    this.queue = undefined;
  }
}

/** Runs charts from transition tables: the default, for speed and for many connections. */
export const compiledEngine: Engine = {
  name: 'compiled',
  check(chart) {
    compile(chart);
  },
  start(chart, host, scope, instance) {
    const program = compile(chart);
    return new CompiledChart(program, host, scope, instance, program.initial);
  },
  restore(chart, host, scope, instance, snapshot) {
    const program = compile(chart);
    const leaf = leafAt(program, snapshot.state);
    const restored = new CompiledChart(program, host, scope, instance, leaf);
    restored.rearm(snapshot);
    return restored;
  },
};
