/**
 * What a chart event costs in each engine: unhandled, an action behind two guards, an exit and an entry, a timer armed
 * again; and what an instance costs. Each figure has XState's beside it, from the same run.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from '../machines/event.ts';
import type { ChartInstance, ChartScope, Engine } from '../src/chart/chart.ts';
import { compiledEngine, interpretedEngine } from '../src/chart/index.ts';
import { TimerQueue } from '../src/time/index.ts';
import type { Figure } from './figure.ts';

interface Host extends ChartHost {
  count: number;
}

const events = defineEvents('nothing', 'guarded', 'swap', 'restart');

const machine = setup({
  types: { context: {} as { host: Host }, input: {} as Host, events: {} as { type: keyof typeof events } },
  guards: {
    never: ({ context }) => context.host.count < 0,
    always: ({ context }) => context.host.count >= 0,
  },
  actions: {
    count: ({ context }) => {
      context.host.count += 1;
    },
  },
  delays: { pause: 1000 },
}).createMachine({
  id: 'bench',
  context: ({ input }) => ({ host: input }),
  initial: 'idle',
  on: {
    guarded: [
      { guard: 'never', target: '.idle' },
      { guard: 'always', actions: 'count' },
    ],
  },
  states: {
    idle: { on: { swap: 'left', restart: 'timed' } },
    left: { entry: 'count', exit: 'count', on: { swap: 'right' } },
    right: { entry: 'count', exit: 'count', on: { swap: 'left' } },
    timed: { on: { restart: { target: 'timed', reenter: true } }, after: { pause: 'idle' } },
  },
});

const chart = defineChart<Host>('bench', machine, events);

function makeHost(): Host {
  return { count: 0, toJSON: () => ({}) };
}

function makeScope(): ChartScope {
  return {
    timers: new TimerQueue(),
    listener: undefined,
    onError(error) {
      throw error;
    },
  };
}

const clock = () => globalThis.performance.now() * 1e6;

/** ns for one call of `work(1)`: the fastest of 20 rounds of about 10 ms, as all that others do only adds to it. */
function nanoseconds(work: (times: number) => void): number {
  let times = 64;
  let took = 0;
  // 200 ms of warming up: V8 optimizes in a thread of its own, which has to get its turn.
  for (const end = clock() + 2e8; clock() < end; ) {
    const start = clock();
    work(times);
    took = clock() - start;
    if (took < 5e6) times *= 2;
  }
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round += 1) {
    const start = clock();
    work(times);
    best = Math.min(best, (clock() - start) / times);
  }
  return best;
}

type Work = (engine: Engine) => (times: number) => void;

function sending(event: keyof typeof events, prepare?: keyof typeof events): Work {
  return (engine) => {
    const instance: ChartInstance = engine.start(chart, makeHost(), makeScope(), 0);
    if (prepare !== undefined) instance.send(events[prepare]);
    return (times) => {
      for (let i = 0; i < times; i += 1) instance.send(events[event]);
    };
  };
}

/** Where new instances go: V8 leaves out the making of one that nobody can reach. */
const kept: ChartInstance[] = [];

const creating: Work = (engine) => {
  const scope = makeScope();
  const host = makeHost();
  return (times) => {
    for (let i = 0; i < times; i += 1) kept[i & 1023] = engine.start(chart, host, scope, i);
  };
};

/** Bytes for each of many instances, with a timer running in each; undefined without `--expose-gc`. */
function bytesEach(engine: Engine): number | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  const count = 10_000;
  const scope = makeScope();
  const host = makeHost();
  const keep: ChartInstance[] = new Array<ChartInstance>(count);
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i += 1) {
    const instance = engine.start(chart, host, scope, i);
    instance.send(events.restart);
    keep[i] = instance;
  }
  gc();
  const each = (process.memoryUsage().heapUsed - before) / count;
  for (const instance of keep) instance.stop();
  return each;
}

/** The figures of the chart engines. Takes a few seconds. */
export function benchCharts(): Figure[] {
  const works: [string, Work][] = [
    ['chart event, unhandled', sending('nothing')],
    ['chart event, two guards and an action', sending('guarded')],
    ['chart event, exit and entry', sending('swap')],
    ['chart event, timer armed again', sending('restart', 'restart')],
    ['chart instance, made', creating],
  ];
  // One engine after the other: a program uses one, and V8 optimizes for what it sees.
  const fast = works.map(([, work]) => nanoseconds(work(compiledEngine)));
  const slow = works.map(([, work]) => nanoseconds(work(interpretedEngine)));
  const figures = works.flatMap(([name], i): Figure[] => [
    { name: `${name} (compiled)`, value: fast[i]!, unit: 'ns', ratio: slow[i]! / fast[i]! },
    { name: `${name} (xstate)`, value: slow[i]!, unit: 'ns' },
  ]);
  const compiled = bytesEach(compiledEngine);
  const actor = bytesEach(interpretedEngine);
  if (compiled !== undefined && actor !== undefined) {
    const name = 'chart instance with a timer';
    figures.push({ name: `${name} (compiled)`, value: compiled, unit: 'bytes', ratio: actor / compiled });
    figures.push({ name: `${name} (xstate)`, value: actor, unit: 'bytes' });
  }
  return figures;
}
