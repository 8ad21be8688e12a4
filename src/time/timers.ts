/**
 * The deadlines of one endpoint, in order: those that fall together are due in the order in which they were armed.
 * Time is an integer number of microseconds; it moves only when the owner says so.
 */

/** Told when its timer runs out. */
export interface TimerOwner {
  timeout(timer: Timer): void;
}

/** A deadline that can be armed, moved and cancelled; it is idle when `at` is Infinity. */
export interface Timer {
  readonly owner: TimerOwner;
  /** Which of the owner's timers. */
  readonly slot: number;
  /** Absolute time in us, or Infinity. */
  readonly at: number;
  /** Its place among equal deadlines. */
  readonly order: number;
}

/** What a chart engine needs of time. */
export interface Timers {
  /** us */
  now(): number;
  create(owner: TimerOwner, slot: number): Timer;
  /** Due `delay` us from now (an integer of at least 0); an armed timer is moved. */
  arm(timer: Timer, delay: number): void;
  /** Exactly as it was: for restoring a snapshot. */
  armAt(timer: Timer, at: number, order: number): void;
  cancel(timer: Timer): void;
}
