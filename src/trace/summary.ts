/** Turns the segment in a packet into what the trace tells of it. Checksums are left to who received the packet. */
import {
  ACK,
  decodeIp,
  decodeTcp,
  formatEndpoint,
  formatFlags,
  IpHeader,
  PROTOCOL_TCP,
  Segment,
} from '../wire/index.ts';
import type { SegmentOptions, SegmentSummary } from './event.ts';

/** The summary of a segment that came or goes under this IP header. It keeps nothing of either. */
export function summarizeSegment(segment: Segment, ip: IpHeader): SegmentSummary {
  const summary: Writable<SegmentSummary> = {
    source: formatEndpoint(ip.source(), segment.sourcePort),
    destination: formatEndpoint(ip.destination(), segment.destinationPort),
    flags: formatFlags(segment.flags),
    seq: segment.seq,
    ack: (segment.flags & ACK) === 0 ? 0 : segment.ack,
    window: segment.window,
    length: segment.payloadLength,
  };
  const options = summarizeOptions(segment);
  if (options !== undefined) summary.options = options;
  return summary;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function summarizeOptions(segment: Segment): SegmentOptions | undefined {
  const options: Writable<SegmentOptions> = {};
  if (segment.mss > 0) options.mss = segment.mss;
  if (segment.windowScale >= 0) options.windowScale = segment.windowScale;
  if (segment.sackPermitted) options.sackPermitted = true;
  if (segment.sackCount > 0) options.sack = sackBlocks(segment);
  if (segment.hasTimestamps) options.timestamps = [segment.tsVal, segment.tsEcr];
  return Object.keys(options).length === 0 ? undefined : options;
}

function sackBlocks(segment: Segment): [number, number][] {
  const blocks: [number, number][] = [];
  for (let i = 0; i < segment.sackCount; i++) {
    blocks.push([segment.sackBlocks[2 * i]!, segment.sackBlocks[2 * i + 1]!]);
  }
  return blocks;
}

const ip = new IpHeader();
const segment = new Segment();

/**
 * The summary of the TCP segment in a packet, right TCP checksum or not; undefined where there is none to be read
 * (a damaged IP header, a fragment, another protocol).
 */
export function summarizePacket(bytes: Uint8Array): SegmentSummary | undefined {
  if (decodeIp(bytes, ip) !== 'ok' || ip.protocol !== PROTOCOL_TCP) return undefined;
  if (decodeTcp(bytes, ip.payloadOffset, ip.payloadLength, segment) !== 'ok') return undefined;
  return summarizeSegment(segment, ip);
}
