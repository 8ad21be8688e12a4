/**
 * ICMP (RFC 792, RFC 1191 section 4) and ICMPv6 (RFC 4443): reading and writing their messages, under one set of names
 * for both, and reading what an error quotes of the packet it is about. When one is sent, and what it means to a
 * connection, is left to src/tcp.
 */
import { checksum, fold, pseudoHeaderSum, sum } from './checksum.ts';
import type { IpFields, IpHeader } from './header.ts';
import { ipHeaderLength, writeIpHeader } from './ip.ts';
import { readUint32, writeUint32 } from './options.ts';

/** Protocol numbers (IANA). */
export const PROTOCOL_ICMP = 1;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMPV6 = 58;

/** Bytes before an echo's data or an error's quote, in both versions. */
export const ICMP_HEADER_LENGTH = 8;

/** The errors, of either version. */
export type IcmpErrorKind = 'unreachable' | 'packetTooBig' | 'timeExceeded' | 'parameterProblem';

/** What a message is. IPv4's "fragmentation needed" (type 3, code 4) is `packetTooBig`, as IPv6 has it. */
export type IcmpKind = 'echoRequest' | 'echoReply' | IcmpErrorKind | 'sourceQuench' | 'other';

/** Codes of `unreachable` (RFC 792, RFC 1122 section 3.2.2.1). */
export const UNREACHABLE_V4 = { net: 0, host: 1, protocol: 2, port: 3, sourceRoute: 5 } as const;
/** Codes of `unreachable` in ICMPv6 (RFC 4443 section 3.1). */
export const UNREACHABLE_V6 = { noRoute: 0, prohibited: 1, beyondScope: 2, address: 3, port: 4 } as const;
/** Code of `parameterProblem` in ICMPv6: unrecognized next header (RFC 4443 section 3.4). */
export const UNRECOGNIZED_NEXT_HEADER = 1;

/** RFC 1191 section 4: the code of "unreachable" that says fragmentation is needed and DF set. */
const FRAGMENTATION_NEEDED = 4;
const UNREACHABLE = 3;

const KINDS_V4: Readonly<Record<number, IcmpKind>> = {
  0: 'echoReply',
  3: 'unreachable',
  4: 'sourceQuench',
  8: 'echoRequest',
  11: 'timeExceeded',
  12: 'parameterProblem',
};

const KINDS_V6: Readonly<Record<number, IcmpKind>> = {
  1: 'unreachable',
  2: 'packetTooBig',
  3: 'timeExceeded',
  4: 'parameterProblem',
  128: 'echoRequest',
  129: 'echoReply',
};

/** Why bytes are no ICMP message, `ok` when they are. */
export type IcmpReason = 'ok' | 'truncated' | 'badChecksum';

/** A message that arrived, filled by `decodeIcmp`: good only as long as the packet is. */
export class IcmpMessage {
  kind: IcmpKind = 'other';
  /** As in the header. */
  type = 0;
  code = 0;
  /** Of an echo. */
  identifier = 0;
  /** Of an echo. */
  sequence = 0;
  /** Of `packetTooBig`: the next hop's; 0 from a router that knows no RFC 1191. */
  mtu = 0;
  /** Of `parameterProblem`: place of the problem in the packet quoted. */
  pointer = 0;
  /** The packet. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where an echo's data or an error's quote begins. */
  bodyOffset = 0;
  bodyLength = 0;

  /** A view of an echo's data, or an error's quote, in the packet: copy it to keep it. */
  body(): Uint8Array {
    return this.bytes.subarray(this.bodyOffset, this.bodyOffset + this.bodyLength);
  }
}

/** Is it one of the errors, which quote the packet they are about? */
export function isIcmpError(kind: IcmpKind): kind is IcmpErrorKind {
  return (
    kind === 'unreachable' ||
    kind === 'packetTooBig' ||
    kind === 'timeExceeded' ||
    kind === 'parameterProblem'
  );
}

/**
 * Reads the message that is the payload of a packet with this header into `message`, whose contents count only after
 * `ok`. The header says which of the two protocols it is. Never throws and never looks past the end.
 */
