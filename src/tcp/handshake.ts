/**
 * What two SYNs settle between them: segment sizes (RFC 9293 section 3.7.1), window scaling and timestamps (RFC 7323),
 * SACK (RFC 2018). What we offer, and what counts once the peer's SYN is seen.
 */
import { ACK, type Segment } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';

/** Bytes that a timestamps option takes in every segment. */
const TIMESTAMPS_SPACE = 12;
/** Under this there is no room for timestamps beside data. */
const SMALLEST_FOR_TIMESTAMPS = 48;

/** MUST-15: what to assume of a peer that sends no MSS option. */
function defaultMss(addressLength: number): number {
  return addressLength === 4 ? 536 : 1220;
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
  segment.sackPermitted = answering ? c.sackOk : sackWanted(c);
  segment.hasTimestamps = answering ? c.timestampsOk : timestampsWanted(c);
  segment.tsVal = segment.hasTimestamps ? c.timestamp() : 0;
  segment.tsEcr = segment.hasTimestamps && answering ? c.tsRecent : 0;
  const scaling = answering ? c.scalingOk : config.windowScaling;
  segment.windowScale = scaling ? scaleFor(config.receiveBuffer) : -1;
}

function sackWanted(c: Connection): boolean {
  return c.config.sack && c.config.arq !== 'go-back-n';
}

function timestampsWanted(c: Connection): boolean {
  return c.config.timestamps && c.rcv.mss >= SMALLEST_FOR_TIMESTAMPS;
}

/** Takes in the options of the peer's SYN. */
export function negotiate(c: Connection, segment: Segment): void {
  const { config, snd, rcv } = c;
  const offered = segment.mss > 0 ? segment.mss : defaultMss(c.remote.address.length);
  c.sackOk = sackWanted(c) && segment.sackPermitted;
  c.timestampsOk = timestampsWanted(c) && segment.hasTimestamps && offered >= SMALLEST_FOR_TIMESTAMPS;
  c.scalingOk = config.windowScaling && segment.windowScale >= 0;
  c.tsRecent = c.timestampsOk ? segment.tsVal : 0;
  c.tsRecentAt = c.now();
  snd.scale = c.scalingOk ? segment.windowScale : 0;
  rcv.scale = c.scalingOk ? scaleFor(config.receiveBuffer) : 0;
  // MUST-16: Eff.snd.MSS, options taken off
  const room = Math.min(offered, c.host.mssFor(c.remote.address.length));
  snd.mss = Math.max(room - (c.timestampsOk ? TIMESTAMPS_SPACE : 0), 1);
  c.sender.congestion.start(snd.mss, config.initialWindow);
}
