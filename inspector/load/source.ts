/** The bytes of a file as they come, which can be looked at before they are taken. */

export type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Bytes taken at a time at most; packed ones may be twenty times as many. */
const MOST = 1 << 17;

export class Source {
  /** Bytes taken. */
  read = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** Looked at, not taken. */
  #ahead: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(stream: Bytes) {
    this.#reader = stream.getReader();
  }

  /** The first `count` bytes of what is still to come, or more; fewer when there are no more. */
  async peek(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#ahead.length < count) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      const both = new Uint8Array(this.#ahead.length + value.length);
      both.set(this.#ahead);
      both.set(value, this.#ahead.length);
      this.#ahead = both;
    }
    return this.#ahead;
  }

  /** The next bytes, so many that the page lives while they are taken in; undefined when there are no more. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const all = this.#ahead.length > 0 ? this.#ahead : (await this.#reader.read()).value;
    const piece = all?.subarray(0, MOST);
    this.#ahead = all?.subarray(MOST) ?? new Uint8Array(0);
    this.read += piece?.length ?? 0;
    return piece;
  }

  /** No more is wanted. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  /** What gzip has packed in the bytes that are still to come. */
  unpacked(): Bytes {
    const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const piece = await this.next();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: () => this.cancel(),
    });
    return packed.pipeThrough(new DecompressionStream('gzip')) as Bytes;
  }
}
