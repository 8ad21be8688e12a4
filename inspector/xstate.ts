/**
 * What the charts need of XState in the page, in its place there (`vite.config.ts`): `setup(...).createMachine(...)` makes
 * the tree of states that the compiled engine reads, and no more. The charts are the same; XState itself, which would
 * interpret them, stays out of the page. That both trees are compiled alike is tested for each chart.
 */

type Plain = Readonly<Record<string, unknown>>;

interface StateConfig {
  readonly id?: string;
  readonly type?: string;
  readonly initial?: string;
  readonly states?: Readonly<Record<string, StateConfig>>;
  readonly on?: Plain;
  readonly after?: Plain;
}

interface TransitionConfig {
  readonly target?: string;
  readonly guard?: string;
  readonly actions?: string | readonly string[];
  readonly reenter?: boolean;
}

interface Transition {
  readonly target: readonly StateNode[] | undefined;
  readonly guard?: string;
  readonly actions: readonly string[];
  readonly reenter: boolean;
}

/** A state, with what `compile.ts` and `subset.ts` read of XState's. */
class StateNode {
  readonly key: string;
  readonly id: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly parent: StateNode | undefined;
  readonly config: StateConfig;
  readonly states: Readonly<Record<string, StateNode>>;
  /** By event; resolved when all states are there. */
  readonly transitions = new Map<string, readonly Transition[]>();

  constructor(key: string, config: StateConfig, parent: StateNode | undefined) {
    this.key = key;
    this.config = config;
    this.parent = parent;
    this.path = parent === undefined ? [] : [...parent.path, key];
    this.id = config.id ?? [rootOf(this).key, ...this.path].join('.');
    const states = Object.entries(config.states ?? {});
    this.type = config.type ?? (states.length > 0 ? 'compound' : 'atomic');
    this.states = Object.fromEntries(states.map(([name, state]) => [name, new StateNode(name, state, this)]));
  }

  get initial(): { readonly target: readonly StateNode[] } {
    return { target: [this.states[this.config.initial!]!] };
  }

  resolve(): void {
    const { on = {}, after = {} } = this.config;
    for (const [event, written] of Object.entries(on)) this.transitions.set(event, this.#candidates(written));
    for (const [delay, written] of Object.entries(after))
      this.transitions.set(`xstate.after.${delay}.${this.id}`, this.#candidates(written));
    for (const state of Object.values(this.states)) state.resolve();
  }

  #candidates(written: unknown): Transition[] {
    return [written].flat().map((each) => {
      const {
        target,
        guard,
        actions = [],
        reenter = false,
      } = (typeof each === 'string' ? { target: each } : each) as TransitionConfig;
      return {
        target: target === undefined ? undefined : [this.#find(target)],
        ...(guard !== undefined && { guard }),
        actions: [actions].flat(),
        reenter,
      };
    });
  }

  /** `#id`, `.child`, or a state beside this one. */
  #find(target: string): StateNode {
    const [id, ...below] = target.split('.');
    const from = target.startsWith('#')
      ? withId(rootOf(this), id!.slice(1))
      : target.startsWith('.')
        ? this
        : this.parent?.states[id!];
    const found = below.reduce<StateNode | undefined>((node, key) => node?.states[key], from);
    if (found === undefined) throw new Error(`state "${this.id}": there is no state "${target}"`);
    return found;
  }
}

function rootOf(node: StateNode): StateNode {
  return node.parent === undefined ? node : rootOf(node.parent);
}

function withId(node: StateNode, id: string): StateNode | undefined {
  if (node.id === id) return node;
  for (const state of Object.values(node.states)) {
    const found = withId(state, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As XState's, for charts of the subset (`src/chart/subset.ts`). */
export function setup({ actions = {}, guards = {}, delays = {} }: Readonly<Record<string, Plain>>) {
  return {
    createMachine(config: StateConfig & { readonly id: string }) {
      const root = new StateNode(config.id, config, undefined);
      root.resolve();
      return { id: config.id, config, root, implementations: { actions, guards, delays } };
    },
  };
}
