/**
 * The event loop as the sockets of a host see it. What a TCP reports is never told to a program from within the TCP:
 * each event has a turn of the loop of its own, after which `process.nextTick` and promises run, as with libuv.
 *
 * Whether time is real or virtual is the driver's business.
 */
import type { Party } from '../app/simulation.ts';
import { TimerQueue } from '../time/timerQueue.ts';
import type { Timer, TimerOwner } from '../time/timers.ts';

/** Runs hosts: `Runner` in real time, a network of `statewire/testing` in virtual time. */
export interface Driver {
  /** us */
  now(): number;
  /** Does what the user asks for, as one input at the time it is now. */
  perform(work: () => void): void;
  /** Something that is polled from now on. */
  add(party: Party): void;
}

/** Calls back in a turn of the event loop of its own; those asked for first are called first. */
export type Later = (work: () => void) => void;

/** Taken when this is loaded: fake timers that a test sets up afterwards do not hold events back. */
const { setImmediate: immediately, setInterval: repeatedly, clearInterval: stopRepeating } = globalThis;

/** A turn of Node's own event loop. */
export const nextTurn: Later = (work) => {
  immediately(work);
};

/** ms; long enough to be no load, short enough to fit a timer */
const ONCE_A_WEEK = 604_800_000;

/** A timer of a socket: fires once, `delay` after it was last refreshed. */
export class LoopTimer implements TimerOwner {
  readonly #loop: EventLoop;
  readonly #timer: Timer;
  readonly #delay: number;
  readonly #ring: () => void;
  #due: number;

  constructor(loop: EventLoop, delay: number, ring: () => void) {
    this.#loop = loop;
    this.#delay = delay;
    this.#ring = ring;
    this.#timer = loop.timers.create(this, 0);
    this.#due = loop.now() + delay;
    loop.arm(this.#timer, this.#due);
  }

  /** Counts from now again. The timer is not moved: when it fires it looks whether it should have. */
  refresh(): void {
    this.#due = this.#loop.now() + this.#delay;
    if (this.#timer.at === Number.POSITIVE_INFINITY) this.#loop.arm(this.#timer, this.#due);
  }

  cancel(): void {
    this.#loop.timers.cancel(this.#timer);
  }

  timeout(): void {
    if (this.#due > this.#loop.timers.now()) {
      this.#loop.timers.arm(this.#timer, this.#due - this.#loop.timers.now());
      return;
    }
    this.#loop.later(this.#ring);
  }
}

export class EventLoop implements Party {
  readonly timers: TimerQueue;
  readonly later: Later;
  readonly #driver: Driver;
  /** In real time what holds the process, while somebody does. */
  readonly #holding: boolean;
  #holds = 0;
  #released = false;
  #keeper: NodeJS.Timeout | undefined;

  /** `holding`: sockets that wait for something keep the process alive. */
  constructor(driver: Driver, later: Later = nextTurn, holding = true) {
    this.#driver = driver;
    this.later = later;
    this.#holding = holding;
    this.timers = new TimerQueue(driver.now());
    driver.add(this);
  }

  get nextTimeout(): number {
    return this.timers.nextTimeout;
  }

  poll(now: number): void {
    this.timers.advanceTo(now);
  }

  /** us */
  now(): number {
    return this.#driver.now();
  }

  perform(work: () => void): void {
    this.#driver.perform(work);
  }

  /** Makes a timer due at `at`. */
  arm(timer: Timer, at: number): void {
    // The driver must hear of it, to wake up in time
    this.perform(() => this.timers.arm(timer, Math.max(at - this.timers.now(), 0)));
  }

  /** `delay` ms from now */
  setTimer(delay: number, ring: () => void): LoopTimer {
    return new LoopTimer(this, Math.round(delay * 1000), ring);
  }

  /** Nothing will happen any more that somebody could wait for. */
  release(): void {
    this.#released = true;
    stopRepeating(this.#keeper);
    this.#keeper = undefined;
  }

  /** One more, or one less, that keeps the process alive. */
  hold(by: 1 | -1): void {
    this.#holds += by;
    if (!this.#holding || this.#released) return;
    if (this.#holds > 0) this.#keeper ??= repeatedly(() => {}, ONCE_A_WEEK);
    else if (this.#keeper !== undefined) {
      stopRepeating(this.#keeper);
      this.#keeper = undefined;
    }
  }
}
