import { describe, expect, it } from 'vitest';
import { setup } from '../../inspector/xstate.ts';
import { type Chart, charts } from '../../machines/index.ts';
import { compile, type Program } from '../../src/chart/compile.ts';
import { chartTable } from '../../src/chart/table.ts';

/** A table as data: a constant delay is a function of its own in each. */
function plain({ chart, plans, leaves, ...rest }: Program): unknown {
  return {
    ...rest,
    name: chart.name,
    leaves: leaves.map((leaf) => ({ ...leaf, within: [...leaf.within], slots: [...leaf.slots] })),
    plans: plans.map((row) =>
      row?.map((plan) => ({
        ...plan,
        operations: plan.operations.map(({ call, ...operation }) => operation),
      })),
    ),
  };
}

describe("the page's charts", () => {
  it.for(Object.entries(charts))('%s is compiled to the same table without XState', ([, chart]) => {
    const { implementations, config } = chart.machine;
    const machine = setup(implementations as never).createMachine(config as never);
    const own: Chart = { ...chart, machine: machine as never };
    expect(plain(compile(own))).toEqual(plain(compile(chart)));
    expect(chartTable(own)).toEqual(chartTable(chart));
  });

  it('a target that is not there is an error that names the state', () => {
    const make = () =>
      setup({}).createMachine({ id: 'c', initial: 'a', states: { a: { on: { go: { target: 'b' } } } } });
    expect(make).toThrow('state "c.a": there is no state "b"');
  });
});
