/** Channels: what carries packets between ends, and what can happen to them on the way. */
export { capture, type PacketReport } from './capture.ts';
export type { ChannelEnd, PacketHandler, TimedChannel } from './channel.ts';
export { type Fault, type FaultAction, type FaultKind, parseFault } from './faults.ts';
export { impair } from './impair.ts';
export { Link, type LinkOptions, type LinkSnapshot } from './link.ts';
export type { PacketUnderWay } from './linkView.ts';
export { MemoryChannel } from './memory.ts';
export {
  bothWays,
  checkLinkConfig,
  type DelayTable,
  type DirectionConfig,
  type EndpointSettings,
  type GilbertElliott,
  type LinkConfig,
  type Outage,
  type Profile,
  profileNamed,
  profiles,
} from './profiles.ts';
export { copyStatistics, type DirectionStatistics, type LossReason, totalLost } from './statistics.ts';
export { parseMilliseconds, parsePair, parseProbability, parseRate } from './units.ts';
