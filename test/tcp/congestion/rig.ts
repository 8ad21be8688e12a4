/** A congestion control by itself, with its chart, and ACKs as they would be told to it. */
import type { Chart } from '../../../machines/event.ts';
import { compiledEngine } from '../../../src/chart/compiled.ts';
import { type AckSample, type CongestionOwner, noSample } from '../../../src/tcp/congestion/congestion.ts';
import { TimerQueue } from '../../../src/time/timerQueue.ts';

const scope = {
  timers: new TimerQueue(0),
  listener: undefined,
  onError(error: unknown): void {
    throw error;
  },
};

export const owner: CongestionOwner = {
  startChart: <Host extends object>(chart: Chart<Host>, host: Host) =>
    compiledEngine.start(chart, host, scope, 1),
  now: () => 0,
  random: () => 0,
  markAppLimited: () => {},
  appLimited: false,
  sackOk: true,
};

/** An ACK; what is not given is as if it brought nothing. */
export function sample(given: Partial<AckSample>): AckSample {
  return { ...noSample(), ...given };
}
