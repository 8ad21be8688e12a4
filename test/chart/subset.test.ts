/** What lies outside the subset of XState is an error that names the chart and the state, in both engines. */
import { expect, test } from 'vitest';
import { and, assign, createMachine, raise, setup } from 'xstate';
import { type Chart, type ChartEvent, defineChart, defineEvents } from '../../machines/event.ts';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';

const events = defineEvents('go', 'stay');
const context = ({ input }: { input: object }) => ({ host: input });

function chart(config: object, changes: object = {}, list: Chart['events'] = events): Chart {
  const built = setup({
    actions: { act: () => {}, put: assign({}), also: raise({ type: 'go' }) },
    guards: { yes: () => true, both: and(['yes', 'yes']) },
    delays: { soon: 5, negative: -1, half: 0.5, text: 'x' },
  } as never).createMachine({ id: 'sample', context, initial: 'a', ...config, ...changes } as never);
  return defineChart('sample', built, list);
}

/** A chart whose second state is this. */
const second = (state: object, more: object = {}) => chart({ states: { a: {}, b: state, ...more } });
const first = (state: object) => chart({ states: { a: state, b: {} } });
const onGo = (transition: unknown) => second({ on: { go: transition } }, { c: {} });

const violations: [string, Chart, string, RegExp][] = [
  ['always', second({ always: { target: 'a' } }), 'b', /`always`/],
  ['onDone', second({ initial: 'c', states: { c: {} }, onDone: { target: 'a' } }), 'b', /`onDone`/],
  ['invoke', second({ invoke: { src: 'x' } }), 'b', /`invoke`/],
  ['tags', second({ tags: 'x' }), 'b', /`tags`/],
  ['output', second({ type: 'final', output: 1 }), 'b', /`output`/],
  ['parallel', second({ type: 'parallel', states: { c: {}, d: {} } }), 'b', /parallel/],
  ['history', second({ type: 'history' }), 'b', /history/],
  [
    'no states',
    defineChart('sample', createMachine({ id: 'sample', context } as never), events),
    '(root)',
    /no states/,
  ],
  [
    'initial with actions',
    second({ initial: { target: 'c', actions: 'act' }, states: { c: {} } }),
    'b',
    /`initial`/,
  ],
  ['a dot in a name', second({}, { 'c.d': {} }), 'c.d', /dot/],
  ['the same id twice', second({ id: 'x' }, { c: { id: 'x' } }), 'c', /another state's/],
  ['wildcard', second({ on: { '*': { target: 'a' } } }), 'b', /wildcard "\*"/],
  ['partial wildcard', second({ on: { 'go.*': { target: 'a' } } }), 'b', /wildcard "go\.\*"/],
  ['unknown event', second({ on: { come: { target: 'a' } } }), 'b', /"come" is not among the chart's events/],
  ['event: undefined', onGo(undefined), 'b', /on "go": write \{\} to ignore an event/],
  ['event: []', onGo([]), 'b', /on "go": write \{\}/],
  ['several targets', onGo({ target: ['a', 'c'] }), 'b', /on "go": one target/],
  ['target root', onGo({ target: '#sample' }), 'b', /on "go": the root cannot be a target/],
  [
    'root re-entered',
    chart({ states: { a: {} }, on: { go: { target: '.a', reenter: true } } }),
    '(root)',
    /re-entered/,
  ],
  ['itself without reenter', onGo({ target: 'b' }), 'b', /reenter: true/],
  ['reenter without target', onGo({ reenter: true }), 'b', /on "go": `reenter` without a target/],
  ['unknown key of a transition', onGo({ target: 'a', when: 'yes' }), 'b', /on "go": `when`/],
  [
    'inline action',
    onGo({ actions: () => {} }),
    'b',
    /on "go": an action must be a name, not an inline function/,
  ],
  [
    'raise',
    onGo({ actions: raise({ type: 'go' }) }),
    'b',
    /on "go": an action must be a name, not XState's built-in xstate.raise/,
  ],
  [
    'assign by name',
    onGo({ actions: 'put' }),
    'b',
    /action "put" must be a plain function, not XState's built-in xstate.assign/,
  ],
  ['raise by name', second({ entry: 'also' }), 'b', /entry: action "also" .* xstate.raise/],
  [
    'action with parameters',
    onGo({ actions: { type: 'act', params: {} } }),
    'b',
    /an action must be a name, not an object/,
  ],
  ['missing action', second({ exit: ['act', 'none'] }), 'b', /exit: there is no action "none"/],
  ['missing action on entry', second({ entry: 'none' }), 'b', /entry: there is no action "none"/],
  [
    'inline guard',
    onGo({ guard: () => true, target: 'a' }),
    'b',
    /a guard must be a name, not an inline function/,
  ],
  [
    'guard with parameters',
    onGo({ guard: { type: 'yes', params: 1 }, target: 'a' }),
    'b',
    /a guard must be a name/,
  ],
  [
    'guard made of others',
    onGo({ guard: 'both', target: 'a' }),
    'b',
    /guard "both" must be a plain function/,
  ],
  ['missing guard', onGo({ guard: 'no', target: 'a' }), 'b', /there is no guard "no"/],
  [
    'after a number',
    second({ after: { 100: { target: 'a' } } }),
    'b',
    /after "100": a delay must have a name/,
  ],
  [
    'missing delay',
    second({ after: { late: { target: 'a' } } }),
    'b',
    /after "late": there is no such delay/,
  ],
  ['negative delay', second({ after: { negative: { target: 'a' } } }), 'b', /delay "negative" .* not -1/],
  ['fraction of a us', second({ after: { half: { target: 'a' } } }), 'b', /delay "half" .* not 0.5/],
  ['delay of text', second({ after: { text: { target: 'a' } } }), 'b', /delay "text" .* not string/],
  ['empty after', second({ after: { soon: [] } }), 'b', /after "soon": nothing/],
  [
    'timers of one name',
    second({
      after: { soon: { target: 'a' } },
      initial: 'c',
      states: { c: { after: { soon: { target: '#sample.a' } } } },
    }),
    'b.c',
    /"b" around it has a timer of this name/,
  ],
  [
    'missing guard after',
    second({ after: { soon: { guard: 'no', target: 'a' } } }),
    'b',
    /after "soon": there is no guard "no"/,
  ],
  ['entry of an initial state', first({ entry: 'act' }), 'a', /an initial state cannot have `entry`/],
  [
    'after in an initial state',
    first({ after: { soon: { target: 'b' } } }),
    'a',
    /an initial state cannot have `after`/,
  ],
  [
    'entry within an initial state',
    first({ initial: 'c', states: { c: { entry: 'act' } } }),
    'a.c',
    /`entry`/,
  ],
  [
    'entry of the root',
    chart({ states: { a: {} }, entry: 'act' }),
    '(root)',
    /an initial state cannot have `entry`/,
  ],
  ['a final initial state', first({ type: 'final' }), 'a', /cannot be final/],
  [
    'events of a final state',
    second({ type: 'final', on: { go: { target: 'a' } } }),
    'b',
    /a final state cannot have `on`/,
  ],
  [
    'states of a final state',
    second({ type: 'final', states: { c: {} }, initial: 'c' }),
    'b',
    /a final state cannot have states/,
  ],
  ["another machine's id", chart({ states: { a: {} } }, { id: 'other' }), '(root)', /not "other"/],
  [
    'context of its own',
    chart({ states: { a: {} } }, { context: { host: 1 } }),
    '(root)',
    /its context must be/,
  ],
  [
    'more context',
    chart({ states: { a: {} } }, { context: ({ input }: { input: object }) => ({ host: input, n: 1 }) }),
    '(root)',
    /its context must be/,
  ],
];

test.each(violations)('%s', (_, wrong, state, message) => {
  for (const engine of [compiledEngine, interpretedEngine]) {
    const check = () => engine.check(wrong);
    expect(check).toThrow(message);
    expect(check).toThrow(`chart "sample", state "${state}": `);
  }
});

const named = (type: string, id: number): ChartEvent => ({ type, id });
const wrongEvents: [string, Chart['events'], RegExp][] = [
  ['a type that is not the name', { go: named('come', 0) }, /event "go" has the type "come"/],
  ['an id out of range', { go: named('go', 1) }, /event "go" has the id 1/],
  ['an id twice', { go: named('go', 0), stay: named('stay', 0) }, /the same id/],
  ['a name that timers have', { 'after.soon': named('after.soon', 0) }, /"after.soon" cannot be/],
  ["a name of XState's", { 'xstate.init': named('xstate.init', 0) }, /"xstate.init" cannot be/],
];

test.each(wrongEvents)('events: %s', (_, list, message) => {
  for (const engine of [compiledEngine, interpretedEngine]) {
    const check = () => engine.check(chart({ states: { a: {} } }, {}, list));
    expect(check).toThrow(message);
    expect(check).toThrow('chart "sample": ');
  }
});

test('the subset itself is accepted', () => {
  const fine = second(
    {
      entry: ['act'],
      exit: 'act',
      description: 'text',
      after: {
        soon: [
          { guard: 'yes', target: 'a', actions: 'act' },
          { target: '.d', reenter: true },
        ],
      },
      on: { go: {}, stay: [{ guard: 'yes' }, { target: 'b', reenter: true }] },
      initial: 'c',
      states: { c: {}, d: { on: { go: 'c' } } },
    },
    { done: { type: 'final' } },
  );
  compiledEngine.check(fine);
  interpretedEngine.check(fine);
});
