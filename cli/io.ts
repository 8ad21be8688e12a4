/**
 * What the commands know of the world: two streams, how wide and colourful they are, and whether to stop. Tests give
 * their own; `processIo` is the real one.
 */
import type { Readable } from 'node:stream';
import type { TraceEvent, TraceHeader } from '../src/trace/event.ts';
import { EXIT } from './failure.ts';

/** Told of a run by the program itself: the thread that started it. */
export interface Observer {
  header(header: TraceHeader): void;
  /** Events of the trace, in order. */
  events(events: readonly TraceEvent[]): void;
  /** What came of it, in the command's own words. */
  result(result: unknown): void;
}

/** Where a command writes, and what it has to mind. */
export interface Io {
  /** Text for stdout, line ends included. */
  out(text: string): void;
  /** Text for stderr, line ends included. */
  err(text: string): void;
  /** Columns of stdout; undefined when it is no terminal and nobody has said. */
  readonly columns: number | undefined;
  /** May stdout be coloured? */
  readonly color: boolean;
  /** stdin. */
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Is stderr a terminal, on which a line may be drawn over? */
  readonly liveErr: boolean;
  /** Aborted by Ctrl-C; its reason is the exit code. */
  readonly stop: AbortSignal;
  /** Calls `handler` at the second Ctrl-C, which would otherwise end the process; the third does. */
  onHalt(handler: () => void): void;
  /** Nobody reads stdout any more. */
  readonly unread: boolean;
  /** Is there somebody besides the user? */
  readonly observer?: Observer;
}

/** Codes that a shell shows for a program ended by the signal. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Fewer do not hold a ladder. */
const NARROWEST = 60;

/** What the environment says for a stdout that is no terminal: a whole number of at least 60, or nothing. */
function columnsOf(text: string | undefined): number | undefined {
  const columns = /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
  return columns >= NARROWEST ? columns : undefined;
}

/** The process's own streams, with signals and a closed stdout looked after. */
export function processIo(): Io {
  const { stdout, stderr, env } = process;
  const stopping = new AbortController();
  let halt: (() => void) | undefined;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) {
        stopping.abort(code);
      } else if (halt !== undefined) {
        const handler = halt;
        halt = undefined;
        handler();
      } else {
        process.exit(code);
      }
    });
  }
  let unread = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    unread = true;
    if (error.code === 'EPIPE') return;
    stderr.write(`statewire: cannot write to stdout: ${error.message}\n`);
    process.exit(EXIT.application);
  });
  stderr.on('error', () => {});
  return {
    out(text) {
      if (!unread) stdout.write(text);
    },
    err(text) {
      stderr.write(text);
    },
    get columns() {
      return stdout.isTTY ? stdout.columns : columnsOf(env.COLUMNS);
    },
    // https://no-color.org: any text but the empty one
    color: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
    input: process.stdin,
    liveErr: stderr.isTTY === true,
    stop: stopping.signal,
    onHalt(handler) {
      halt = handler;
    },
    get unread() {
      return unread;
    },
  };
}
