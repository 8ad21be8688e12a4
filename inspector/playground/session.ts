/**
 * A playground as a run of the page: what happens in it goes into the run's model as it happens, and playing goes on with
 * it. It decides how much is done in a frame and how much of a long run is kept; what happens is `src/app/playground.ts`.
 */
import { batch } from '@preact/signals';
import { version } from '../../package.json' with { type: 'json' };
import { Playground } from '../../src/app/playground.ts';
import type { PlaygroundAction, PlaygroundInput } from '../../src/app/playgroundInput.ts';
import type { PlaygroundSettings } from '../../src/app/playgroundSettings.ts';
import type { TraceHeader } from '../../src/trace/event.ts';
import { Trace } from '../../src/trace/trace.ts';
import { KEPT_EVENTS } from '../load/live.ts';
import { TraceModel } from '../model/traceModel.ts';
import type { Ahead } from '../state/ahead.ts';
import { cursor, following, moveToRow } from '../state/cursor.ts';
import { nextRunId, putRun, run, showRun } from '../state/run.ts';

/** ms of a frame that a run may take. */
const SLICE = 9;

export class Session implements Ahead {
  readonly runId = nextRunId();
  /** What it began with; the link's may have changed. */
  readonly settings: PlaygroundSettings;
  readonly #playground: Playground;
  #model = new TraceModel();
  /** Time of the run that has passed, us: events are due from time to time, a person acts in between. */
  #clock = 0;

  /** @throws {RangeError} when a setting or an input cannot be */
  constructor(settings: PlaygroundSettings, inputs: readonly PlaygroundInput[]) {
    this.settings = settings;
    const trace = new Trace();
    trace.listen((event) => this.#model.add(event));
    this.#playground = new Playground({ settings, inputs, trace });
    this.#model.header = this.header;
  }

  get header(): TraceHeader {
    return this.#playground.header(version);
  }

  get inputs(): readonly PlaygroundInput[] {
    return this.#playground.inputs;
  }

  /** The settings that hold by now, or will when what was asked for is done. */
  get currentSettings(): PlaygroundSettings {
    const changed = this.inputs.findLast(({ action }) => action.kind === 'link')?.action;
    return changed?.kind === 'link' ? changed.settings : this.settings;
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.#playground.nextTimeout === Number.POSITIVE_INFINITY;
  }

  /** Shows the run in place of all others. */
  show(): void {
    this.#work(0);
    showRun(this.#run());
    moveToRow(this.#model.length - 1);
    following.value = true;
  }

  /**
   * Has something done now.
   * @throws {RangeError} when it cannot be done
   */
  act(action: PlaygroundAction): void {
    this.#playground.act(action, this.#clock);
    this.#model.header = this.header;
    putRun(this.#run());
  }

  advance(us: number): boolean {
    const length = this.#model.length;
    this.#clock += us;
    this.#work(this.#clock);
    if (this.#model.length > length) this.#tell(true);
    if (this.idle) this.#clock = this.#playground.now();
    return !this.idle;
  }

  step(): void {
    const { length } = this.#model;
    while (this.#model.length === length && this.#playground.step());
    this.#clock = Math.max(this.#playground.now(), Math.min(this.#clock, this.#playground.nextTimeout));
    this.#tell(false);
  }

  /** Does what is due until a time, us; less when that would take longer than a frame has. */
  #work(until: number): void {
    const end = performance.now() + SLICE;
    let steps = 0;
    while (this.#playground.nextTimeout <= until && this.#playground.step()) {
      steps += 1;
      if (steps % 16 === 0 && performance.now() > end) break;
    }
    const late = this.#playground.nextTimeout <= until || until === Number.POSITIVE_INFINITY;
    if (late) this.#clock = this.#playground.now();
  }

  #tell(follow: boolean): void {
    if (this.#model.length > KEPT_EVENTS * 1.25) this.#trim();
    batch(() => {
      putRun(this.#run());
      if (!follow || run.peek()?.id !== this.runId) return;
      moveToRow(this.#model.length - 1);
      following.value = true;
    });
  }

  /** Drops the oldest events; the moment stays where it was. */
  #trim(): void {
    const n = this.#model.events.n[cursor.peek().row] ?? 0;
    this.#model = this.#model.newest(KEPT_EVENTS);
    batch(() => {
      putRun(this.#run());
      if (run.peek()?.id === this.runId) moveToRow(Math.max(0, this.#model.events.rowOf(n)));
    });
  }

  #run() {
    return { id: this.runId, name: 'Playground', model: this.#model, problems: [], bad: 0, live: true };
  }
}
