/** Time that runs: so much of the run's time in a second of the watcher's. */
import { effect, signal } from '@preact/signals';
import { cursor, moveToTime } from './cursor.ts';
import { run } from './run.ts';

/** Seconds of the run in a second. */
export const SPEEDS = [0.001, 0.01, 0.1, 0.25, 1, 4, 10, 100] as const;

export const playing = signal(false);
export const speed = signal(1);

/** A speed at which a run takes about half a minute. */
export function fittingSpeed(duration: number): number {
  const wanted = duration / 30e6;
  return SPEEDS.find((each) => each >= wanted) ?? 100;
}

/** Starts, or stops; at the end it starts over. */
export function togglePlay(): void {
  const model = run.peek()?.model;
  if (model === undefined) return;
  if (!playing.peek() && cursor.peek().t >= model.finish) moveToTime(model.start);
  playing.value = !playing.peek();
}

/** Runs the cursor while `playing`. Returns what ends it. */
export function startPlaying(): () => void {
  return effect(() => {
    if (!playing.value) return;
    let last = performance.now();
    let frame = requestAnimationFrame(function advance(now) {
      const passed = (now - last) * 1000 * speed.peek();
      last = now;
      const model = run.peek()?.model;
      moveToTime(cursor.peek().t + passed);
      if (model === undefined || cursor.peek().t >= model.finish) playing.value = false;
      else frame = requestAnimationFrame(advance);
    });
    return () => cancelAnimationFrame(frame);
  });
}
