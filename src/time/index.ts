/** Time and chance: clocks, timers, the seeded generator. */
export { type Alarm, type Clock, RealClock, VirtualClock } from './clock.ts';
export { Random, type RandomSnapshot } from './random.ts';
export { TimerQueue } from './timerQueue.ts';
export type { Timer, TimerOwner, Timers } from './timers.ts';
