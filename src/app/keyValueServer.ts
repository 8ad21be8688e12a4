/**
 * The server's side of a key-value session: reads lines, answers each in order, closes after the peer.
 *
 * It decides when to read (not while answers pile up, so that a peer that sends and never reads is slowed down by
 * TCP's own window), what a line that is no command gets, and when to close. What commands mean is `keyValue.ts`.
 *
 * A last line without a line end counts: the FIN says that the peer has said all it meant to. A line that is too
 * long is answered `command error.`; after that everything is read and dropped, and our side is closed.
 */
import type { CloseReason, UserConnection } from '../tcp/user.ts';
import { COMMAND_ERROR, execute, type KeyValueStore } from './keyValue.ts';
import { LINE_LIMIT, type Line, LineReader, LineWriter } from './lines.ts';

/** Answers that wait for room in the send buffer before reading stops, bytes. */
const BACKLOG = 1 << 16;
const READ_SIZE = 1 << 14;

export interface ServeOptions {
  /** Longest command line, bytes; 1 MiB unless given. */
  readonly lineLimit?: number;
  /** Told of each command and its answer as it is queued. `command` is undefined if it was not UTF-8 or too long. */
  onAnswer?(command: string | undefined, answer: string): void;
  /** The connection is gone. */
  onEnd?(reason: CloseReason): void;
}

/** Serves one connection from now to its end; takes over its `handler`. Many connections may share one store. */
export function serveKeyValue(
  connection: UserConnection,
  store: KeyValueStore,
  options: ServeOptions = {},
): void {
  const server = new KeyValueService(connection, store, options);
  connection.handler = server;
  // What came before this call is told to nobody any more
  if (connection.state === 'CLOSE_WAIT') server.ended();
  else server.readable();
}

class KeyValueService {
  readonly #connection: UserConnection;
  readonly #store: KeyValueStore;
  readonly #options: ServeOptions;
  readonly #reader: LineReader;
  readonly #writer: LineWriter;
  #peerEnded = false;
  #refused = false;
  #closing = false;
  #gone = false;
  #working = false;

  constructor(connection: UserConnection, store: KeyValueStore, options: ServeOptions) {
    this.#connection = connection;
    this.#store = store;
    this.#options = options;
    this.#reader = new LineReader('fieldStart', options.lineLimit ?? LINE_LIMIT);
    this.#writer = new LineWriter(connection);
  }

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
    this.#options.onEnd?.(reason);
  }

  /** All that can be done now. A call from within, by a connection that reports at once, changes nothing. */
  #work(): void {
    if (this.#working || this.#gone) return;
    this.#working = true;
    try {
      this.#writer.flush();
      this.#readAndAnswer();
      this.#closeWhenSaid();
    } finally {
      this.#working = false;
    }
  }

  #readAndAnswer(): void {
    this.#answerLines();
    while (this.#mayRead() && this.#connection.available > 0) {
      const bytes = this.#connection.receive(READ_SIZE);
      if (!this.#refused) this.#reader.push(bytes);
      this.#answerLines();
    }
  }

  #mayRead(): boolean {
    return !this.#gone && (this.#refused || this.#writer.pending < BACKLOG);
  }

  #answerLines(): void {
    while (!this.#refused && this.#mayRead()) {
      const line = this.#reader.take();
      if (line !== undefined) this.#answer(line);
      else if (this.#reader.tooLong) this.#refuse();
      else return;
    }
  }

  #answer(line: Line): void {
    this.#say(line.text, line.text === undefined ? COMMAND_ERROR : execute(this.#store, line.text));
  }

  #refuse(): void {
    this.#refused = true;
    this.#say(undefined, COMMAND_ERROR);
  }

  #say(command: string | undefined, answer: string): void {
    this.#options.onAnswer?.(command, answer);
    this.#writer.write(answer);
  }

  /** CLOSE once nothing is left to read, answer or send: with data unread it would reset (RFC 9293 section 3.6.1). */
  #closeWhenSaid(): void {
    if (this.#closing || this.#gone || !(this.#peerEnded || this.#refused)) return;
    if (!this.#mayRead()) return; // otherwise all there was has been read
    if (!this.#refused) this.#answerRest();
    if (this.#writer.pending > 0) return;
    this.#closing = true;
    this.#connection.close();
  }

  #answerRest(): void {
    const rest = this.#reader.takeRest();
    if (rest !== undefined) this.#answer(rest);
    else if (this.#reader.tooLong) this.#refuse();
  }
}
