/**
 * The part of XState that a chart may use: everything by name, nothing that the two engines could understand
 * differently. What lies outside is an error that names the chart and the state; both engines ask here first.
 */
import type { AnyStateNode } from 'xstate';
import type { Chart } from '../../machines/event.ts';

const ROOT_KEYS = ['schemas', 'types', 'context', 'version'];
const STATE_KEYS = ['id', 'initial', 'states', 'on', 'after', 'entry', 'exit', 'type', 'description', 'meta'];
const TRANSITION_KEYS = ['target', 'guard', 'actions', 'reenter', 'description', 'meta'];

/** Events handled in one run to completion, after which a chart is taken to send itself events for ever. */
export const RUN_LIMIT = 100_000;

type Plain = Readonly<Record<string, unknown>>;

/** The path of a state as an error names it. */
function nameOf(node: AnyStateNode): string {
  return node.parent === undefined ? '(root)' : node.path.join('.');
}

/** Throws the error that says what is wrong, and where. */
export function reject(chart: Chart, node: AnyStateNode | undefined, why: string): never {
  throw new Error(`chart "${chart.name}"${node === undefined ? '' : `, state "${nameOf(node)}"`}: ${why}`);
}

/** The error of a chart that has reached `RUN_LIMIT`. */
export function endlessRun(chart: Chart, state: string): Error {
  return new Error(`chart "${chart.name}", state "${state}": it sends itself events for ever`);
}

/** What XState takes alone or in a list, as a list. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The states of a chart in the order in which they are written, the root first. */
export function nodesOf(root: AnyStateNode): AnyStateNode[] {
  const nodes: AnyStateNode[] = [root];
  for (const child of Object.values(root.states) as AnyStateNode[]) nodes.push(...nodesOf(child));
  return nodes;
}

/** The leaf that entering `node` leads to. */
export function leafOf(node: AnyStateNode): AnyStateNode {
  let leaf = node;
  while (leaf.type === 'compound') leaf = leaf.initial.target[0] as AnyStateNode;
  return leaf;
}

/** Is `node` the state `ancestor`, or within it? */
export function within(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  for (let up: AnyStateNode | undefined = node; up !== undefined; up = up.parent) {
    if (up === ancestor) return true;
  }
  return false;
}

/** The name that XState gives to the event of a delayed transition. */
export function afterEvent(node: AnyStateNode, delay: string): string {
  return `xstate.after.${delay}.${node.id}`;
}

/** The names of the delays after which a state does something. */
export function delaysOf(node: AnyStateNode): string[] {
  return Object.keys((node.config.after ?? {}) as Plain);
}

const checked = new WeakSet<Chart>();

/** Throws an Error naming chart and state when the chart uses what is outside the subset. */
export function checkSubset(chart: Chart): void {
  if (checked.has(chart)) return;
  if (chart.machine?.root === undefined) reject(chart, undefined, 'its machine is not an XState machine');
  checkEvents(chart);
  const { root } = chart.machine;
  if (chart.machine.id !== chart.name) {
    reject(chart, root, `the machine's id must be the chart's name, not "${chart.machine.id}"`);
  }
  checkContext(chart, root);
  const ids = new Set<string>();
  for (const node of nodesOf(root)) {
    if (ids.has(node.id)) reject(chart, node, `its id "${node.id}" is another state's too`);
    ids.add(node.id);
    checkState(chart, node);
  }
  checkInitial(chart, root);
  checked.add(chart);
}

function checkEvents(chart: Chart): void {
  const events = Object.entries(chart.events);
  const ids = new Set(events.map(([, event]) => event.id));
  for (const [name, event] of events) {
    if (event.type !== name) reject(chart, undefined, `event "${name}" has the type "${event.type}"`);
    if (name === '' || name.includes('*') || /^(after|xstate)\./.test(name)) {
      reject(chart, undefined, `"${name}" cannot be an event's name`);
    }
    if (!Number.isInteger(event.id) || event.id < 0 || event.id >= events.length) {
      reject(chart, undefined, `event "${name}" has the id ${event.id}: ids are 0 to ${events.length - 1}`);
    }
  }
  if (ids.size !== events.length) reject(chart, undefined, 'two of its events have the same id');
}

/** The engines put the host where every chart expects it: `context.host`. */
function checkContext(chart: Chart, root: AnyStateNode): void {
  const make: unknown = chart.machine.config.context;
  const probe = {};
  let made: Plain | undefined;
  if (typeof make === 'function') {
    try {
      made = make({ input: probe }) as Plain;
    } catch {
      // It wants more than `input`: reported below.
    }
  }
  if (made === undefined || made.host !== probe || Object.keys(made).length !== 1) {
    reject(chart, root, 'its context must be `({ input }) => ({ host: input })`');
  }
}

/** XState settles the initial states before an actor starts: their entry and timers would come at another time. */
function checkInitial(chart: Chart, root: AnyStateNode): void {
  const leaf = leafOf(root);
  for (let node: AnyStateNode | undefined = leaf; node !== undefined; node = node.parent) {
    if (node.config.entry !== undefined) reject(chart, node, 'an initial state cannot have `entry`');
    if (node.config.after !== undefined) reject(chart, node, 'an initial state cannot have `after`');
  }
  if (leaf.type === 'final' && leaf.parent === root) reject(chart, leaf, 'an initial state cannot be final');
}

