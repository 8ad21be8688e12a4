/** Random charts within the subset, and hosts for them whose actions do what real ones might, and worse. */
import fc from 'fast-check';
import { setup } from 'xstate';
import { type Chart, defineChart, defineEvents } from '../../machines/event.ts';
import type { HostFactory, Step, Word } from './compare.ts';

const EVENTS = ['e0', 'e1', 'e.two', 'e3'] as const;
const KEYS = ['a', 'b', 'c'];
const LOGS = 3;
const FLAGS = 4;
const DEPTH = 3;

interface Transition {
  readonly guard: number | undefined;
  /** Which of the chart's states, modulo their number; undefined to stay. */
  readonly target: number | undefined;
  readonly reenter: boolean;
  readonly actions: readonly string[];
}

interface Node {
  readonly kids: readonly Node[];
  readonly initial: number;
  readonly final: boolean;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly on: readonly (readonly [number, readonly Transition[]])[];
  readonly after: readonly (readonly [number, readonly Transition[]])[];
}

const names = [
  ...Array.from({ length: LOGS }, (_, i) => `log${i}`),
  ...Array.from({ length: FLAGS }, (_, i) => `flip${i}`),
  ...EVENTS.map((_, i) => `send${i}`),
  ...EVENTS.map((_, i) => `tell${i}`),
];

const action = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.constantFrom('fail', 'stop', 'stopOther') },
);
const actions = fc.oneof(
  { weight: 2, arbitrary: fc.constant<string[]>([]) },
  { weight: 3, arbitrary: fc.array(action, { minLength: 1, maxLength: 3 }) },
);
const transition: fc.Arbitrary<Transition> = fc.record({
  guard: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 3, arbitrary: fc.nat(FLAGS) }),
  target: fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 4, arbitrary: fc.nat(999) }),
  reenter: fc.boolean(),
  actions,
});
const candidates = fc.array(transition, { minLength: 1, maxLength: 3 });

function node(depth: number): fc.Arbitrary<Node> {
  const none = fc.constant<Node[]>([]);
  const some = depth === 0 ? none : fc.array(node(depth - 1), { minLength: 1, maxLength: 3 });
  return fc.record({
    kids: depth === DEPTH ? some : fc.oneof({ weight: 2, arbitrary: none }, { weight: 3, arbitrary: some }),
    initial: fc.nat(9),
    final: fc.oneof(
      { weight: 5, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    entry: actions,
    exit: actions,
    on: fc.array(fc.tuple(fc.nat(EVENTS.length - 1), candidates), { maxLength: 4 }),
    after: fc.array(fc.tuple(fc.nat(1), candidates), { maxLength: 2 }),
  });
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      to: fc.nat(1),
      event: fc.constantFrom(...EVENTS),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('listen' as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restore' }) },
);

/** Words for a chart with these events. */
export function wordsFor(events: readonly string[]): fc.Arbitrary<Word> {
  const named = step.map((one) => {
    if (one.kind !== 'send') return one;
    const event = events[EVENTS.indexOf(one.event as (typeof EVENTS)[number]) % events.length]!;
    return { ...one, event };
  });
  return fc.record({
    seed: fc.nat(),
    steps: fc.array(events.length > EVENTS.length ? sending(events) : named, { minLength: 1, maxLength: 24 }),
  });
}

function sending(events: readonly string[]): fc.Arbitrary<Step> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('send' as const),
        to: fc.nat(1),
        event: fc.constantFrom(...events),
      }),
    },
    { weight: 1, arbitrary: step.filter((one) => one.kind !== 'send') },
  );
}

interface Placed extends Node {
  readonly path: readonly string[];
  readonly parent: Placed | undefined;
  readonly children: Placed[];
}

function place(spec: Node, parent: Placed | undefined, path: readonly string[], all: Placed[]): Placed {
  const placed: Placed = { ...spec, path, parent, children: [] };
  all.push(placed);
  spec.kids.forEach((kid, i) => {
    placed.children.push(place(kid, placed, [...path, KEYS[i]!], all));
  });
  return placed;
}

const isWithin = (path: readonly string[], of: readonly string[]) => of.every((key, i) => path[i] === key);

