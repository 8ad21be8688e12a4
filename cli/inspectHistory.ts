/**
 * A run's events as text, for those who join late: written once, kept in batches, the oldest dropped when there are too
 * many bytes. When a batch is closed, and who gets it, is `inspectLive.ts`.
 */

/** Characters of lines that wait; more of them are a batch of their own. */
const LARGEST_BATCH = 262_144;
/** What a batch costs besides its bytes. */
const OVERHEAD = 256;

interface Batch {
  /** Lines of UTF-8, joined by line feeds. */
  readonly bytes: Buffer;
  readonly lines: number;
}

/** Batches are numbered from 0. */
export class History {
  readonly #limit: number;
  #batches: Batch[] = [];
  /** Number of the first in `#batches`. */
  #base = 0;
  /** Batches at the front of `#batches` that are gone. */
  #gone = 0;
  #bytes = 0;
  #waiting: string[] = [];
  #characters = 0;
  #dropped = 0;

  /** `limit`: bytes that are kept, a batch at least. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of the oldest batch that is kept. */
  get first(): number {
    return this.#base + this.#gone;
  }

  /** Number of the batch to come. */
  get end(): number {
    return this.#base + this.#batches.length;
  }

  /** Lines that are no longer kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a line; returns whether that made a batch. */
  add(line: string): boolean {
    this.#waiting.push(line);
    this.#characters += line.length;
    return this.#characters >= LARGEST_BATCH && this.close();
  }

  /** Makes a batch of what waits; returns whether anything did. */
  close(): boolean {
    const lines = this.#waiting.length;
    if (lines === 0) return false;
    const bytes = Buffer.from(this.#waiting.join('\n'));
    this.#waiting = [];
    this.#characters = 0;
    this.#batches.push({ bytes, lines });
    this.#bytes += bytes.length + OVERHEAD;
    while (this.#bytes > this.#limit && this.end - this.first > 1) this.#drop();
    return true;
  }

  /** A batch, from `first` up to `end`. */
  batch(number: number): Buffer {
    return this.#batches[number - this.#base]!.bytes;
  }

  #drop(): void {
    const { bytes, lines } = this.#batches[this.#gone]!;
    this.#batches[this.#gone] = { bytes: NOTHING, lines: 0 };
    this.#gone += 1;
    this.#bytes -= bytes.length + OVERHEAD;
    this.#dropped += lines;
    if (this.#gone * 2 < this.#batches.length) return;
    this.#batches = this.#batches.slice(this.#gone);
    this.#base += this.#gone;
    this.#gone = 0;
  }
}

const NOTHING = Buffer.alloc(0);
