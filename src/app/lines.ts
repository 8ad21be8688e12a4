/**
 * Lines of UTF-8 on a byte stream: where one ends, and sending them through a send buffer that takes what it can.
 *
 * A line ends at a line feed outside quotes; a carriage return before it does not count. The search is done on
 * bytes (no byte of a longer UTF-8 character looks like `"`, `,` or a line feed), so segments may cut anywhere.
 * What a line means is not decided here.
 */
import type { UserConnection } from '../tcp/user.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** Longest line taken unless told otherwise, bytes. */
export const LINE_LIMIT = 1 << 20;

/**
 * Where a quote opens a quoted part. `fieldStart`: only as the first character of a field, for commands that people
 * type (`PUT,screen,5"`). `anywhere`: for answers, whose brackets come before quotes and in which every quote is
 * part of a quoted field.
 */
export type QuoteRule = 'fieldStart' | 'anywhere';

/** `text` is undefined when the bytes are not UTF-8. */
export interface Line {
  readonly text: string | undefined;
}

/** Where the reader is within a record (RFC 4180 section 2). */
const FIELD_START = 0;
const PLAIN = 1;
const QUOTED = 2;
/** Right behind a quote that closed the quoted part, unless another one follows. */
const CLOSED = 3;

const SMALL = 256;

/** Cuts a stream into lines. It holds an unfinished line of at most the limit, and what was pushed last. */
export class LineReader {
  readonly #rule: QuoteRule;
  readonly #limit: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #buffer = new Uint8Array(SMALL);
  /** Start of the current line, next byte to look at, end of what is there. */
  #start = 0;
  #at = 0;
  #end = 0;
  #place = FIELD_START;
  #tooLong = false;

  /** `limit`: longest line in bytes, its line end not counted. */
  constructor(rule: QuoteRule, limit: number = LINE_LIMIT) {
    this.#rule = rule;
    this.#limit = limit;
  }

  /** A line grew longer than the limit: nothing more comes out. */
  get tooLong(): boolean {
    return this.#tooLong;
  }

  /** Takes bytes from the stream, as a copy. Take all lines out before pushing more. */
  push(bytes: Uint8Array): void {
    if (this.#tooLong) return;
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next complete line, undefined when there is none (yet). */
  take(): Line | undefined {
    while (this.#at < this.#end) {
      const byte = this.#buffer[this.#at]!;
      if (byte === LINE_FEED && this.#place !== QUOTED) return this.#cut(1);
      this.#place = this.#next(byte);
      this.#at += 1;
      // One byte more than the limit may be the carriage return of the line end
      if (this.#at - this.#start > this.#limit + 1) this.#giveUp();
    }
    return undefined;
  }

  /** After the end of the stream: the last line, if it has no line end; its text is undefined inside quotes. */
  takeRest(): Line | undefined {
    if (this.#at === this.#start) return undefined;
    const open = this.#place === QUOTED;
    const line = this.#cut(0);
    return open ? { text: undefined } : line;
  }

  #next(byte: number): number {
    if (this.#place === QUOTED) return byte === QUOTE ? CLOSED : QUOTED;
    if (byte === COMMA) return FIELD_START;
    if (byte !== QUOTE) return PLAIN;
    return this.#place === PLAIN && this.#rule === 'fieldStart' ? PLAIN : QUOTED;
  }

  /** The line up to here; `lineEnd` bytes are passed over. */
  #cut(lineEnd: number): Line | undefined {
    let end = this.#at;
    if (end > this.#start && this.#buffer[end - 1] === CARRIAGE_RETURN) end -= 1;
    if (end - this.#start > this.#limit) {
      this.#giveUp();
      return undefined;
    }
    const bytes = this.#buffer.subarray(this.#start, end);
    this.#at += lineEnd;
    this.#start = this.#at;
    this.#place = FIELD_START;
    try {
      return { text: this.#decoder.decode(bytes) };
    } catch {
      return { text: undefined };
    }
  }

  #giveUp(): void {
    this.#tooLong = true;
    this.#buffer = new Uint8Array(0);
    this.#start = this.#at = this.#end = 0;
  }

  /** Moves the unfinished line to the front, and grows (or gives back) the buffer. */
  #makeRoom(more: number): void {
    const kept = this.#end - this.#start;
    if (this.#end + more <= this.#buffer.length) return;
    let size = SMALL;
    while (size < kept + more) size *= 2;
    const old = this.#buffer;
    if (size !== old.length) this.#buffer = new Uint8Array(size);
    this.#buffer.set(old.subarray(this.#start, this.#end));
    this.#at -= this.#start;
    this.#start = 0;
    this.#end = kept;
  }
}

/** Lines on their way into a connection's send buffer, in order. */
export class LineWriter {
  readonly #connection: UserConnection;
  readonly #encoder = new TextEncoder();
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(connection: UserConnection) {
    this.#connection = connection;
  }

  /** Bytes that the send buffer has not taken yet. */
  get pending(): number {
    return this.#waitingBytes;
  }

  /** Queues a line (a line feed is added) and sends what the buffer takes. */
  write(text: string): void {
    const bytes = this.#encoder.encode(`${text}\n`);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.flush();
  }

  /** Call it when the connection is writable. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const bytes = this.#waiting[0]!;
      const taken = this.#connection.send(bytes);
      this.#waitingBytes -= taken;
      if (taken < bytes.length) {
        this.#waiting[0] = bytes.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }

  /** Forgets what was not sent: the connection is gone. */
  clear(): void {
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }
}
