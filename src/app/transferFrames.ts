/**
 * A file on a byte stream: what each message looks like, both ways. A message is a frame: one letter that says what it
 * is, the length of what follows (4 bytes, big end first), and that.
 *
 *     H   the sender, first    statewire file 1, its size in bytes or -, its name; each on a line of its own
 *     D   the sender           bytes of the file
 *     E   the sender, last     the SHA-256 of all bytes, 32 bytes; then its FIN
 *     A   the receiver         empty: all is there, the SHA-256 is right and the file is kept
 *     F   either               it has failed; why, in words
 *
 * It decides where a frame ends and which lengths are believed. Which frame may come when, and what is done then, is
 * `transferSender.ts` and `transferReceiver.ts`; the page for people is docs/transfer.md.
 */
import type { UserConnection } from '../tcp/user.ts';

/** What a frame is: its letter. */
export type FrameKind = 'H' | 'D' | 'E' | 'A' | 'F';

/** The port that transfers use unless told otherwise. */
export const TRANSFER_PORT = 51;

/** Longest frame but for data, bytes: it is kept until it is whole. */
const FRAME_LIMIT = 4096;
const HEAD = 5;
const MAGIC = 'statewire file 1';
/** Longest name sent, and longest explanation, characters: they fit a frame whatever they are written in. */
const TEXT_LIMIT = 1000;

/** What comes out of a stream. */
export interface FrameTaker {
  /** A whole frame of any other kind than `D`. */
  frame(kind: Exclude<FrameKind, 'D'>, content: Uint8Array): void;
  /** The next bytes of the file; never none. They are the taker's own. */
  data(bytes: Uint8Array): void;
  /** What came is no frame; nothing more comes out. */
  bad(why: string): void;
}

/** What a sender says first. */
export interface TransferHeader {
  /** As the sender calls the file: any text. Not a path to be trusted (`safeName`). */
  readonly name: string;
  /** Bytes; undefined when the sender does not know yet. */
  readonly size: number | undefined;
}

/** Cuts a stream into frames. It holds one frame of at most 4 KiB; data goes through as it comes. */
export class FrameReader {
  readonly #taker: FrameTaker;
  readonly #head = new Uint8Array(HEAD);
  #headLength = 0;
  #content = new Uint8Array(0);
  #kind: FrameKind = 'D';
  /** Bytes of the frame's content that are still to come. */
  #left = 0;
  #stopped = false;

  constructor(taker: FrameTaker) {
    this.#taker = taker;
  }

  /** Takes nothing more: what is pushed from now on is dropped. */
  stop(): void {
    this.#stopped = true;
  }

  /** Is what was pushed a number of whole frames? */
  get whole(): boolean {
    return this.#headLength === 0;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#stopped; ) {
      at += this.#headLength < HEAD ? this.#takeHead(bytes, at) : this.#takeContent(bytes, at);
    }
  }

  /** How many bytes it took. */
  #takeHead(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + HEAD - this.#headLength);
    this.#head.set(part, this.#headLength);
    this.#headLength += part.length;
    if (this.#headLength === HEAD) this.#begin();
    return part.length;
  }

  #begin(): void {
    const [letter, ...length] = this.#head;
    const kind = String.fromCharCode(letter!);
    this.#left = length.reduce((sum, byte) => sum * 256 + byte, 0);
    if (!isKind(kind)) {
      this.#fail(`a frame that begins with byte ${letter}`);
    } else if (kind !== 'D' && this.#left > FRAME_LIMIT) {
      this.#fail(`a frame ${kind} of ${this.#left} bytes`);
    } else {
      this.#kind = kind;
      if (kind !== 'D') this.#content = new Uint8Array(this.#left);
      if (this.#left === 0) this.#end();
    }
  }

  /** How many bytes it took. */
  #takeContent(bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + this.#left);
    if (this.#kind === 'D') this.#taker.data(part);
    else this.#content.set(part, this.#content.length - this.#left);
    this.#left -= part.length;
    if (this.#left === 0) this.#end();
    return part.length;
  }

  #end(): void {
    this.#headLength = 0;
    if (this.#kind !== 'D') this.#taker.frame(this.#kind, this.#content);
  }

  #fail(why: string): void {
    this.#stopped = true;
    this.#taker.bad(why);
  }
}

function isKind(text: string): text is FrameKind {
  return /^[HDEAF]$/.test(text);
}

/** Frames on their way into a connection's send buffer, in order. */
export class FrameWriter {
  readonly #connection: UserConnection;
  readonly #waiting: Uint8Array[] = [];
  #pending = 0;

  constructor(connection: UserConnection) {
    this.#connection = connection;
  }

  /** Bytes that the send buffer has not taken yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Queues a frame, as a copy, and sends what the buffer takes. */
  write(kind: FrameKind, content: Uint8Array): void {
    // In one piece: a head of its own would be a segment of its own
    const frame = new Uint8Array(HEAD + content.length);
    frame[0] = kind.charCodeAt(0);
    new DataView(frame.buffer).setUint32(1, content.length);
    frame.set(content, HEAD);
    this.#waiting.push(frame);
    this.#pending += frame.length;
    this.flush();
  }

  /** Call it when the connection is writable. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const frame = this.#waiting[0]!;
      const taken = this.#connection.send(frame);
      this.#pending -= taken;
      if (taken < frame.length) {
        this.#waiting[0] = frame.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }

  /** Forgets what was not sent: nobody wants it any more. */
  clear(): void {
    this.#waiting.length = 0;
    this.#pending = 0;
  }
}

/** The content of a frame `H`. */
export function encodeHeader({ name, size }: TransferHeader): Uint8Array {
  return encodeText(`${MAGIC}\n${size ?? '-'}\n${name.slice(0, TEXT_LIMIT)}`);
}

/** Reads the content of a frame `H`; a text that says what is wrong with it. */
export function parseHeader(content: Uint8Array): TransferHeader | string {
  const match = /^([^\n]*)\n([^\n]*)\n(.*)$/s.exec(decodeText(content));
  if (match === null || match[1] !== MAGIC) return 'a header of something else';
  const [, , size, name] = match as unknown as readonly string[];
  if (size === '-') return { name: name!, size: undefined };
  const bytes = /^\d{1,16}$/.test(size!) ? Number(size) : Number.NaN;
  if (!Number.isSafeInteger(bytes)) return 'a header without a size';
  return { name: name!, size: bytes };
}

/** The content of a frame `F`. */
export function encodeReason(why: string): Uint8Array {
  return encodeText(why.slice(0, TEXT_LIMIT));
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Reads the content of a frame `F`; what is not UTF-8 becomes U+FFFD. */
export function decodeText(content: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
}