export function decodeIcmp(bytes: Uint8Array, ip: IpHeader, message: IcmpMessage): IcmpReason {
  const { payloadOffset: at, payloadLength: length } = ip;
  const v6 = ip.protocol === PROTOCOL_ICMPV6;
  if (length < ICMP_HEADER_LENGTH || at + length > bytes.length) return 'truncated';
  // ICMPv6 covers the pseudo-header, ICMP does not (RFC 4443 section 2.3)
  const pseudo = v6 ? sum(bytes, ip.sourceOffset, 2 * ip.addressLength, ip.protocol + length) : 0;
  if (fold(sum(bytes, at, length, pseudo)) !== 0xffff) return 'badChecksum';
  message.type = bytes[at]!;
  message.code = bytes[at + 1]!;
  message.kind = kindOf(v6, message.type, message.code);
  message.identifier = (bytes[at + 4]! << 8) | bytes[at + 5]!;
  message.sequence = (bytes[at + 6]! << 8) | bytes[at + 7]!;
  message.mtu = mtuOf(v6, message.kind, readUint32(bytes, at + 4));
  message.pointer = message.kind === 'parameterProblem' ? pointerOf(v6, bytes, at + 4) : 0;
  message.bytes = bytes;
  message.bodyOffset = at + ICMP_HEADER_LENGTH;
  message.bodyLength = length - ICMP_HEADER_LENGTH;
  return 'ok';
}

function kindOf(v6: boolean, type: number, code: number): IcmpKind {
  if (v6) return KINDS_V6[type] ?? 'other';
  if (type === UNREACHABLE && code === FRAGMENTATION_NEEDED) return 'packetTooBig';
  return KINDS_V4[type] ?? 'other';
}

function mtuOf(v6: boolean, kind: IcmpKind, field: number): number {
  if (kind !== 'packetTooBig') return 0;
  return v6 ? field : field & 0xffff;
}

function pointerOf(v6: boolean, bytes: Uint8Array, at: number): number {
  return v6 ? readUint32(bytes, at) : bytes[at]!;
}

/** The beginning of a packet as an error quotes it, filled by `decodeQuote`: good only as long as the error is. */
export class QuotedPacket {
  bytes: Uint8Array = new Uint8Array(0);
  protocol = 0;
  sourceOffset = 0;
  destinationOffset = 0;
  addressLength = 0;
  /** Bytes of the whole packet, as it said of itself. */
  totalLength = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** Of the TCP segment. */
  seq = 0;
}

/** Bytes of TCP that every error quotes (RFC 792): the ports and the sequence number. */
const QUOTED_TCP = 8;
const FRAGMENT_OFFSET = 0x1fff;

/**
 * Reads the quote that a message carries: the header of our packet, and eight bytes of its payload. Routers change
 * that header on the way (TTL, checksum, even the length), so that neither checksum nor length is held against it.
 * False if there is not enough of it. Never throws and never looks past the end.
 */
export function decodeQuote(message: IcmpMessage, quote: QuotedPacket): boolean {
  const { bytes, bodyOffset: at, bodyLength: length } = message;
  if (length === 0) return false;
  quote.bytes = bytes;
  const version = bytes[at]! >>> 4;
  const payload =
    version === 4
      ? quotedIpv4(bytes, at, length, quote)
      : version === 6
        ? quotedIpv6(bytes, at, length, quote)
        : 0;
  if (payload === 0 || payload + QUOTED_TCP > at + length) return false;
  quote.sourcePort = (bytes[payload]! << 8) | bytes[payload + 1]!;
  quote.destinationPort = (bytes[payload + 2]! << 8) | bytes[payload + 3]!;
  quote.seq = readUint32(bytes, payload + 4);
  return true;
}

/** Where the quoted payload begins, 0 if the header is not whole or it is a later fragment. */
function quotedIpv4(bytes: Uint8Array, at: number, length: number, quote: QuotedPacket): number {
  const headerLength = (bytes[at]! & 0x0f) * 4;
  if (headerLength < 20 || headerLength > length) return 0;
  if ((((bytes[at + 6]! << 8) | bytes[at + 7]!) & FRAGMENT_OFFSET) !== 0) return 0;
  quote.protocol = bytes[at + 9]!;
  quote.totalLength = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  quote.sourceOffset = at + 12;
  quote.destinationOffset = at + 16;
  quote.addressLength = 4;
  return at + headerLength;
}

