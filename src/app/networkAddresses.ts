/**
 * Where addresses live: what a network has learned from the packets that came in. It decides which packets can be
 * believed, and what is forgotten when the table is full; where a packet then goes is network.ts.
 */
import { remember } from '../trace/ladderLabel.ts';
import { decodeIp, IpHeader, verifyTcpChecksum } from '../wire/ip.ts';

/** Addresses known at a time; beyond that the one learned first is forgotten. */
const LIMIT = 4096;

const IPV4 = { source: 12, destination: 16, header: 20 } as const;
const IPV6 = { source: 8, destination: 24, header: 40 } as const;

type Address = number | string;

/** An address as the key of a map. The text of an IPv6 address is kept for the next packet, which often has the same. */
class AddressReader {
  readonly #last = new Uint8Array(16);
  #text = '';

  read(packet: Uint8Array, version: 4 | 6, at: number): Address {
    if (version === 4) {
      return packet[at]! * 0x1000000 + ((packet[at + 1]! << 16) | (packet[at + 2]! << 8) | packet[at + 3]!);
    }
    if (this.#text === '' || !this.#isLast(packet, at)) {
      this.#last.set(packet.subarray(at, at + 16));
      this.#text = String.fromCharCode(...this.#last);
    }
    return this.#text;
  }

  #isLast(packet: Uint8Array, at: number): boolean {
    const last = this.#last;
    for (let i = 15; i >= 0; i -= 1) if (packet[at + i] !== last[i]) return false;
    return true;
  }
}

/** What a packet says of itself: `damaged` is one whose addresses cannot be believed. */
export type PacketClass = 'notIp' | 'damaged' | 'good';

const ip = new IpHeader();

/** Never throws, whatever the bytes are. Fragments are good: their addresses are whole. */
export function classify(packet: Uint8Array): PacketClass {
  const version = (packet[0] ?? 0) >>> 4;
  const header = version === 4 ? IPV4.header : version === 6 ? IPV6.header : Number.POSITIVE_INFINITY;
  if (packet.length < header) return 'notIp';
  const reason = decodeIp(packet, ip);
  return reason === 'ok' || reason === 'fragment' ? 'good' : 'damaged';
}

/** A broadcast or multicast address is nobody's. */
function isNobodys(packet: Uint8Array, version: 4 | 6, at: number): boolean {
  return version === 4 ? packet[at]! >= 224 : packet[at] === 0xff;
}

/** IPv6 has no checksum of its header: there the one of TCP, UDP or ICMPv6, which covers the addresses, must be right. */
function isCertain(packet: Uint8Array, version: 4 | 6): boolean {
  return version === 4 || (decodeIp(packet, ip) === 'ok' && verifyTcpChecksum(packet, ip));
}

/** Addresses with the places (of any kind) where they live. The packets given to it must be `good`. */
export class AddressTable<P> {
  readonly #places = new Map<Address, P>();
  readonly #sources = new AddressReader();
  readonly #destinations = new AddressReader();

  /** How many are known. */
  get size(): number {
    return this.#places.size;
  }

  /** The sender of this packet lives at `place`. A packet of one who is known to live there costs a look-up. */
  learn(packet: Uint8Array, place: P): void {
    const version = packet[0]! >>> 4 === 4 ? 4 : 6;
    const at = version === 4 ? IPV4.source : IPV6.source;
    const address = this.#sources.read(packet, version, at);
    if (this.#places.get(address) === place) return;
    if (isNobodys(packet, version, at) || !isCertain(packet, version)) return;
    remember(this.#places, address, place, LIMIT);
  }

  /** Where this packet wants to go; undefined when that is not known. */
  destination(packet: Uint8Array): P | undefined {
    const version = packet[0]! >>> 4 === 4 ? 4 : 6;
    const at = version === 4 ? IPV4.destination : IPV6.destination;
    return this.#places.get(this.#destinations.read(packet, version, at));
  }
}
