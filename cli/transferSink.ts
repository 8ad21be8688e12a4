/**
 * What a received file is written to: a file that gets its name only when all of it is there and on the disk, a device,
 * or standard output. What is not whole leaves nothing behind. Where it is put is `transferTarget.ts`.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SinkFailure, TransferSink } from '../src/app/transferReceiver.ts';
import { systemReason } from './systemReason.ts';
import type { Place } from './transferTarget.ts';

/** How a sink reaches the transfer: each call is one input of the TCP (`Endpoint.perform`). */
export interface SinkWorld {
  perform(work: () => void): void;
  readonly fail: SinkFailure;
}

/** A sink that can be waited for. */
export interface ProgramSink extends TransferSink {
  /** Resolves when it has finished or thrown away all that it had. */
  readonly settled: Promise<void>;
}

/** Writes what it is given in order, in as few pieces as the disk's pace allows. */
abstract class QueueSink implements ProgramSink {
  readonly settled: Promise<void>;
  readonly #world: SinkWorld;
  #queue: Uint8Array[] = [];
  #dones: (() => void)[] = [];
  #writing = false;
  #failed = false;
  #finish: ((problem?: string) => void) | undefined;
  #discarded = false;
  #settle!: () => void;

  constructor(world: SinkWorld) {
    this.#world = world;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.#queue.push(bytes);
    this.#dones.push(done);
    this.#work();
  }

  finish(done: (problem?: string) => void): void {
    this.#finish = done;
    this.#work();
  }

  discard(): void {
    this.#queue = [];
    this.#dones = [];
    this.#discarded = true;
    this.#work();
  }

  /** Puts all bytes where they belong. */
  protected abstract put(bytes: Uint8Array): Promise<void>;
  /** All is written: makes it stay. */
  protected abstract keep(): Promise<void>;
  /** Leaves nothing behind. */
  protected abstract drop(): Promise<void>;
  /** An error, in words for both ends. */
  protected abstract explain(error: unknown): string;

  /** One thing at a time. */
  #work(): void {
    if (this.#writing) return;
    if (this.#discarded) void this.#end(this.drop());
    else if (this.#failed) return;
    else if (this.#queue.length > 0) void this.#writeOn();
    else if (this.#finish !== undefined) void this.#keep(this.#finish);
  }

  async #writeOn(): Promise<void> {
    const [queue, dones] = [this.#queue, this.#dones];
    this.#queue = [];
    this.#dones = [];
    this.#writing = true;
    let problem: string | undefined;
    try {
      await this.put(queue.length === 1 ? queue[0]! : Buffer.concat(queue));
    } catch (error) {
      problem = this.explain(error);
    }
    this.#writing = false;
    this.#failed = problem !== undefined;
    this.#world.perform(() => {
      if (problem === undefined) for (const done of dones) done();
      else if (this.#finish === undefined) this.#world.fail(problem);
      else void this.#giveUp(this.#finish, problem);
    });
    this.#work();
  }

  async #keep(finish: (problem?: string) => void): Promise<void> {
    this.#writing = true;
    try {
      await this.keep();
      this.#settle();
      this.#world.perform(() => finish());
    } catch (error) {
      await this.#giveUp(finish, this.explain(error));
    }
  }

  /** The sender is told when nothing is left, so that who hears of it finds no half file. */
  async #giveUp(finish: (problem?: string) => void, problem: string): Promise<void> {
    await this.#end(this.drop());
    this.#world.perform(() => finish(problem));
  }

  async #end(work: Promise<void>): Promise<void> {
    this.#writing = true;
    await work.catch(() => {});
    this.#settle();
  }
}

/** Writes to a file beside the place, with a name of its own until it is whole; to a device as it stands. */
export class FileSink extends QueueSink {
  readonly #place: Place;
  readonly #force: boolean;
  /** What it is called until it is whole. */
  readonly #path: string;
  readonly #handle: Promise<FileHandle>;

  /** `force`: it may take the place of a file that is there. */
  constructor(place: Place, force: boolean, world: SinkWorld) {
    super(world);
    this.#place = place;
    this.#force = force;
    this.#path = place.device ? place.path : join(dirname(place.path), `.statewire-${randomUUID()}.part`);
    this.#handle = open(this.#path, place.device ? 'w' : 'wx');
    // It is told of when the file is needed
    this.#handle.catch(() => {});
  }

  protected async put(bytes: Uint8Array): Promise<void> {
    await (await this.#handle).writeFile(bytes);
  }

  protected async keep(): Promise<void> {
    const handle = await this.#handle;
    if (!this.#place.device) await handle.sync();
    await handle.close();
    if (this.#place.device) return;
    await this.#name();
    await flushFolder(dirname(this.#place.path));
  }

  protected async drop(): Promise<void> {
    const handle = await this.#handle;
    await handle.close();
    if (!this.#place.device) await rm(this.#path, { force: true });
  }

  protected explain(error: unknown): string {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return `'${this.#place.path}' exists; --force replaces it`;
    }
    return `cannot write '${this.#place.path}': ${systemReason(error)}`;
  }

  /** A link, unlike a new name, never takes the place of a file that somebody has made meanwhile. */
  async #name(): Promise<void> {
    const { path } = this.#place;
    if (this.#force) {
      await rename(this.#path, path);
      return;
    }
    try {
      await link(this.#path, path);
    } catch (error) {
      // A file system without links
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(path)) throw error;
      await rename(this.#path, path);
      return;
    }
    await unlink(this.#path);
  }
}

/** So that the name is there after a power failure too; where a folder cannot be flushed, it is the system's business. */
async function flushFolder(path: string): Promise<void> {
  try {
    const folder = await open(path);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {}
}

/** Standard output: what is written is written, whole or not. */
export class OutputSink extends QueueSink {
  protected put(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  protected async keep(): Promise<void> {}

  protected async drop(): Promise<void> {}

  protected explain(error: unknown): string {
    return `cannot write to standard output: ${systemReason(error)}`;
  }
}
