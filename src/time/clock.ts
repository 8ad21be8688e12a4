/**
 * What time it is, in whole microseconds: virtual (it moves when told) or real (monotonic, from the first question on).
 * What is due at which time is the timer queue's business.
 */

/** A clock that never goes back. */
export interface Clock {
  /** us, an integer */
  now(): number;
  /** Resolves once `now()` is at least `us` (at once on a virtual clock, which jumps there), or `stop` is aborted. */
  sleepUntil(us: number, stop?: AbortSignal): Promise<void>;
}

/** A clock that stands still until it is told to move. */
export class VirtualClock implements Clock {
  private time: number;

  /** `start`: the time it begins at, us. */
  constructor(start = 0) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  /** Moves to `us`; a time in the past is ignored. Throws a RangeError when it is not an integer. */
  advanceTo(us: number): void {
    if (!Number.isSafeInteger(us)) throw new RangeError(`time must be an integer number of us, not ${us}`);
    if (us > this.time) this.time = us;
  }

  async sleepUntil(us: number): Promise<void> {
    this.advanceTo(us);
  }
}

/** The longest wait that `setTimeout` takes, ms (it fires at once for anything longer). */
const LONGEST_WAIT = 2_147_483_647;

/** So many ms, or until `stop` is aborted. */
function pause(ms: number, stop: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      globalThis.clearTimeout(timeout);
      stop?.removeEventListener('abort', done);
      resolve();
    };
    const timeout = globalThis.setTimeout(done, ms);
    stop?.addEventListener('abort', done);
  });
}

/** The machine's monotonic clock, counted from the making of this object. */
export class RealClock implements Clock {
  private readonly origin = globalThis.performance.now();

  now(): number {
    return Math.floor((globalThis.performance.now() - this.origin) * 1000);
  }

  async sleepUntil(us: number, stop?: AbortSignal): Promise<void> {
    // A timeout may come up to a millisecond early, and a long wait takes several.
    for (let left = us - this.now(); left > 0 && stop?.aborted !== true; left = us - this.now()) {
      await pause(Math.min(Math.ceil(left / 1000), LONGEST_WAIT), stop);
    }
  }
}
