/**
 * Runs hosts and links in real time: wakes them when something of theirs is due and when an input comes. What is
 * overdue is done at its own time and in order, so that a late wake-up costs time but changes nothing else.
 */
import type { Alarm } from '../time/clock.ts';
import type { Party } from './simulation.ts';

/** A clock that wakes who asks: `RealClock`. */
export interface AlarmClock {
  now(): number;
  alarm(ring: () => void): Alarm;
}

/** Things done in one go before the event loop has its turn. */
const STEPS = 2_000;

/** When several are due at the same time, those added first go first. */
export class Runner {
  readonly #clock: AlarmClock;
  readonly #alarm: Alarm;
  readonly #parties: Party[] = [];
  #now = 0;
  #busy = false;
  #stopped = false;

  constructor(clock: AlarmClock) {
    this.#clock = clock;
    this.#alarm = clock.alarm(() => this.perform(() => {}));
  }

  /** The time of the input or deadline at hand, us: it stands still until that is done. */
  now(): number {
    return this.#busy ? this.#now : Math.max(this.#now, this.#clock.now());
  }

  /** Something that is polled from now on: a host, a link. */
  add(party: Party): void {
    this.#parties.push(party);
    this.perform(() => {});
  }

  /**
   * Hands one input (a packet that came, a call of the user's) to the parties: what was due before is done before,
   * what it makes due at once is done after. An input that comes up during another is part of that one.
   */
  perform(work: () => void): void {
    if (this.#stopped) return;
    if (this.#busy) {
      work();
      return;
    }
    this.#busy = true;
    try {
      const now = Math.max(this.#now, this.#clock.now());
      this.#doDue(now);
      this.#now = now;
      // Their clocks are at `now` too, whatever was due: a call of the user's has no time of its own
      for (const party of this.#parties) party.poll(now);
      work();
      this.#doDue(now);
    } finally {
      this.#busy = false;
      if (!this.#stopped) this.#alarm.set(this.#nextTimeout());
    }
  }

  /** Nothing more is done, not even what is due. */
  stop(): void {
    this.#stopped = true;
    this.#alarm.stop();
  }

  #nextTimeout(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const party of this.#parties) next = Math.min(next, party.nextTimeout);
    return next;
  }

  /** What is due up to `now`, each at its own time; what is left after many steps waits for the alarm. */
  #doDue(now: number): void {
    for (let steps = 0; steps < STEPS && !this.#stopped; steps += 1) {
      const next = this.#nextTimeout();
      if (next > now) return;
      this.#now = Math.max(this.#now, next);
      for (const party of this.#parties) if (party.nextTimeout <= this.#now) party.poll(this.#now);
    }
  }
}
