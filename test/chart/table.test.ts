/** A chart as plain data, for documentation and the inspector. */
import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { defineChart, defineEvents } from '../../machines/event.ts';
import { chartTable, handled } from '../../src/chart/index.ts';

const machine = setup({
  actions: { act: () => {}, bow: () => {} },
  guards: { yes: () => true },
  delays: { soon: 5 },
} as never).createMachine({
  id: 'sample',
  context: ({ input }: { input: object }) => ({ host: input }),
  initial: 'a',
  on: { stop: { target: '.end', actions: ['act', 'bow'] } },
  states: {
    a: { exit: 'act', on: { go: [{ guard: 'yes', target: 'b' }, {}], stop: {} } },
    b: {
      initial: 'c',
      after: { soon: { target: '.c', reenter: true } },
      states: { c: { entry: ['act'], on: { go: { actions: 'act' } } }, d: {} },
    },
    end: { type: 'final' },
  },
} as never);
const sample = defineChart('sample', machine, defineEvents('go', 'stop'));

test('a chart as a table', () => {
  const state = { parent: undefined, initial: false, final: false, entry: [], exit: [] };
  expect(chartTable(sample)).toEqual({
    name: 'sample',
    states: [
      { ...state, path: 'a', initial: true, exit: ['act'] },
      { ...state, path: 'b' },
      { ...state, path: 'b.c', parent: 'b', initial: true, entry: ['act'] },
      { ...state, path: 'b.d', parent: 'b' },
      { ...state, path: 'end', final: true },
    ],
    transitions: [
      { source: '', event: 'stop', actions: ['act', 'bow'], target: 'end', reenter: false },
      { source: 'a', event: 'go', guard: 'yes', actions: [], target: 'b', reenter: false },
      { source: 'b', event: 'after.soon', actions: [], target: 'b.c', reenter: true },
      { source: 'b.c', event: 'go', actions: ['act'], reenter: false },
    ],
    ignored: [
      { state: 'a', event: 'go' },
      { state: 'a', event: 'stop' },
    ],
  });
});

test('what becomes of each event in each leaf', () => {
  expect(handled(sample)).toEqual({
    a: { go: 'handled', stop: 'ignored' },
    'b.c': { go: 'handled', stop: 'handled' },
    'b.d': { go: 'unhandled', stop: 'handled' },
    end: { go: 'unhandled', stop: 'handled' },
  });
});
