/**
 * The IPv4 header (RFC 791 section 3.1): reading and writing its bytes. Options are skipped, fragments refused.
 * Whether the packet is for us, and what its payload is, is left to the host.
 */
import { checksum, fold, sum } from './checksum.ts';
import { type IpFields, type IpHeader, type IpReason, PROTOCOL_TCP } from './header.ts';

/** Bytes of a header without options, the only kind written. */
export const IPV4_HEADER_LENGTH = 20;

const DONT_FRAGMENT = 0x4000;
/** More-fragments flag and fragment offset. */
const FRAGMENT_MASK = 0x3fff;

/** Reads the header of a packet whose version is 4. The header's checksum goes first: till then its lengths are rumours. */
export function decodeIpv4(bytes: Uint8Array, header: IpHeader): IpReason {
  if (bytes.length < IPV4_HEADER_LENGTH) return 'truncated';
  const headerLength = (bytes[0]! & 0x0f) * 4;
  if (headerLength < IPV4_HEADER_LENGTH) return 'badHeaderLength';
  if (headerLength > bytes.length) return 'truncated';
  if (fold(sum(bytes, 0, headerLength)) !== 0xffff) return 'badHeaderChecksum';
  const totalLength = (bytes[2]! << 8) | bytes[3]!;
  if (totalLength < headerLength) return 'badLength';
  if (totalLength > bytes.length) return 'truncated';
  const fragmentation = (bytes[6]! << 8) | bytes[7]!;
  if ((fragmentation & FRAGMENT_MASK) !== 0) return 'fragment';
  header.bytes = bytes;
  header.version = 4;
  header.protocol = bytes[9]!;
  header.ttl = bytes[8]!;
  header.dscp = bytes[1]! >>> 2;
  header.ecn = bytes[1]! & 3;
  header.identification = (bytes[4]! << 8) | bytes[5]!;
  header.dontFragment = (fragmentation & DONT_FRAGMENT) !== 0;
  header.flowLabel = 0;
  header.sourceOffset = 12;
  header.destinationOffset = 16;
  header.addressLength = 4;
  header.headerLength = headerLength;
  header.payloadOffset = headerLength;
  header.payloadLength = totalLength - headerLength;
  return 'ok';
}

/** Writes a header with its checksum at `offset`, for a payload of so many bytes; returns the header's length. */
export function writeIpv4Header(
  buffer: Uint8Array,
  offset: number,
  fields: IpFields,
  payloadLength: number,
): number {
  const { identification = 0, dscp = 0, ecn = 0 } = fields;
  const totalLength = IPV4_HEADER_LENGTH + payloadLength;
  buffer[offset] = 0x45;
  buffer[offset + 1] = (dscp << 2) | (ecn & 3);
  buffer[offset + 2] = totalLength >>> 8;
  buffer[offset + 3] = totalLength;
  buffer[offset + 4] = identification >>> 8;
  buffer[offset + 5] = identification;
  buffer[offset + 6] = (fields.dontFragment ?? true) ? DONT_FRAGMENT >>> 8 : 0;
  buffer[offset + 7] = 0;
  buffer[offset + 8] = fields.ttl ?? 64;
  buffer[offset + 9] = fields.protocol ?? PROTOCOL_TCP;
  buffer[offset + 10] = 0;
  buffer[offset + 11] = 0;
  buffer.set(fields.source, offset + 12);
  buffer.set(fields.destination, offset + 16);
  const check = checksum(buffer, offset, IPV4_HEADER_LENGTH);
  buffer[offset + 10] = check >>> 8;
  buffer[offset + 11] = check;
  return IPV4_HEADER_LENGTH;
}
