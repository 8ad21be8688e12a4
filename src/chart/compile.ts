/**
 * A chart as a table: for each leaf and event, which transitions may be taken and what each one does, worked out once.
 * It decides the order of exits, actions and entries (as XState does); `compiled.ts` runs it.
 */
import type { AnyStateNode } from 'xstate';
import type { Chart, ChartEvent } from '../../machines/event.ts';
import { afterEvent, checkSubset, delaysOf, leafOf, listOf, nodesOf, reject, within } from './subset.ts';

/** What actions, guards and delays are called with: one object for a chart, its `host` set before each call. */
export class Arguments {
  readonly context: { host: object | undefined };

  constructor(host?: object) {
    this.context = { host };
  }

  /** XState would offer it: a chart that reads it would behave differently here, so it is told. */
  get event(): never {
    throw new Error("a chart's functions read `context.host` and nothing else: events carry no payload");
  }
}

/** One thing a transition does. All have the same shape, so that the loop over them stays fast. */
export interface Operation {
  readonly kind: 'action' | 'arm' | 'cancel';
  /** Of the action, or of the delay. */
  readonly name: string;
  /** Runs the action, or gives the delay (us). */
  readonly call: (args: Arguments) => unknown;
  /** The timer to arm or to cancel, -1 for an action. */
  readonly slot: number;
}

/** What the steps of a chart's instances share: one may run within another's action. */
export class Scratch {
  readonly args = new Arguments();
  /** Timers to arm and cancel at the end of the steps under way: slot and delay in turn, -1 for cancel. */
  readonly pending: number[] = [];
  /** How much of `pending` is in use. */
  top = 0;
}

/** A transition as taken from one leaf. */
export interface Plan {
  readonly guard: ((args: Arguments) => boolean) | undefined;
  readonly guardName: string | undefined;
  /** In order; timers are armed and cancelled after all of them, in this order too. */
  readonly operations: readonly Operation[];
  /** The leaf it leads to. */
  readonly next: number;
  /** It ends in a top-level final state. */
  readonly done: boolean;
  /** It only says that the event is deliberately ignored. */
  readonly ignores: boolean;
}

/** A timer of a chart: each state has one for each of its delays. */
export interface Slot {
  readonly delay: string;
  readonly state: string;
}

/** A leaf: a state without states of its own. */
export interface Leaf {
  readonly path: string;
  /** Its own path and those of the states around it. */
  readonly within: ReadonlySet<string>;
  readonly done: boolean;
  /** Slot of each delay that may run in it. */
  readonly slots: ReadonlyMap<string, number>;
}

export interface Program {
  readonly chart: Chart;
  readonly leaves: readonly Leaf[];
  /** The leaf to start in. */
  readonly initial: number;
  /** The chart's events by id. */
  readonly events: readonly ChartEvent[];
  /** Names of the events, then those of the slots (`after.DELAY`). */
  readonly names: readonly string[];
  readonly slots: readonly Slot[];
  /** At `leaf * names.length + event`: candidates in order; undefined where the event is not handled. */
  readonly plans: readonly (readonly Plan[] | undefined)[];
  readonly scratch: Scratch;
}

const programs = new WeakMap<Chart, Program>();

/** The table of a chart, made once. Throws an Error naming chart and state when it is outside the subset. */
export function compile(chart: Chart): Program {
  let program = programs.get(chart);
  if (program === undefined) {
    checkSubset(chart);
    program = new Compiler(chart).program();
    programs.set(chart, program);
  }
  return program;
}

type Candidate = NonNullable<ReturnType<AnyStateNode['transitions']['get']>>[number];

/** The states from `node` up to, not including, `end`. */
function upTo(node: AnyStateNode, end: AnyStateNode | undefined): AnyStateNode[] {
  const path: AnyStateNode[] = [];
  for (let up: AnyStateNode | undefined = node; up !== undefined && up !== end; up = up.parent) path.push(up);
  return path;
}

/** The state that stays active all through a transition: what is below it is left and entered. */
function domainOf(source: AnyStateNode, target: AnyStateNode, reenter: boolean): AnyStateNode {
  if (!reenter && within(target, source)) return source;
  let domain = target.parent as AnyStateNode;
  while (domain.parent !== undefined && (domain === source || !within(source, domain)))
    domain = domain.parent;
  return domain;
}

class Compiler {
  private readonly chart: Chart;
  private readonly nodes: AnyStateNode[];
  private readonly leafNodes: AnyStateNode[];
  private readonly slots: Slot[] = [];
  /** By XState's name of the event of the timer. */
  private readonly slotOf = new Map<string, number>();

