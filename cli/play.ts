/**
 * Runs a demo to its end: as fast as it goes, or paced by the wall clock. It yields to the event loop now and then,
 * so that Ctrl-C is heard, and lets what was gathered be written before each wait.
 */
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { Demo } from '../src/app/demo.ts';

export interface PlayOptions {
  /** Virtual seconds in one of the wall clock; Infinity: do not wait. */
  readonly speed: number;
  readonly stop: AbortSignal;
  /** Nobody wants the rest. */
  abandoned(): boolean;
  /** Called between steps, and before each wait. */
  drain(): void;
}

/** Work is done for so long at a time, ms. */
const SLICE = 10;
/** Longest wait, ms: then it is looked whether anybody still reads. */
const NAP = 500;

/** True when the demo came to its end, false when it was stopped. */
export async function play(demo: Demo, options: PlayOptions): Promise<boolean> {
  const { stop, speed } = options;
  const start = performance.now();
  let breath = start;
  let paced = Number.isFinite(speed);
  while (!demo.over) {
    if (stop.aborted || options.abandoned()) return false;
    const next = demo.simulation.nextTimeout;
    if (next === Number.POSITIVE_INFINITY) break;
    const now = performance.now();
    // Nothing is to be seen any more
    if (paced && lingers(demo)) paced = false;
    const wait = paced ? start + next / 1000 / speed - now : 0;
    if (wait > 0) {
      options.drain();
      await nap(wait, stop);
      continue;
    }
    demo.simulation.step();
    if (now - breath < SLICE) continue;
    options.drain();
    await breathe();
    breath = performance.now();
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

async function nap(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(Math.min(Math.ceil(ms), NAP), undefined, { signal });
  } catch {
    // Aborted: the caller looks.
  }
}
