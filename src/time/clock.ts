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

/** Rings once, at or after the time it is set to. */
export interface Alarm {
  /** Rings at `us` and not at the time set before; Infinity: not at all. */
  set(us: number): void;
  /** Will never ring again. */
  stop(): void;
}

/** The machine's monotonic clock, counted from the making of this object. */
export class RealClock implements Clock {
  private readonly origin = globalThis.performance.now();
  private readonly speed: number;

  /** `speed`: seconds of this clock in one of the machine's; more than 0. */
  constructor(speed = 1) {
    if (!(speed > 0 && speed < Number.POSITIVE_INFINITY))
      throw new RangeError(`a clock cannot run at ${speed}`);
    this.speed = speed;
  }

  now(): number {
    return Math.floor((globalThis.performance.now() - this.origin) * 1000 * this.speed);
  }

  /** Its time 0, in ms since 1970, to the us. */
  get epoch(): number {
    return Math.round((globalThis.performance.timeOrigin + this.origin) * 1000) / 1000;
  }

  async sleepUntil(us: number, stop?: AbortSignal): Promise<void> {
    // A timeout may come up to a millisecond early, and a long wait takes several.
    for (let wait = this.wait(us); wait > 0 && stop?.aborted !== true; wait = this.wait(us)) {
      await pause(wait, stop);
    }
  }

  /** Whole ms of the machine's until this clock says `us`, as many as a timeout takes; 0 when it is that late. */
  wait(us: number): number {
    const left = us - this.now();
    return left <= 0 ? 0 : Math.min(Math.ceil(left / (1000 * this.speed)), LONGEST_WAIT);
  }

  /** One that calls `ring`, from the event loop. It keeps the process alive while it is set, unless `holding` is false. */
  alarm(ring: () => void, holding = true): Alarm {
    return new RealAlarm(this, ring, holding);
  }
}

/** Node's timers may leave the process to itself; a browser's are numbers. */
function letGo(timer: unknown): void {
  (timer as { unref?(): void }).unref?.();
}

/** Setting it to a later time costs nothing: the timeout that runs already looks again when it fires. */
class RealAlarm implements Alarm {
  private readonly clock: RealClock;
  private readonly ring: () => void;
  private due = Number.POSITIVE_INFINITY;
  private fires = Number.POSITIVE_INFINITY;
  private cancel: () => void = () => {};
  private readonly holding: boolean;

  constructor(clock: RealClock, ring: () => void, holding: boolean) {
    this.clock = clock;
    this.ring = ring;
    this.holding = holding;
  }

  set(us: number): void {
    this.due = us;
    if (us < this.fires) this.arm();
    else if (us === Number.POSITIVE_INFINITY) this.disarm();
  }

  stop(): void {
    this.set(Number.POSITIVE_INFINITY);
  }

  private arm(): void {
    this.cancel();
    this.fires = this.due;
    this.cancel = this.later(this.clock.wait(this.due));
  }

  /** Looks in so many ms; what is returned calls that off. A timeout of 0 ms would take one. */
  private later(ms: number): () => void {
    if (ms > 0) {
      const timeout = globalThis.setTimeout(() => this.look(), ms);
      if (!this.holding) letGo(timeout);
      return () => globalThis.clearTimeout(timeout);
    }
    const immediate = globalThis.setImmediate(() => this.look());
    if (!this.holding) letGo(immediate);
    return () => globalThis.clearImmediate(immediate);
  }

  private disarm(): void {
    this.cancel();
    this.fires = Number.POSITIVE_INFINITY;
  }

  private look(): void {
    if (this.clock.now() < this.due) {
      this.arm();
      return;
    }
    this.due = Number.POSITIVE_INFINITY;
    this.fires = Number.POSITIVE_INFINITY;
    this.ring();
  }
}
