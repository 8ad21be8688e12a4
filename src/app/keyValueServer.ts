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
import { COMMAND_ERROR, execute, type KeyValueStore, type StoreError } from './keyValue.ts';
import { LINE_LIMIT, type Line, LineReader, LineWriter } from './lines.ts';

/** Answers that wait for room in the send buffer before reading stops, bytes. */
const BACKLOG = 1 << 16;
const READ_SIZE = 1 << 14;

export interface ServeOptions {
  /** Longest command line, bytes; 1 MiB unless given. */
  readonly lineLimit?: number;
  /** Told of each command and its answer as it is queued. `command` is undefined if it was not UTF-8 or too long. */
  onAnswer?(command: string | undefined, answer: string): void;
  /** A change could not be kept; the command is answered `store error.`. */
  onStoreError?(error: StoreError): void;
  /** The connection is gone. */
  onEnd?(reason: CloseReason): void;
}

/** A connection that is served. */
export interface Served {
  /** Takes no more commands; closes when all that was answered is sent. What still comes is read and dropped. */
  finish(): void;
}

/** Serves one connection from now to its end; takes over its `handler`. Many connections may share one store. */
export function serveKeyValue(
  connection: UserConnection,
  store: KeyValueStore,
  options: ServeOptions = {},
): Served {
  const server = new KeyValueService(connection, store, options);
  connection.handler = server;
  // What came before this call is told to nobody any more
  if (connection.state === 'CLOSE_WAIT') server.ended();
  else server.readable();
  return server;
}

class KeyValueService implements Served {
  readonly #connection: UserConnection;
  readonly #store: KeyValueStore;
  readonly #options: ServeOptions;
  readonly #reader: LineReader;
  readonly #writer: LineWriter;
  #peerEnded = false;
  /** Nothing more is taken: what comes is read and dropped. */
  #deaf = false;
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

  finish(): void {
    this.#deaf = true;
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
      if (!this.#deaf) this.#reader.push(bytes);
      this.#answerLines();
    }
  }

  #mayRead(): boolean {
    return !this.#gone && (this.#deaf || this.#writer.pending < BACKLOG);
  }

  #answerLines(): void {
    while (!this.#deaf && this.#mayRead()) {
      const line = this.#reader.take();
      if (line !== undefined) this.#answer(line);
      else if (this.#reader.tooLong) this.#refuse();
      else return;
    }
  }

  #answer(line: Line): void {
    const { text } = line;
    const onError = (error: StoreError): void => this.#options.onStoreError?.(error);
    this.#say(text, text === undefined ? COMMAND_ERROR : execute(this.#store, text, onError));
  }

  #refuse(): void {
    this.#deaf = true;
    this.#say(undefined, COMMAND_ERROR);
  }

  #say(command: string | undefined, answer: string): void {
    this.#options.onAnswer?.(command, answer);
    this.#writer.write(answer);
  }

  /** CLOSE once nothing is left to read, answer or send: with data unread it would reset (RFC 9293 section 3.6.1). */
  #closeWhenSaid(): void {
    if (this.#closing || this.#gone || !(this.#peerEnded || this.#deaf)) return;
    if (!this.#mayRead()) return; // otherwise all there was has been read
    if (!this.#deaf) this.#answerRest();
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
