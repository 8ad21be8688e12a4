/**
 * What time it is, in whole microseconds: virtual (it moves when told) or real (monotonic, from the first question on).
 * What is due at which time is the timer queue's business.
 */

/** A clock that starts at 0 and never goes back. */
export interface Clock {
  /** us, an integer */
  now(): number;
  /** Resolves once `now()` is at least `us`: at once on a virtual clock, which jumps there. */
  sleepUntil(us: number): Promise<void>;
}

/** A clock that stands still until it is told to move. */
export class VirtualClock implements Clock {
  private time = 0;

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

/** The machine's monotonic clock, counted from the making of this object. */
export class RealClock implements Clock {
  private readonly origin = globalThis.performance.now();

  now(): number {
    return Math.floor((globalThis.performance.now() - this.origin) * 1000);
  }

  async sleepUntil(us: number): Promise<void> {
    // A timeout may come up to a millisecond early, and a long wait takes several.
    for (let left = us - this.now(); left > 0; left = us - this.now()) {
      const wait = Math.min(Math.ceil(left / 1000), LONGEST_WAIT);
      await new Promise<void>((resolve) => {
        globalThis.setTimeout(resolve, wait);
      });
    }
  }
}
