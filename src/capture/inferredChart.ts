/**
 * The connection chart of an end that only a capture tells of: the real chart of machines/connection.ts, told the facts
 * that the segments show. It does nothing (its actions were another machine's), and its timers never run out.
 */
import { type ConnectionHost, connection, connectionEvents } from '../../machines/connection.ts';
import type { ChartInstance, ChartListener, ChartScope } from '../chart/chart.ts';
import { compiledEngine } from '../chart/compiled.ts';
import type { Timers } from '../time/timers.ts';
import type { TraceBody } from '../trace/event.ts';

/** Records an event at the end the chart belongs to, and returns its number. */
export type Recorder = (body: TraceBody, cause: number) => number;

export type ConnectionEvent = keyof typeof connectionEvents;

/** The event of the one transition that no chart has: a capture that begins in the middle of a connection. */
export const INFERRED = 'inferred';

const NEVER: Timers = {
  now: () => 0,
  create: (owner, slot) => ({ owner, slot, at: Number.POSITIVE_INFINITY, order: 0 }),
  arm: nothing,
  armAt: nothing,
  cancel: nothing,
};

function nothing(): void {}

/** What a connection is asked for by its chart: here only who opened it is known. */
function hostOf(passive: boolean): ConnectionHost {
  const no = () => false;
  return {
    openedPassively: () => passive,
    remoteGiven: () => !passive,
    nothingToSend: () => true,
    unreadDiscarded: no,
    orphaned: no,
    synResets: no,
    assassinationAllowed: no,
    sendSyn: nothing,
    sendSynAck: nothing,
    queueFin: nothing,
    sendRst: nothing,
    acknowledge: nothing,
    challenge: nothing,
    deferClose: nothing,
    enterTimeWait: nothing,
    deleteTcb: nothing,
    returnToListen: nothing,
    reportEstablished: nothing,
    reportEnded: nothing,
    reportClosed: nothing,
    reportReset: nothing,
    reportRefused: nothing,
    reportTimedOut: nothing,
    reportAborted: nothing,
    reportUnreachable: nothing,
    twoMsl: () => 0,
    orphanTimeout: () => 0,
    toJSON: () => ({ passive }),
  };
}

export class InferredChart implements ChartListener {
  readonly #record: Recorder;
  readonly #connection: number;
  #chart: ChartInstance | undefined;
  #cause = 0;

  constructor(connection: number, record: Recorder) {
    this.#connection = connection;
    this.#record = record;
  }

  /** RFC state; CLOSED before it is opened. */
  get state(): string {
    return this.#chart?.state ?? 'CLOSED';
  }

  /** Has it been opened, whether it is closed again or not? */
  get started(): boolean {
    return this.#chart !== undefined;
  }

  /** OPEN, passive or active. Returns the number of the transition. */
  open(passive: boolean, cause: number): number {
    this.#chart = compiledEngine.start(connection, hostOf(passive), this.#scope(), 1);
    return this.send('user.open', cause);
  }

  /** Begins in ESTABLISHED: the handshake is not in the capture. */
  openInTheMiddle(cause: number): number {
    const snapshot = { state: 'ESTABLISHED', timers: [] };
    this.#chart = compiledEngine.restore(connection, hostOf(false), this.#scope(), 1, snapshot);
    this.#cause = cause;
    this.#fact(INFERRED);
    this.#transition('CLOSED', INFERRED, undefined, 'ESTABLISHED');
    return this.#cause;
  }

  /** A fact, which `cause` shows. Returns the number of the transition, or of the fact if it changes nothing. */
  send(event: ConnectionEvent, cause: number): number {
    this.#cause = cause;
    this.#chart?.send(connectionEvents[event]);
    return this.#cause;
  }

  fact(_chart: ChartInstance, event: string): void {
    this.#fact(event);
  }

  transition(
    _chart: ChartInstance,
    from: string,
    event: string,
    guard: string | undefined,
    to: string,
  ): void {
    this.#transition(from, event, guard, to);
  }

  action(): void {}
  timer(): void {}
  unhandled(): void {}
  settled(): void {}

  #scope(): ChartScope {
    return {
      timers: NEVER,
      listener: this,
      onError: (error) => {
        throw error;
      },
    };
  }

  #fact(event: string): void {
    this.#cause = this.#record({ kind: 'fact', ...this.#names(), event }, this.#cause);
  }

  #transition(from: string, event: string, guard: string | undefined, to: string): void {
    const passed = guard === undefined ? {} : { guard };
    this.#cause = this.#record(
      { kind: 'transition', ...this.#names(), from, event, ...passed, to },
      this.#cause,
    );
  }

  #names() {
    return { connection: this.#connection, chart: 'connection', instance: 1 };
  }
}
