/** Files in memory, for transfers: a source that gives pieces at once or later, a sink that is as slow as it is told. */
import { createHash } from 'node:crypto';
import type { Hasher, TransferEnd } from '../../src/app/transfer.ts';
import type { TransferHeader } from '../../src/app/transferFrames.ts';
import { FileReceiver, type ReceiveFileOptions, type TransferSink } from '../../src/app/transferReceiver.ts';
import { FileSender, type TransferSource } from '../../src/app/transferSender.ts';
import type { UserConnection } from '../../src/tcp/user.ts';

export function sha256(): Hasher {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
}

/** Bytes that differ from place to place. */
export function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13) & 255);
}

export interface SourceOptions {
  readonly name?: string;
  /** What is announced; the true size unless given. */
  readonly size?: number | undefined;
  /** Bytes of a piece. */
  readonly piece?: number;
  /** Pieces are given when `next` is called, not at once. */
  readonly later?: boolean;
  /** Fails after so many bytes. */
  readonly failAt?: number;
}

export class MemorySource implements TransferSource {
  readonly name: string;
  readonly size: number | undefined;
  closed = 0;
  next: () => void = () => {};
  readonly #bytes: Uint8Array;
  readonly #options: SourceOptions;
  #at = 0;

  constructor(bytes: Uint8Array, options: SourceOptions = {}) {
    this.#bytes = bytes;
    this.#options = options;
    this.name = options.name ?? 'file.bin';
    this.size = 'size' in options ? options.size : bytes.length;
  }

  pull(give: (bytes: Uint8Array) => void, fail: (why: string) => void): void {
    const { piece = 1000, later, failAt = Number.POSITIVE_INFINITY } = this.#options;
    const act = (): void => {
      this.next = () => {};
      // Reused after the call, as the interface allows
      const part = this.#bytes.slice(this.#at, this.#at + piece);
      if (this.#at >= failAt) fail('cannot read it');
      else {
        this.#at += part.length;
        give(part);
        part.fill(0);
      }
    };
    if (later) this.next = act;
    else act();
  }

  close(): void {
    this.closed += 1;
  }
}

export class MemorySink implements TransferSink {
  readonly parts: Uint8Array[] = [];
  readonly waiting: (() => void)[] = [];
  state: 'open' | 'kept' | 'discarded' = 'open';
  /** Most bytes that it ever had and had not written. */
  most = 0;
  /** What `finish` says. */
  problem: string | undefined;
  fail: (why: string) => void = () => {};
  readonly #slow: boolean;
  #has = 0;

  /** `slow`: nothing is written until `step` is called. */
  constructor(slow = false) {
    this.#slow = slow;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.#has += bytes.length;
    this.most = Math.max(this.most, this.#has);
    this.#do(() => {
      this.parts.push(bytes);
      this.#has -= bytes.length;
      done();
    });
  }

  finish(done: (problem?: string) => void): void {
    this.#do(() => {
      if (this.problem === undefined) this.state = 'kept';
      done(this.problem);
    });
  }

  discard(): void {
    this.state = 'discarded';
  }

  /** Does one thing that waits; false when nothing does. */
  step(): boolean {
    const first = this.waiting.shift();
    first?.();
    return first !== undefined;
  }

  #do(work: () => void): void {
    if (this.#slow) this.waiting.push(work);
    else work();
  }
}

export function sendOn(connection: UserConnection, source: MemorySource) {
  const ends: TransferEnd[] = [];
  const sender = new FileSender(connection, { source, hasher: sha256(), onEnd: (end) => ends.push(end) });
  return { sender, ends };
}

export function receiveOn(
  connection: UserConnection,
  sink: MemorySink,
  given: Partial<ReceiveFileOptions> = {},
) {
  const ends: TransferEnd[] = [];
  const headers: TransferHeader[] = [];
  const receiver = new FileReceiver(connection, {
    hasher: sha256(),
    open(header, fail) {
      headers.push(header);
      sink.fail = fail;
      return sink;
    },
    onEnd: (end) => ends.push(end),
    ...given,
  });
  return { receiver, ends, headers };
}
