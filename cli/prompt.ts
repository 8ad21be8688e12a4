/**
 * The client's prompt on a terminal: a line to type on and a status line above it, while answers come in above both.
 * Editing is readline's; this decides what stands where and when it is drawn. What a line means to the session is
 * `client.ts`.
 *
 * The status line is part of readline's prompt, so that readline itself draws it and knows how many rows it takes.
 */
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  type Key,
  moveCursor,
} from 'node:readline';
import { Writable } from 'node:stream';
import { LineReader } from '../src/app/lines.ts';
import { clip, printable } from '../src/trace/text.ts';
import type { Io } from './io.ts';
import { type Paint, paintFor } from './paint.ts';
import type { History } from './promptHistory.ts';
import { HELP, type KnownKeys, localCommand } from './promptText.ts';

/** How often the status line is looked at, ms. */
const PERIOD = 200;
const PROMPT = '> ';
/** While a quote is open: the command goes on. */
const MORE = '… ';
const COLUMNS = 80;

/**
 * Readline draws by going up the rows above the cursor as it last drew them, and does not count those that typing has
 * filled since. `prevRows` is that count; no call sets it.
 */
type Lines = Interface & { prevRows: number };

/** What the prompt asks and tells. */
export interface PromptUser {
  readonly keys: KnownKeys;
  readonly history: History;
  /** The status line now. */
  status(): string;
  /** A command for the server. */
  command(text: string): void;
  /** QUIT or Ctrl-D: no more of them. */
  quit(): void;
  /** Ctrl-C, which the terminal hands on as a key. */
  interrupt(): void;
}

export class Prompt {
  readonly #io: Io;
  readonly #user: PromptUser;
  readonly #screen: Writable;
  readonly #lines: Lines;
  readonly #paint: Paint;
  readonly #timer: NodeJS.Timeout;
  #reader = new LineReader('fieldStart');
  /** What is drawn above the line; undefined while nothing is drawn. */
  #status: string | undefined;
  #prompt = PROMPT;
  #closed = false;

  constructor(io: Io, user: PromptUser) {
    this.#io = io;
    this.#user = user;
    this.#paint = paintFor(io);
    this.#screen = screenOf(io);
    this.#lines = createInterface({
      input: io.input,
      output: this.#screen,
      terminal: true,
      history: [...user.history.lines],
      removeHistoryDuplicates: true,
      completer: (line: string) => user.keys.complete(line),
    }) as Lines;
    this.#lines.on('line', (line) => this.#entered(line));
    this.#lines.on('SIGINT', () => user.interrupt());
    this.#lines.on('close', () => this.#ended());
    io.input.prependListener('keypress', this.#beforeKey);
    this.#timer = setInterval(() => this.#refresh(), PERIOD);
    this.#draw();
  }

  /** Lines for stdout, above the prompt. */
  print(text: string): void {
    this.#above(() => this.#io.out(`${safe(text)}\n`));
  }

  /** Lets other words be written above the prompt. */
  around(write: () => void): void {
    this.#above(write);
  }

  /** Takes the prompt off the screen; the terminal is as it was. */
  close(): void {
    this.#closed = true;
    this.#lines.close();
  }

  /** Before readline sees a key. When the line ends, the status line goes: what is left to read is what was typed. */
  readonly #beforeKey = (_: string | undefined, key: Key): void => {
    if (this.#status === undefined) return;
    this.#countRows();
    if (key.name !== 'return' && key.name !== 'enter') return;
    this.#lines.setPrompt(this.#prompt);
    this.#lines.prompt(true);
    this.#status = undefined;
  };

  #entered(line: string): void {
    this.#status = undefined;
    if (line.trim() !== '') this.#user.history.add(line);
    this.#reader.push(new TextEncoder().encode(`${line}\n`));
    const command = this.#reader.take();
    this.#prompt = command === undefined && !this.#reader.tooLong ? MORE : PROMPT;
    if (this.#reader.tooLong) {
      this.#reader = new LineReader('fieldStart');
      this.#io.err('a command is 1 MiB at most\n');
    }
    this.#obey(command?.text ?? '');
    if (!this.#closed) this.#draw();
  }

  #obey(command: string): void {
    if (command.trim() === '') return;
    switch (localCommand(command)) {
      case 'HELP':
        for (const line of HELP) this.#io.err(`${line}\n`);
        return;
      case 'QUIT':
        this.#lines.close();
        return;
      default:
        this.#user.command(command);
    }
  }

  #ended(): void {
    clearInterval(this.#timer);
    this.#io.input.off('keypress', this.#beforeKey);
    if (this.#status !== undefined) this.#erase();
    this.#status = undefined;
    const asked = !this.#closed;
    this.#closed = true;
    if (asked) this.#user.quit();
  }

  #draw(): void {
    this.#status = this.#user.status();
    const line = this.#paint(clip(this.#status, this.#columns - 1), 'faint');
    this.#lines.setPrompt(`${line}\n${this.#prompt}`);
    this.#lines.prompt(true);
  }

  #refresh(): void {
    if (this.#status === undefined || this.#status === this.#user.status()) return;
    this.#countRows();
    this.#draw();
  }

  #above(write: () => void): void {
    if (this.#status === undefined) {
      write();
      return;
    }
    this.#erase();
    write();
    this.#draw();
  }

  /** Clears what is drawn; readline begins anew where it began. */
  #erase(): void {
    moveCursor(this.#screen, 0, -this.#lines.getCursorPos().rows);
    cursorTo(this.#screen, 0);
    clearScreenDown(this.#screen);
    this.#lines.prevRows = 0;
  }

  #countRows(): void {
    this.#lines.prevRows = this.#lines.getCursorPos().rows;
  }

  get #columns(): number {
    return this.#io.columns ?? COLUMNS;
  }
}

/** What the server says, without what a terminal would take for an instruction; its line ends stay. */
function safe(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n');
}

/** Stderr as readline wants it: the prompt is not part of the answers. */
function screenOf(io: Io): Writable {
  const screen = new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      io.err(String(chunk));
      done();
    },
  });
  return Object.defineProperty(screen, 'columns', { get: () => io.columns ?? COLUMNS });
}
