/**
 * Drives a chart through both engines with the same words and compares everything that can be observed: listener
 * calls, actions in order, guards asked, timers armed, moved and fired with their deadlines, states, snapshots, errors.
 *
 * Two instances of the chart share the timers and send each other events, so that one runs within the other's action.
 */
import type { Chart } from '../../machines/event.ts';
import type { ChartInstance, ChartListener, ChartSnapshot, Engine } from '../../src/chart/chart.ts';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import { type Timer, type TimerOwner, TimerQueue } from '../../src/time/index.ts';

/** One thing done to the charts from outside. `to` is which of the two instances. */
export type Step =
  | { readonly kind: 'send'; readonly to: number; readonly event: string }
  | { readonly kind: 'wait'; readonly us: number }
  /** Turns the listener on or off. */
  | { readonly kind: 'listen'; readonly on: boolean }
  /** Goes on with charts made from snapshots. */
  | { readonly kind: 'restore' }
  | { readonly kind: 'stop'; readonly to: number };

export interface Word {
  /** Decides what guards and delays answer, and whether someone listens from the beginning. */
  readonly seed: number;
  /** Where both charts start, if not in their initial states. */
  readonly start?: ChartSnapshot;
  readonly steps: readonly Step[];
}

/** What a host may do to its surroundings while one of its functions is called. */
export interface World {
  readonly timers: TimerQueue;
  readonly charts: readonly ChartInstance[];
  log(...words: unknown[]): void;
  /** A number from 0 to 2^32 - 1: the same in both engines until the next action has run. */
  draw(...about: (string | number)[]): number;
  /** Each action must call it once. */
  acted(): void;
  /** Is the listener off? Guards are asked twice by XState's engine when it is on. */
  readonly quiet: boolean;
}

export type HostFactory = (world: World, instance: number) => object;

/** The timers of a world, with what the engines do to them on record. */
class RecordedTimers extends TimerQueue {
  readonly log: (...words: unknown[]) => void;

  constructor(now: number, log: (...words: unknown[]) => void) {
    super(now);
    this.log = log;
  }

  override arm(timer: Timer, delay: number): void {
    super.arm(timer, delay);
    this.log('arm', delay, timer.at, timer.order);
  }

  override armAt(timer: Timer, at: number, order: number): void {
    super.armAt(timer, at, order);
    this.log('armAt', at, order);
  }

  override cancel(timer: Timer): void {
    this.log('cancel', timer.at, timer.order);
    super.cancel(timer);
  }

  override create(owner: TimerOwner, slot: number): Timer {
    return super.create(owner, slot);
  }
}

/** FNV-1a with a finish: the answers must depend on every character. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

class Recorder implements World {
  readonly lines: string[] = [];
  timers: RecordedTimers = new RecordedTimers(0, (...words) => this.log(...words));
  charts: ChartInstance[] = [];
  quiet: boolean;
  private readonly engine: Engine;
  private readonly chart: Chart;
  private readonly hosts: object[];
  private readonly seed: number;
  private actions = 0;

  constructor(engine: Engine, chart: Chart, makeHost: HostFactory, { seed, start }: Word) {
    this.engine = engine;
    this.chart = chart;
    this.seed = seed;
    this.quiet = seed % 2 === 0;
    this.hosts = [0, 1].map((instance) => makeHost(this, instance));
    this.charts = this.hosts.map((host, i) => {
      if (start === undefined) return engine.start(chart, host, this.scope(), i);
      return engine.restore(chart, host, this.scope(), i, start);
    });
    this.report();
  }

  log(...words: unknown[]): void {
    if (this.lines.length < 5000) this.lines.push(words.map(String).join(' '));
  }

  draw(...about: (string | number)[]): number {
    return hash(`${this.seed} ${this.actions} ${about.join(' ')}`);
  }

  acted(): void {
    this.actions += 1;
  }

  run(steps: readonly Step[]): string[] {
    for (const step of steps) {
      this.log('step', JSON.stringify(step));
      this.actions += 1;
      this.take(step);
      this.report();
    }
    return this.lines;
  }

  private take(step: Step): void {
    if (step.kind === 'send') this.charts[step.to]!.send(this.chart.events[step.event]!);
    else if (step.kind === 'wait') this.timers.advanceTo(this.timers.now() + step.us);
    else if (step.kind === 'stop') this.charts[step.to]!.stop();
    else if (step.kind === 'listen') this.quiet = !step.on;
    else this.restore();
  }

  private restore(): void {
    const old = this.charts;
    const snapshots = old.map((chart) => JSON.stringify(chart.snapshot()));
    const { nextOrder } = this.timers;
    this.timers = new RecordedTimers(this.timers.now(), (...words) => this.log(...words));
    this.charts = old.map((chart, i) => {
      // A snapshot says nothing of a chart that was stopped: its owner knows.
      if (chart.done) return chart;
      return this.engine.restore(this.chart, this.hosts[i]!, this.scope(), i, JSON.parse(snapshots[i]!));
    });
    this.timers.nextOrder = nextOrder;
  }

  private scope() {
    const world = this;
    const tell = (kind: string) => {
      return (chart: ChartInstance, ...words: unknown[]) =>
        world.log('told', kind, chart.instance, `in ${chart.state}`, chart.done, ...words);
    };
    const listener: ChartListener = {
      fact: tell('fact'),
      transition: tell('transition'),
      action: tell('action'),
      timer: tell('timer'),
      unhandled: tell('unhandled'),
      settled: tell('settled'),
    };
    return {
      timers: this.timers,
      get listener(): ChartListener | undefined {
        return world.quiet ? undefined : listener;
      },
      onError(error: unknown, chart: ChartInstance): void {
        // XState does not say which state it enters, so its engine may name several that have the delay.
        const text = String(error).replace(/state ".*?"/, 'state');
        world.log('error', chart.instance, `in ${chart.state}`, chart.done, text);
      },
    };
  }

  private report(): void {
    for (const chart of this.charts) {
      this.log('=', chart.instance, chart.done, JSON.stringify(chart.snapshot()));
      for (const state of leavesOf(chart.state)) this.log('in', state, chart.in(state));
    }
    this.log('next', this.timers.now(), this.timers.nextTimeout, this.timers.size, this.timers.nextOrder);
  }
}

/** A path and those of the states around it. */
function leavesOf(path: string): string[] {
  const keys = path.split('.');
  return keys.map((_, i) => keys.slice(0, i + 1).join('.'));
}

