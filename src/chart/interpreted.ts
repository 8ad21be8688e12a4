/**
 * The interpreted engine: runs each chart as an XState actor, so that XState's own tools see it.
 * XState decides what happens; here is told what it will do, in the words of `ChartListener`, and its delayed events
 * wait in our timers. Slower than `compiled.ts` and the same in everything that can be observed.
 */
import { type Actor, type AnyStateMachine, createActor, type InspectionEvent, type Observer } from 'xstate';
import type { Chart, ChartEvent } from '../../machines/event.ts';
import type { Timer, TimerOwner } from '../time/timers.ts';
import type { ChartInstance, ChartListener, ChartScope, ChartSnapshot, Engine } from './chart.ts';
import { type Prepared, pathOf, prepare, type Runner, snapshotIn } from './prepare.ts';
import { afterEvent, delaysOf, endlessRun, leafOf, RUN_LIMIT, reject } from './subset.ts';

/** What XState's inspectors take: see XState's `inspect` option of an actor. */
export type Inspect = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

export interface InterpretedOptions {
  /** Told of everything that happens in every actor. */
  readonly inspect?: Inspect;
}

/** One delayed event of XState, waiting in our timers. */
class DelayedEvent implements TimerOwner {
  readonly delay: string;
  /** Has XState send the event. */
  readonly send: () => void;
  readonly timer: Timer;
  private readonly chart: InterpretedChart;

  constructor(chart: InterpretedChart, delay: string, send: () => void) {
    this.chart = chart;
    this.delay = delay;
    this.send = send;
    this.timer = chart.scope.timers.create(this, 0);
  }

  timeout(): void {
    this.chart.deliver(this);
  }
}

class InterpretedChart implements ChartInstance, Runner {
  readonly instance: number;
  readonly scope: ChartScope;
  /** Who listens to the event being handled. */
  listener: ChartListener | undefined = undefined;
  /** The delays evaluated in this step: XState hands on their lengths, not their names. */
  readonly evaluated: string[] = [];
  /** What an action, guard or delay threw, before XState wraps it into an error of its own. */
  thrown: { readonly error: unknown } | undefined = undefined;
  private readonly prepared: Prepared;
  private readonly actor: Actor<AnyStateMachine>;
  private readonly armed = new Set<DelayedEvent>();
  private readonly queue: (ChartEvent | DelayedEvent)[] = [];
  private busy = false;
  private stopped = false;
  /** The timer being restored, instead of armed anew. */
  private restoring: { readonly deadline: number; readonly order: number } | undefined = undefined;

  constructor(
    prepared: Prepared,
    host: object,
    scope: ChartScope,
    instance: number,
    inspect: Inspect | undefined,
    state = leafOf(prepared.machine.root).path.join('.'),
  ) {
    this.prepared = prepared;
    this.scope = scope;
    this.instance = instance;
    this.actor = createActor(prepared.machine, {
      input: host,
      clock: {
        setTimeout: (send: () => void, delay: number) => this.schedule(send, delay),
        clearTimeout: (event: DelayedEvent) => this.unschedule(event),
      },
      ...(inspect === undefined ? {} : { inspect }),
      // Not by XState's own way to the initial state: it assigns the context, and warns of that within an action
      snapshot: snapshotIn(prepared, state, host),
    });
    // Without an observer XState would throw the error again, from a timeout.
    this.actor.subscribe({
      error: (error: unknown) => {
        this.thrown ??= { error };
      },
    });
    this.actor.start();
  }

  get chart(): Chart {
    return this.prepared.chart;
  }

  get state(): string {
    return pathOf(this.actor.getSnapshot().value);
  }

  get done(): boolean {
    return this.stopped || this.actor.getSnapshot().status !== 'active';
  }

  in(state: string): boolean {
    const current = this.state;
    if (current === state || current.startsWith(`${state}.`)) return true;
    if (!this.prepared.nodes.some((node) => node.parent !== undefined && node.path.join('.') === state)) {
      reject(this.chart, undefined, `it has no state "${state}"`);
    }
    return false;
  }

  send(event: ChartEvent): void {
    if (this.chart.events[event.type] !== event) {
      reject(this.chart, undefined, `"${event.type}" is not one of its events`);
    }
    this.deliver(event);
  }

  stop(): void {
    if (this.done) return;
    this.stopped = true;
    if (!this.busy) this.stopActor();
  }

  snapshot(): ChartSnapshot {
    const timers = [...this.armed].map(({ delay, timer }) => {
      return { delay, deadline: timer.at, order: timer.order };
    });
    return { state: this.state, timers: timers.sort((a, b) => a.order - b.order) };
  }

