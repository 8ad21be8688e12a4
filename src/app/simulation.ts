/** Runs hosts and links together in virtual time: from one thing that is due to the next. */
import { VirtualClock } from '../time/clock.ts';

/** Whatever takes part: a host, or a link. */
export interface Party {
  /** us, Infinity when nothing is under way */
  readonly nextTimeout: number;
  poll(now: number): void;
}

/** When several are due at the same time, those added first go first. */
export class Simulation {
  readonly #clock: VirtualClock;
  readonly #parties: Party[] = [];

  /** `now`: the time it starts at, us. */
  constructor(now = 0) {
    this.#clock = new VirtualClock(now);
  }

  /** us since the start */
  now(): number {
    return this.#clock.now();
  }

  add(party: Party): void {
    this.#parties.push(party);
  }

  /** When something is due next, us; Infinity when nothing will ever happen again. */
  get nextTimeout(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const party of this.#parties) next = Math.min(next, party.nextTimeout);
    return next;
  }

  /** Goes to the next time at which something is due and does it; false when nothing is. */
  step(): boolean {
    const next = this.nextTimeout;
    if (next === Number.POSITIVE_INFINITY) return false;
    this.#clock.advanceTo(next);
    const now = this.now();
    for (const party of this.#parties) if (party.nextTimeout <= now) party.poll(now);
    return true;
  }

  /** Steps until nothing is due, or nothing before `until` (us); true if nothing is due any more. */
  run(until: number = Number.POSITIVE_INFINITY): boolean {
    while (this.nextTimeout <= until && this.step());
    return this.nextTimeout === Number.POSITIVE_INFINITY;
  }
}
