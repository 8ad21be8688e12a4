/**
 * The sending side of a file transfer, on a connection that is open or opening: header, bytes, SHA-256 and FIN; then
 * it waits for the receiver's answer.
 *
 * It decides when to ask for more of the file (when the send buffer has taken what there was: at most one piece waits
 * here), and what a receiver's answer or silence means. Where the bytes come from is its source's business.
 */
import type { CloseReason, ConnectionHandler, UserConnection } from '../tcp/user.ts';
import { type Hasher, hex, type TransferEnd } from './transfer.ts';
import {
  decodeText,
  encodeHeader,
  encodeReason,
  type FrameKind,
  FrameReader,
  FrameWriter,
} from './transferFrames.ts';

const READ_SIZE = 1 << 14;

/** Where the bytes come from. */
export interface TransferSource {
  /** What the file is called. */
  readonly name: string;
  /** Bytes; undefined when that is not known. A source that gives less or more has failed. */
  readonly size: number | undefined;
  /**
   * Asks for the next piece. `give` is called once, now or later, with bytes that may be reused when it returns, empty
   * at the end of the file; or `fail`, saying why there will be none. Not asked again before that.
   */
  pull(give: (bytes: Uint8Array) => void, fail: (why: string) => void): void;
  /** Nothing more is asked for. */
  close?(): void;
}

export interface SendFileOptions {
  readonly source: TransferSource;
  /** SHA-256. */
  readonly hasher: Hasher;
  /** The connection is there. */
  onEstablished?(): void;
  /** The connection is gone. */
  onEnd?(end: TransferEnd): void;
}

/** `awaitingAnswer`: all is said. `stopped`: nothing more is, and what still comes is dropped. */
type Stage = 'connecting' | 'sending' | 'awaitingAnswer' | 'stopped';

/** Sends one file. */
export class FileSender implements ConnectionHandler {
  readonly #connection: UserConnection;
  readonly #options: SendFileOptions;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  #stage: Stage = 'connecting';
  #sent = 0;
  #pulling = false;
  #working = false;
  #closed = false;
  #gone = false;
  #digest: string | undefined;
  /** What the transfer has come to: the first reason counts. */
  #end: TransferEnd | undefined;

