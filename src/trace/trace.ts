/** Numbers the events and hands them to who listens. Without listeners nobody should call `add`: test `trace` first. */
import type { TraceBody, TraceEvent, TraceSink } from './event.ts';

export class Trace {
  /** The event that what happens now follows from. Set by `add`'s callers, never by sinks. */
  cause = 0;
  #last: number;
  readonly #sinks: TraceSink[] = [];

  /** `last`: number of the newest event so far, for a trace that goes on where another was left. */
  constructor(last = 0) {
    this.#last = last;
  }

  /** Adds a listener, told of each event in order; it must not call back into what it watches. */
  listen(sink: TraceSink): void {
    this.#sinks.push(sink);
  }

  /** Number of the newest event. */
  get last(): number {
    return this.#last;
  }

  /** Hands on an event that has its number already: one of a trace that was made elsewhere, in its order. */
  relay(event: TraceEvent): void {
    this.#last = event.n;
    for (const sink of this.#sinks) sink(event);
  }

  /** Records an event at time `t` (us) and returns its number. */
  add(end: string, t: number, body: TraceBody, cause: number = this.cause): number {
    this.#last += 1;
    const event: TraceEvent = { n: this.#last, t, end, cause, ...body };
    for (const sink of this.#sinks) sink(event);
    return this.#last;
  }
}
