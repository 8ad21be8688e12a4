/**
 * A chart of Statewire's as a machine of XState 4's: the same states, events and guards, and no decisions of its own:
 * which guard held is said by the event, because the decision has been made already.
 */
import { createMachine } from 'xstate';

/** What XState 4 takes for names of its own. */
const id = (path) => `#${path}`;

/**
 * The mirror of a chart.
 * @param table what `chartTable` of Statewire says of the chart
 * @param from the path of the state it is in
 */
export function mirrorOf(table, from) {
  const root = { id: table.name, predictableActionArguments: true, initial: undefined, states: {}, on: {} };
  const nodes = new Map([['', root]]);
  for (const { path, parent, initial, final } of table.states) {
    const node = { id: path, states: {}, on: {}, ...(final && { type: 'final' }) };
    nodes.set(path, node);
    const above = nodes.get(parent ?? '');
    above.states[path.slice(path.lastIndexOf('.') + 1)] = node;
    if (initial) above.initial = path.slice(path.lastIndexOf('.') + 1);
  }
  const guards = {};
  for (const { source, event, guard, target } of table.transitions) {
    const { on } = nodes.get(source);
    on[event] ??= [];
    on[event].push({
      ...(target !== undefined && { target: id(target) }),
      ...(guard !== undefined && { cond: guard }),
    });
    // What the chart's guard said is in the event
    if (guard !== undefined) guards[guard] = (_context, taken) => taken.guard === guard;
  }
  return startedAt(createMachine(root, { guards }), from);
}

/** The machine and the state to start it in, which need not be its first: a run may be watched from the middle. */
function startedAt(machine, from) {
  const value = from
    .split('.')
    .reduceRight((inner, key) => (inner === undefined ? key : { [key]: inner }), undefined);
  return { machine, state: machine.resolveState(machine.getInitialState(value)) };
}
