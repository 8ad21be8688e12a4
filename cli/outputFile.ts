/**
 * A file that is written from front to back. Opening it changes nothing that was in it: with several files the caller
 * begins when all are open, or abandons those that are.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { EXIT, Failure } from './failure.ts';

/** Whatever goes wrong with the file is a `Failure` that names the option and the path. */
export class OutputFile {
  readonly #option: string;
  readonly #path: string;
  readonly #fd: number;
  /** Was there no such file before? */
  #made = false;
  #chunks: Uint8Array[] = [];
  #text = '';

  /** @throws {Failure} when the file cannot be opened for writing */
  constructor(option: string, path: string) {
    this.#option = option;
    this.#path = path;
    this.#fd = this.#try(() => this.#open());
  }

  /** Empties the file, unless it is a device or a pipe. */
  begin(): void {
    this.#try(() => {
      if (fstatSync(this.#fd).isFile()) ftruncateSync(this.#fd);
    });
  }

  /** In place of `begin`: nothing will be written. */
  abandon(): void {
    closeSync(this.#fd);
    if (this.#made) rmSync(this.#path, { force: true });
  }

  addLine(line: string): void {
    this.#text += `${line}\n`;
  }

  addBytes(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  drain(): void {
    const [text, chunks] = [this.#text, this.#chunks];
    this.#text = '';
    this.#chunks = [];
    this.#try(() => {
      if (text !== '') writeFileSync(this.#fd, text);
      if (chunks.length > 0) writeFileSync(this.#fd, Buffer.concat(chunks));
    });
  }

  close(): void {
    try {
      this.drain();
    } finally {
      closeSync(this.#fd);
    }
  }

  #open(): number {
    try {
      const fd = openSync(this.#path, 'wx');
      this.#made = true;
      return fd;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return openSync(this.#path, constants.O_WRONLY | constants.O_CREAT);
    }
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { errno = 0, message } = error as NodeJS.ErrnoException;
      const reason = getSystemErrorMap().get(errno)?.[1] ?? message;
      throw new Failure(EXIT.application, `${this.#option}: cannot write '${this.#path}': ${reason}`);
    }
  }
}
