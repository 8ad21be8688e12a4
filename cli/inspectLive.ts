/**
 * Shows a running program to the inspector: its events go out as they come, and to who joins later from the first that
 * is kept. Messages are text: the header's line (and a notice of what was dropped), then batches of events' lines, and
 * at last that the run is over. A viewer gets what is next when it has taken what it got, so a slow one costs nothing;
 * one that is so slow that what it wants is dropped is sent away, and may come again.
 */
import { WebSocket } from 'ws';
import type { TraceHeader } from '../src/trace/event.ts';
import { eventLine, headerLine } from '../src/trace/json.ts';
import type { Trace } from '../src/trace/trace.ts';
import { History } from './inspectHistory.ts';
import { loadPage } from './inspectPage.ts';
import { InspectServer } from './inspectServer.ts';
import type { Io } from './io.ts';

/** Events are sent at least so often, ms. */
const BATCH = 50;
/** Bytes of events that are kept for who comes later. */
const KEPT = 134_217_728;
/** Bytes that a viewer may have been sent and not taken. */
const WINDOW = 1_048_576;
/** How long viewers may take for what they have not got when the program ends, ms. */
const FAREWELL = 2000;
/** RFC 6455 section 7.4.1, and of its registry: normal; try again later. */
const CLOSE = { normal: 1000, later: 1013 } as const;

export interface LiveLimits {
  /** Bytes of events that are kept. */
  readonly kept?: number;
}

export class LiveInspector {
  readonly #io: Io;
  readonly #history: History;
  readonly #viewers = new Set<Viewer>();
  #server!: InspectServer;
  #header = '';
  #flush: NodeJS.Timeout | undefined;
  #over = false;
  #gone = (): void => {};

  /**
   * `port` 0 is any that is free.
   * @throws {Failure} when the page was not built, or the port cannot be listened on
   */
  static async open(port: number, io: Io, limits: LiveLimits = {}): Promise<LiveInspector> {
    const page = loadPage();
    const live = new LiveInspector(io, limits);
    const onViewer = (socket: WebSocket): void => live.#join(socket);
    live.#server = await InspectServer.open({ page, port, shown: { kind: 'live', onViewer } });
    return live;
  }

  private constructor(io: Io, { kept = KEPT }: LiveLimits) {
    this.#io = io;
    this.#history = new History(kept);
  }

  /** Shows what `trace` is told from now on, and says where it is to be seen. */
  follow(header: TraceHeader, trace: Trace): void {
    this.#header = headerLine(header);
    trace.listen((event) => {
      if (this.#history.add(eventLine(event))) this.#spread();
    });
    this.#flush = setInterval(() => {
      if (this.#history.close()) this.#spread();
    }, BATCH);
    this.#io.err(`statewire: inspect this run at ${this.#server.url}\n`);
  }

  /** The run is over: those who are there, and those who come, are told so behind its last event. */
  finish(): void {
    clearInterval(this.#flush);
    this.#history.close();
    this.#over = true;
    this.#spread();
  }

  /** Ends when all viewers have everything, or have had time for it. */
  async close(): Promise<void> {
    this.finish();
    if (this.#viewers.size > 0) {
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, FAREWELL);
        this.#gone = () => {
          if (this.#viewers.size > 0) return;
          clearTimeout(timeout);
          resolve();
        };
        for (const viewer of this.#viewers) viewer.leave();
      });
    }
    await this.#server.close();
  }

  #spread(): void {
    for (const viewer of this.#viewers) viewer.advance();
  }

  #join(socket: WebSocket): void {
    const viewer = new Viewer(socket, this.#history, () => this.#over);
    this.#viewers.add(viewer);
    socket.on('close', () => {
      this.#viewers.delete(viewer);
      this.#gone();
    });
    const { dropped } = this.#history;
    viewer.begin(dropped === 0 ? this.#header : `${this.#header}\n${JSON.stringify({ dropped })}`);
  }
}

/** One page that looks on. */
class Viewer {
  readonly #socket: WebSocket;
  readonly #history: History;
  readonly #isOver: () => boolean;
  /** The batch that it gets next. */
  #next: number;
  #toldEnd = false;
  #leaving = false;

  constructor(socket: WebSocket, history: History, isOver: () => boolean) {
    this.#socket = socket;
    this.#history = history;
    this.#isOver = isOver;
    this.#next = history.first;
  }

  begin(text: string): void {
    this.#send(text);
    this.advance();
  }

  /** Sends what there is, as far as it has taken what it was sent. */
  advance(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#next < this.#history.first) {
      this.#socket.close(CLOSE.later, 'too slow: what comes next was dropped');
      return;
    }
    while (this.#next < this.#history.end) {
      if (this.#socket.bufferedAmount >= WINDOW) return;
      this.#send(this.#history.batch(this.#next));
      this.#next += 1;
    }
    if (!this.#isOver()) return;
    if (!this.#toldEnd) this.#send('{"end":true}');
    this.#toldEnd = true;
    if (this.#leaving) this.#socket.close(CLOSE.normal);
  }

  /** Closes the connection behind the last event. */
  leave(): void {
    this.#leaving = true;
    this.advance();
  }

  /** As text, whichever it is: what is kept is UTF-8 already. */
  #send(data: Buffer | string): void {
    this.#socket.send(data, { binary: false }, (error) => {
      if (error == null) this.advance();
    });
  }
}
