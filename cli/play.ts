/**
 * Runs a demo to its end: as fast as it goes, or paced by the wall clock. It yields to the event loop now and then,
 * so that Ctrl-C is heard, and lets what was gathered be written before each wait.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Demo } from '../src/app/demo.ts';
import { RealClock } from '../src/time/clock.ts';

export interface PlayOptions {
  /** Virtual seconds in one of the wall clock; Infinity: do not wait. */
  readonly speed: number;
  readonly stop: AbortSignal;
  /** Nobody wants the rest. */
  abandoned(): boolean;
  /** Called between steps, and before each wait. */
  drain(): void;
}

/** Work is done for so long at a time, us. */
const SLICE = 10_000;
/** Longest wait, us: then it is looked whether anybody still reads. */
const NAP = 500_000;

/** True when the demo came to its end, false when it was stopped. */
export async function play(demo: Demo, options: PlayOptions): Promise<boolean> {
  const { stop, speed } = options;
  const wall = new RealClock();
  let breath = 0;
  let paced = Number.isFinite(speed);
  while (!demo.over) {
    if (stop.aborted || options.abandoned()) return false;
    const next = demo.simulation.nextTimeout;
    if (next === Number.POSITIVE_INFINITY) break;
    const now = wall.now();
    // Nothing is to be seen any more
    if (paced && lingers(demo)) paced = false;
    const due = paced ? next / speed : 0;
    if (due > now) {
      options.drain();
      await wall.sleepUntil(Math.min(due, now + NAP), stop);
      continue;
    }
    demo.simulation.step();
    if (now - breath < SLICE) continue;
    options.drain();
    await breathe();
    breath = wall.now();
  }
  options.drain();
  return !stop.aborted;
}

/** Is all said and done, but for the client's TIME_WAIT (RFC 9293 section 3.6.1)? */
function lingers({ client, server }: Demo): boolean {
  return (
    server.connections.length === 0 &&
    client.connections.length > 0 &&
    client.connections.every(({ state }) => state === 'TIME_WAIT')
  );
}
