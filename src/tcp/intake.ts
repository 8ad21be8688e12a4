/**
 * Arriving packets, up to the segment in them: whatever cannot be used is found out here, by name. Whom the segment is
 * for is the host's question.
 */

import type { SegmentSummary } from '../trace/event.ts';
import { summarizeSegment } from '../trace/summary.ts';
import { isBroadcast, isMulticast, isUnspecified } from '../wire/address.ts';
import { decodeIp, IpHeader, PROTOCOL_TCP, verifyTcpChecksum } from '../wire/ip.ts';
import { decodeTcp, Segment } from '../wire/tcp.ts';
import type { Addresses } from './addresses.ts';

export class Intake {
  /** Of the packet read last: good only as long as the packet is. */
  readonly ip = new IpHeader();
  readonly segment = new Segment();
  readonly #addresses: Addresses;

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  /**
   * Reads a packet; why it cannot be used, undefined when it can. Never throws. `notTcp` is one that is good and for us,
   * as far as its IP header goes.
   */
  read(packet: Uint8Array): string | undefined {
    const { ip } = this;
    const reason = decodeIp(packet, ip);
    if (reason !== 'ok') return reason;
    if (ip.protocol !== PROTOCOL_TCP) return this.#checkAddresses(packet) ?? 'notTcp';
    if (!verifyTcpChecksum(packet, ip)) return 'badChecksum';
    const flaw = decodeTcp(packet, ip.payloadOffset, ip.payloadLength, this.segment);
    this.segment.ecn = ip.ecn;
    return flaw === 'ok' ? this.#checkAddresses(packet) : flaw;
  }

  /** MUST-57 and MUST-63: who may not talk to whom. */
  #checkAddresses(packet: Uint8Array): string | undefined {
    const { sourceOffset, destinationOffset, addressLength } = this.ip;
    if (!this.#addresses.include(packet, destinationOffset, addressLength)) return 'notOurs';
    const bad =
      isMulticast(packet, sourceOffset, addressLength) ||
      isBroadcast(packet, sourceOffset, addressLength) ||
      isUnspecified(packet, sourceOffset, addressLength);
    return bad ? 'badSource' : undefined;
  }

  /** What a person can read of a packet, damaged or not. */
  summary(packet: Uint8Array): SegmentSummary | undefined {
    const { ip, segment } = this;
    if (decodeIp(packet, ip) !== 'ok' || ip.protocol !== PROTOCOL_TCP) return undefined;
    if (decodeTcp(packet, ip.payloadOffset, ip.payloadLength, segment) !== 'ok') return undefined;
    return summarizeSegment(segment, ip);
  }
}
