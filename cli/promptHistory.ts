/** The lines typed at the prompt, kept from one run to the next in the user's state folder. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Lines kept. */
const MOST = 1000;

/** Where: under `$XDG_STATE_HOME`, by default `~/.local/state`. */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string {
  const state = env.XDG_STATE_HOME ?? '';
  // The XDG base directory specification: a relative path is to be ignored
  return join(isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'statewire', 'history');
}

/** Read once, added to line by line; a file that cannot be read or written is no reason not to talk. */
export class History {
  /** Newest first, as readline wants them. */
  readonly lines: string[];
  readonly #path: string;

  constructor(path: string = historyPath()) {
    this.#path = path;
    const kept = readLines(path);
    this.lines = kept.slice(-MOST).reverse();
    if (kept.length > 2 * MOST) this.#write(() => writeFileSync(path, `${kept.slice(-MOST).join('\n')}\n`));
  }

  /** A line was typed. */
  add(line: string): void {
    this.#write(() => appendFileSync(this.#path, `${line}\n`, { mode: 0o600 }));
  }

  #write(work: () => void): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      work();
    } catch {
      // The line is in memory all the same
    }
  }
}

/** What a terminal would take for an instruction is left out, whoever wrote it there. */
function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !/\p{Cc}/u.test(line));
  } catch {
    return [];
  }
}
