/**
 * What two SYNs settle between them: segment sizes (RFC 9293 section 3.7.1), window scaling and timestamps (RFC 7323),
 * SACK (RFC 2018). What we offer, and what counts once the peer's SYN is seen.
 */
import { ACK, CWR, ECE, type Segment } from '../wire/tcp.ts';
import type { ResolvedConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { acceptsEcn, offersEcn } from './ecn.ts';
import type { Host } from './host.ts';
import { ReceiveTuning } from './receiveTuning.ts';
import { stampOptions } from './synCookies.ts';

/** Bytes that a timestamps option takes in every segment. */
const TIMESTAMPS_SPACE = 12;
/** Under this there is no room for timestamps beside data. */
const SMALLEST_FOR_TIMESTAMPS = 48;

/** MUST-15: what to assume of a peer that sends no MSS option. */
function defaultMss(addressLength: number): number {
  return addressLength === 4 ? 536 : 1220;
}

/** What a SYN says of the segments its sender takes. */
export function offeredMss(syn: Segment, addressLength: number): number {
  return syn.mss > 0 ? syn.mss : defaultMss(addressLength);
}

/** RFC 7323 section 2.2: the shift that a receive buffer of this size needs. */
function scaleFor(receiveBuffer: number): number {
  let shift = 0;
  while (shift < 14 && receiveBuffer >> shift > 65_535) shift += 1;
  return shift;
}

/** Puts our options on a SYN, or on a SYN,ACK what the peer's SYN allows. */
export function offer(c: Connection, segment: Segment): void {
  const { config } = c;
  const answering = (segment.flags & ACK) !== 0;
  segment.mss = c.rcv.mss;
  segment.sackPermitted = answering ? c.sackOk : sackWanted(config);
  segment.hasTimestamps = answering ? c.timestampsOk : timestampsWanted(config, c.rcv.mss);
  segment.tsVal = segment.hasTimestamps ? c.timestamp() : 0;
  segment.tsEcr = segment.hasTimestamps && answering ? c.tsRecent : 0;
  const scaling = answering ? c.scalingOk : config.windowScaling;
  segment.windowScale = scaling ? scaleFor(ReceiveTuning.most(config)) : -1;
}

/** The options of a SYN,ACK for which no connection is kept: a cookie's. */
export function answerSyn(
  host: Host,
  config: ResolvedConfig,
  answer: Segment,
  syn: Segment,
  addressLength: number,
): void {
  const offered = offeredMss(syn, addressLength);
  answer.mss = host.mssFor(addressLength, config);
  answer.hasTimestamps =
    syn.hasTimestamps && timestampsWanted(config, answer.mss) && offered >= SMALLEST_FOR_TIMESTAMPS;
  if (!answer.hasTimestamps) return;
  // Without timestamps there is nowhere to keep these (RFC 4987 section 3.6).
  answer.sackPermitted = sackWanted(config) && syn.sackPermitted;
  const scaling = config.windowScaling && syn.windowScale >= 0;
  answer.windowScale = scaling ? scaleFor(ReceiveTuning.most(config)) : -1;
  const { sackPermitted } = answer;
  const windowScale = scaling ? syn.windowScale : -1;
  const ecnFlags = acceptsEcn(config) && offersEcn(syn) ? ECE | CWR : 0;
  if (ecnFlags !== 0) answer.flags |= ECE;
  answer.tsVal = stampOptions(host.timestamp(), { windowScale, sackPermitted, ecnFlags });
  answer.tsEcr = syn.tsVal;
}

/** MUST-16: Eff.snd.MSS, by what the peer takes and the path lets through, options taken off. */
export function effectiveMss(c: Connection): number {
  const { pathMtu, remote, config, timestampsOk } = c;
  const room = Math.min(pathMtu.offered, c.host.mssFor(remote.address.length, config, pathMtu.mtu));
  return Math.max(room - (timestampsOk ? TIMESTAMPS_SPACE : 0), 1);
}

function sackWanted(config: ResolvedConfig): boolean {
  return config.sack && config.arq !== 'go-back-n';
}

function timestampsWanted(config: ResolvedConfig, mss: number): boolean {
  return config.timestamps && mss >= SMALLEST_FOR_TIMESTAMPS;
}

/** Takes in the options of the peer's SYN. */
export function negotiate(c: Connection, segment: Segment): void {
  const { config, snd, rcv } = c;
  const offered = offeredMss(segment, c.remote.address.length);
  c.ecn.heardSyn(segment);
  c.sackOk = sackWanted(config) && segment.sackPermitted;
  c.timestampsOk =
    timestampsWanted(config, rcv.mss) && segment.hasTimestamps && offered >= SMALLEST_FOR_TIMESTAMPS;
  c.scalingOk = config.windowScaling && segment.windowScale >= 0;
  c.tsRecent = c.timestampsOk ? segment.tsVal : 0;
  c.tsRecentAt = c.now();
  snd.scale = c.scalingOk ? segment.windowScale : 0;
  rcv.scale = c.scalingOk ? scaleFor(ReceiveTuning.most(config)) : 0;
  c.pathMtu.offered = offered;
  snd.mss = effectiveMss(c);
  c.sender.congestion.start(snd.mss, config.initialWindow);
}
