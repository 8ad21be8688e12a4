/** A script from its text to what came of it, in one of four words: what a program that runs many of them needs. */
import { ScriptFailure, ScriptSyntaxError, ScriptUnsupported } from './errors.ts';
import type { Profile } from './knobs.ts';
import { parseScript } from './parse.ts';
import type { Definitions } from './preprocess.ts';
import { packetList } from './report.ts';
import { type RunReport, runScript } from './run.ts';
import type { Script } from './script.ts';
import type { RunOptions } from './settings.ts';

/** Unsupported is neither a pass nor a failure; unreadable is no script, or one whose options cannot be. */
export type Outcome = 'passed' | 'failed' | 'unsupported' | 'unreadable';

export interface Verdict {
  readonly name: string;
  readonly outcome: Outcome;
  /** undefined: the script could not be read. */
  readonly profile?: Profile;
  /** Where it ended, unless it passed. */
  readonly line?: number;
  /** The whole report, `name:line:` first, unless it passed. */
  readonly report?: string;
  /** Of a script that passed: virtual time in us, its packets a line each, and commands that change nothing here. */
  readonly time?: number;
  readonly packets?: readonly string[];
  readonly ignored?: readonly string[];
}

export interface PlayOptions extends RunOptions {
  readonly definitions?: Definitions;
}

/** Which system a script is for, by the commands and variables it uses; Linux, whose dialect is the older, if none. */
export function suggestedProfile(script: Script): Profile {
  const commands = script.events.map(({ action }) => (action.kind === 'command' ? action.text : ''));
  const text = [script.initCommand ?? '', ...commands].join('\n');
  return /\bnet\.inet\.|\bkern\.ipc\.|\bsockstat\b|\btcpdrop\b/.test(text) ? 'freebsd' : 'linux';
}

/** Reads and plays a script; whatever its text is, this does not throw. The profile is the suggested one if none is given. */
export function playText(text: string, name: string, options: PlayOptions = {}): Verdict {
  let profile = options.profile;
  try {
    const script = parseScript(text, name, options.definitions);
    if (script.events.length === 0) {
      throw new ScriptSyntaxError(name, { line: 1, column: 1 }, 'the script has no events');
    }
    profile ??= suggestedProfile(script);
    const report = runScript(script, { ...options, profile });
    return { name, outcome: 'passed', profile, ...facts(report) };
  } catch (error) {
    return { name, ...(profile === undefined ? {} : { profile }), ...ending(error, name) };
  }
}

function facts({ time, network, ignored }: RunReport): Pick<Verdict, 'time' | 'packets' | 'ignored'> {
  return { time, packets: packetList(network.records, network.timestamps, network.records.length), ignored };
}

function ending(error: unknown, name: string): Pick<Verdict, 'outcome' | 'line' | 'report'> {
  if (error instanceof ScriptFailure) return { outcome: 'failed', line: error.line, report: error.message };
  if (error instanceof ScriptUnsupported) {
    return { outcome: 'unsupported', line: error.line, report: error.message };
  }
  if (error instanceof ScriptSyntaxError) {
    return { outcome: 'unreadable', line: error.place.line, report: error.message };
  }
  // A setting that cannot be: an address, an MTU.
  if (error instanceof RangeError)
    return { outcome: 'unreadable', line: 1, report: `${name}:1: ${error.message}` };
  throw error;
}