  /** Has XState schedule the delayed events of a snapshot again, so that it cancels them as its own. */
  rearm(snapshot: ChartSnapshot): void {
    for (const timer of snapshot.timers) {
      const node = this.actor.getSnapshot()._nodes.find((active) => delaysOf(active).includes(timer.delay));
      if (node === undefined) {
        reject(this.chart, undefined, `state "${this.state}" has no timer "${timer.delay}"`);
      }
      const type = afterEvent(node, timer.delay);
      this.restoring = timer;
      this.evaluated.push(timer.delay);
      this.actor.system.scheduler.schedule(this.actor, this.actor, { type }, 0, type);
      this.restoring = undefined;
    }
  }

  /** Handles an event, and those sent meanwhile. */
  deliver(first: ChartEvent | DelayedEvent): void {
    if (this.done) return;
    this.queue.push(first);
    if (this.busy) return;
    this.busy = true;
    for (let handled = 0; this.queue.length > 0 && !this.done; handled += 1) {
      const next = this.queue.shift() as ChartEvent | DelayedEvent;
      if (handled <= RUN_LIMIT) this.handle(next);
      else this.endless();
    }
    this.queue.length = 0;
    this.busy = false;
    if (this.stopped) this.stopActor();
    const { thrown } = this;
    this.thrown = undefined;
    if (thrown !== undefined) this.scope.onError(thrown.error, this);
  }

  private endless(): void {
    this.stopped = true;
    this.thrown = { error: endlessRun(this.chart, this.state) };
  }

  private handle(event: ChartEvent | DelayedEvent): void {
    const { prepared } = this;
    const before = prepared.running;
    prepared.running = this;
    this.listener = this.scope.listener;
    if (event instanceof DelayedEvent) {
      this.armed.delete(event);
      this.tell(`after.${event.delay}`, this.typeOf(event));
      event.send();
    } else {
      this.tell(event.type, event.type);
      this.actor.send(event);
    }
    this.listener?.settled(this);
    this.evaluated.length = 0;
    prepared.running = before;
  }

  /** XState's name of a delayed event. */
  private typeOf({ delay }: DelayedEvent): string {
    const node = this.actor.getSnapshot()._nodes.find((active) => delaysOf(active).includes(delay));
    return node === undefined ? `after.${delay}` : afterEvent(node, delay);
  }

  /** Tells what XState is about to do with an event. `type` is XState's name of it. */
  private tell(name: string, type: string): void {
    const { listener } = this;
    if (listener === undefined) return;
    listener.fact(this, name);
    const snapshot = this.actor.getSnapshot();
    if (!snapshot._nodes.some((node) => node.transitions.has(type))) {
      listener.unhandled(this, name);
      return;
    }
    const taken = this.ask(type);
    if (taken === undefined) return;
    const guard = taken.guard as string | undefined;
    const target = taken.target?.[0];
    if (guard === undefined && target === undefined && taken.actions.length === 0) return;
    const to = target === undefined ? this.state : leafOf(target).path.join('.');
    listener.transition(this, this.state, name, guard, to);
  }

  /** The transition that XState will take: guards only read, so asking them twice changes nothing. */
  private ask(type: string) {
    try {
      return this.prepared.machine.getTransitionData(this.actor.getSnapshot(), { type })[0];
    } catch {
      // XState meets the same error when it handles the event.
      this.thrown = undefined;
      return undefined;
    }
  }

  private schedule(send: () => void, delay: number): DelayedEvent {
    const event = new DelayedEvent(this, this.evaluated.shift() as string, send);
    if (this.restoring === undefined) {
      this.scope.timers.arm(event.timer, delay);
      this.listener?.timer(this, event.delay, 'armed', event.timer.at);
    } else {
      this.scope.timers.armAt(event.timer, this.restoring.deadline, this.restoring.order);
    }
    this.armed.add(event);
    return event;
  }

  private unschedule(event: DelayedEvent): void {
    if (!this.armed.delete(event)) return;
    const { at } = event.timer;
    this.scope.timers.cancel(event.timer);
    this.listener?.timer(this, event.delay, 'cancelled', at);
  }

  private stopActor(): void {
    this.listener = this.scope.listener;
    this.actor.stop();
  }
}

/** An engine of XState actors, watched by an XState inspector if one is given. */
export function interpretedEngineWith(options: InterpretedOptions): Engine {
  const { inspect } = options;
  return {
    name: 'xstate',
    check(chart) {
      prepare(chart);
    },
    start(chart, host, scope, instance) {
      return new InterpretedChart(prepare(chart), host, scope, instance, inspect);
    },
    restore(chart, host, scope, instance, snapshot) {
      const prepared = prepare(chart);
      const restored = new InterpretedChart(prepared, host, scope, instance, inspect, snapshot.state);
      restored.rearm(snapshot);
      return restored;
    },
  };
}

/** Runs charts as XState actors: for XState's own tools, and as the proof of the compiled engine. */
export const interpretedEngine: Engine = interpretedEngineWith({});
