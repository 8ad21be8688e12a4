/**
 * What a packet says about itself, as lines for people: the readable part of a record (fileRecord.ts). A function of
 * the packet's bytes alone, so that a reader can check the lines by writing them again.
 */
import {
  decodeIp,
  decodeTcp,
  formatAddress,
  IpHeader,
  PROTOCOL_TCP,
  Segment,
  verifyTcpChecksum,
} from '../wire/index.ts';

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };
const PROTOCOL_UDP = 17;
const UDP_HEADER_LENGTH = 8;

/** The control bits in the order of the lines: TCP's first three are those that matter most, AE is RFC 9768's. */
const BITS: readonly (readonly [string, number])[] = [
  ['ACK', 16],
  ['SYN', 2],
  ['FIN', 1],
  ['RST', 4],
  ['PSH', 8],
  ['URG', 32],
  ['ECE', 64],
  ['CWR', 128],
  ['AE', 256],
];

/** The lines of each combination of control bits, made when first needed. */
const bitLines: string[] = [];

/** The lines of one packet after another. */
export class PacketFields {
  /** ASCII, each line ended by a line feed; the payload is not in it. */
  text = '';
  /** Whether there is a payload to show, which may be empty. */
  hasPayload = false;
  payloadStart = 0;
  payloadEnd = 0;
  readonly #ip = new IpHeader();
  readonly #segment = new Segment();
  /** The addresses of the packet before, most often those of the next. */
  #addresses: Uint8Array = new Uint8Array(0);
  #addressLines = '';

  /** Reads any bytes. Never throws. */
  read(packet: Uint8Array): void {
    this.hasPayload = false;
    const reason = decodeIp(packet, this.#ip);
    this.text = reason === 'ok' ? this.#ipLines() + this.#upperLines(packet) : `unreadable: ${reason}\n`;
  }

  #ipLines(): string {
    const ip = this.#ip;
    if (!this.#sameAddresses()) {
      // A copy, which a Buffer's own `slice` is not
      this.#addresses = Uint8Array.from(
        ip.bytes.subarray(ip.sourceOffset, ip.sourceOffset + 2 * ip.addressLength),
      );
      this.#addressLines = `source: ${formatAddress(ip.source())}\ndestination: ${formatAddress(ip.destination())}\n`;
    }
    const own =
      ip.version === 4
        ? `identification: ${ip.identification}\nDF_bit: ${ip.dontFragment ? 1 : 0}\n`
        : `flow_label: ${ip.flowLabel}\n`;
    return `${this.#addressLines}protocol: ${PROTOCOLS[ip.protocol] ?? ip.protocol}\nlength: ${
      ip.headerLength + ip.payloadLength
    }\nttl: ${ip.ttl}\ndscp: ${ip.dscp}\necn: ${ip.ecn}\n${own}`;
  }

  /** The two addresses stand side by side in both versions. */
  #sameAddresses(): boolean {
    const { bytes, sourceOffset, addressLength } = this.#ip;
    if (this.#addresses.length !== 2 * addressLength) return false;
    for (let i = 0; i < 2 * addressLength; i += 1) {
      if (bytes[sourceOffset + i] !== this.#addresses[i]) return false;
    }
    return true;
  }

  #upperLines(packet: Uint8Array): string {
    const { protocol, payloadOffset, payloadLength } = this.#ip;
    if (protocol === PROTOCOL_TCP) return this.#tcpLines(packet);
    if (protocol === PROTOCOL_UDP && payloadLength >= UDP_HEADER_LENGTH) {
      this.#setPayload(payloadOffset + UDP_HEADER_LENGTH, payloadLength - UDP_HEADER_LENGTH);
      const port = (at: number): number =>
        (packet[payloadOffset + at]! << 8) | packet[payloadOffset + at + 1]!;
      return `source_port: ${port(0)}\ndest_port: ${port(2)}\n`;
    }
    if ((PROTOCOLS[protocol] ?? '').startsWith('ICMP') && payloadLength >= 2) {
      return `type: ${packet[payloadOffset]}\ncode: ${packet[payloadOffset + 1]}\n`;
    }
    return '';
  }

  #tcpLines(packet: Uint8Array): string {
    const { payloadOffset, payloadLength } = this.#ip;
    const segment = this.#segment;
    const reason = decodeTcp(packet, payloadOffset, payloadLength, segment);
    if (reason !== 'ok') return `unreadable: ${reason}\n`;
    this.#setPayload(segment.payloadOffset, segment.payloadLength);
    const checksum = ((packet[payloadOffset + 16]! << 8) | packet[payloadOffset + 17]!).toString(16);
    const right = verifyTcpChecksum(packet, this.#ip) ? 'right' : 'wrong';
    return `source_port: ${segment.sourcePort}\ndest_port: ${segment.destinationPort}\nseq_num: ${
      segment.seq
    }\nACK_num: ${segment.ack}\n${linesOfBits(segment.flags)}receive_window: ${
      segment.window
    }\nchecksum: 0x${checksum.padStart(4, '0')} (${right})\nurgent_pointer: ${segment.urgentPointer}\n${optionsLine(
      segment,
    )}`;
  }

  #setPayload(start: number, length: number): void {
    this.hasPayload = true;
    this.payloadStart = start;
    this.payloadEnd = start + length;
  }
}

function linesOfBits(flags: number): string {
  bitLines[flags] ??= BITS.map(([name, bit]) => `${name}_bit: ${(flags & bit) === 0 ? 0 : 1}\n`).join('');
  return bitLines[flags];
}

/** The options that TCP knows, in words; no line when there are none. */
function optionsLine(segment: Segment): string {
  const words: string[] = [];
  if (segment.mss > 0) words.push(`mss ${segment.mss}`);
  if (segment.sackPermitted) words.push('SACK permitted');
  if (segment.hasTimestamps) words.push(`timestamps ${segment.tsVal} ${segment.tsEcr}`);
  if (segment.windowScale >= 0) words.push(`window scale ${segment.windowScale}`);
  for (let i = 0; i < segment.sackCount; i += 1) {
    words.push(`SACK ${segment.sackBlocks[2 * i]}-${segment.sackBlocks[2 * i + 1]}`);
  }
  return words.length === 0 ? '' : `options: ${words.join(', ')}\n`;
}
