/** The drivers, one for each chart: a new chart's goes in here. */
import { growth } from './congestionDrivers.ts';
import { connection } from './connectionDriver.ts';
import type { Driver } from './driver.ts';
import { ecn } from './ecnDriver.ts';
import { linkQuality, linkUp } from './linkDrivers.ts';
import { pathMtu } from './pathMtuDriver.ts';
import { bbr, bbr3, pacing } from './rateDrivers.ts';
import { lossProbe, recovery, reordering, spuriousTimeout } from './recoveryDrivers.ts';
import { segment } from './segmentDriver.ts';
import { session } from './sessionDriver.ts';
import { delayedAck, keepAlive, persist } from './timerDrivers.ts';

// Each knows its own kind of rig, and is handed no other.
export const drivers = [
  ...[connection, segment, recovery, growth, bbr, bbr3, pacing],
  ...[lossProbe, reordering, spuriousTimeout],
  ...[delayedAck, ecn, persist, keepAlive, pathMtu],
  ...[linkQuality, linkUp, session],
] as unknown as readonly Driver[];
