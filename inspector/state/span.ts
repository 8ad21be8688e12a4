/** The stretch of time that views with a time axis show: zooming in one zooms all. */
import { computed, signal } from '@preact/signals';
import { run } from './run.ts';

/** us, from and to; undefined for the whole run. */
export const chosenSpan = signal<readonly [number, number] | undefined>(undefined);

/** What is shown, us. */
export const span = computed<readonly [number, number]>(() => {
  const model = run.value?.model;
  const whole = [model?.start ?? 0, Math.max(model?.finish ?? 1, (model?.start ?? 0) + 1)] as const;
  return chosenSpan.value ?? whole;
});

/** Shortest stretch, us. */
const LEAST = 10;

/** Shows from `from` to `to` (us), within the run; the whole run when that is what it comes to. */
export function showSpan(from: number, to: number): void {
  const model = run.peek()?.model;
  if (model === undefined) return;
  const length = Math.max(LEAST, to - from);
  if (length >= model.finish - model.start) {
    chosenSpan.value = undefined;
    return;
  }
  const start = Math.min(Math.max(from, model.start), model.finish - length);
  chosenSpan.value = [start, start + length];
}

/** Zooms by a factor (below 1: in) around a time, us. */
export function zoomSpan(factor: number, around: number): void {
  const [from, to] = span.peek();
  showSpan(around - (around - from) * factor, around + (to - around) * factor);
}

/** Moves what is shown by so much, us. */
export function panSpan(by: number): void {
  const [from, to] = span.peek();
  if (chosenSpan.peek() !== undefined) showSpan(from + by, to + by);
}

/** Moves what is shown so that a time is in it. */
export function reveal(t: number): void {
  const [from, to] = span.peek();
  if (t >= from && t <= to) return;
  showSpan(t - (to - from) / 2, t + (to - from) / 2);
}
