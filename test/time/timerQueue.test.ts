/** The timer queue against a plain sorted list, and its promises one by one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Timer, type TimerOwner, TimerQueue } from '../../src/time/index.ts';

/** Notes what fires, and when. */
class Notes implements TimerOwner {
  readonly fired: string[] = [];
  readonly queue: TimerQueue;
  onFire: ((timer: Timer) => void) | undefined = undefined;

  constructor(queue: TimerQueue) {
    this.queue = queue;
  }

  timeout(timer: Timer): void {
    this.fired.push(`${timer.slot} at ${this.queue.now()}`);
    if (timer.at !== Number.POSITIVE_INFINITY) this.fired.push('still armed');
    this.onFire?.(timer);
  }
}

interface Armed {
  slot: number;
  at: number;
  order: number;
}

/** The same in the simplest way that can be right: a list, searched each time. */
class Model {
  now = 0;
  order = 0;
  armed: Armed[] = [];
  readonly fired: string[] = [];

  cancel(slot: number): void {
    this.armed = this.armed.filter((timer) => timer.slot !== slot);
  }

  arm(slot: number, delay: number): void {
    this.armAt(slot, this.now + delay, this.order);
  }

  armAt(slot: number, at: number, order: number): void {
    this.cancel(slot);
    this.armed.push({ slot, at, order });
    this.order = Math.max(this.order, order + 1);
  }

  next(): Armed | undefined {
    return this.armed.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  }

  advance(to: number): void {
    if (to < this.now) return;
    for (let due = this.next(); due !== undefined && due.at <= to; due = this.next()) {
      this.now = Math.max(this.now, due.at);
      this.cancel(due.slot);
      this.fired.push(`${due.slot} at ${this.now}`);
      // Every third timer goes on, as real ones do.
      if (due.slot % 3 === 0) this.arm((due.slot + 1) % 20, 4);
    }
    this.now = to;
  }
}

const slot = fc.nat(19);
const command = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('arm' as const), slot, fc.nat(30)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('cancel' as const), slot, fc.constant(0)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant('advance' as const), fc.integer({ min: -5, max: 25 }), fc.constant(0)),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('armAt' as const), slot, fc.nat(300)) },
);

test('fires what a sorted list would fire, in its order', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const queue = new TimerQueue();
      const notes = new Notes(queue);
      const timers = Array.from({ length: 20 }, (_, i) => queue.create(notes, i));
      notes.onFire = (timer) => {
        if (timer.slot % 3 === 0) queue.arm(timers[(timer.slot + 1) % 20]!, 4);
      };
      const model = new Model();
      let orders = 1_000_000;
      for (const [what, a, b] of commands) {
        if (what === 'arm') {
          queue.arm(timers[a]!, b);
          model.arm(a, b);
        } else if (what === 'armAt') {
          // Orders of a snapshot are each given once.
          orders += 7;
          queue.armAt(timers[a]!, b, orders);
          model.armAt(a, b, orders);
        } else if (what === 'cancel') {
          queue.cancel(timers[a]!);
          model.cancel(a);
        } else {
          queue.advanceTo(queue.now() + a);
          model.advance(model.now + a);
        }
        orders = Math.max(orders, queue.nextOrder);
        expect(queue.nextTimeout).toBe(model.next()?.at ?? Number.POSITIVE_INFINITY);
        expect([queue.size, queue.now(), queue.nextOrder]).toEqual([
          model.armed.length,
          model.now,
          model.order,
        ]);
        expect(notes.fired).toEqual(model.fired);
      }
    }),
    { numRuns: 300 },
  );
});

describe('a timer queue', () => {
  const queueOf = (...delays: number[]) => {
    const queue = new TimerQueue();
    const notes = new Notes(queue);
    const timers = delays.map((delay, i) => {
      const timer = queue.create(notes, i);
      queue.arm(timer, delay);
      return timer;
    });
    return { queue, notes, timers };
  };

  test('fires equal deadlines in the order in which they were armed', () => {
    const { queue, notes, timers } = queueOf(5, 5, 5);
    queue.arm(timers[0]!, 5);
    queue.advanceTo(5);
    expect(notes.fired).toEqual(['1 at 5', '2 at 5', '0 at 5']);
  });

  test('steps through chained deadlines, each at its own time', () => {
    const { queue, notes } = queueOf(100);
    notes.onFire = (timer) => queue.arm(timer, 100);
    queue.advanceTo(350);
    expect(notes.fired).toEqual(['0 at 100', '0 at 200', '0 at 300']);
    expect([queue.now(), queue.nextTimeout]).toEqual([350, 400]);
  });

  test('does not go back in time', () => {
    const { queue, notes } = queueOf(10);
    queue.advanceTo(7);
    queue.advanceTo(3);
    expect([queue.now(), notes.fired.length]).toEqual([7, 0]);
  });

  test('fires a timer cancelled by the one before it no more', () => {
    const { queue, notes, timers } = queueOf(5, 5);
    notes.onFire = () => queue.cancel(timers[1]!);
    queue.advanceTo(9);
    expect(notes.fired).toEqual(['0 at 5']);
  });

  test('refuses delays and times that are not whole microseconds', () => {
    const { queue, timers } = queueOf(1);
    for (const delay of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 2]) {
      expect(() => queue.arm(timers[0]!, delay)).toThrow(`not ${delay}`);
    }
    expect(() => queue.advanceTo(0.5)).toThrow('not 0.5');
    expect(() => queue.armAt(timers[0]!, Number.NaN, 0)).toThrow('not NaN');
    expect(() => new TimerQueue(1.5)).toThrow('not 1.5');
    expect(queue.nextTimeout).toBe(1);
  });

  test('finds out when a timer re-arms itself with 0 for ever', () => {
    const { queue, notes } = queueOf(3);
    notes.onFire = (timer) => queue.arm(timer, 0);
    expect(() => queue.advanceTo(10)).toThrow(/timers fired at 3 us/);
  });

  test('refuses to advance while a timer fires, and works on after an error', () => {
    const { queue, notes } = queueOf(3, 4);
    notes.onFire = (timer) => {
      if (timer.slot === 0) queue.advanceTo(20);
    };
    expect(() => queue.advanceTo(10)).toThrow('while a timer fires');
    queue.advanceTo(10);
    expect(notes.fired).toEqual(['0 at 3', '1 at 4']);
  });
});
