/**
 * The IPv6 header (RFC 8200 section 3) and the extension headers that may stand between it and TCP: reading and
 * writing bytes. Fragments are refused. What the packet is for is left to the host.
 */
import { type IpFields, type IpHeader, type IpReason, PROTOCOL_TCP } from './header.ts';

/** Bytes of the fixed header, the only one written. */
export const IPV6_HEADER_LENGTH = 40;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;

/**
 * Reads the headers of a packet whose version is 6. Bytes after the packet's end are refused, unlike in IPv4: this
 * header has no checksum, so a damaged length could otherwise pass. (Ethernet never pads an IPv6 packet with TCP.)
 */
export function decodeIpv6(bytes: Uint8Array, header: IpHeader): IpReason {
  if (bytes.length < IPV6_HEADER_LENGTH) return 'truncated';
  const end = IPV6_HEADER_LENGTH + ((bytes[4]! << 8) | bytes[5]!);
  if (end > bytes.length) return 'truncated';
  if (end < bytes.length) return 'badLength';
  header.bytes = bytes;
  header.version = 6;
  header.protocol = bytes[6]!;
  header.ttl = bytes[7]!;
  header.dscp = ((bytes[0]! & 0x0f) << 2) | (bytes[1]! >>> 6);
  header.ecn = (bytes[1]! >>> 4) & 3;
  header.identification = 0;
  header.dontFragment = true;
  header.flowLabel = ((bytes[1]! & 0x0f) << 16) | (bytes[2]! << 8) | bytes[3]!;
  header.sourceOffset = 8;
  header.destinationOffset = 24;
  header.addressLength = 16;
  header.headerLength = IPV6_HEADER_LENGTH;
  header.payloadOffset = IPV6_HEADER_LENGTH;
  header.payloadLength = end - IPV6_HEADER_LENGTH;
  return header.protocol === PROTOCOL_TCP ? 'ok' : skipExtensions(bytes, end, header);
}

/**
 * Moves the payload behind the extension headers (RFC 8200 section 4). Each has its own length of at least 8 bytes, so
 * this ends. A routing header with segments left is not for the addresses in the packet, and so not for us (4.4).
 */
function skipExtensions(bytes: Uint8Array, end: number, header: IpHeader): IpReason {
  let at = IPV6_HEADER_LENGTH;
  let next = header.protocol;
  while (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION_OPTIONS || next === FRAGMENT) {
    if (next === FRAGMENT) return 'fragment';
    if (at + 8 > end) return 'truncated';
    if (next === ROUTING && bytes[at + 3] !== 0) return 'badExtension';
    next = bytes[at]!;
    at += 8 + bytes[at + 1]! * 8;
    if (at > end) return 'truncated';
  }
  header.protocol = next;
  header.headerLength = at;
  header.payloadOffset = at;
  header.payloadLength = end - at;
  return 'ok';
}

/** Writes the fixed header at `offset`, for a payload of so many bytes; returns the header's length. */
export function writeIpv6Header(
  buffer: Uint8Array,
  offset: number,
  fields: IpFields,
  payloadLength: number,
): number {
  const { flowLabel = 0, dscp = 0, ecn = 0 } = fields;
  buffer[offset] = 0x60 | ((dscp >>> 2) & 0x0f);
  buffer[offset + 1] = ((dscp & 3) << 6) | ((ecn & 3) << 4) | ((flowLabel >>> 16) & 0x0f);
  buffer[offset + 2] = flowLabel >>> 8;
  buffer[offset + 3] = flowLabel;
  buffer[offset + 4] = payloadLength >>> 8;
  buffer[offset + 5] = payloadLength;
  buffer[offset + 6] = fields.protocol ?? PROTOCOL_TCP;
  buffer[offset + 7] = fields.ttl ?? 64;
  buffer.set(fields.source, offset + 8);
  buffer.set(fields.destination, offset + 24);
  return IPV6_HEADER_LENGTH;
}
