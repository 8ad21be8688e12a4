/**
 * The receiving side of a file transfer: header, bytes, SHA-256 and FIN; then the answer, and it closes.
 *
 * It decides when to read (not while its sink has much to write, so that a sender that is faster than the disk is
 * slowed down by TCP's own window), whether what came is what was announced, and when a sender that goes on
 * though it was told to stop is reset. Where the bytes go, and under which name, is its sink's business.
 */
import type { CloseReason, ConnectionHandler, UserConnection } from '../tcp/user.ts';
import { type Hasher, hex, type TransferEnd, TransferError } from './transfer.ts';
import {
  decodeText,
  encodeReason,
  type FrameKind,
  FrameReader,
  FrameWriter,
  parseHeader,
  type TransferHeader,
} from './transferFrames.ts';

const READ_SIZE = 1 << 16;
/** Bytes that the sink may have before reading stops. */
const BACKLOG = 1 << 20;
/** Bytes read and dropped after a failure before the connection is reset: more than a sender has under way. */
const PATIENCE = 1 << 26;

const MORE = 'the sender sent more after the end';

/** Where the bytes go. One that throws instead of calling back has a bug. */
export interface TransferSink {
  /** Takes the next bytes, which are its own; `done` is called when they are written or dropped, now or later. */
  write(bytes: Uint8Array, done: () => void): void;
  /** All has come and is right: `done` is called when it is kept, or with what went wrong. */
  finish(done: (problem?: string) => void): void;
  /** It has failed: what was written goes. Not called after `finish` has failed. */
  discard(): void;
}

/** What a sink says when it can write no more. */
export type SinkFailure = (why: string) => void;

export interface ReceiveFileOptions {
  /** SHA-256. */
  readonly hasher: Hasher;
  /**
   * Makes the sink when the header has come; `fail` is for the sink, at any later time until `finish`.
   * @throws {TransferError} when the file is not wanted; the sender is told why
   */
  open(header: TransferHeader, fail: SinkFailure): TransferSink;
  /** How it ended: the file is kept, and what is left is to say so; or it is not, and the connection is gone. */
  onEnd?(end: TransferEnd): void;
}

/**
 * `checked`: all bytes are right; nothing but the FIN may come. `keeping`: it has come, and the sink keeps the file.
 * `over`: what still comes is dropped.
 */
type Stage = 'header' | 'data' | 'checked' | 'keeping' | 'over';

/** Receives one file. */
export class FileReceiver implements ConnectionHandler {
  readonly #connection: UserConnection;
  readonly #options: ReceiveFileOptions;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  #stage: Stage = 'header';
  #header: TransferHeader | undefined;
  #sink: TransferSink | undefined;
  #received = 0;
  /** Bytes that the sink has and has not written. */
  #unwritten = 0;
  #dropped = 0;
  #working = false;
  #peerEnded = false;
  #closed = false;
  #gone = false;
  #digest: string | undefined;
  #end: TransferEnd | undefined;
  #told = false;

