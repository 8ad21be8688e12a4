/**
 * A run again, from what the header of its trace says: as it was, or with something changed. It decides which traces can
 * be had again (those of the playground and of `statewire demo` in virtual time) and says why others cannot.
 */
import type { LinkConfig } from '../channel/config.ts';
import { type Fault, parseFault } from '../channel/faults.ts';
import { compiledEngine } from '../chart/compiled.ts';
import type { TcpConfig } from '../tcp/config.ts';
import type { TraceHeader } from '../trace/event.ts';
import type { Trace } from '../trace/trace.ts';
import { Demo } from './demo.ts';
import { expected } from './expected.ts';
import { Playground } from './playground.ts';
import { type PlaygroundInput, parseInput } from './playgroundInput.ts';
import { type PlaygroundSettings, partsOf } from './playgroundSettings.ts';
import { type PacketFault, packetRule } from './playgroundWire.ts';

/** All that a run depends on. */
export type Recipe =
  | {
      readonly kind: 'playground';
      readonly settings: PlaygroundSettings;
      readonly inputs: readonly PlaygroundInput[];
    }
  | {
      readonly kind: 'demo';
      readonly seed: number;
      readonly link: LinkConfig;
      readonly tcp: Partial<TcpConfig>;
      readonly commands: readonly string[];
    };

/** What is to be different. */
export interface Change {
  readonly faults?: readonly PacketFault[];
  /** Instead of those of the run: its link, its ends, its seed. */
  readonly settings?: PlaygroundSettings;
}

/** A run that goes on step by step. */
export interface Rerun {
  /** Does what is due next; false when the run is over. */
  step(): boolean;
  /** us */
  now(): number;
}

/**
 * What a trace's header says of its run.
 * @throws {RangeError} saying why the run cannot be had again
 */
export function recipeOf(header: TraceHeader): Recipe {
  const { configuration, inputs, seed, start } = header;
  if (start !== undefined) throw new RangeError('it ran in real time');
  try {
    return recipeIn(configuration, inputs, seed);
  } catch (error) {
    // A header may hold anything
    if (error instanceof TypeError || error instanceof SyntaxError)
      throw new RangeError(`its header is not as the demo or the playground writes it (${error.message})`);
    throw error;
  }
}

function recipeIn(
  configuration: TraceHeader['configuration'],
  inputs: readonly string[],
  seed: number,
): Recipe {
  if (configuration.playground !== undefined) {
    const settings = configuration.playground as PlaygroundSettings;
    partsOf(settings);
    return { kind: 'playground', settings, inputs: inputs.map(parseInput) };
  }
  const { link, tcp, faults } = configuration as {
    link?: LinkConfig;
    tcp?: Partial<TcpConfig>;
    faults?: readonly string[];
  };
  if (link === undefined || tcp === undefined || faults === undefined)
    throw new RangeError('its header has no settings of a demo or of the playground');
  return { kind: 'demo', seed, link: { ...link, faults: faults.map(parseFault) }, tcp, commands: inputs };
}

/**
 * Starts a run again.
 * @throws {RangeError} when its settings, or the changed ones, cannot be
 */
export function rerun(recipe: Recipe, { settings, faults = [] }: Change, trace: Trace): Rerun {
  if (recipe.kind === 'playground') {
    const own = settings ?? recipe.settings;
    // Changed settings hold from the start; what was set later would take them away again
    const inputs =
      settings === undefined ? recipe.inputs : recipe.inputs.filter(({ action }) => action.kind !== 'link');
    return new Playground({ settings: own, inputs, faults, trace });
  }
  return rerunDemo(recipe, settings, faults, trace);
}

function rerunDemo(
  recipe: Recipe & { kind: 'demo' },
  settings: PlaygroundSettings | undefined,
  faults: readonly PacketFault[],
  trace: Trace,
): Rerun {
  const { link, tcp } = settings === undefined ? recipe : partsOf(settings);
  const own = faults.map((fault) => packetRule(fault)).filter((fault): fault is Fault => fault !== undefined);
  const demo = new Demo({
    seed: settings?.seed ?? recipe.seed,
    engine: compiledEngine,
    link: { ...link, faults: [...(link.faults ?? []), ...own] },
    tcp,
    commands: expected(recipe.commands),
    trace,
  });
  return {
    step: () => !demo.over && demo.simulation.step(),
    now: () => demo.simulation.now(),
  };
}
