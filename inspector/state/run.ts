/** What is loaded: one run, or several to be compared. A run is replaced as a whole whenever it has grown. */
import { computed, signal } from '@preact/signals';
import type { Problem } from '../model/reader.ts';
import type { TraceModel } from '../model/traceModel.ts';

/** A run as the page shows it. */
export interface Run {
  readonly id: number;
  /** File name, address, or what else tells it from others. */
  readonly name: string;
  /** It grows in place; a new `Run` around it says so. */
  readonly model: TraceModel;
  readonly problems: readonly Problem[];
  /** Lines that could not be read. */
  readonly bad: number;
  /** What a person should know of how it was read, in sentences. */
  readonly notes?: readonly string[];
  /** Of a capture: where it is damaged or cut off. */
  readonly damage?: readonly string[];
  /** Events are still coming in. */
  readonly live: boolean;
}

/** What loading is at. */
export type Loading =
  | { readonly phase: 'none' }
  /** `share` from 0 to 1, undefined when the size is not known. */
  | { readonly phase: 'busy'; readonly name: string; readonly share: number | undefined }
  | { readonly phase: 'failed'; readonly name: string; readonly reason: string };

export const runs = signal<readonly Run[]>([]);
/** Id of the one that is looked at. */
export const chosenRun = signal(0);
export const loading = signal<Loading>({ phase: 'none' });

/** The run that is looked at. */
export const run = computed<Run | undefined>(
  () => runs.value.find(({ id }) => id === chosenRun.value) ?? runs.value[0],
);

let lastId = 0;

/** Number for a new run. */
export function nextRunId(): number {
  lastId += 1;
  return lastId;
}

/** Shows a run instead of all others. */
export function showRun(shown: Run): void {
  runs.value = [shown];
  chosenRun.value = shown.id;
}

/** Puts a run in the place of the one with its id, or beside the others when it is new. */
export function putRun(changed: Run): void {
  const known = runs.value.some(({ id }) => id === changed.id);
  runs.value = known
    ? runs.value.map((each) => (each.id === changed.id ? changed : each))
    : [...runs.value, changed];
}