  /** Takes over the connection's `handler`. */
  constructor(connection: UserConnection, options: SendFileOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#writer = new FrameWriter(connection);
    this.#reader = new FrameReader({
      frame: (kind, content) => this.#answered(kind, content),
      data: () => this.#fail('the receiver sent data'),
      bad: (why) => this.#fail(`the receiver sent ${why}`),
    });
    connection.handler = this;
    const { state } = connection;
    // What came before this call is told to nobody any more
    if (state === 'ESTABLISHED' || state === 'CLOSE_WAIT') this.established();
    if (connection.available > 0) this.readable();
    if (state === 'CLOSE_WAIT') this.ended();
  }

  /** Bytes of the file taken from the source; not those that the peer has acknowledged, see `acknowledged`. */
  get sent(): number {
    return this.#sent;
  }

  /**
   * Bytes of the file that the peer's TCP has acknowledged, of a connection that still holds `buffered` bytes. A few
   * less than there are while frames' heads are on the way, never more.
   */
  acknowledged(buffered: number): number {
    return Math.max(this.#sent - this.#writer.pending - buffered, 0);
  }

  /** The SHA-256 of all that was sent, in hex; undefined before the end of the file. */
  get digest(): string | undefined {
    return this.#digest;
  }

  /** Ends it in order: tells the receiver why, and closes when what is queued is sent. Too late when all is said. */
  stop(why: string): void {
    if (this.#stage !== 'awaitingAnswer') this.#fail(why);
  }

  // From the connection

  established(): void {
    if (this.#stage !== 'connecting') return;
    this.#options.onEstablished?.();
    this.#stage = 'sending';
    this.#writer.write('H', encodeHeader(this.#options.source));
    this.#work();
  }

  writable(): void {
    if (this.#gone) return;
    this.#writer.flush();
    this.#work();
  }

  /** Reads all there is, also when nothing is expected: an unread byte would keep the peer's FIN away. */
  readable(): void {
    while (!this.#gone && this.#connection.available > 0) {
      this.#reader.push(this.#connection.receive(READ_SIZE));
    }
  }

  ended(): void {
    this.readable();
    this.#give({ what: 'failed', why: 'the receiver hung up before it had answered' });
    this.#halt();
  }

  closed(reason: CloseReason): void {
    this.#gone = true;
    if (reason === 'closed')
      this.#give({ what: 'failed', why: 'the connection was closed before the answer' });
    else this.#give({ what: reason, why: '' });
    this.#halt();
    this.#options.onEnd?.(this.#end!);
  }

  // The file

  /** All that can be done now. A source that gives at once, from within `pull`, is asked in a loop and not deeper. */
  #work(): void {
    if (this.#working) return;
    this.#working = true;
    while (this.#stage === 'sending' && this.#writer.pending === 0 && !this.#pulling) this.#pull();
    this.#working = false;
    this.#closeWhenSaid();
  }

  #pull(): void {
    this.#pulling = true;
    this.#options.source.pull(
      (bytes) => {
        this.#pulling = false;
        this.#take(bytes);
      },
      (why) => {
        this.#pulling = false;
        this.#fail(why);
      },
    );
  }

  #take(bytes: Uint8Array): void {
    if (this.#stage !== 'sending') return;
    const { source, hasher } = this.#options;
    const more = bytes.length > 0;
    const changed = more
      ? this.#sent + bytes.length > (source.size ?? Infinity)
      : this.#sent < (source.size ?? 0);
    if (changed) {
      this.#fail(`the file does not have the ${source.size} bytes it had at first`);
    } else if (more) {
      hasher.update(bytes);
      this.#sent += bytes.length;
      this.#writer.write('D', bytes);
    } else {
      this.#finish(hasher.digest());
    }
    this.#work();
  }

  #finish(digest: Uint8Array): void {
    this.#digest = hex(digest);
    this.#stage = 'awaitingAnswer';
    this.#options.source.close?.();
    this.#writer.write('E', digest);
  }

  // The answer

  #answered(kind: FrameKind, content: Uint8Array): void {
    if (kind === 'F') {
      this.#give({ what: 'failed', why: `the receiver says: ${decodeText(content)}` });
    } else if (kind === 'A' && this.#closed) {
      this.#give({ what: 'complete', why: '' });
    } else {
      this.#fail(`the receiver sent a frame ${kind} that nobody asked for`);
      return;
    }
    this.#halt();
  }

  // Ends

  #give(end: TransferEnd): void {
    this.#end ??= end;
  }

  /** Something is wrong on our side, or with what the receiver sent: it is told, and the connection is closed. */
  #fail(why: string): void {
    if (this.#stage === 'stopped') return;
    const mute = this.#stage === 'connecting' || this.#closed || this.#gone;
    this.#give({ what: 'failed', why });
    this.#stop();
    if (!mute) this.#writer.write('F', encodeReason(why));
    this.#closeWhenSaid();
  }

  /** The receiver wants nothing more, or there is none: what waits is dropped, and the connection closed. */
  #halt(): void {
    this.#writer.clear();
    this.#stop();
    this.#closeWhenSaid();
  }

  #stop(): void {
    if (this.#stage === 'connecting' || this.#stage === 'sending') this.#options.source.close?.();
    this.#stage = 'stopped';
    this.#reader.stop();
  }

  #closeWhenSaid(): void {
    const said = this.#stage === 'stopped' || this.#stage === 'awaitingAnswer';
    if (!said || this.#writer.pending > 0 || this.#closed || this.#gone) return;
    this.#closed = true;
    this.#connection.close();
  }
}
