/** The search of the state space: every order of events that two hosts and a faulty link can get into. */
export { SIDES, type Side } from './actor.ts';
export { type ScriptEnd, scriptOf } from './script.ts';
export {
  type Cut,
  type SearchLimits,
  type SearchResult,
  search,
  searching,
  type Violation,
} from './search.ts';
export { tell } from './story.ts';
export { scriptEnd } from './workshop.ts';
export type { Bounds, CheckOptions, Move } from './world.ts';