  constructor(chart: Chart) {
    this.chart = chart;
    this.nodes = nodesOf(chart.machine.root);
    this.leafNodes = this.nodes.filter((node) => node.type !== 'compound');
    for (const node of this.nodes) {
      for (const delay of delaysOf(node)) {
        this.slotOf.set(afterEvent(node, delay), this.slots.length);
        this.slots.push({ delay, state: node.path.join('.') });
      }
    }
  }

  program(): Program {
    const events = Object.values(this.chart.events).sort((a, b) => a.id - b.id);
    const keys = [...events.map((event) => event.type), ...this.slotOf.keys()];
    return {
      chart: this.chart,
      leaves: this.leafNodes.map((node) => this.leaf(node)),
      initial: this.leafNodes.indexOf(leafOf(this.chart.machine.root)),
      events,
      names: [...events.map((event) => event.type), ...this.slots.map((slot) => `after.${slot.delay}`)],
      slots: this.slots,
      plans: this.leafNodes.flatMap((leaf) => keys.map((key) => this.row(leaf, key))),
      scratch: new Scratch(),
    };
  }

  private leaf(node: AnyStateNode): Leaf {
    const path = upTo(node, this.chart.machine.root);
    return {
      path: node.path.join('.'),
      within: new Set(path.map((state) => state.path.join('.'))),
      done: node.type === 'final' && path.length === 1,
      slots: new Map(
        path.flatMap((state) => delaysOf(state).map((delay) => [delay, this.slotAt(state, delay)] as const)),
      ),
    };
  }

  private slotAt(node: AnyStateNode, delay: string): number {
    return this.slotOf.get(afterEvent(node, delay)) as number;
  }

  /** The candidates for an event: the leaf's first, then those of the states around it. */
  private row(leaf: AnyStateNode, event: string): Plan[] | undefined {
    const plans: Plan[] = [];
    for (const node of upTo(leaf, undefined)) {
      for (const candidate of node.transitions.get(event) ?? []) {
        plans.push(this.plan(leaf, node, candidate));
        // What follows one without a guard is never asked.
        if (candidate.guard === undefined) return plans;
      }
    }
    return plans.length === 0 ? undefined : plans;
  }

  private plan(leaf: AnyStateNode, source: AnyStateNode, candidate: Candidate): Plan {
    const { guards } = this.chart.machine.implementations;
    const guardName = candidate.guard as string | undefined;
    const target = candidate.target?.[0] as AnyStateNode | undefined;
    const actions = this.actions(candidate.actions);
    const next = target === undefined ? leaf : leafOf(target);
    const done = next.type === 'final' && next.parent?.parent === undefined;
    return {
      guard: guardName === undefined ? undefined : (guards[guardName] as unknown as Plan['guard']),
      guardName,
      operations:
        target === undefined
          ? actions
          : this.path(leaf, target, domainOf(source, target, candidate.reenter), actions, done),
      next: this.leafNodes.indexOf(next),
      done,
      ignores: guardName === undefined && target === undefined && actions.length === 0,
    };
  }

  /** Exits from the leaf up, the transition's actions, entries from the top down; at the very end, all exits. */
  private path(
    leaf: AnyStateNode,
    target: AnyStateNode,
    domain: AnyStateNode,
    actions: readonly Operation[],
    done: boolean,
  ): Operation[] {
    const end = leafOf(target);
    const left = upTo(leaf, domain).flatMap((node) => this.exits(node));
    const entered = upTo(end, domain)
      .reverse()
      .flatMap((node) => this.entries(node));
    const last = done ? upTo(end, undefined).flatMap((node) => this.exits(node)) : [];
    return [...left, ...actions, ...entered, ...last];
  }

  private entries(node: AnyStateNode): Operation[] {
    const arms = delaysOf(node).map((name): Operation => {
      const delay = this.chart.machine.implementations.delays[name] as number | Operation['call'];
      const call = typeof delay === 'function' ? delay : () => delay;
      return { kind: 'arm', name, call, slot: this.slotAt(node, name) };
    });
    return [...this.actions(node.config.entry), ...arms];
  }

  private exits(node: AnyStateNode): Operation[] {
    const cancels = delaysOf(node).map((name): Operation => {
      return { kind: 'cancel', name, call: () => undefined, slot: this.slotAt(node, name) };
    });
    return [...this.actions(node.config.exit), ...cancels];
  }

  private actions(list: unknown): Operation[] {
    return listOf(list).map((name) => {
      const call = this.chart.machine.implementations.actions[name as string];
      return { kind: 'action', name: name as string, call: call as unknown as Operation['call'], slot: -1 };
    });
  }
}

/** The number of the leaf with this path. Throws an Error naming the chart when there is none. */
export function leafAt(program: Program, path: string): number {
  const leaf = program.leaves.findIndex((candidate) => candidate.path === path);
  if (leaf < 0) reject(program.chart, undefined, `it has no leaf "${path}" to be restored to`);
  return leaf;
}
