/**
 * What arrives for us and is not TCP: ICMP is answered (echo) or brought to the connection it is about, UDP and all
 * other protocols are told that nobody is there (RFC 1122 sections 3.2.2 and 4.1.3.1, RFC 4443). All of it is limited:
 * a host of ours sends no more than so many messages a second, whatever arrives.
 */
import type { Random } from '../time/random.ts';
import {
  buildIcmpPacket,
  decodeIcmp,
  decodeQuote,
  type IcmpErrorKind,
  type IcmpFields,
  IcmpMessage,
  isIcmpError,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_UDP,
  QuotedPacket,
  quoteOf,
  UNREACHABLE_V4,
  UNREACHABLE_V6,
  UNRECOGNIZED_NEXT_HEADER,
} from '../wire/icmp.ts';
import { type IpHeader, PROTOCOL_TCP, verifyTcpChecksum } from '../wire/ip.ts';
import { ChallengeLimit } from './challenge.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';

/** Finds the connection that sent the packet quoted. */
type FindQuoted = (quote: QuotedPacket) => Connection | undefined;

/** What is kept of the limits: second and messages sent in it, of errors and of echo replies. */
export type IcmpLimits = readonly (readonly [second: number, sent: number])[];

/** IPv6: where the header says what follows it. */
const NEXT_HEADER = 6;
const UDP_HEADER_LENGTH = 8;

export class OtherProtocols {
  readonly #host: Host;
  readonly #find: FindQuoted;
  readonly #message = new IcmpMessage();
  readonly #quote = new QuotedPacket();
  readonly #errors: ChallengeLimit;
  readonly #echoes: ChallengeLimit;

  constructor(host: Host, seed: () => Random, find: FindQuoted) {
    this.#host = host;
    this.#find = find;
    this.#errors = new ChallengeLimit(host.config.icmpLimit, seed, 'ICMP error');
    this.#echoes = new ChallengeLimit(host.config.icmpLimit, seed, 'echo reply');
  }

  /** Takes a packet for one of our addresses that is not TCP; why it was dropped, undefined when it was not. */
  arrives(packet: Uint8Array, ip: IpHeader): string | undefined {
    const { protocol, version } = ip;
    if (protocol === (version === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) return this.#icmp(packet, ip);
    if (protocol === PROTOCOL_UDP) return this.#udp(packet, ip);
    const v6 = version === 6;
    if (v6)
      this.#complain(packet, ip, 'parameterProblem', UNRECOGNIZED_NEXT_HEADER, placeOfProtocol(packet, ip));
    else this.#complain(packet, ip, 'unreachable', UNREACHABLE_V4.protocol);
    return 'notTcp';
  }

  #icmp(packet: Uint8Array, ip: IpHeader): string | undefined {
    const message = this.#message;
    const reason = decodeIcmp(packet, ip, message);
    if (reason !== 'ok') return reason === 'truncated' ? 'icmpTruncated' : 'icmpBadChecksum';
    this.#host.counters.icmpIn += 1;
    if (message.kind === 'echoRequest') return this.#echo(ip);
    if (isIcmpError(message.kind)) return this.#error(ip, message.kind);
    // MUST-55: source quench is dropped silently; all else is nothing to a host of TCP
    return message.kind === 'sourceQuench' ? 'sourceQuench' : 'icmpOther';
  }

  /** RFC 1122 section 3.2.2.6, RFC 4443 section 4.2: the same data goes back. */
  #echo(ip: IpHeader): string | undefined {
    const { identifier, sequence } = this.#message;
    if (!this.#echoes.allows(this.#host.now())) return 'icmpLimit';
    const body = this.#message.body();
    this.#send(ip, { kind: 'echoReply', identifier, sequence, body }, 'echo reply');
    return undefined;
  }

  /** MUST-54: to the connection whose packet it quotes. */
  #error(ip: IpHeader, kind: IcmpErrorKind): string | undefined {
    const { code, mtu } = this.#message;
    const quote = this.#quote;
    if (!decodeQuote(this.#message, quote)) return 'icmpTruncated';
    if (quote.protocol !== PROTOCOL_TCP || quote.addressLength !== ip.addressLength) return 'icmpOther';
    const connection = this.#find(quote);
    if (connection === undefined) return 'icmpNoConnection';
    const version = ip.version === 6 ? 6 : 4;
    const { seq: quotedSeq, totalLength: quotedLength } = quote;
    return connection.icmpError({ version, kind, code, mtu, quotedSeq, quotedLength });
  }

  /** RFC 1122 section 4.1.3.1, RFC 4443 section 3.1: a datagram for a port without a listener; we have none at all. */
  #udp(packet: Uint8Array, ip: IpHeader): string | undefined {
    const at = ip.payloadOffset;
    if (ip.payloadLength < UDP_HEADER_LENGTH) return 'udpTruncated';
    const unchecked = ip.version === 4 && packet[at + 6] === 0 && packet[at + 7] === 0;
    if (!unchecked && !verifyTcpChecksum(packet, ip)) return 'udpBadChecksum';
    const { port } = ip.version === 6 ? UNREACHABLE_V6 : UNREACHABLE_V4;
    this.#complain(packet, ip, 'unreachable', port);
    return 'noUdp';
  }

  /** Sends an error about the packet at hand, which is for one of our addresses from one that may be answered. */
  #complain(packet: Uint8Array, ip: IpHeader, kind: IcmpErrorKind, code: number, pointer = 0): void {
    if (!this.#errors.allows(this.#host.now())) {
      this.#host.counters.discard('icmpLimit');
      return;
    }
    this.#send(
      ip,
      { kind, code, pointer, body: quoteOf(packet) },
      kind === 'unreachable' ? 'unreachable' : 'problem',
    );
  }

  #send(ip: IpHeader, fields: Omit<IcmpFields, 'source' | 'destination'>, what: string): void {
    const { ttl } = this.#host.config;
    this.#host.counters.icmpOut += 1;
    const addresses = { source: ip.destination(), destination: ip.source() };
    this.#host.outlet.sendIcmp(buildIcmpPacket({ ...fields, ...addresses, ttl }), what);
  }

  snapshot(): IcmpLimits {
    return [this.#errors.snapshot(), this.#echoes.snapshot()];
  }

  restore([errors, echoes]: IcmpLimits): void {
    if (errors !== undefined) this.#errors.restore(errors);
    if (echoes !== undefined) this.#echoes.restore(echoes);
  }
}

/** RFC 4443 section 3.4: the place of the next-header field that names what we do not know. */
function placeOfProtocol(packet: Uint8Array, ip: IpHeader): number {
  let place = NEXT_HEADER;
  for (let at = 40; at < ip.payloadOffset; at += 8 + packet[at + 1]! * 8) place = at;
  return place;
}
