/** Charts, in two engines. */
import type { Engine, EngineName } from './chart.ts';
import { compiledEngine } from './compiled.ts';
import { interpretedEngine } from './interpreted.ts';

export type * from './chart.ts';
export { compiledEngine } from './compiled.ts';
export {
  type Inspect,
  type InterpretedOptions,
  interpretedEngine,
  interpretedEngineWith,
} from './interpreted.ts';
export {
  type ChartTable,
  chartTable,
  type Handling,
  handled,
  type StateRow,
  type TransitionRow,
} from './table.ts';

/** The engine of this name; throws an Error for any other. */
export function engineNamed(name: EngineName): Engine {
  if (name === 'compiled') return compiledEngine;
  if (name === 'xstate') return interpretedEngine;
  throw new Error(`there is no engine "${name}": the two are "compiled" and "xstate"`);
}