/** What happens in one engine, a line for each thing that can be observed. */
export function record(engine: Engine, chart: Chart, makeHost: HostFactory, word: Word): string[] {
  return new Recorder(engine, chart, makeHost, word).run(word.steps);
}

/** Throws an Error with the first difference between the engines, and what came before it. */
export function compareEngines(chart: Chart, makeHost: HostFactory, words: readonly Word[]): string[][] {
  return words.map((word) => {
    const expected = record(interpretedEngine, chart, makeHost, word);
    const actual = record(compiledEngine, chart, makeHost, word);
    const length = Math.max(expected.length, actual.length);
    for (let i = 0; i < length; i += 1) {
      if (expected[i] === actual[i]) continue;
      const common = expected.slice(Math.max(0, i - 12), i).join('\n  ');
      throw new Error(
        `the engines differ in chart "${chart.name}" at line ${i}:\n  ${common}\n` +
          `xstate:   ${expected.slice(i, i + 3).join(' | ')}\ncompiled: ${actual.slice(i, i + 3).join(' | ')}`,
      );
    }
    return expected;
  });
}

/**
 * A host for any chart: each method called is recorded; guards and delays answer from the word's seed; an action may
 * send its own chart or the other one an event. Which method is what is told by the chart's implementations.
 */
export function recordingHost(chart: Chart): HostFactory {
  const { guards, delays } = chart.machine.implementations;
  const events = Object.values(chart.events);
  return (world, instance) => {
    let fuel = 12;
    const call = (name: string): unknown => {
      if (Object.hasOwn(guards, name)) {
        const answer = world.draw(instance, name) % 2 === 0;
        if (world.quiet) world.log('guard', instance, name, answer);
        return answer;
      }
      if (Object.hasOwn(delays, name)) {
        const us = [0, 1, 3, 7, 10, 10, 20, 1000][world.draw(instance, name) % 8]!;
        world.log('delay', instance, name, us);
        if (us > 0) return us;
        // Not for ever at one instant: a timer that re-arms itself with 0 is an error.
        fuel -= 1;
        return fuel < 0 ? 5 : 0;
      }
      world.acted();
      world.log('act', instance, name, `in ${world.charts[instance]!.state}`, world.timers.now());
      const luck = world.draw(instance, name);
      if (luck % 8 === 0 && fuel > 0) {
        fuel -= 1;
        world.charts[(luck >>> 4) % 2]!.send(events[(luck >>> 5) % events.length]!);
      }
      return undefined;
    };
    return new Proxy(
      {},
      { get: (_, name) => (typeof name === 'string' ? (): unknown => call(name) : undefined) },
    );
  };
}