  /** Takes over the connection's `handler`. */
  constructor(connection: UserConnection, options: ReceiveFileOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#writer = new FrameWriter(connection);
    this.#reader = new FrameReader({
      frame: (kind, content) => this.#object(this.#frame(kind, content)),
      data: (bytes) => this.#object(this.#data(bytes)),
      bad: (why) => this.#object(`the sender sent ${why}`),
    });
    connection.handler = this;
    // What came before this call is told to nobody any more
    if (connection.state === 'CLOSE_WAIT') this.ended();
    else this.readable();
  }

  /** What the sender has announced; undefined before the header has come. */
  get header(): TransferHeader | undefined {
    return this.#header;
  }

  /** Bytes of the file that have come. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that have come and that the sink has not written: while there are, it is not the sender who is slow. */
  get unwritten(): number {
    return this.#unwritten;
  }

  /** The SHA-256 of all that came, in hex; undefined before the end of the file. */
  get digest(): string | undefined {
    return this.#digest;
  }

  /** Ends it in order: tells the sender why, drops what still comes and closes. Too late when all has come. */
  stop(why: string): void {
    if (this.#stage !== 'keeping') this.#fail(why);
  }

  // From the connection

  readable(): void {
    this.#work();
  }

  writable(): void {
    this.#work();
  }

  ended(): void {
    this.#peerEnded = true;
    this.#work();
  }

  closed(reason: CloseReason): void {
    this.#gone = true;
    this.#writer.clear();
    if (this.#stage === 'keeping') return; // whether the file is kept decides
    this.#give({
      what: reason === 'closed' ? 'failed' : reason,
      why: reason === 'closed' ? this.#cutShort() : '',
    });
    this.#drop();
    this.#tellEnd();
  }

  /** All that can be done now. A call from within, by a sink that is done at once, changes nothing. */
  #work(): void {
    if (this.#working || this.#gone) return;
    this.#working = true;
    this.#writer.flush();
    while (this.#mayRead() && this.#connection.available > 0) this.#read();
    this.#working = false;
    if (this.#gone || this.#connection.available > 0) return;
    if (this.#peerEnded) this.#judge();
    this.#closeWhenSaid();
  }

  #mayRead(): boolean {
    return !this.#gone && (this.#stage === 'over' || this.#unwritten < BACKLOG);
  }

  #read(): void {
    const bytes = this.#connection.receive(READ_SIZE);
    if (this.#stage !== 'over') {
      this.#reader.push(bytes);
      return;
    }
    this.#dropped += bytes.length;
    if (this.#dropped > PATIENCE) this.#connection.abort();
  }

  // Frames: each says what is wrong with it, if anything is

  #frame(kind: FrameKind, content: Uint8Array): string | undefined {
    if (this.#stage === 'checked') return MORE;
    if (kind === 'H' && this.#stage === 'header') return this.#open(parseHeader(content));
    if (kind === 'E' && this.#stage === 'data') return this.#check(content);
    if (kind !== 'F') return `the sender sent a frame ${kind} where it may not be`;
    this.#fail(`the sender says: ${decodeText(content)}`, false);
    return undefined;
  }

  #open(header: TransferHeader | string): string | undefined {
    if (typeof header === 'string') return `the sender sent ${header}`;
    this.#header = header;
    try {
      this.#sink = this.#options.open(header, (why) => this.stop(why));
      this.#stage = 'data';
      return undefined;
    } catch (error) {
      if (error instanceof TransferError) return error.message;
      throw error;
    }
  }

  #data(bytes: Uint8Array): string | undefined {
    if (this.#stage === 'checked') return MORE;
    if (this.#stage !== 'data') return 'the sender sent data without a header';
    const { length } = bytes;
    this.#received += length;
    const { size } = this.#header!;
    if (size !== undefined && this.#received > size)
      return `the sender announced ${size} bytes and sent more`;
    this.#options.hasher.update(bytes);
    this.#unwritten += length;
    this.#sink!.write(bytes, () => {
      this.#unwritten -= length;
      this.#work();
    });
    return undefined;
  }

  #check(expected: Uint8Array): string | undefined {
    const { size } = this.#header!;
    if (size !== undefined && this.#received !== size) {
      return `the sender announced ${size} bytes and sent ${this.#received}`;
    }
    const digest = hex(this.#options.hasher.digest());
    if (digest !== hex(expected)) return 'the SHA-256 is not what the sender says';
    this.#digest = digest;
    this.#stage = 'checked';
    return undefined;
  }

  /** The sender's FIN has come, and all before it is read. */
  #judge(): void {
    if (this.#stage === 'header' || this.#stage === 'data') this.#fail(this.#cutShort());
    if (this.#stage !== 'checked') return;
    if (this.#reader.whole) {
      this.#stage = 'keeping';
      this.#sink!.finish((problem) => this.#kept(problem));
    } else this.#fail(MORE);
  }

  #kept(problem: string | undefined): void {
    this.#sink = undefined;
    if (problem !== undefined) this.#fail(problem);
    else if (this.#stage === 'keeping') {
      this.#stage = 'over';
      this.#give({ what: 'complete', why: '' });
      this.#say('A', new Uint8Array(0));
      this.#tellEnd();
    }
    if (this.#gone) this.#tellEnd();
    else this.#work();
  }

  // Ends

  #cutShort(): string {
    const of = this.#header?.size === undefined ? '' : ` of ${this.#header.size}`;
    return `the sender hung up after ${this.#received}${of} bytes`;
  }

  #give(end: TransferEnd): void {
    this.#end ??= end;
  }

  /** Once: what happens to the answer changes nothing. */
  #tellEnd(): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.onEnd?.(this.#end!);
  }

  #object(why: string | undefined): void {
    if (why !== undefined) this.#fail(why);
  }

  /** Nothing more is wanted; `tell`: the sender does not know. */
  #fail(why: string, tell = true): void {
    if (this.#stage === 'over') return;
    this.#stage = 'over';
    this.#give({ what: 'failed', why });
    this.#reader.stop();
    this.#drop();
    if (tell) this.#say('F', encodeReason(why));
    this.#work();
  }

  #drop(): void {
    this.#stage = 'over';
    this.#sink?.discard();
    this.#sink = undefined;
  }

  #say(kind: FrameKind, content: Uint8Array): void {
    if (!this.#gone && !this.#closed) this.#writer.write(kind, content);
  }

  /** What still comes after that is read and dropped, so that the peer's FIN can come. */
  #closeWhenSaid(): void {
    if (this.#stage !== 'over' || this.#writer.pending > 0 || this.#closed || this.#gone) return;
    this.#closed = true;
    this.#connection.close();
  }
}