/** The same for IPv6; we send no extension headers, and what has some is not ours. */
function quotedIpv6(bytes: Uint8Array, at: number, length: number, quote: QuotedPacket): number {
  if (length < 40) return 0;
  quote.protocol = bytes[at + 6]!;
  quote.totalLength = 40 + ((bytes[at + 4]! << 8) | bytes[at + 5]!);
  quote.sourceOffset = at + 8;
  quote.destinationOffset = at + 24;
  quote.addressLength = 16;
  return at + 40;
}

/** A message to build; what is left out is 0 or empty. Both addresses have 4 bytes (ICMP) or both 16 (ICMPv6). */
export interface IcmpFields extends Omit<IpFields, 'protocol'> {
  readonly kind: Exclude<IcmpKind, 'other'>;
  /** Of `unreachable`, `timeExceeded` and `parameterProblem`. */
  readonly code?: number;
  readonly identifier?: number;
  readonly sequence?: number;
  readonly mtu?: number;
  readonly pointer?: number;
  /** An echo's data, an error's quote. */
  readonly body?: Uint8Array;
}

/**
 * Builds a whole packet with right checksums. It allocates: messages are few, or limited.
 * @throws RangeError for a source quench in IPv6, which has none
 */
export function buildIcmpPacket(fields: IcmpFields): Uint8Array {
  const { source, destination, kind, body = new Uint8Array(0) } = fields;
  const v6 = source.length === 16;
  const protocol = v6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
  const at = ipHeaderLength(source.length);
  const length = ICMP_HEADER_LENGTH + body.length;
  const packet = new Uint8Array(at + length);
  writeIpHeader(packet, 0, { ...fields, protocol }, length);
  const [type, code] = numbersOf(v6, kind, fields.code ?? 0);
  packet[at] = type;
  packet[at + 1] = code;
  writeUint32(packet, at + 4, restOfHeader(v6, fields));
  packet.set(body, at + ICMP_HEADER_LENGTH);
  const pseudo = v6 ? pseudoHeaderSum(source, destination, protocol) + length : 0;
  const check = checksum(packet, at, length, pseudo);
  packet[at + 2] = check >>> 8;
  packet[at + 3] = check;
  return packet;
}

function numbersOf(v6: boolean, kind: IcmpKind, code: number): readonly [type: number, code: number] {
  if (!v6 && kind === 'packetTooBig') return [UNREACHABLE, FRAGMENTATION_NEEDED];
  const found = Object.entries(v6 ? KINDS_V6 : KINDS_V4).find(([, name]) => name === kind);
  if (found === undefined) throw new RangeError(`ICMPv6 has no message '${kind}'`);
  return [Number(found[0]), code];
}

/** The four bytes between checksum and body. */
function restOfHeader(v6: boolean, fields: IcmpFields): number {
  switch (fields.kind) {
    case 'echoRequest':
    case 'echoReply':
      return (((fields.identifier ?? 0) << 16) | (fields.sequence ?? 0)) >>> 0;
    case 'packetTooBig':
      return v6 ? (fields.mtu ?? 0) : (fields.mtu ?? 0) & 0xffff;
    case 'parameterProblem':
      return v6 ? (fields.pointer ?? 0) : ((fields.pointer ?? 0) << 24) >>> 0;
    default:
      return 0;
  }
}

/** RFC 1812 section 4.3.2.3: an ICMP error is at most this long, header and all. */
const LARGEST_ERROR_V4 = 576;
/** RFC 4443 section 2.4 (c): the minimum MTU of IPv6. */
const LARGEST_ERROR_V6 = 1280;

/** As much of a packet as an error about it quotes. */
export function quoteOf(packet: Uint8Array): Uint8Array {
  const v6 = packet[0]! >>> 4 === 6;
  const most = (v6 ? LARGEST_ERROR_V6 - 40 : LARGEST_ERROR_V4 - 20) - ICMP_HEADER_LENGTH;
  return packet.subarray(0, Math.min(packet.length, most));
}