/** Writes a random tree as a chart, bent to what the subset allows. */
export function build(spec: Node): Chart {
  const all: Placed[] = [];
  const root = place(spec, undefined, [], all);
  const initials = new Set<Placed>();
  for (let at: Placed | undefined = root; at !== undefined; at = initialOf(at)) initials.add(at);
  const write = (placed: Placed): Record<string, unknown> => {
    const config: Record<string, unknown> = {};
    const isInitial = initials.has(placed);
    const first = initialOf(placed);
    if (first !== undefined) {
      config.initial = first.path.at(-1);
      config.states = Object.fromEntries(placed.children.map((child) => [child.path.at(-1), write(child)]));
    }
    const final = placed.final && first === undefined && !isInitial;
    if (final) config.type = 'final';
    if (placed.entry.length > 0 && !isInitial) config.entry = placed.entry;
    if (placed.exit.length > 0) config.exit = placed.exit;
    if (final) return config;
    config.on = Object.fromEntries(
      placed.on.map(([event, list]) => [EVENTS[event], list.map((t) => arrow(t, placed, all))]),
    );
    if (!isInitial && placed.after.length > 0) {
      // Each depth has delays of its own: a timer around another must not have its name.
      const delay = (i: number) => `d${placed.path.length * 2 + i}`;
      config.after = Object.fromEntries(
        placed.after.map(([i, list]) => [delay(i), list.map((t) => arrow(t, placed, all))]),
      );
    }
    return config;
  };
  const machine = makeSetup().createMachine({
    id: 'random',
    context: ({ input }: { input: object }) => ({ host: input }),
    ...write(root),
  } as never);
  return defineChart('random', machine, defineEvents(...EVENTS));
}

function initialOf(placed: Placed): Placed | undefined {
  return placed.children.length === 0 ? undefined : placed.children[placed.initial % placed.children.length];
}

function arrow(spec: Transition, source: Placed, all: readonly Placed[]): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  if (spec.guard !== undefined) written.guard = spec.guard === FLAGS ? 'gFail' : `g${spec.guard}`;
  if (spec.actions.length > 0) written.actions = spec.actions;
  if (spec.target === undefined) return written;
  const target = all[1 + (spec.target % (all.length - 1))]!;
  const { path } = target;
  if (isWithin(path, source.path) && path.length > source.path.length)
    written.target = `.${path.slice(source.path.length).join('.')}`;
  else written.target = `#random.${path.join('.')}`;
  if ((spec.reenter || target === source) && source.parent !== undefined) written.reenter = true;
  return written;
}

/** A host of a random chart: one method for all that it can be asked. */
interface RandomHost {
  call(name: string): unknown;
}

function makeSetup() {
  const calls = (list: readonly string[]) =>
    Object.fromEntries(
      list.map((name) => [name, ({ context }: { context: { host: RandomHost } }) => context.host.call(name)]),
    );
  const delays = Array.from({ length: 2 * (DEPTH + 1) }, (_, i) => `d${i}`);
  return setup({
    actions: calls([...names, 'fail', 'stop', 'stopOther']),
    guards: calls([...Array.from({ length: FLAGS }, (_, i) => `g${i}`), 'gFail']),
    delays: { ...calls(delays), d3: 10 },
  } as never);
}

const DELAYS = [0, 1, 3, 7, 10, 10, 20, 5];

/** What the actions of random charts do: note, flip a guard, send to the own chart or the other, throw, stop. */
export const randomHost: HostFactory = (world, instance) => {
  const flags = Array.from({ length: FLAGS }, (_, i) => world.draw('flag', instance, i) % 2 === 0);
  let fuel = 15;
  const acts: Record<string, (digit: number) => void> = {
    log: () => {},
    flip: (digit) => {
      flags[digit] = !flags[digit];
    },
    send: (digit) => send(instance, digit),
    tell: (digit) => send(1 - instance, digit),
    fail: () => {
      if (world.draw('fail') % 4 === 0) throw new Error('an action failed');
    },
    stop: () => {
      if (world.draw('stop') % 4 === 0) world.charts[instance]!.stop();
    },
    stopOther: () => {
      if (world.draw('stop') % 4 === 0) world.charts[1 - instance]!.stop();
    },
  };
  const send = (to: number, digit: number) => {
    fuel -= 1;
    const chart = world.charts[to]!;
    if (fuel > 0) chart.send(chart.chart.events[EVENTS[digit]!]!);
  };
  const guard = (name: string): boolean => {
    if (name === 'gFail' && world.draw('gFail') % 8 === 0) throw new Error('a guard failed');
    const answer = name === 'gFail' ? world.draw('gFail') % 2 === 0 : flags[Number(name[1])]!;
    if (world.quiet) world.log('guard', instance, name, answer);
    return answer;
  };
  const delay = (name: string): number => {
    fuel -= 1;
    const luck = world.draw(name, fuel);
    if (luck % 64 === 0) return [-1, 1.5, Number.NaN][luck % 3]!;
    const us = fuel > 0 ? DELAYS[luck % 8]! : 5;
    world.log('delay', instance, name, us);
    return us;
  };
  const call = (name: string): unknown => {
    if (name.startsWith('g')) return guard(name);
    if (/^d\d$/.test(name)) return delay(name);
    world.acted();
    world.log('act', instance, name, `in ${world.charts[instance]!.state}`, world.timers.now());
    acts[name.replace(/\d$/, '')]!(Number(name.at(-1)));
    return undefined;
  };
  return { call, toJSON: () => ({}) };
};

/** What `build` makes a chart of. */
export const randomTree: fc.Arbitrary<Node> = node(DEPTH).filter((spec) => spec.kids.length > 0);
export const randomWord: fc.Arbitrary<Word> = wordsFor(EVENTS);
