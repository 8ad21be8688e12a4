/**
 * The moment that everything on the page shows. A moment is the last event that counts: several happen at the same
 * time, and one can stop between them.
 */
import { batch, computed, signal } from '@preact/signals';
import { isStep } from '../model/marks.ts';
import { NONE, type TraceModel } from '../model/traceModel.ts';
import { aheadOfRun } from './ahead.ts';
import { lookAt } from './focus.ts';
import { run } from './run.ts';

export interface Moment {
  /** us */
  readonly t: number;
  /** Row of the last event that counts, NONE before the first. */
  readonly row: number;
}

export const cursor = signal<Moment>({ t: 0, row: NONE });
/** Row of the event that is explained, NONE for none. */
export const selection = signal(NONE);
/** Row of the event that is pointed at, NONE for none. */
export const hovered = signal(NONE);
/** Time that is pointed at in any view, us; undefined for none. */
export const hoveredTime = signal<number | undefined>(undefined);
/** The moment is always the newest one, of a run that grows. */
export const following = signal(false);

/** The model that is looked at and its cursor, for views; undefined when nothing is loaded. */
export const scene = computed(() => {
  const shown = run.value;
  return shown === undefined ? undefined : { run: shown, model: shown.model, moment: cursor.value };
});

/** How far a step goes: any event, one that matters, one that a person looks for. */
export type StepSize = 'event' | 'step' | 'mark';

/** Goes to a time, us. */
export function moveToTime(t: number): void {
  const model = run.peek()?.model;
  if (model === undefined) return;
  const bounded = Math.min(Math.max(t, model.start), model.finish);
  cursor.value = { t: bounded, row: model.events.rowAt(bounded) };
  following.value = run.peek()?.live === true && bounded === model.finish;
}

/** Goes to an event. */
export function moveToRow(row: number): void {
  const model = run.peek()?.model;
  if (model === undefined || model.length === 0) return;
  const bounded = Math.min(Math.max(row, 0), model.length - 1);
  cursor.value = { t: model.events.time[bounded]!, row: bounded };
  following.value = run.peek()?.live === true && bounded === model.length - 1;
}

/** Goes to an event and has it explained; the conversation that it belongs to is looked at. */
export function select(row: number): void {
  batch(() => {
    selection.value = row;
    if (row === NONE) return;
    moveToRow(row);
    const { events, words, conversations } = run.peek()!.model;
    lookAt(conversations.find(words.text(events.end[row]!), events.connection[row]!));
  });
}

/** Goes to the next event of a size, or to the one before; at the end, to what is ahead. */
export function step(direction: 1 | -1, size: StepSize): void {
  if (direction > 0 && cursor.peek().row >= (run.peek()?.model.length ?? 0) - 1) aheadOfRun()?.step();
  const model = run.peek()?.model;
  if (model === undefined) return;
  moveToRow(size === 'mark' ? nextMark(model, direction) : nextRow(model, direction, size));
}

function nextRow(model: TraceModel, direction: 1 | -1, size: StepSize): number {
  let row = cursor.peek().row + direction;
  if (size === 'event') return row;
  while (row > 0 && row < model.length - 1 && !isStep(model.events, row)) row += direction;
  return row;
}

function nextMark(model: TraceModel, direction: 1 | -1): number {
  const { rows } = model.marks;
  const passed = rows.countUpTo(direction > 0 ? cursor.peek().row : cursor.peek().row - 1);
  const index = direction > 0 ? passed : passed - 1;
  if (index < 0) return 0;
  return index < rows.length ? rows.at(index) : model.length - 1;
}
