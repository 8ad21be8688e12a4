/**
 * What if: a run as it was and once more with one thing changed, packet for packet the same until the change tells.
 * It decides what the two runs are and in which order they are made, a few steps at a time; what is drawn of them is the
 * caller's business.
 */
import type { FaultAction } from '../channel/faults.ts';
import type { TraceEvent, TraceSink } from '../trace/event.ts';
import { Trace } from '../trace/trace.ts';
import { type Change, type Recipe, type Rerun, rerun } from './playgroundRerun.ts';
import type { PlaygroundSettings } from './playgroundSettings.ts';
import type { PacketFault } from './playgroundWire.ts';

/** What is to be different: something happens to a packet (its number in the trace), or settings. */
export type WhatIfChange =
  | { readonly packet: number; readonly action: FaultAction /** us */; readonly delay: number }
  | { readonly settings: PlaygroundSettings };

export interface WhatIfOptions {
  readonly recipe: Recipe;
  readonly change: WhatIfChange;
  /** Told of the events of the run as it was, and of the changed one. */
  readonly before: TraceSink;
  readonly after: TraceSink;
  /** Events at which a run is cut off; 300,000 unless given. */
  readonly limit?: number;
}

const LIMIT = 300_000;

/** Both runs, one after the other. */
export class WhatIf {
  readonly #options: WhatIfOptions;
  readonly #limit: number;
  /** Packets that each end has sent so far, in the first run. */
  readonly #sent: Record<string, number> = {};
  #run: Rerun;
  #trace: Trace;
  #fault: PacketFault | undefined;
  #phase: 'before' | 'after' | 'done' = 'before';
  #cut = false;

  /** @throws {RangeError} when the run, or the changed one, cannot be */
  constructor(options: WhatIfOptions) {
    this.#options = options;
    this.#limit = options.limit ?? LIMIT;
    const { change, recipe, before } = options;
    if ('settings' in change) rerun(recipe, change, new Trace());
    [this.#trace, this.#run] = this.#start({}, (event) => {
      this.#count(event);
      before(event);
    });
  }

  /** One of the runs was longer than the limit. */
  get cut(): boolean {
    return this.#cut;
  }

  /**
   * Goes on until `pause` says true (asked after each step); true when both runs are over.
   * @throws {RangeError} when the packet is not in the run
   */
  work(pause: () => boolean): boolean {
    while (this.#phase !== 'done') {
      const full = this.#trace.last >= this.#limit;
      if (full) this.#cut = true;
      if (full || !this.#run.step()) this.#next();
      else if (pause()) return false;
    }
    return true;
  }

  #start(change: Change, sink: TraceSink): [Trace, Rerun] {
    const trace = new Trace();
    trace.listen(sink);
    return [trace, rerun(this.#options.recipe, change, trace)];
  }

  #next(): void {
    if (this.#phase === 'after') {
      this.#phase = 'done';
      return;
    }
    this.#phase = 'after';
    [this.#trace, this.#run] = this.#start(this.#changed(), this.#options.after);
  }

  #changed(): Change {
    const { change } = this.#options;
    if ('settings' in change) return change;
    if (this.#fault === undefined) throw new RangeError(`the run has no packet ${change.packet}`);
    return { faults: [this.#fault] };
  }

  /** Finds the packet's place among those that its sender gives to the link. */
  #count(event: TraceEvent): void {
    const { change } = this.#options;
    if (event.kind !== 'send' || !('packet' in change)) return;
    const nth = (this.#sent[event.end] ?? 0) + 1;
    this.#sent[event.end] = nth;
    if (event.n !== change.packet) return;
    const direction = event.end === 'client' ? 'client>server' : 'server>client';
    this.#fault = { direction, nth, action: change.action, delay: change.delay };
  }
}
