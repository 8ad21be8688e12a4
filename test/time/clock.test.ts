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
