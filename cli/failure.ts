/** What a command tells the shell: exit codes, and errors that are shown as one line instead of a stack trace. */

/** Exit codes; documented in docs/cli.md. */
export const EXIT = {
  fine: 0,
  usage: 2,
  refused: 3,
  timedOut: 4,
  reset: 5,
  application: 6,
} as const;

/** Ends the program with one line on stderr. */
export class Failure extends Error {
  /** One of `EXIT`. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'Failure';
    this.code = code;
  }
}

/** Runs `work`; what it throws becomes a usage error that begins with the option's name. */
export function usage<T>(option: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Failure(EXIT.usage, `${option}: ${(error as Error).message}`);
  }
}

/** A message on one line, and without what a terminal would take for an instruction. */
export function oneLine(message: string): string {
  return message.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
