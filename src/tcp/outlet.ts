/** Leaving packets: a segment becomes an IP packet with its checksums, is recorded in the trace, and goes out. */
import type { SendReason } from '../trace/event.ts';
import { summarizePacket } from '../trace/summary.ts';
import { type IpHeader, IpTemplate } from '../wire/ip.ts';
import { packetHeaderLength, writeTcpPacket } from '../wire/packet.ts';
import { Segment } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import type { Seq } from './seq.ts';

/** Takes a packet that leaves; its bytes are good until this returns. `id` is its number in the trace, or 0. */
export type Output = (packet: Uint8Array, id: number) => void;

/** Headers of the largest kind: IPv6 and TCP with all its options. */
const MOST_HEADERS = 128;

export class Outlet {
  /** The one segment that is filled in for everything sent. */
  readonly segment = new Segment();
  readonly #host: Host;
  readonly #output: Output;
  /** The one buffer that every packet is written in. */
  readonly #packet: Uint8Array;

  constructor(host: Host, output: Output) {
    this.#host = host;
    this.#output = output;
    this.#packet = new Uint8Array(Math.max(host.config.mtu, MOST_HEADERS));
  }

  /** Sends the segment on a connection, its payload from the send buffer. */
  send(c: Connection, why: SendReason, cause: number): void {
    const { segment } = this;
    const { payloadLength } = segment;
    const packet = this.#packet;
    const payloadOffset = packetHeaderLength(c.template, segment);
    if (payloadLength > 0) c.sender.copy(segment.seq as Seq, packet, payloadOffset, payloadLength);
    segment.bytes = packet;
    segment.payloadOffset = payloadOffset;
    const length = writeTcpPacket(packet, c.template, segment, 0, segment.ecn);
    this.#leave(packet.subarray(0, length), c.id, why, cause);
  }

  /** Sends the segment to where the packet with this header came from. */
  reply(ip: IpHeader, connection: number, why: SendReason): void {
    const { ttl } = this.#host.config;
    const template = new IpTemplate({ source: ip.destination(), destination: ip.source(), ttl });
    const length = writeTcpPacket(this.#packet, template, this.segment);
    this.#leave(this.#packet.subarray(0, length), connection, why, this.#host.cause);
  }

  /** Sends an ICMP message; `what` is what the trace calls it. */
  sendIcmp(packet: Uint8Array, what: string): void {
    const host = this.#host;
    host.counters.packetsOut += 1;
    const id = host.trace?.add(host.name, host.now(), { kind: 'icmp', what, bytes: packet }) ?? 0;
    this.#output(packet, id);
  }

  #leave(packet: Uint8Array, connection: number, why: SendReason, cause: number): void {
    const host = this.#host;
    host.counters.packetsOut += 1;
    let id = 0;
    if (host.trace !== undefined) {
      const bytes = packet.slice();
      const segment = summarizePacket(bytes);
      if (segment === undefined) throw new Error('a packet of our own cannot be read');
      id = host.trace.add(host.name, host.now(), { kind: 'send', connection, why, segment, bytes }, cause);
    }
    this.#output(packet, id);
  }
}
