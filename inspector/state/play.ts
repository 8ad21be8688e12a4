/** Time that runs: so much of the run's time in a second of the watcher's. */
import { effect, signal } from '@preact/signals';
import { NONE } from '../model/traceModel.ts';
import { aheadOfRun } from './ahead.ts';
import { cursor, moveToTime, selection } from './cursor.ts';
import { run } from './run.ts';

/** Seconds of the run in a second; Infinity: as fast as it goes. */
export const SPEEDS = [0.001, 0.01, 0.1, 0.25, 1, 4, 10, 100, Number.POSITIVE_INFINITY] as const;

export const playing = signal(false);
export const speed = signal(1);

/** A speed at which a run takes about half a minute. */
export function fittingSpeed(duration: number): number {
  const wanted = duration / 30e6;
  return SPEEDS.find((each) => each >= wanted) ?? 100;
}

/** Starts, or stops; at the end it starts over, or goes on where there is more ahead. */
export function togglePlay(): void {
  const model = run.peek()?.model;
  if (model === undefined) return;
  const over = cursor.peek().t >= model.finish && aheadOfRun() === undefined;
  if (!playing.peek() && over) moveToTime(model.start);
  playing.value = !playing.peek();
}

/** Runs the cursor while `playing`, until something is selected: who asks about an event wants to look at it. */
export function startPlaying(): void {
  effect(() => {
    if (selection.value !== NONE) playing.value = false;
  });
  effect(() => {
    if (!playing.value) return;
    let last = performance.now();
    let frame = requestAnimationFrame(function advance(now) {
      const more = goOn(
        speed.peek() === Number.POSITIVE_INFINITY ? speed.peek() : (now - last) * 1000 * speed.peek(),
      );
      last = now;
      if (more) frame = requestAnimationFrame(advance);
      else playing.value = false;
    });
    return () => cancelAnimationFrame(frame);
  });
}

/** Moves on by so much of the run's time, us; false at the end. */
function goOn(us: number): boolean {
  const finish = run.peek()?.model.finish;
  const maker = aheadOfRun();
  if (finish === undefined) return false;
  if (maker !== undefined && cursor.peek().t >= finish) return maker.advance(us);
  moveToTime(Math.min(finish, cursor.peek().t + us));
  return maker !== undefined || cursor.peek().t < finish;
}
