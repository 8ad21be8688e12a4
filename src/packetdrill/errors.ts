/** The three ways in which a script does not pass: it cannot be read, it asks for what there is not, it is not met. */
import type { Place } from './script.ts';

/** The script is not packetdrill's language. The message has name, line and column. */
export class ScriptSyntaxError extends Error {
  override readonly name = 'ScriptSyntaxError';
  readonly place: Place;

  constructor(script: string, place: Place, message: string) {
    super(`${script}:${place.line}:${place.column}: ${message}`);
    this.place = place;
  }
}

/** The script uses something that this interpreter or this stack does not have: neither a pass nor a failure. */
export class ScriptUnsupported extends Error {
  override readonly name = 'ScriptUnsupported';
  readonly what: string;
  /** Line of the script; 0: not known yet. */
  readonly line: number;

  constructor(what: string, script = '', line = 0) {
    super(`${line > 0 ? `${script}:${line}: ` : ''}unsupported: ${shorten(what)}`);
    this.what = what;
    this.line = line;
  }
}

/** The stack did something else than the script says. The message is the whole report. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** What went wrong at a line, before the runner adds the line and the packets so far. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** Letters of a script's own text that a message shows. */
const SHOWN = 400;

/** A script's text as a message has it: a line may be a megabyte. */
export function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}
