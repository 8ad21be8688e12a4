/** What keys do, wherever the focus is that does not need them itself. */
import { batch } from '@preact/signals';
import { NONE } from '../model/traceModel.ts';
import { moveToTime, type StepSize, selection, step } from './cursor.ts';
import { playing, togglePlay } from './play.ts';
import { run } from './run.ts';
import { chosenSpan } from './span.ts';

/** Keys and what they do, for the help. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['Space', 'play, pause'],
  ['← →', 'step to the event before, after'],
  ['Shift ← →', 'to the loss, retransmission or change of state before, after'],
  ['Alt ← →', 'to the very next event'],
  ['Home End', 'to the start, the end'],
  ['/', 'search; Enter goes on, Shift Enter back'],
  ['0', 'show the whole run'],
  ['Esc', 'close, and select nothing'],
];

/** Elements that use arrows, space and letters themselves. */
const OWN_KEYS = 'input, textarea, select, [role=separator], [role=tab], [contenteditable]';

/** Listens to the page's keys; `focusSearch` is called for `/`. Returns what ends it. */
export function startKeyboard(focusSearch: () => void): () => void {
  const listen = (event: KeyboardEvent): void => {
    const target = event.target as Element;
    if (event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (event.key !== 'Escape' && target.closest(OWN_KEYS) !== null) return;
    if (event.key === ' ' && target.closest('button, summary, a, [role=button]') !== null) return;
    if (!act(event, focusSearch)) return;
    event.preventDefault();
  };
  addEventListener('keydown', listen);
  return () => removeEventListener('keydown', listen);
}

/** Does what a key stands for; false when it stands for nothing. */
function act(event: KeyboardEvent, focusSearch: () => void): boolean {
  const model = run.peek()?.model;
  const size: StepSize = event.shiftKey ? 'mark' : event.altKey ? 'event' : 'step';
  switch (event.key) {
    case ' ':
      togglePlay();
      return true;
    case 'ArrowLeft':
    case 'ArrowRight':
      playing.value = false;
      step(event.key === 'ArrowRight' ? 1 : -1, size);
      return true;
    case 'Home':
    case 'End':
      if (model !== undefined) moveToTime(event.key === 'Home' ? model.start : model.finish);
      return true;
    case '/':
      focusSearch();
      return true;
    case '0':
      chosenSpan.value = undefined;
      return true;
    case 'Escape':
      batch(() => {
        selection.value = NONE;
        (document.activeElement as HTMLElement | null)?.blur();
      });
      return true;
    default:
      return false;
  }
}
