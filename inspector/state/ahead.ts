/**
 * What is ahead of a run's last event, where the page itself makes the run: playing and stepping go on there. Who makes it
 * (the playground) sets it; who plays and steps asks.
 */
import { signal } from '@preact/signals';
import { run } from './run.ts';

export interface Ahead {
  readonly runId: number;
  /**
   * Makes so much more of the run (us; Infinity: as much as a frame has time for), and follows it; false when nothing is
   * under way.
   */
  advance(us: number): boolean;
  /** Makes at least one event more, if there is any; the moment stays. */
  step(): void;
}

export const ahead = signal<Ahead | undefined>(undefined);

/** What is ahead of the run that is looked at; undefined when that is all there is. */
export function aheadOfRun(): Ahead | undefined {
  const maker = ahead.peek();
  return maker !== undefined && maker.runId === run.peek()?.id ? maker : undefined;
}
