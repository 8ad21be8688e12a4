/**
 * The client's side of a key-value session: one command after another on one connection.
 *
 * When a command goes out and when the connection is closed is the session chart's decision
 * (`machines/session.ts`); this class is its host: the queue of commands, lines to and from bytes, the user's calls.
 */
import { type SessionHost, session, sessionEvents } from '../../machines/session.ts';
import type { ChartInstance, ChartScope, Engine } from '../chart/chart.ts';
import type { CloseReason, ConnectionHandler, UserConnection } from '../tcp/user.ts';
import { LINE_LIMIT, type Line, LineReader, LineWriter } from './lines.ts';

const READ_SIZE = 1 << 14;

/**
 * How a session ended. `finished`: all commands were answered and the connection closed in order. `hungUp`: the
 * server closed before it had answered all. `badAnswer`: a line too long, not UTF-8, or one that nobody asked for.
 * Otherwise why the connection broke.
 */
export type SessionEnd = 'finished' | 'hungUp' | 'badAnswer' | Exclude<CloseReason, 'closed'>;

export interface ClientOptions {
  readonly engine: Engine;
  readonly scope: ChartScope;
  /** Number of the session's chart in the trace; 1 unless given. */
  readonly instance?: number;
  /** The commands known now; more by `send`. */
  readonly commands?: readonly string[];
  /** Longest answer, bytes; 1 MiB unless given. */
  readonly lineLimit?: number;
  /** The connection is there. */
  onEstablished?(): void;
  /** A command is handed to the connection. */
  onCommand?(command: string): void;
  onAnswer?(command: string, answer: string): void;
  /** Nothing more comes. */
  onEnd?(reason: SessionEnd): void;
}

/** Sends commands over a connection that is open or opening, each after the answer to the one before. */
export class KeyValueClient {
  readonly #commands: string[] = [];
  readonly #chart: ChartInstance;
  #finished = false;

