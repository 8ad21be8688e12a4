/**
 * IP packets of either version: reading one, writing a header, and the template that makes writing the same header
 * again cheap. Which packets are for us is left to the host; the bytes themselves to ipv4.ts and ipv6.ts.
 */
import { fold, pseudoHeaderSum, sum } from './checksum.ts';
import { type IpFields, type IpHeader, type IpReason, PROTOCOL_TCP } from './header.ts';
import { decodeIpv4, IPV4_HEADER_LENGTH, writeIpv4Header } from './ipv4.ts';
import { decodeIpv6, IPV6_HEADER_LENGTH, writeIpv6Header } from './ipv6.ts';

export { type IpFields, IpHeader, type IpReason, PROTOCOL_TCP } from './header.ts';

/** Reads the IP headers of any bytes into `header`, whose contents count only after `ok`. Never throws. */
export function decodeIp(bytes: Uint8Array, header: IpHeader): IpReason {
  if (bytes.length === 0) return 'truncated';
  const version = bytes[0]! >>> 4;
  if (version === 4) return decodeIpv4(bytes, header);
  return version === 6 ? decodeIpv6(bytes, header) : 'badVersion';
}

/**
 * Sets CE in the header of a packet whose sender knows ECN (ECT, RFC 3168 section 5), the checksum of IPv4 brought up to
 * date (RFC 1624); false, and nothing done, for any other.
 */
export function markCongestion(packet: Uint8Array): boolean {
  const version = (packet[0] ?? 0) >>> 4;
  if (version === 6 && packet.length >= IPV6_HEADER_LENGTH) {
    const field = (packet[1]! >>> 4) & 3;
    if (field === 0 || field === 3) return false;
    packet[1] = packet[1]! | 0x30;
    return true;
  }
  if (version !== 4 || packet.length < IPV4_HEADER_LENGTH) return false;
  const field = packet[1]! & 3;
  if (field === 0 || field === 3) return false;
  packet[1] = packet[1]! | 3;
  const before = (packet[10]! << 8) | packet[11]!;
  const check = ~fold((~before & 0xffff) + 3 - field);
  packet[10] = check >>> 8;
  packet[11] = check;
  return true;
}

/** Whether TCP header and data sum up right with the pseudo-header (RFC 9293 section 3.1, MUST-3). */
export function verifyTcpChecksum(bytes: Uint8Array, header: IpHeader): boolean {
  // The two addresses stand side by side in both versions.
  const pseudo = sum(
    bytes,
    header.sourceOffset,
    2 * header.addressLength,
    header.protocol + header.payloadLength,
  );
  return fold(sum(bytes, header.payloadOffset, header.payloadLength, pseudo)) === 0xffff;
}

/** Bytes of the header that `writeIpHeader` writes for addresses of this size. */
export function ipHeaderLength(addressLength: number): number {
  return addressLength === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
}

/**
 * Writes the header of the version that the addresses have, at `offset`, for a payload of so many bytes; returns the
 * header's length. Throws a RangeError when the addresses do not fit each other or the packet would exceed 65,535 bytes.
 */
export function writeIpHeader(
  buffer: Uint8Array,
  offset: number,
  fields: IpFields,
  payloadLength: number,
): number {
  const { length } = fields.source;
  if (fields.destination.length !== length || (length !== 4 && length !== 16)) {
    throw new RangeError(
      `addresses of ${length} and ${fields.destination.length} bytes: both need 4, or both 16`,
    );
  }
  checkPayloadLength(length, payloadLength);
  return length === 4
    ? writeIpv4Header(buffer, offset, fields, payloadLength)
    : writeIpv6Header(buffer, offset, fields, payloadLength);
}

/** IPv4's length field counts the header too, IPv6's does not. */
function checkPayloadLength(addressLength: number, payloadLength: number): void {
  const most = addressLength === 4 ? 65_535 - IPV4_HEADER_LENGTH : 65_535;
  if (payloadLength > most) throw new RangeError(`a payload of ${payloadLength} bytes: at most ${most} fit`);
}

/** The header of a connection's packets, ready but for length, identification, ECN and checksum. */
export class IpTemplate {
  /** Bytes of the header. */
  readonly headerLength: number;
  /** Of the pseudo-header without the length, for `sealTcp`. */
  readonly pseudoSum: number;
  readonly #bytes: Uint8Array;
  readonly #addressLength: number;
  /** Sum of the header without its length, identification and checksum (IPv4). */
  readonly #sum: number;

  constructor(fields: IpFields) {
    this.#addressLength = fields.source.length;
    this.headerLength = ipHeaderLength(this.#addressLength);
    this.#bytes = new Uint8Array(this.headerLength);
    writeIpHeader(this.#bytes, 0, { ...fields, identification: 0 }, 0);
    this.pseudoSum = pseudoHeaderSum(fields.source, fields.destination, fields.protocol ?? PROTOCOL_TCP);
    if (this.#addressLength === 4) this.#bytes.fill(0, 10, 12).fill(0, 2, 4);
    this.#sum = sum(this.#bytes, 0, this.headerLength);
  }

  /**
   * Writes the header at `offset` for a payload of so many bytes; returns its length. `ecn` is added to the template's
   * own, so leave that 0 to use it.
   */
  write(buffer: Uint8Array, offset: number, payloadLength: number, identification = 0, ecn = 0): number {
    checkPayloadLength(this.#addressLength, payloadLength);
    const bytes = this.#bytes;
    const { headerLength } = this;
    for (let i = 0; i < headerLength; i++) buffer[offset + i] = bytes[i]!;
    if (this.#addressLength === 4) this.#finishIpv4(buffer, offset, payloadLength, identification, ecn);
    else {
      buffer[offset + 1] = bytes[1]! | (ecn << 4);
      buffer[offset + 4] = payloadLength >>> 8;
      buffer[offset + 5] = payloadLength;
    }
    return headerLength;
  }

  #finishIpv4(buffer: Uint8Array, offset: number, payloadLength: number, id: number, ecn: number): void {
    const totalLength = IPV4_HEADER_LENGTH + payloadLength;
    const ecnBits = (this.#bytes[1]! | ecn) - this.#bytes[1]!;
    const check = ~fold(this.#sum + totalLength + (id & 0xffff) + ecnBits);
    buffer[offset + 1] = this.#bytes[1]! | ecn;
    buffer[offset + 2] = totalLength >>> 8;
    buffer[offset + 3] = totalLength;
    buffer[offset + 4] = id >>> 8;
    buffer[offset + 5] = id;
    buffer[offset + 10] = check >>> 8;
    buffer[offset + 11] = check;
  }
}
