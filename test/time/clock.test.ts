/** The two clocks behind one interface. */
import { expect, test } from 'vitest';
import { type Clock, RealClock, VirtualClock } from '../../src/time/index.ts';

test('a virtual clock moves when told, and never back', async () => {
  const clock = new VirtualClock();
  expect(clock.now()).toBe(0);
  clock.advanceTo(5);
  clock.advanceTo(3);
  expect(clock.now()).toBe(5);
  await clock.sleepUntil(3_600_000_000);
  expect(clock.now()).toBe(3_600_000_000);
  expect(() => clock.advanceTo(0.5)).toThrow('not 0.5');
});

test('a real clock counts whole microseconds and does not wake early', async () => {
  const clock: Clock = new RealClock();
  const start = clock.now();
  expect(Number.isInteger(start)).toBe(true);
  await clock.sleepUntil(start + 2500);
  const woken = clock.now();
  expect(woken).toBeGreaterThanOrEqual(start + 2500);
  await clock.sleepUntil(start);
  expect(clock.now()).toBeGreaterThanOrEqual(woken);
});

test('a real clock runs at the speed it is given', async () => {
  const [fast, usual] = [new RealClock(1000), new RealClock()];
  await usual.sleepUntil(2000);
  expect(fast.now()).toBeGreaterThanOrEqual(2_000_000);
  expect(() => new RealClock(0)).toThrow('cannot run at 0');
  expect(() => new RealClock(Number.POSITIVE_INFINITY)).toThrow('cannot run at Infinity');
});

test('an alarm rings once, at or after the last time it was set to', async () => {
  const clock = new RealClock();
  const rings: number[] = [];
  await new Promise<void>((resolve) => {
    const alarm = clock.alarm(() => {
      rings.push(clock.now());
      if (rings.length === 1) alarm.set(clock.now());
      else resolve();
    });
    alarm.set(60_000_000);
    alarm.set(1000);
    alarm.set(4000);
  });
  await clock.sleepUntil(clock.now() + 3000);
  expect(rings).toHaveLength(2);
  expect(rings[0]).toBeGreaterThanOrEqual(4000);
});

test('an alarm that is called off does not ring', async () => {
  const clock = new RealClock();
  let rings = 0;
  const alarm = clock.alarm(() => {
    rings += 1;
  });
  alarm.set(1000);
  alarm.stop();
  alarm.set(2000);
  alarm.set(Number.POSITIVE_INFINITY);
  await clock.sleepUntil(5000);
  expect(rings).toBe(0);
});
