/** All charts of Statewire, by name. */
import { bbr } from './bbr.ts';
import { bbr3 } from './bbr3.ts';
import { connection } from './connection.ts';
import { delayedAck } from './delayedAck.ts';
import { ecn } from './ecn.ts';
import type { Chart } from './event.ts';
import { growth } from './growth.ts';
import { keepAlive } from './keepAlive.ts';
import { linkQuality } from './linkQuality.ts';
import { linkUp } from './linkUp.ts';
import { lossProbe } from './lossProbe.ts';
import { pacing } from './pacing.ts';
import { pathMtu } from './pathMtu.ts';
import { persist } from './persist.ts';
import { recovery } from './recovery.ts';
import { reordering } from './reordering.ts';
import { segment } from './segment.ts';
import { session } from './session.ts';
import { spuriousTimeout } from './spuriousTimeout.ts';

export * from './bbr.ts';
export * from './bbr3.ts';
export * from './connection.ts';
export * from './delayedAck.ts';
export * from './ecn.ts';
export * from './event.ts';
export * from './growth.ts';
export * from './keepAlive.ts';
export * from './linkQuality.ts';
export * from './linkUp.ts';
export * from './lossProbe.ts';
export * from './pacing.ts';
export * from './pathMtu.ts';
export * from './persist.ts';
export * from './recovery.ts';
export * from './reordering.ts';
export * from './segment.ts';
export * from './session.ts';
export * from './spuriousTimeout.ts';

/** Every chart there is, under its name. */
export const charts: Readonly<Record<string, Chart>> = {
  connection,
  segment,
  recovery,
  lossProbe,
  reordering,
  spuriousTimeout,
  growth,
  bbr,
  bbr3,
  pacing,
  delayedAck,
  ecn,
  persist,
  keepAlive,
  pathMtu,
  linkQuality,
  linkUp,
  session,
};
