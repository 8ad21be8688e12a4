/**
 * Reads the TCP segment out of an IP packet as somebody else's machine sent it. Unlike src/wire, which decides what a
 * host may accept, this shows all it can: packets cut short by the snap length, with checksums that the network card was
 * to fill in, with extension headers that no host of ours would take.
 */
import { fold, sum } from '../wire/checksum.ts';
import {
  decodeTcp,
  IpHeader,
  PROTOCOL_TCP,
  Segment,
  TCP_HEADER_LENGTH,
  verifyTcpChecksum,
} from '../wire/index.ts';

/** Why a frame is not shown. */
export type NotShown =
  | 'unknownLink'
  | 'notIp'
  | 'notTcp'
  /** Not the first of its packet: it has no ports. */
  | 'fragment'
  /** Too little of it was captured to know its header. */
  | 'cutShort'
  | 'malformed';

/** What checksums say: of what was cut short, or left for the network card to fill in, nothing. */
export type ChecksumState = 'right' | 'wrong' | 'unknown';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;
const MAX_TCP_HEADER = 60;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
/** Destination options, mobility, HIP, Shim6: with a length like that of the two above. */
const EXTENSIONS: ReadonlySet<number> = new Set([HOP_BY_HOP, ROUTING, 60, 135, 139, 140]);

/** The packet that was read last: one instance serves for all. */
export class PacketView {
  readonly ip: IpHeader = new IpHeader();
  readonly segment: Segment = new Segment();
  /** The packet without what lies behind it in the frame; shorter than `size` when it was cut short. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Bytes on the wire, by its own header. */
  size = 0;
  /** Is it the first fragment of a larger packet? */
  fragmented = false;
  /** Are some of its TCP options not here? */
  optionsCut = false;
  readonly #header = new Uint8Array(MAX_TCP_HEADER);

  /** Reads `bytes`, of which the wire had `wireLength`. Undefined: it can be shown. Never throws. */
  read(bytes: Uint8Array, wireLength: number): NotShown | undefined {
    this.fragmented = false;
    this.ip.identification = 0;
    const version = bytes.length === 0 ? 0 : bytes[0]! >>> 4;
    if (version !== 4 && version !== 6) return bytes.length === 0 ? 'cutShort' : 'notIp';
    const wrong = version === 4 ? this.#ipv4(bytes, wireLength) : this.#ipv6(bytes, wireLength);
    return wrong ?? this.#tcp();
  }

  /** Are IPv4's header and the segment as they were sent? */
  checksum(): ChecksumState {
    const { ip, bytes } = this;
    if (bytes.length < this.size || this.fragmented) return 'unknown';
    if (ip.version === 4 && fold(sum(bytes, 0, ip.headerLength)) !== 0xffff) return 'wrong';
    return verifyTcpChecksum(bytes, ip) ? 'right' : 'wrong';
  }

  #ipv4(bytes: Uint8Array, wireLength: number): NotShown | undefined {
    if (bytes.length < IPV4_HEADER) return 'cutShort';
    const { ip } = this;
    const headerLength = (bytes[0]! & 0x0f) * 4;
    const total = uint16(bytes, 2);
    // 0: as large as the network card will make it (segmentation offload)
    this.#bound(bytes, total === 0 ? wireLength : Math.min(total, wireLength));
    if (headerLength < IPV4_HEADER || headerLength > this.size) return 'malformed';
    if (bytes[9] !== PROTOCOL_TCP) return 'notTcp';
    const fragmentation = uint16(bytes, 6);
    if ((fragmentation & FRAGMENT_OFFSET) !== 0) return 'fragment';
    this.fragmented = (fragmentation & MORE_FRAGMENTS) !== 0;
    ip.version = 4;
    ip.identification = uint16(bytes, 4);
    ip.sourceOffset = 12;
    ip.destinationOffset = 16;
    ip.addressLength = 4;
    this.#payloadAt(headerLength);
    return undefined;
  }

  #ipv6(bytes: Uint8Array, wireLength: number): NotShown | undefined {
    if (bytes.length < IPV6_HEADER) return 'cutShort';
    const { ip } = this;
    const length = uint16(bytes, 4);
    // 0: a jumbogram, or as large as the network card will make it
    this.#bound(bytes, length === 0 ? wireLength : Math.min(IPV6_HEADER + length, wireLength));
    ip.version = 6;
    ip.sourceOffset = 8;
    ip.destinationOffset = 24;
    ip.addressLength = 16;
    return this.#extensions();
  }

  /** Walks over the extension headers (RFC 8200 section 4) to TCP; each has at least 8 bytes, so this ends. */
  #extensions(): NotShown | undefined {
    const { bytes } = this;
    let at = IPV6_HEADER;
    let next = bytes[6]!;
    while (next !== PROTOCOL_TCP) {
      const isFragment = next === FRAGMENT;
      if (!isFragment && next !== AUTHENTICATION && !EXTENSIONS.has(next)) return 'notTcp';
      if (at + 8 > bytes.length) return at + 8 > this.size ? 'malformed' : 'cutShort';
      if (isFragment && uint16(bytes, at + 2) >>> 3 !== 0) return 'fragment';
      if (isFragment && (bytes[at + 3]! & 1) !== 0) this.fragmented = true;
      const units = isFragment ? 0 : bytes[at + 1]!;
      const length = next === AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8;
      next = bytes[at]!;
      at += length;
    }
    if (at > this.size) return 'malformed';
    this.#payloadAt(at);
    return undefined;
  }

  #bound(bytes: Uint8Array, size: number): void {
    this.size = size;
    this.bytes = size < bytes.length ? bytes.subarray(0, size) : bytes;
    this.ip.bytes = this.bytes;
  }

  #payloadAt(offset: number): void {
    const { ip } = this;
    ip.protocol = PROTOCOL_TCP;
    ip.headerLength = offset;
    ip.payloadOffset = offset;
    ip.payloadLength = this.size - offset;
  }

  #tcp(): NotShown | undefined {
    const { bytes, segment } = this;
    const { payloadOffset, payloadLength } = this.ip;
    if (payloadLength < TCP_HEADER_LENGTH) return 'malformed';
    const captured = bytes.length - payloadOffset;
    if (captured < TCP_HEADER_LENGTH) return 'cutShort';
    const headerLength = (bytes[payloadOffset + 12]! >>> 4) * 4;
    if (headerLength < TCP_HEADER_LENGTH || headerLength > payloadLength) return 'malformed';
    this.optionsCut = headerLength > captured;
    if (!this.optionsCut) decodeTcp(bytes, payloadOffset, captured, segment);
    else this.#cutHeader(payloadOffset, captured & ~3);
    segment.payloadLength = payloadLength - headerLength;
    return undefined;
  }

  /** Reads a header of which only `captured` bytes are here: as one that ends there, so that no option is read in half. */
  #cutHeader(offset: number, captured: number): void {
    this.#header.set(this.bytes.subarray(offset, offset + captured));
    this.#header[12] = (captured << 2) | (this.#header[12]! & 0x0f);
    decodeTcp(this.#header, 0, captured, this.segment);
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
