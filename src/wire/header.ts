/**
 * What an IP packet says about itself, the same for both versions: as read (`IpHeader`) and as to be written
 * (`IpFields`). How the bytes lie is left to ipv4.ts and ipv6.ts.
 */

/** Protocol number of TCP (IANA), in IPv6 as the last next header. */
export const PROTOCOL_TCP = 6;

/** Why a packet is no good, `ok` when it is. */
export type IpReason =
  | 'ok'
  /** Shorter than its header says. */
  | 'truncated'
  | 'badVersion'
  /** IPv4's header length is under 20 bytes. */
  | 'badHeaderLength'
  | 'badHeaderChecksum'
  /** The total length is shorter than the header, or an IPv6 packet goes on after its end. */
  | 'badLength'
  /** Part of a larger packet: not put together here. */
  | 'fragment'
  /** An IPv6 routing header that has not yet reached its last address. */
  | 'badExtension';

/**
 * The header of a received packet, filled by `decodeIp`. One instance serves for all packets: it keeps places in the
 * packet instead of copies, so it is good only as long as the packet is.
 */
export class IpHeader {
  /** The packet. */
  bytes: Uint8Array = new Uint8Array(0);
  /** 4 or 6. */
  version = 0;
  /** Of what follows all headers of IP; PROTOCOL_TCP for us. */
  protocol = 0;
  /** IPv4's TTL, IPv6's hop limit. */
  ttl = 0;
  /** 6 bits. */
  dscp = 0;
  /** 2 bits (RFC 3168). */
  ecn = 0;
  /** IPv4 only. */
  identification = 0;
  /** Always so in IPv6. */
  dontFragment = false;
  /** IPv6 only, 20 bits. */
  flowLabel = 0;
  sourceOffset = 0;
  destinationOffset = 0;
  /** 4 or 16 bytes. */
  addressLength = 0;
  /** Bytes up to the payload: options and extension headers included. */
  headerLength = 0;
  payloadOffset = 0;
  /** Bytes of TCP header and data; padding after the packet's end is not counted. */
  payloadLength = 0;

  /** A view of the source address in the packet: copy it to keep it. */
  source(): Uint8Array {
    return this.bytes.subarray(this.sourceOffset, this.sourceOffset + this.addressLength);
  }

  /** A view of the destination address in the packet: copy it to keep it. */
  destination(): Uint8Array {
    return this.bytes.subarray(this.destinationOffset, this.destinationOffset + this.addressLength);
  }
}

/** What a header is written from. Both addresses have 4 bytes (IPv4) or both 16 (IPv6). */
export interface IpFields {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Default: TCP. */
  readonly protocol?: number;
  /** Default 64 (RFC 9293 MUST-49 wants it configurable). */
  readonly ttl?: number;
  readonly dscp?: number;
  readonly ecn?: number;
  /** IPv4 only. Default 0, as nothing needs it where fragments are not allowed (RFC 6864 section 4.1). */
  readonly identification?: number;
  /** IPv4 only. Default true. */
  readonly dontFragment?: boolean;
  /** IPv6 only. Default 0. */
  readonly flowLabel?: number;
}
