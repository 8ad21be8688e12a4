/** The playground of the page: the run that goes on in it, the settings as they stand in the panel, what went wrong. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { PlaygroundAction, PlaygroundInput } from '../../src/app/playgroundInput.ts';
import {
  CLASSROOM,
  needsRestart,
  type PlaygroundSettings,
  partsOf,
  settingsIn,
} from '../../src/app/playgroundSettings.ts';
import { seven } from '../../src/app/seven.ts';
import type { TraceHeader } from '../../src/trace/event.ts';
import { NONE } from '../model/traceModel.ts';
import { ahead } from '../state/ahead.ts';
import { moveToRow, selection } from '../state/cursor.ts';
import { lookAt } from '../state/focus.ts';
import { playing, speed } from '../state/play.ts';
import { run } from '../state/run.ts';
import { chosenSpan } from '../state/span.ts';
import { Session } from './session.ts';

/** The run that goes on; undefined when the page was opened for a trace. */
export const session = signal<Session | undefined>(undefined);
/** Settings as the panel shows them: those of the run, or what they are to be when it is started again. */
export const draft = signal<PlaygroundSettings>(CLASSROOM);
/** Why the last thing a person wanted could not be; empty when it could. */
export const problem = signal('');
/** The panel is open. */
export const open = signal(true);

/** Is the run that is looked at the playground's? */
export const atPlayground = computed(
  () => session.value !== undefined && run.value?.id === session.value.runId,
);

/** What is wrong with the settings of the panel; empty when they can be. */
export const flaw = computed(() => {
  try {
    partsOf(draft.value);
    return '';
  } catch (error) {
    return reasonOf(error);
  }
});

/** The settings of the panel hold when the run is started again, and not before. */
export const awaitsRestart = computed(() => {
  const current = session.value?.settings;
  return (
    current !== undefined && atPlayground.value && flaw.value === '' && needsRestart(current, draft.value)
  );
});

/** The stored run of which the panel shows the settings, and those settings; undefined for the playground's. */
export const stored = signal<{ readonly runId: number; readonly settings: PlaygroundSettings } | undefined>(
  undefined,
);

/** Has the panel show the settings of the run that is looked at, when they can be known. Returns what ends it. */
export function followRuns(): () => void {
  const id = computed(() => run.value?.id);
  return effect(() => {
    const shown = id.value;
    const own = session.peek();
    if (shown === own?.runId) {
      if (stored.peek() === undefined) return;
      stored.value = undefined;
      if (own !== undefined) draft.value = own.currentSettings;
      return;
    }
    const header = run.peek()?.model.header;
    // Runs made for a comparison are the one that was stored, changed
    if (header === undefined || shown === undefined || header === lastHeader) return;
    lastHeader = header;
    try {
      const settings = settingsIn(header);
      partsOf(settings);
      batch(() => {
        stored.value = { runId: shown, settings };
        draft.value = settings;
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      stored.value = undefined;
    }
  });
}

let lastHeader: TraceHeader | undefined;

const EXAMPLE = seven.map(
  ({ command }): PlaygroundInput => ({ at: 0, action: { kind: 'command', text: command } }),
);

/** Frames' worth of a run that may be done before the page is first seen. */
const SLICES = 100;

/** Opens the playground with a run that goes on, so that there is something to be seen. */
export function startPlayground(): void {
  begin(CLASSROOM, EXAMPLE);
  speed.value = 1;
  if (!matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  // All of it at once, and nothing moves
  playing.value = false;
  for (let i = 0; i < SLICES && session.peek()!.advance(Number.POSITIVE_INFINITY); i++);
}

/** A new run with the panel's settings; what was done in the old one is done again, at the same times. */
export function restart(keepInputs: boolean): void {
  const inputs = session.peek()?.inputs ?? [];
  attempt(() => begin(draft.peek(), keepInputs ? inputs.filter(({ action }) => action.kind !== 'link') : []));
}

/** Does something in the run; false, and `problem` says why, when it cannot be done. */
export function act(action: PlaygroundAction): boolean {
  return attempt(() => {
    if (session.peek() === undefined) begin(draft.peek(), []);
    const current = session.peek()!;
    const wasIdle = current.idle;
    current.act(action);
    if (!atPlayground.peek()) backToPlayground();
    if (action.kind === 'file') lookAtNext();
    // A run that a person has halted stays so: its next steps are theirs
    if (wasIdle) goOn();
  });
}

/** Looks at the next conversation that begins in the run, once it has. */
function lookAtNext(): void {
  const id = run.peek()?.id;
  const known = run.peek()?.model.conversations.all.size ?? 0;
  const end = effect(() => {
    const next = [...(run.value?.model.conversations.all ?? [])][known];
    if (run.value?.id === id && next === undefined) return;
    if (run.value?.id === id) lookAt(next);
    queueMicrotask(() => end());
  });
}

/** From the newest event on. */
function goOn(): void {
  selection.value = NONE;
  moveToRow((run.peek()?.model.length ?? 0) - 1);
  playing.value = true;
}

/** The seven inputs, one after the other. */
export function actAll(): void {
  for (const { command } of seven) if (!act({ kind: 'command', text: command })) return;
}

/** Looks at the playground's run again. */
export function backToPlayground(): void {
  session.peek()?.show();
  selection.value = NONE;
}

let later = 0;

/** Changes settings in the panel. Those of the link hold soon, when no more changes follow. */
export function change(changed: Partial<Record<keyof PlaygroundSettings, unknown>>): void {
  const next = Object.entries({ ...draft.peek(), ...changed }).filter(([, value]) => value !== undefined);
  draft.value = Object.fromEntries(next) as unknown as PlaygroundSettings;
  clearTimeout(later);
  later = setTimeout(hold, 200);
}

/** Has the link become what the panel says, if that is all that is different. */
function hold(): void {
  const current = session.peek();
  if (current === undefined || !atPlayground.peek() || flaw.peek() !== '' || awaitsRestart.peek()) return;
  if (JSON.stringify(current.currentSettings) === JSON.stringify(draft.peek())) return;
  attempt(() => current.act({ kind: 'link', settings: draft.peek() }));
}

function begin(settings: PlaygroundSettings, inputs: readonly PlaygroundInput[]): void {
  const next = new Session(settings, inputs);
  batch(() => {
    session.value = next;
    draft.value = settings;
    ahead.value = next;
    selection.value = NONE;
    chosenSpan.value = undefined;
    open.value = true;
    next.show();
    playing.value = true;
  });
}

function attempt(work: () => void): boolean {
  try {
    work();
    problem.value = '';
    return true;
  } catch (error) {
    problem.value = reasonOf(error);
    return false;
  }
}

/** What to tell a person; a mistake of ours is thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  throw error;
}
