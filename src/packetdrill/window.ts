/** When an event may happen: a script's time turned into virtual time, with the tolerance. */
import type { EventTime } from './script.ts';
import type { Settings } from './settings.ts';

/** us; `any` events have the whole of time. */
export interface Window {
  readonly at: number;
  readonly until: number;
  readonly tolerance: number;
  /** What relative times of this event count from. */
  readonly base: number;
}

/**
 * `finished` is when the event before was over, `scripted` when the script said it would be. The tolerance is
 * packetdrill's: so many us, or a share of the time since the event before, whichever is more.
 */
export function resolveWindow(
  time: EventTime,
  finished: number,
  scripted: number,
  settings: Settings,
): Window {
  if (time.kind === 'any') {
    return { at: finished, until: Number.POSITIVE_INFINITY, tolerance: 0, base: finished };
  }
  const base = time.kind === 'relative' ? finished : 0;
  const at = base + time.at;
  const share = Math.round((settings.tolerancePercent / 100) * Math.max(at - scripted, 0));
  return { at, until: base + time.until, tolerance: Math.max(settings.toleranceUsecs, share), base };
}
