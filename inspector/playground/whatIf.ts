/**
 * What if, on the page: makes both runs in slices, so that the page lives, and shows them in the *Compare* view. Of a stored
 * trace it is checked that the run made again is the one that was stored.
 */
import { batch, signal } from '@preact/signals';
import { type Recipe, recipeOf } from '../../src/app/playgroundRerun.ts';
import { WhatIf, type WhatIfChange } from '../../src/app/playgroundWhatIf.ts';
import { packetText } from '../model/flags.ts';
import { NONE, TraceModel } from '../model/traceModel.ts';
import { enlarge } from '../state/panels.ts';
import { nextRunId, type Run, run, runs } from '../state/run.ts';
import { type Figure, figures, firstDifference } from './differences.ts';
import { problem, reasonOf, session } from './state.ts';

/** Two runs that are compared. */
export interface Comparison {
  readonly before: Run;
  readonly after: Run;
  /** What was changed, in words. */
  readonly change: string;
  /** First row that differs, in both; NONE for none. */
  readonly row: number;
  readonly figures: readonly Figure[];
  /** What must be known besides; empty for nothing. */
  readonly notes: readonly string[];
}

export const comparison = signal<Comparison | undefined>(undefined);
/** Both runs are being made. */
export const comparing = signal(false);

const SLICE = 12;
let newest = 0;

/** Why the run that is looked at cannot be had again; empty when it can. */
export function whyNoWhatIf(shown: Run): string {
  try {
    recipeFor(shown);
    return '';
  } catch (error) {
    return `This run cannot be repeated: ${reasonOf(error)}.`;
  }
}

/** Makes the run that is looked at once more, with a change, and shows both. */
export function startWhatIf(change: WhatIfChange): void {
  const shown = run.peek();
  if (shown === undefined) return;
  newest += 1;
  const own = newest;
  const [before, after] = [new TraceModel(), new TraceModel()];
  try {
    const recipe = recipeFor(shown);
    const work = new WhatIf({
      recipe,
      change,
      before: (event) => before.add(event),
      after: (event) => after.add(event),
    });
    comparing.value = true;
    problem.value = '';
    slice(work, own, () => finish(shown, changeText(shown, change), [before, after], work.cut));
  } catch (error) {
    fail(error);
  }
}

function slice(work: WhatIf, own: number, done: () => void): void {
  if (own !== newest) return;
  try {
    const end = performance.now() + SLICE;
    if (work.work(() => performance.now() > end)) done();
    else setTimeout(slice, 0, work, own, done);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  comparing.value = false;
  problem.value = reasonOf(error);
}

function recipeFor(shown: Run): Recipe {
  const playground = session.peek();
  if (shown.id === playground?.runId)
    return { kind: 'playground', settings: playground.settings, inputs: playground.inputs };
  if (shown.model.header === undefined) throw new RangeError('it has no header');
  return recipeOf(shown.model.header);
}

function changeText(shown: Run, change: WhatIfChange): string {
  if ('settings' in change) return 'other settings from the start';
  const { model } = shown;
  const text = packetText(model, model.packets.find(change.packet));
  if (change.action === 'delay') return `${text} delayed by ${change.delay / 1000} ms more`;
  return `${text} ${{ drop: 'dropped', corrupt: 'corrupted', duplicate: 'duplicated' }[change.action]}`;
}

function finish(shown: Run, change: string, models: readonly [TraceModel, TraceModel], cut: boolean): void {
  const [before, after] = models;
  for (const model of models) model.header = shown.model.header;
  const made = (name: string, model: TraceModel): Run => {
    return { id: nextRunId(), name, model, problems: [], bad: 0, live: false };
  };
  const old = comparison.peek();
  batch(() => {
    comparing.value = false;
    runs.value = runs.peek().filter(({ id }) => id !== old?.before.id && id !== old?.after.id);
    comparison.value = {
      before: made('As it was', before),
      after: made('What if', after),
      change,
      row: firstDifference(before, after),
      figures: figures(before, after),
      notes: [...storedNotes(shown, before), ...(cut ? ['A run was cut off: it has too many events.'] : [])],
    };
    enlarge('compare');
  });
}

/** Is what was made again what was stored? */
function storedNotes(shown: Run, again: TraceModel): string[] {
  if (shown.id === session.peek()?.runId) return [];
  const { model } = shown;
  if (model.dropped > 0 || shown.bad > 0)
    return ['The stored trace is not whole, so that it could not be compared with the run made again.'];
  const row = firstDifference(model, again);
  if (row === NONE) return ['Made again, the run is the stored one, event for event.'];
  const n = row < model.length ? model.events.n[row] : model.events.n[model.length - 1];
  if (row === model.length) return [`The stored trace ends at event ${n}; up to there both are the same.`];
  return [
    `⚠ Made again, the run is not the stored one: they part at event ${n}. Another version of Statewire wrote it, ` +
      'or it was changed. “As it was” is the run made again.',
  ];
}