function checkState(chart: Chart, node: AnyStateNode): void {
  const isRoot = node.parent === undefined;
  const config = node.config as Plain;
  for (const key of Object.keys(config)) {
    if (!STATE_KEYS.includes(key) && !(isRoot && ROOT_KEYS.includes(key))) {
      reject(chart, node, `\`${key}\` is outside the subset of XState that charts may use`);
    }
  }
  if (node.type === 'parallel' || node.type === 'history') {
    reject(chart, node, `a ${node.type} state is outside the subset of XState that charts may use`);
  }
  if (isRoot && node.type !== 'compound') reject(chart, node, 'it has no states');
  if (node.key.includes('.')) reject(chart, node, 'a dot in its name');
  if (node.type === 'compound') {
    if (typeof config.initial !== 'string') reject(chart, node, '`initial` must be the name of a state');
  } else if (Object.keys(node.states).length > 0) {
    reject(chart, node, 'a final state cannot have states of its own');
  }
  if (node.type === 'final' && (config.on !== undefined || config.after !== undefined)) {
    reject(chart, node, 'a final state cannot have `on` or `after`');
  }
  checkActions(chart, node, 'entry', config.entry);
  checkActions(chart, node, 'exit', config.exit);
  for (const event of Object.keys((config.on ?? {}) as Plain)) checkOn(chart, node, event);
  for (const delay of delaysOf(node)) checkAfter(chart, node, delay);
}

function checkOn(chart: Chart, node: AnyStateNode, event: string): void {
  if (event.includes('*')) reject(chart, node, `the wildcard "${event}": each event has its own line`);
  if (!Object.hasOwn(chart.events, event)) reject(chart, node, `"${event}" is not among the chart's events`);
  const written = (node.config.on as Plain)[event];
  if (listOf(written).length === 0) reject(chart, node, `on "${event}": write {} to ignore an event`);
  checkCandidates(chart, node, `on "${event}"`, event);
}

function checkAfter(chart: Chart, node: AnyStateNode, delay: string): void {
  const where = `after "${delay}"`;
  if (!Number.isNaN(Number(delay))) reject(chart, node, `${where}: a delay must have a name`);
  const value: unknown = chart.machine.implementations.delays[delay];
  if (value === undefined) reject(chart, node, `${where}: there is no such delay`);
  if (typeof value !== 'function') checkDelay(chart, node.path.join('.'), delay, value);
  for (let up = node.parent; up !== undefined; up = up.parent) {
    if (delaysOf(up).includes(delay)) {
      reject(chart, node, `${where}: "${nameOf(up)}" around it has a timer of this name`);
    }
  }
  if (listOf((node.config.after as Plain)[delay]).length === 0)
    reject(chart, node, `${where}: nothing is said`);
  checkCandidates(chart, node, where, afterEvent(node, delay));
}

/** Returns a delay (us) after checking it; throws an Error naming chart and state. */
export function checkDelay(chart: Chart, state: string, delay: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  const found = typeof value === 'number' ? String(value) : typeof value;
  throw new Error(
    `chart "${chart.name}", state "${state}": the delay "${delay}" must be an integer number of us of at least 0, not ${found}`,
  );
}

function checkCandidates(chart: Chart, node: AnyStateNode, where: string, event: string): void {
  for (const candidate of node.transitions.get(event) ?? []) {
    for (const key of Object.keys(candidate)) {
      // XState adds these to what was written.
      if (['source', 'eventType', 'toJSON', 'event', 'delay'].includes(key)) continue;
      if (!TRANSITION_KEYS.includes(key)) reject(chart, node, `${where}: \`${key}\` is outside the subset`);
    }
    checkGuard(chart, node, where, candidate.guard);
    checkActions(chart, node, where, candidate.actions);
    checkTarget(chart, node, where, candidate.target, candidate.reenter);
  }
}

function checkTarget(
  chart: Chart,
  node: AnyStateNode,
  where: string,
  targets: readonly AnyStateNode[] | undefined,
  reenter: boolean,
): void {
  if (targets === undefined) {
    if (reenter) reject(chart, node, `${where}: \`reenter\` without a target does nothing`);
    return;
  }
  const target = targets[0];
  if (target === undefined || targets.length > 1) reject(chart, node, `${where}: one target, or none`);
  if (target.parent === undefined) reject(chart, node, `${where}: the root cannot be a target`);
  if (node.parent === undefined && reenter) reject(chart, node, `${where}: the root cannot be re-entered`);
  if (target === node && !reenter) {
    reject(chart, node, `${where}: leave out a target that is the state itself, or say \`reenter: true\``);
  }
}

function checkGuard(chart: Chart, node: AnyStateNode, where: string, guard: unknown): void {
  if (guard === undefined) return;
  if (typeof guard !== 'string') reject(chart, node, `${where}: a guard must be a name, ${kindOf(guard)}`);
  const known: unknown = chart.machine.implementations.guards[guard];
  if (known === undefined) reject(chart, node, `${where}: there is no guard "${guard}"`);
  if (typeof known !== 'function' || 'check' in known) {
    reject(chart, node, `${where}: guard "${guard}" must be a plain function, not made of other guards`);
  }
}

function checkActions(chart: Chart, node: AnyStateNode, where: string, actions: unknown): void {
  for (const action of listOf(actions)) {
    if (typeof action !== 'string')
      reject(chart, node, `${where}: an action must be a name, ${kindOf(action)}`);
    const known: unknown = chart.machine.implementations.actions[action];
    if (known === undefined) reject(chart, node, `${where}: there is no action "${action}"`);
    if (typeof known !== 'function' || 'resolve' in known) {
      reject(chart, node, `${where}: action "${action}" must be a plain function, ${kindOf(known)}`);
    }
  }
}

/** What stands where a name or a plain function should, in words. */
function kindOf(value: unknown): string {
  if (typeof value === 'function') {
    return 'resolve' in value || 'check' in value
      ? `not XState's built-in ${(value as unknown as { type?: string }).type ?? value.name}`
      : 'not an inline function';
  }
  return typeof value === 'object' ? 'not an object with parameters' : `not a ${typeof value}`;
}
