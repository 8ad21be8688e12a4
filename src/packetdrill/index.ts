/** packetdrill's script language: read it, and play it against the stack in virtual time. */
export { ScriptFailure, ScriptSyntaxError, ScriptUnsupported } from './errors.ts';
export { type Profile, profiles } from './knobs.ts';
export { parseScript } from './parse.ts';
export type { Definitions } from './preprocess.ts';
export { type RunReport, runScript } from './run.ts';
export type { Script } from './script.ts';
export { type Relaxation, type RunOptions, relaxations } from './settings.ts';
export { type Outcome, type PlayOptions, playText, suggestedProfile, type Verdict } from './verdict.ts';
