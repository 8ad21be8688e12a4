/** packetdrill's script language: read it, and play it against the stack in virtual time. */
export { ScriptFailure, ScriptSyntaxError, ScriptUnsupported } from './errors.ts';
export { parseScript } from './parse.ts';
export { type RunReport, runScript } from './run.ts';
export type { Script } from './script.ts';
export { type Relaxation, type RunOptions, relaxations } from './settings.ts';
