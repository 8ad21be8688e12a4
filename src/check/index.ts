/** The search of the state space: every order of events that two hosts and a faulty link can get into. */
export { type Progress, type SearchLimits, type SearchResult, search, type Violation } from './search.ts';
export { scriptOf, tell } from './story.ts';
export { type Bounds, type CheckOptions, type Move, SIDES, type Side } from './world.ts';
