/** What toxics do to one way of a connection's stream: slices, limits, and a close that comes late. */
import { Transform, type TransformCallback } from 'node:stream';
import type { Random } from '../../time/random.ts';
import type { Toxic } from './toxics.ts';

export class ToxicWay extends Transform {
  /** Those that hit this way, as they are now. */
  readonly #toxics: () => readonly Toxic[];
  readonly #random: Random;
  readonly #limited: () => void;
  #passed = 0;

  /** `limited`: as many bytes have passed as may. */
  constructor(toxics: () => readonly Toxic[], random: Random, limited: () => void) {
    super();
    this.#toxics = toxics;
    this.#random = random;
    this.#limited = limited;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const limit = this.#attribute('limit_data', 'bytes');
    const rest = limit === undefined ? chunk : chunk.subarray(0, Math.max(limit - this.#passed, 0));
    this.#passed += rest.length;
    const slicer = this.#find('slicer');
    const after = (): void => {
      done();
      if (limit !== undefined && this.#passed >= limit) this.#limited();
    };
    if (slicer === undefined) {
      if (rest.length > 0) this.push(rest);
      after();
    } else this.#slice(rest, slicer, after);
  }

  override _flush(done: TransformCallback): void {
    const delay = this.#attribute('slow_close', 'delay') ?? 0;
    if (delay > 0) setTimeout(done, delay);
    else done();
  }

  /** Pieces of about the average size, one after the other. */
  #slice(bytes: Buffer, slicer: Toxic, done: () => void): void {
    const { average_size: average = 0, size_variation: variation = 0, delay = 0 } = slicer.attributes;
    const spread = Math.min(Math.floor(variation), Math.floor(average));
    const next = (from: number): void => {
      if (from >= bytes.length) {
        done();
        return;
      }
      const extra = spread > 0 ? this.#random.integer(2 * spread + 1) - spread : 0;
      const to = from + Math.max(1, Math.floor(average) + extra);
      this.push(bytes.subarray(from, to));
      // us
      if (delay >= 1000) setTimeout(next, delay / 1000, to);
      else setImmediate(next, to);
    };
    next(0);
  }

  #find(type: string): Toxic | undefined {
    return this.#toxics().find((toxic) => toxic.type === type);
  }

  #attribute(type: string, name: string): number | undefined {
    return this.#find(type)?.attributes[name];
  }
}
