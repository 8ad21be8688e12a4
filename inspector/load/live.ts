/**
 * A run that is going on, over a WebSocket. Messages are texts (`message.ts`): lines of the trace, the first of all the
 * header. Who connects is given the whole history (or what the sender has kept of it), so that a connection that broke
 * is simply made again.
 */
import { batch } from '@preact/signals';
import { TraceReader } from '../model/reader.ts';
import { NONE, TraceModel } from '../model/traceModel.ts';
import { cursor, following, hovered, moveToRow, selection } from '../state/cursor.ts';
import { loading, nextRunId, putRun, run, showRun } from '../state/run.ts';
import { readMessage } from './message.ts';

/** Events kept; when there are a quarter more, the oldest are dropped. */
export const KEPT_EVENTS = 400_000;
const WAITS = [250, 500, 1000, 2000, 5000];

const encoder = new TextEncoder();

/** One connection's worth of a run. */
class Session {
  readonly id: number;
  readonly #name: string;
  #model = new TraceModel();
  readonly #reader = new TraceReader(this.#model);
  #frame = 0;
  #begun = false;
  /** All there is to the run is here. */
  over = false;

  constructor(id: number, name: string) {
    this.id = id;
    this.#name = name;
  }

  /** What it sends is no trace. */
  get refused(): boolean {
    return this.#reader.stopped && this.#model.header === undefined;
  }

  take(text: string): void {
    const { lines, dropped, over } = readMessage(text, !this.#begun);
    this.#begun = true;
    this.#model.dropped += dropped;
    if (over) {
      this.over = true;
      this.show(false);
      return;
    }
    this.#reader.push(encoder.encode(lines));
    if (this.#model.length > KEPT_EVENTS * 1.25) this.#trim();
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.show(!this.over));
  }

  /** Tells the page what has come. */
  show(live: boolean): void {
    this.#frame = 0;
    const { problems, bad } = this.#reader;
    const [first] = problems;
    if (this.#model.header === undefined) {
      if (first !== undefined) fail(this.#name, `line ${first.line}: ${first.reason}`);
      return;
    }
    const before = run.peek();
    const isNew = before?.id !== this.id;
    // A connection made anew has nothing at first of what is shown.
    if (!isNew && this.#model.length === 0) return;
    batch(() => {
      const { program } = this.#model.header!.configuration;
      const name = typeof program === 'string' ? program : this.#name;
      const next = { id: this.id, name, model: this.#model, problems, bad, live };
      if (isNew) showRun(next);
      else putRun(next);
      if (!isNew && before.model !== this.#model) keepPlaces(before.model, this.#model);
      if (isNew || following.peek()) {
        moveToRow(this.#model.length - 1);
        following.value = !this.over;
      }
      loading.value = { phase: 'none' };
    });
  }

  /** Drops the oldest. */
  #trim(): void {
    this.#model = this.#model.newest(KEPT_EVENTS);
    this.#reader.continueInto(this.#model);
    this.show(!this.over);
  }
}

/** Has the moment and what is selected be the same events in another model of the run. */
function keepPlaces(before: TraceModel, now: TraceModel): void {
  const numberOf = (row: number): number => (row === NONE ? 0 : (before.events.n[row] ?? 0));
  const n = numberOf(cursor.peek().row);
  selection.value = now.events.rowOf(numberOf(selection.peek()));
  hovered.value = NONE;
  if (following.peek()) return;
  // What is gone is before the oldest, or comes again; the moment waits for that at the end.
  if (n > now.events.n[now.length - 1]!) following.value = true;
  else moveToRow(now.events.rowOf(n));
}

function fail(name: string, reason: string): void {
  loading.value = { phase: 'failed', name, reason };
}

/** Shows a run while it goes on. `address`: ws://... Returns what ends it. */
export function watch(address: string): () => void {
  const id = nextRunId();
  const name = new URL(address, location.href).host;
  let attempts = 0;
  let ended = false;
  let socket: WebSocket | undefined;
  const connect = (): void => {
    if (ended) return;
    const session = new Session(id, name);
    if (run.peek() === undefined) loading.value = { phase: 'busy', name, share: undefined };
    socket = new WebSocket(address);
    socket.onmessage = ({ data }) => {
      attempts = 0;
      if (typeof data === 'string') session.take(data);
    };
    socket.onclose = ({ code }) => {
      // 1000: the program has ended, and all it had is here.
      if (code === 1000) session.over = true;
      session.show(false);
      if (session.refused) return;
      if (run.peek() === undefined) fail(name, `the connection could not be made, or was closed (${code})`);
      if (!session.over) setTimeout(connect, WAITS[Math.min(attempts, WAITS.length - 1)]);
      attempts += 1;
    };
  };
  connect();
  return () => {
    ended = true;
    socket?.close();
  };
}
