/** Commands from standard input where that is a file or a pipe: one a line, in which quotes may hold line ends. */
import type { Readable } from 'node:stream';
import { checkCommand } from '../src/app/keyValueClient.ts';
import { type Line, LineReader } from '../src/app/lines.ts';

/** Commands that wait for their turn before reading stops. */
const MOST = 100;

/** Who takes the commands. */
export interface CommandTaker {
  /** Commands taken and not sent yet. */
  waiting(): number;
  command(text: string): void;
  /** That was the last one. */
  end(): void;
  /** What came is no command: see `objection`. Nothing more comes. */
  bad(): void;
}

export class InputCommands {
  /** All of standard input was read. */
  ended = false;
  /** What was wrong with it. */
  objection: string | undefined;
  readonly #input: Readable;
  readonly #taker: CommandTaker;
  readonly #reader = new LineReader('fieldStart');
  #number = 0;

  constructor(input: Readable, taker: CommandTaker) {
    this.#input = input;
    this.#taker = taker;
    input.on('data', this.#onData);
    input.on('end', this.#onEnd);
    input.on('error', this.#onError);
  }

  /** A command was answered: perhaps there is room for more. */
  goOn(): void {
    if (this.#input.isPaused() && this.#taker.waiting() < MOST && !this.#input.destroyed)
      this.#input.resume();
  }

  /** Reads nothing more; a pipe that stays open must not keep the program. */
  close(): void {
    this.#input.off('data', this.#onData);
    this.#input.off('end', this.#onEnd);
    if (!this.ended) this.#input.destroy();
  }

  readonly #onData = (chunk: Uint8Array | string): void => {
    this.#reader.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
    for (let line = this.#reader.take(); line !== undefined; line = this.#reader.take()) {
      this.#take(line);
      if (this.objection !== undefined) return;
    }
    if (this.#reader.tooLong) this.#take({ text: undefined });
    else if (this.#taker.waiting() >= MOST) this.#input.pause();
  };

  readonly #onEnd = (): void => {
    const rest = this.#reader.takeRest();
    if (rest !== undefined) this.#take(rest);
    this.ended = true;
    if (this.objection === undefined) this.#taker.end();
  };

  readonly #onError = (error: Error): void => this.#refuse(error.message);

  #take({ text }: Line): void {
    this.#number += 1;
    if (text === '') return;
    try {
      if (text === undefined) throw new Error('not UTF-8, longer than 1 MiB, or with a quote left open');
      checkCommand(text);
    } catch (error) {
      this.#refuse((error as Error).message);
      return;
    }
    this.#taker.command(text);
  }

  #refuse(why: string): void {
    this.objection ??= `stdin, command ${this.#number}: ${why}`;
    this.close();
    this.#taker.bad();
  }
}