  /**
   * Takes over the connection's `handler`.
   * @throws {Error} when one of the commands is not one line (see `send`)
   */
  constructor(connection: UserConnection, options: ClientOptions) {
    for (const command of options.commands ?? []) this.#queue(command);
    const host = new ClientHost(connection, options, this.#commands, () => this.#finished);
    this.#chart = options.engine.start(session, host, options.scope, options.instance ?? 1);
    host.attach(this.#chart);
  }

  /** State of the session chart. */
  get state(): string {
    return this.#chart.state;
  }

  /**
   * Queues a command: a line without its line end, fields quoted as in CSV where they need it.
   * @throws {Error} when it is not one line (an open quote, a line end outside quotes), or after `finish`
   */
  send(command: string): void {
    if (this.#finished) throw new Error(`command ${JSON.stringify(command)} given after the last one`);
    this.#queue(command);
    this.#chart.send(sessionEvents.commandGiven);
  }

  /** Commands that are not sent yet. */
  get waiting(): number {
    return this.#commands.length;
  }

  /** No more commands: the connection is closed when all have their answers. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#chart.send(sessionEvents.finished);
  }

  /** Forgets the commands that wait, and closes: at once, or when the one under way has its answer. */
  stop(): void {
    this.#commands.length = 0;
    this.finish();
  }

  #queue(command: string): void {
    checkCommand(command);
    this.#commands.push(command);
  }
}

/** What the session chart asks for, and the connection's handler. */
class ClientHost implements SessionHost, ConnectionHandler {
  readonly #connection: UserConnection;
  readonly #options: ClientOptions;
  readonly #commands: string[];
  readonly #finished: () => boolean;
  readonly #reader: LineReader;
  readonly #writer: LineWriter;
  readonly #answers: string[] = [];
  #chart!: ChartInstance;
  #awaited: string | undefined;
  /** Why it failed: the first reason counts. */
  #end: SessionEnd | undefined;
  #reading = false;

  constructor(
    connection: UserConnection,
    options: ClientOptions,
    commands: string[],
    finished: () => boolean,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#commands = commands;
    this.#finished = finished;
    this.#reader = new LineReader('anywhere', options.lineLimit ?? LINE_LIMIT);
    this.#writer = new LineWriter(connection);
  }

  /** Joins chart and connection; catches up with what the connection has told before. */
  attach(chart: ChartInstance): void {
    this.#chart = chart;
    this.#connection.handler = this;
    const { state } = this.#connection;
    if (state === 'ESTABLISHED' || state === 'CLOSE_WAIT') this.established();
    if (this.#connection.available > 0) this.readable();
    if (state === 'CLOSE_WAIT') this.ended();
  }

  // From the connection

  established(): void {
    this.#options.onEstablished?.();
    this.#chart.send(sessionEvents.established);
  }

  /** Reads all there is, also when nobody listens any more: an unread byte would keep the peer's FIN away. */
  readable(): void {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#connection.available > 0) {
      const bytes = this.#connection.receive(READ_SIZE);
      if (!this.#chart.done && this.#chart.state !== 'closing') this.#takeLines(bytes);
    }
    this.#reading = false;
  }

  writable(): void {
    this.#writer.flush();
  }

  ended(): void {
    this.readable();
    this.#chart.send(sessionEvents.peerEnded);
  }

  closed(reason: CloseReason): void {
    this.#writer.clear();
    if (reason !== 'closed') this.#end ??= reason;
    this.#chart.send(reason === 'closed' ? sessionEvents.closed : sessionEvents.broken);
  }

  #takeLines(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    for (let line = this.#reader.take(); line !== undefined; line = this.#reader.take()) {
      this.#answer(line);
      if (this.#chart.done) return;
    }
    if (this.#reader.tooLong) this.#chart.send(sessionEvents.badAnswer);
  }

  #answer({ text }: Line): void {
    if (text === undefined) {
      this.#chart.send(sessionEvents.badAnswer);
    } else {
      this.#answers.push(text);
      this.#chart.send(sessionEvents.answered);
    }
  }

  // For the chart

  commandWaiting(): boolean {
    return this.#commands.length > 0;
  }

  nothingMore(): boolean {
    return this.#finished() && this.#commands.length === 0;
  }

  allAnswered(): boolean {
    return this.#commands.length === 0 && this.#awaited === undefined;
  }

  sendCommand(): void {
    const command = this.#commands.shift()!;
    this.#awaited = command;
    this.#options.onCommand?.(command);
    this.#writer.write(command);
  }

  takeAnswer(): void {
    const command = this.#awaited!;
    this.#awaited = undefined;
    this.#options.onAnswer?.(command, this.#answers.shift()!);
  }

  closeConnection(): void {
    this.#connection.close();
  }

  abortConnection(): void {
    this.#end ??= 'badAnswer';
    this.#connection.abort();
  }

  reportEnd(): void {
    this.#options.onEnd?.('finished');
  }

  reportFailure(): void {
    this.#options.onEnd?.(this.#end ?? 'hungUp');
  }

  toJSON(): object {
    return { waiting: this.#commands.length, awaiting: this.#awaited !== undefined };
  }
}

/**
 * A command that is not exactly one line would shift every answer after it.
 * @throws {Error} saying what is wrong with it
 */
export function checkCommand(command: string): void {
  const reader = new LineReader('fieldStart', Number.MAX_SAFE_INTEGER);
  reader.push(new TextEncoder().encode(`${command}\n`));
  const line = reader.take();
  if (line === undefined) throw refusal(command, 'a quote is opened and not closed');
  // A carriage return at the end would be taken for part of the line end, half a character for U+FFFD
  if (line.text !== command) throw refusal(command, 'a line end outside quotes, or half of a surrogate pair');
}

function refusal(command: string, why: string): Error {
  return new Error(`command ${JSON.stringify(command)}: ${why}`);
}
