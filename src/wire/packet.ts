/**
 * Whole packets, IP and TCP together: the one call that a host sends with, and the two that tests and tools build and
 * take apart packets with.
 */
import { pseudoHeaderSum } from './checksum.ts';
import {
  decodeIp,
  type IpFields,
  IpHeader,
  type IpReason,
  type IpTemplate,
  ipHeaderLength,
  PROTOCOL_TCP,
  verifyTcpChecksum,
  writeIpHeader,
} from './ip.ts';
import { MAX_OPTIONS_LENGTH, MAX_SACK_BLOCKS } from './options.ts';
import {
  decodeTcp,
  Segment,
  sealTcp,
  TCP_HEADER_LENGTH,
  type TcpReason,
  tcpHeaderLength,
  writeTcpHeader,
} from './tcp.ts';

/** Where a packet's payload goes: behind both headers. */
export function packetHeaderLength(template: IpTemplate, segment: Segment): number {
  return template.headerLength + tcpHeaderLength(segment);
}

/**
 * Makes the packet of a segment at the start of `buffer` and returns its length. The payload (`segment.payloadLength`
 * bytes) must be there already, at `packetHeaderLength`: so it is copied once, from wherever and in however many pieces.
 */
export function writeTcpPacket(
  buffer: Uint8Array,
  template: IpTemplate,
  segment: Segment,
  identification = 0,
  ecn = 0,
): number {
  const length = tcpHeaderLength(segment) + segment.payloadLength;
  const offset = template.write(buffer, 0, length, identification, ecn);
  writeTcpHeader(buffer, offset, segment);
  sealTcp(buffer, offset, length, template.pseudoSum);
  return offset + length;
}

/** A packet to build, field by field; what is left out is 0 or absent, for IP as in `IpFields`. */
export interface TcpPacketFields extends IpFields {
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly urgentPointer?: number;
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  /** Left and right edge of each block, at most four. */
  readonly sack?: readonly (readonly [number, number])[];
  /** TSval and TSecr. */
  readonly timestamps?: readonly [number, number];
  /** Option bytes as they are, instead of all options above: a multiple of 4, at most 40. */
  readonly rawOptions?: Uint8Array;
  readonly payload?: Uint8Array;
}

function segmentOf(fields: TcpPacketFields): Segment {
  const segment = new Segment();
  segment.sourcePort = fields.sourcePort ?? 0;
  segment.destinationPort = fields.destinationPort ?? 0;
  segment.seq = fields.seq ?? 0;
  segment.ack = fields.ack ?? 0;
  segment.flags = fields.flags ?? 0;
  segment.window = fields.window ?? 0;
  segment.urgentPointer = fields.urgentPointer ?? 0;
  if (fields.rawOptions !== undefined) return segment;
  segment.mss = fields.mss ?? 0;
  segment.windowScale = fields.windowScale ?? -1;
  segment.sackPermitted = fields.sackPermitted ?? false;
  const sack = fields.sack ?? [];
  if (sack.length > MAX_SACK_BLOCKS) throw new RangeError(`${sack.length} SACK blocks: at most 4 fit`);
  segment.sackBlocks.set(sack.flat());
  segment.sackCount = sack.length;
  segment.hasTimestamps = fields.timestamps !== undefined;
  segment.tsVal = fields.timestamps?.[0] ?? 0;
  segment.tsEcr = fields.timestamps?.[1] ?? 0;
  return segment;
}

/** Builds a whole packet with right checksums. For tests and tools: it allocates. */
export function buildTcpPacket(fields: TcpPacketFields): Uint8Array {
  const segment = segmentOf(fields);
  const { rawOptions, payload = new Uint8Array(0), source, destination } = fields;
  if (rawOptions !== undefined && (rawOptions.length % 4 !== 0 || rawOptions.length > MAX_OPTIONS_LENGTH)) {
    throw new RangeError(`${rawOptions.length} bytes of raw options: must be a multiple of 4, at most 40`);
  }
  const ipLength = ipHeaderLength(source.length);
  const headerLength =
    rawOptions === undefined ? tcpHeaderLength(segment) : TCP_HEADER_LENGTH + rawOptions.length;
  const length = headerLength + payload.length;
  const packet = new Uint8Array(ipLength + length);
  writeIpHeader(packet, 0, fields, length);
  writeTcpHeader(packet, ipLength, segment);
  if (rawOptions !== undefined) {
    packet.set(rawOptions, ipLength + TCP_HEADER_LENGTH);
    packet[ipLength + 12] = (headerLength << 2) | (packet[ipLength + 12]! & 0x0f);
  }
  packet.set(payload, ipLength + headerLength);
  sealTcp(packet, ipLength, length, pseudoHeaderSum(source, destination, fields.protocol ?? PROTOCOL_TCP));
  return packet;
}

/** Why a packet holds no TCP segment for us. */
export type PacketReason = Exclude<IpReason | TcpReason, 'ok'> | 'notTcp' | 'badChecksum';

export interface TcpPacket {
  readonly ip: IpHeader;
  readonly segment: Segment;
}

/** Takes a whole packet apart, checksums verified; the reason where that cannot be. Allocates; never throws. */
export function parseTcpPacket(packet: Uint8Array): TcpPacket | PacketReason {
  const ip = new IpHeader();
  const segment = new Segment();
  const ipReason = decodeIp(packet, ip);
  if (ipReason !== 'ok') return ipReason;
  if (ip.protocol !== PROTOCOL_TCP) return 'notTcp';
  if (!verifyTcpChecksum(packet, ip)) return 'badChecksum';
  const reason = decodeTcp(packet, ip.payloadOffset, ip.payloadLength, segment);
  segment.ecn = ip.ecn;
  return reason === 'ok' ? { ip, segment } : reason;
}
