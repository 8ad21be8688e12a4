/**
 * A trace as the page's server gives it away: read once, checked, and packed as it is read (src/trace/packed), as a trace of
 * 300 MB takes a browser longer to be given than to be read.
 */
import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { TracePacker } from '../src/trace/packed/pack.ts';
import { type Source, TraceReading } from './inspectTrace.ts';
import type { Io } from './io.ts';

/** Packed bytes that are kept at most; whose trace is larger is given the file as it is. */
const KEPT = 1 << 29;

export class PackedTrace {
  /** Bytes of the trace when it was read; undefined when that is not known. */
  readonly size: number | undefined;
  readonly #source: Source;
  readonly #reading: TraceReading<TracePacker>;
  readonly #more = new EventEmitter().setMaxListeners(0);
  #blocks: Uint8Array[] = [];
  #kept = 0;
  #done = false;

  constructor(source: Source) {
    this.#source = source;
    this.size = source.size();
    const out = (block: Uint8Array): void => this.#keep(block);
    this.#reading = new TraceReading(source, (problem) => new TracePacker({ out, problem }), this.size);
  }

  /**
   * Reads until there is an event.
   * @throws {Failure} a usage error, when there is something else instead
   */
  async begin(): Promise<void> {
    await this.#reading.begin();
  }

  /** Reads the rest, unless the user stops it, and warns of lines that cannot be read. */
  async finish(io: Io): Promise<void> {
    await this.#reading.finish(io);
    this.#done = true;
    this.#more.emit('more');
  }

  /** What is packed and what will be; undefined when the file has grown since, or is too large. */
  open(): Readable | undefined {
    if (this.#kept > KEPT || this.#source.size() !== this.size) return undefined;
    return Readable.from(this.#all(), { objectMode: false });
  }

  async *#all(): AsyncGenerator<Uint8Array> {
    for (let i = 0; ; i++) {
      while (i >= this.#blocks.length) {
        if (this.#kept > KEPT) throw new Error('more than can be kept');
        if (this.#done) return;
        await once(this.#more, 'more');
      }
      yield this.#blocks[i]!;
    }
  }

  #keep(block: Uint8Array): void {
    this.#kept += block.length;
    if (this.#kept > KEPT) this.#blocks = [];
    else this.#blocks.push(block);
    this.#more.emit('more');
  }
}
