/** Where a file to be sent comes from: a file, a pipe or a device by its path, or standard input. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { TransferSource } from '../src/app/transferSender.ts';
import { EXIT, Failure } from './failure.ts';
import type { Io } from './io.ts';
import { systemReason } from './systemReason.ts';

/** Read at a time, bytes. */
const PIECE = 1 << 18;

/** Does something as one input of the TCP: `Endpoint.perform`. */
type Perform = (work: () => void) => void;

/**
 * Opens what is to be sent: a path, or `-` for standard input. `perform` is used from the first `pull` on.
 * @throws {Failure} when it cannot be read
 */
export async function openSource(path: string, io: Io, perform: Perform): Promise<TransferSource> {
  if (path === '-') return new StreamSource(io.input, perform);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new Failure(EXIT.application, `cannot send '${path}': it is a folder`);
    // What claims to be empty may be a file of the system's that is made as it is read
    const size = stat.isFile() && stat.size > 0 ? stat.size : undefined;
    return new FileSource(handle, path, size, perform);
  } catch (error) {
    await handle?.close();
    if (error instanceof Failure) throw error;
    throw new Failure(EXIT.application, `cannot read '${path}': ${systemReason(error)}`);
  }
}

class FileSource implements TransferSource {
  readonly name: string;
  readonly size: number | undefined;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #perform: Perform;
  readonly #buffer = new Uint8Array(PIECE);

  constructor(handle: FileHandle, path: string, size: number | undefined, perform: Perform) {
    this.#handle = handle;
    this.#path = path;
    this.name = basename(path);
    this.size = size;
    this.#perform = perform;
  }

  pull(give: (bytes: Uint8Array) => void, fail: (why: string) => void): void {
    this.#handle.read(this.#buffer, 0, PIECE, null).then(
      ({ bytesRead }) => this.#perform(() => give(this.#buffer.subarray(0, bytesRead))),
      (error) => this.#perform(() => fail(`cannot read '${this.#path}': ${systemReason(error)}`)),
    );
  }

  close(): void {
    this.#handle.close().catch(() => {});
  }
}

/** A stream is read only when it is asked for: what is not asked for stays in the pipe. */
class StreamSource implements TransferSource {
  readonly name = '';
  readonly size = undefined;
  readonly #input: Readable;
  readonly #perform: Perform;
  #give: ((bytes: Uint8Array) => void) | undefined;
  #fail: ((why: string) => void) | undefined;
  #problem: string | undefined;

  constructor(input: Readable, perform: Perform) {
    this.#input = input;
    this.#perform = perform;
    input.on('readable', () => this.#read());
    input.on('end', () => this.#read());
    input.on('error', (error) => {
      this.#problem = `cannot read standard input: ${systemReason(error)}`;
      this.#read();
    });
  }

  pull(give: (bytes: Uint8Array) => void, fail: (why: string) => void): void {
    this.#give = give;
    this.#fail = fail;
    // Later, and not from within: a stream that has much would otherwise keep everything else waiting
    setImmediate(() => this.#read());
  }

  /** A pipe that stays open must not keep the program. */
  close(): void {
    this.#give = undefined;
    this.#input.destroy();
  }

  #read(): void {
    const [give, fail] = [this.#give, this.#fail];
    if (give === undefined || fail === undefined) return;
    const chunk: Uint8Array | string | null = this.#input.read();
    if (chunk === null && !this.#input.readableEnded && this.#problem === undefined) return;
    this.#give = undefined;
    this.#perform(() => {
      if (chunk !== null) give(Buffer.from(chunk as Uint8Array));
      else if (this.#problem === undefined) give(new Uint8Array(0));
      else fail(this.#problem);
    });
  }
}
