/**
 * What a router says to the sender of a packet that its next link does not take (RFC 1191 section 4, RFC 4443 section
 * 3.2): which packets are answered, and with what. That the packet itself is lost, is the link's business.
 */
import { ChallengeLimit } from '../tcp/challenge.ts';
import { Random } from '../time/random.ts';
import { isBroadcast, isMulticast, isUnspecified } from '../wire/address.ts';
import {
  buildIcmpPacket,
  ICMP_HEADER_LENGTH,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  quoteOf,
} from '../wire/icmp.ts';
import { decodeIp, IpHeader } from '../wire/ip.ts';

/** Messages a second, on the average: RFC 4443 section 2.4 (f), RFC 1812 section 4.3.2.8. */
const LIMIT = 1000;
/** ICMP that asks or answers, and is no error (RFC 792): to an error there is no answer. */
const QUERIES = new Set([0, 8, 9, 10, 13, 14, 15, 16, 17, 18]);
/** ICMPv6: types below are errors (RFC 4443 section 2.1). */
const FIRST_QUERY_V6 = 128;

export class TooBig {
  readonly #ip = new IpHeader();
  readonly #limit: ChallengeLimit;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#limit = new ChallengeLimit(LIMIT, () => random, 'packet too big');
  }

  /**
   * The answer to a packet that a link of this MTU has not taken, at `now` (us); undefined if there is none: it might
   * have been fragmented, which is not done here, or is itself an error, or nobody's. A wire has no address: the answer
   * comes in the name of whom the packet was for.
   */
  answer(packet: Uint8Array, mtu: number, now: number): Uint8Array | undefined {
    const ip = this.#ip;
    if (packet.length <= mtu || decodeIp(packet, ip) !== 'ok' || !ip.dontFragment) return undefined;
    if (isError(packet, ip) || !answerable(ip) || !this.#limit.allows(now)) return undefined;
    return buildIcmpPacket({
      kind: 'packetTooBig',
      source: ip.destination().slice(),
      destination: ip.source().slice(),
      mtu,
      body: quoteOf(packet),
    });
  }
}

/** RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e.1): no error about an error. */
function isError(packet: Uint8Array, { protocol, payloadOffset, payloadLength }: IpHeader): boolean {
  if (payloadLength < ICMP_HEADER_LENGTH) return false;
  const type = packet[payloadOffset]!;
  if (protocol === PROTOCOL_ICMP) return !QUERIES.has(type);
  return protocol === PROTOCOL_ICMPV6 && type < FIRST_QUERY_V6;
}

/** RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e.3 to e.6): from one to one, both of whom have an address. */
function answerable(ip: IpHeader): boolean {
  return [ip.source(), ip.destination()].every(
    (address) => !isUnspecified(address) && !isMulticast(address) && !isBroadcast(address),
  );
}
