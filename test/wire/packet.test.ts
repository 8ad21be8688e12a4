import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildTcpPacket,
  decodeIp,
  decodeTcp,
  fold,
  IpHeader,
  IpTemplate,
  packetHeaderLength,
  parseTcpPacket,
  Segment,
  SYN,
  sum,
  type TcpPacket,
  type TcpPacketFields,
  writeTcpPacket,
} from '../../src/wire/index.ts';
import { anyPacketFields, type FullFields, packetFields } from './arbitraries.ts';

function parsed(packet: Uint8Array): TcpPacket {
  const result = parseTcpPacket(packet);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

/** What was parsed, in the form it was built from. */
function fieldsOf({ ip, segment }: TcpPacket): TcpPacketFields {
  const sack = Array.from({ length: segment.sackCount }, (_, i): [number, number] => [
    segment.sackBlocks[2 * i]!,
    segment.sackBlocks[2 * i + 1]!,
  ]);
  return {
    source: ip.source(),
    destination: ip.destination(),
    ttl: ip.ttl,
    dscp: ip.dscp,
    ecn: ip.ecn,
    identification: ip.identification,
    dontFragment: ip.dontFragment,
    flowLabel: ip.flowLabel,
    sourcePort: segment.sourcePort,
    destinationPort: segment.destinationPort,
    seq: segment.seq,
    ack: segment.ack,
    flags: segment.flags,
    window: segment.window,
    urgentPointer: segment.urgentPointer,
    payload: segment.payload(),
    ...(segment.mss > 0 && { mss: segment.mss }),
    ...(segment.windowScale >= 0 && { windowScale: segment.windowScale }),
    ...(segment.sackPermitted && { sackPermitted: true }),
    ...(segment.sackCount > 0 && { sack }),
    ...(segment.hasTimestamps && { timestamps: [segment.tsVal, segment.tsEcr] }),
  };
}

describe.each([
  ['IPv4', packetFields(4)],
  ['IPv6', packetFields(16)],
])('%s packets', (_, arbitrary) => {
  test('what is built is read back, every field and option', () => {
    fc.assert(
      fc.property(arbitrary, (fields) => {
        expect(fieldsOf(parsed(buildTcpPacket(fields)))).toEqual(fields);
      }),
      { numRuns: 500 },
    );
  });

  test('[MUST-2] the checksum is always filled in: with its pseudo-header all sums to 0xffff', () => {
    fc.assert(
      fc.property(arbitrary, (fields) => {
        const packet = buildTcpPacket(fields);
        const v4 = packet[0]! >> 4 === 4;
        const tcp = packet.subarray(v4 ? 20 : 40);
        const pseudo = v4
          ? Uint8Array.of(...packet.subarray(12, 20), 0, 6, tcp.length >> 8, tcp.length)
          : Uint8Array.of(...packet.subarray(8, 40), 0, 0, tcp.length >> 8, tcp.length, 0, 0, 0, 6);
        expect(fold(sum(tcp, 0, tcp.length, sum(pseudo, 0, pseudo.length)))).toBe(0xffff);
        if (v4) expect(fold(sum(packet, 0, 20))).toBe(0xffff);
      }),
    );
  });

  test('writeTcpPacket makes the same packet in a used buffer', () => {
    fc.assert(
      fc.property(arbitrary, (fields) => {
        const expected = buildTcpPacket(fields);
        const { segment } = parsed(expected);
        const template = new IpTemplate({ ...fields, ecn: 0 });
        const buffer = new Uint8Array(300).fill(0xee);
        const offset = packetHeaderLength(template, segment);
        buffer.set(segment.payload(), offset);
        const length = writeTcpPacket(buffer, template, segment, fields.identification, fields.ecn);
        expect(buffer.subarray(0, length)).toEqual(expected);
        expect(buffer.subarray(length).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });
});

describe('[MUST-3] a single flipped bit', () => {
  function flipped(packet: Uint8Array, bit: number): Uint8Array {
    const copy = packet.slice();
    copy[bit >>> 3] = copy[bit >>> 3]! ^ (0x80 >>> (bit & 7));
    return copy;
  }

  /** The bits whose flip goes unnoticed, out of all of a packet. */
  function unnoticed(fields: FullFields): number[] {
    const packet = buildTcpPacket(fields);
    const bits = Array.from({ length: packet.length * 8 }, (_, bit) => bit);
    return bits.filter((bit) => typeof parseTcpPacket(flipped(packet, bit)) !== 'string');
  }

  test('in an IPv4 packet is noticed wherever it is', () => {
    fc.assert(
      fc.property(packetFields(4), (fields) => {
        expect(unnoticed(fields)).toEqual([]);
      }),
    );
  });

  test('in an IPv6 packet is noticed everywhere but in traffic class, flow label and hop limit', () => {
    // RFC 8200 has no header checksum, and the pseudo-header leaves these out
    const uncovered = Array.from({ length: 64 }, (_, bit) => bit).filter(
      (bit) => (bit >= 4 && bit < 32) || bit >= 56,
    );
    fc.assert(
      fc.property(packetFields(16), (fields) => {
        expect(unnoticed(fields)).toEqual(uncovered);
      }),
    );
  });
});

test('one header and one segment serve for packet after packet, nothing of the last shows', () => {
  const ip = new IpHeader();
  const segment = new Segment();
  fc.assert(
    fc.property(anyPacketFields, (fields) => {
      const packet = buildTcpPacket(fields);
      expect(decodeIp(packet, ip)).toBe('ok');
      expect(decodeTcp(packet, ip.payloadOffset, ip.payloadLength, segment)).toBe('ok');
      expect(fieldsOf({ ip, segment })).toEqual(fields);
    }),
  );
});

describe('building', () => {
  const addresses = { source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 2) };

  test('raw options stand as they are', () => {
    const rawOptions = Uint8Array.of(2, 4, 9, 9, 253, 0, 7, 7);
    const packet = buildTcpPacket({
      ...addresses,
      flags: SYN,
      mss: 5,
      rawOptions,
      payload: Uint8Array.of(1),
    });
    expect([...packet.subarray(40, 48)]).toEqual([...rawOptions]);
    expect(parsed(packet).segment).toMatchObject({ mss: 0x0909, payloadLength: 1 });
  });

  test('options that do not fit are refused', () => {
    expect(() => buildTcpPacket({ ...addresses, rawOptions: new Uint8Array(3) })).toThrow(
      '3 bytes of raw options',
    );
    expect(() => buildTcpPacket({ ...addresses, rawOptions: new Uint8Array(44) })).toThrow('at most 40');
    const sack = new Array(5).fill([1, 2] as const);
    expect(() => buildTcpPacket({ ...addresses, sack })).toThrow('5 SACK blocks: at most 4 fit');
  });

  test('the smallest packet: all fields zero', () => {
    const { ip, segment } = parsed(buildTcpPacket(addresses));
    expect(ip).toMatchObject({ ttl: 64, dontFragment: true, payloadLength: 20 });
    expect({ ...segment, bytes: undefined }).toEqual({
      ...new Segment(),
      bytes: undefined,
      payloadOffset: 40,
    });
  });
});
