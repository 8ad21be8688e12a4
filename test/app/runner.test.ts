/** The runner with a clock that is moved by hand, and with the real one. */
import { describe, expect, test } from 'vitest';
import { Runner } from '../../src/app/runner.ts';
import type { Party } from '../../src/app/simulation.ts';
import { RealClock } from '../../src/time/clock.ts';

/** A clock that stands still until told; its alarm rings then. */
class HandClock {
  #now = 0;
  #due = Number.POSITIVE_INFINITY;
  #ring: () => void = () => {};

  now(): number {
    return this.#now;
  }

  alarm(ring: () => void) {
    this.#ring = ring;
    return {
      set: (us: number) => {
        this.#due = us;
      },
      stop: () => {
        this.#due = Number.POSITIVE_INFINITY;
      },
    };
  }

  get due(): number {
    return this.#due;
  }

  /** Time passes without anybody being woken. */
  sleep(us: number): void {
    this.#now = us;
  }

  wake(us: number): void {
    this.#now = us;
    if (this.#due > us) return;
    this.#due = Number.POSITIVE_INFINITY;
    this.#ring();
  }
}

/** Does something at each of its times, and tells when. */
class Agenda implements Party {
  readonly done: string[] = [];
  readonly #name: string;
  readonly #log: string[];
  times: number[];

  constructor(name: string, times: number[], log: string[]) {
    this.#name = name;
    this.times = times;
    this.#log = log;
  }

  get nextTimeout(): number {
    return this.times[0] ?? Number.POSITIVE_INFINITY;
  }

  poll(now: number): void {
    while (this.nextTimeout <= now) this.#log.push(`${this.#name} ${this.times.shift()} at ${now}`);
  }
}

describe('a runner', () => {
  test('sets the alarm to the earliest deadline and does what is due then', () => {
    const clock = new HandClock();
    const runner = new Runner(clock);
    const log: string[] = [];
    runner.add(new Agenda('a', [300, 900], log));
    runner.add(new Agenda('b', [200], log));
    expect(clock.due).toBe(200);
    clock.wake(250);
    expect(log).toEqual(['b 200 at 200']);
    expect(clock.due).toBe(300);
    clock.wake(1000);
    expect(log).toEqual(['b 200 at 200', 'a 300 at 300', 'a 900 at 900']);
    expect(clock.due).toBe(Number.POSITIVE_INFINITY);
  });

  test('does what is overdue at its own time and in order, before the input that comes late', () => {
    const clock = new HandClock();
    const runner = new Runner(clock);
    const log: string[] = [];
    runner.add(new Agenda('a', [100, 300], log));
    runner.add(new Agenda('b', [200], log));
    clock.sleep(500);
    runner.perform(() => log.push(`input at ${runner.now()}`));
    expect(log).toEqual(['a 100 at 100', 'b 200 at 200', 'a 300 at 300', 'input at 500']);
  });

  test('has moved everybody’s clock to now when an input comes, though nothing was due', () => {
    const clock = new HandClock();
    const runner = new Runner(clock);
    let time = 0;
    runner.add({
      nextTimeout: Number.POSITIVE_INFINITY,
      poll: (now) => {
        time = now;
      },
    });
    clock.sleep(700);
    runner.perform(() => expect(time).toBe(700));
    expect.assertions(1);
  });

  test('does what an input makes due at once, and counts an input within as part of it', () => {
    const clock = new HandClock();
    const runner = new Runner(clock);
    const log: string[] = [];
    const agenda = new Agenda('a', [], log);
    runner.add(agenda);
    clock.sleep(70);
    runner.perform(() => {
      agenda.times.push(70);
      runner.perform(() => log.push(`within at ${runner.now()}`));
    });
    expect(log).toEqual(['within at 70', 'a 70 at 70']);
  });

  test('lets the event loop have its turn when work never ends', () => {
    const clock = new HandClock();
    const runner = new Runner(clock);
    let polls = 0;
    runner.add({
      nextTimeout: 0,
      poll: () => {
        polls += 1;
      },
    });
    expect(polls).toBeLessThan(10_000);
    expect(clock.due).toBe(0);
  });

  test('does nothing any more once stopped', () => {
    const clock = new HandClock();
    const runner = new Runner(clock);
    const log: string[] = [];
    runner.add(new Agenda('a', [100], log));
    runner.stop();
    clock.wake(200);
    runner.perform(() => log.push('input'));
    expect(log).toEqual([]);
  });

  test('is woken by the real clock, at its own speed', async () => {
    // Before the clock: it counts from its making
    const start = performance.now();
    const clock = new RealClock(100);
    const runner = new Runner(clock);
    const log: string[] = [];
    const done = new Promise<void>((resolve) => {
      const agenda = new Agenda('a', [500_000, 1_000_000], log);
      runner.add({
        get nextTimeout() {
          return agenda.nextTimeout;
        },
        poll(now) {
          agenda.poll(now);
          if (agenda.nextTimeout === Number.POSITIVE_INFINITY) resolve();
        },
      });
    });
    await done;
    expect(log).toEqual(['a 500000 at 500000', 'a 1000000 at 1000000']);
    // A second of its time is 10 ms of the machine's; it never comes early
    expect(performance.now() - start).toBeGreaterThanOrEqual(9.9);
    runner.stop();
  });
});
