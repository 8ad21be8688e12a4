/** All charts of Statewire, by name. */
import { connection } from './connection.ts';
import { delayedAck } from './delayedAck.ts';
import type { Chart } from './event.ts';
import { growth } from './growth.ts';
import { persist } from './persist.ts';
import { recovery } from './recovery.ts';
import { segment } from './segment.ts';

export * from './connection.ts';
export * from './delayedAck.ts';
export * from './event.ts';
export * from './growth.ts';
export * from './persist.ts';
export * from './recovery.ts';
export * from './segment.ts';

/** Every chart there is, under its name. */
export const charts: Readonly<Record<string, Chart>> = {
  connection,
  segment,
  recovery,
  growth,
  delayedAck,
  persist,
};
