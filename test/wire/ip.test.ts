import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildTcpPacket,
  decodeIp,
  fold,
  IpHeader,
  IpTemplate,
  parseAddress,
  parseTcpPacket,
  sum,
  verifyTcpChecksum,
  writeIpHeader,
} from '../../src/wire/index.ts';
import { anyPacketFields, bytes, packetFields, uint16 } from './arbitraries.ts';

const V4 = { source: parseAddress('192.168.0.1'), destination: parseAddress('192.168.0.199') };
const V6 = { source: parseAddress('fd00::1'), destination: parseAddress('fd00::2') };

function reasonOf(packet: Uint8Array): string {
  return decodeIp(packet, new IpHeader());
}

/** The packet with its IPv4 header changed and that header's checksum made right again. */
function patched(packet: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = packet.slice();
  copy.set(values, at);
  copy.set([0, 0], 10);
  const check = ~fold(sum(copy, 0, (copy[0]! & 15) * 4)) & 0xffff;
  copy.set([check >>> 8, check & 0xff], 10);
  return copy;
}

describe('IPv4', () => {
  test('a header as it is widely printed, checksum b861', () => {
    const buffer = new Uint8Array(20);
    writeIpHeader(buffer, 0, { ...V4, protocol: 17 }, 95);
    expect(Buffer.from(buffer).toString('hex')).toBe(`45000073000040004011${'b861'}c0a80001c0a800c7`);
  });

  test('options are skipped by the header length (RFC 791 section 3.1)', () => {
    const plain = buildTcpPacket({ ...V4, seq: 77, payload: Uint8Array.of(1, 2, 3) });
    const longer = Uint8Array.of(...plain.subarray(0, 20), 1, 1, 1, 0, ...plain.subarray(20));
    const packet = patched(longer, 0, 0x46, 0, 0, longer.length);
    const parsed = parseTcpPacket(packet);
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(parsed.ip).toMatchObject({ headerLength: 24, payloadOffset: 24, payloadLength: 23 });
    expect(parsed.segment.seq).toBe(77);
    expect([...parsed.segment.payload()]).toEqual([1, 2, 3]);
    expect(reasonOf(patched(longer, 0, 0x46, 0, 0, 23))).toBe('badLength');
  });

  test('bytes after the total length are padding', () => {
    const plain = buildTcpPacket({ ...V4, payload: Uint8Array.of(1, 2, 3) });
    const parsed = parseTcpPacket(Uint8Array.of(...plain, 9, 9, 9));
    if (typeof parsed === 'string') throw new Error(parsed);
    expect([...parsed.segment.payload()]).toEqual([1, 2, 3]);
  });

  test('a total length beyond the packet, or inside the header', () => {
    const packet = buildTcpPacket(V4);
    expect(reasonOf(packet.subarray(0, 39))).toBe('truncated');
    expect(reasonOf(packet.subarray(0, 19))).toBe('truncated');
    expect(reasonOf(patched(packet, 2, 0, 41))).toBe('truncated');
    expect(reasonOf(patched(packet, 2, 0, 19))).toBe('badLength');
    expect(reasonOf(patched(packet, 2, 0, 20))).toBe('ok');
  });

  test('a header length under five words, or beyond the packet', () => {
    const packet = buildTcpPacket(V4);
    expect(reasonOf(patched(packet, 0, 0x44))).toBe('badHeaderLength');
    packet[0] = 0x4f;
    expect(reasonOf(packet)).toBe('truncated');
  });

  test('fragments: the first, one in the middle, the last', () => {
    const packet = buildTcpPacket(V4);
    expect(reasonOf(patched(packet, 6, 0x20, 0))).toBe('fragment');
    expect(reasonOf(patched(packet, 6, 0x20, 1))).toBe('fragment');
    expect(reasonOf(patched(packet, 6, 0x1f, 0xff))).toBe('fragment');
    expect(reasonOf(patched(packet, 6, 0, 0))).toBe('ok');
  });
});

describe('IPv6', () => {
  /** A TCP packet with these extension headers, each given whole. */
  function withExtensions(next: number, ...headers: number[][]): Uint8Array {
    const plain = buildTcpPacket({ ...V6, seq: 77, payload: Uint8Array.of(1, 2, 3) });
    const packet = Uint8Array.of(...plain.subarray(0, 40), ...headers.flat(), ...plain.subarray(40));
    packet[6] = next;
    const length = packet.length - 40;
    packet.set([length >>> 8, length & 0xff], 4);
    return packet;
  }

  test('the fixed header lies as in RFC 8200 section 3', () => {
    const buffer = new Uint8Array(40);
    writeIpHeader(buffer, 0, { ...V6, dscp: 0b101110, ecn: 0b01, flowLabel: 0xabcde, ttl: 7 }, 0x1234);
    expect(Buffer.from(buffer).toString('hex')).toBe(
      `6b9abcde12340607${'fd000000000000000000000000000001'}${'fd000000000000000000000000000002'}`,
    );
  });

  test('hop-by-hop, destination options and a spent routing header are skipped', () => {
    const packet = withExtensions(
      0,
      [60, 0, 1, 4, 0, 0, 0, 0],
      [43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [6, 0, 4, 0, 0, 0, 0, 0],
    );
    const parsed = parseTcpPacket(packet);
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(parsed.ip).toMatchObject({ protocol: 6, headerLength: 72, payloadOffset: 72, payloadLength: 23 });
    expect(parsed.segment.seq).toBe(77);
  });

  test('a routing header with segments left is not for us', () => {
    expect(parseTcpPacket(withExtensions(43, [6, 0, 4, 1, 0, 0, 0, 0]))).toBe('badExtension');
  });

  test('fragments, wherever their header stands', () => {
    expect(parseTcpPacket(withExtensions(44, [6, 0, 0, 1, 0, 0, 0, 1]))).toBe('fragment');
    expect(parseTcpPacket(withExtensions(0, [44, 0, 1, 4, 0, 0, 0, 0], [6, 0, 0, 1, 0, 0, 0, 1]))).toBe(
      'fragment',
    );
  });

  test('extension headers that reach beyond the packet', () => {
    expect(parseTcpPacket(withExtensions(60, [6, 255, 1, 4, 0, 0, 0, 0]))).toBe('truncated');
    for (const next of [0, 43, 60]) {
      // Three bytes of a header: what a routing header says in its fourth must not be looked for
      const short = buildTcpPacket(V6).slice(0, 43);
      short.set([0, 3, next], 4);
      expect(parseTcpPacket(short)).toBe('truncated');
    }
  });

  test('other protocols are found, and are not TCP', () => {
    const packet = withExtensions(60, [58, 0, 1, 4, 0, 0, 0, 0]);
    expect(parseTcpPacket(packet)).toBe('notTcp');
    expect(parseTcpPacket(buildTcpPacket({ ...V4, protocol: 17 }))).toBe('notTcp');
  });

  test('a payload length that is not that of the packet', () => {
    const packet = buildTcpPacket(V6);
    expect(reasonOf(packet.subarray(0, 59))).toBe('truncated');
    expect(reasonOf(packet.subarray(0, 39))).toBe('truncated');
    expect(reasonOf(Uint8Array.of(...packet, 0))).toBe('badLength');
  });
});

describe('either version', () => {
  test('no bytes, and versions that are neither', () => {
    expect(reasonOf(new Uint8Array(0))).toBe('truncated');
    for (const version of [0, 1, 2, 3, 5, 7, 8, 15]) {
      expect(reasonOf(new Uint8Array(60).fill(version << 4))).toBe('badVersion');
    }
  });

  test('addresses that do not fit each other, and payloads too large, are refused', () => {
    const buffer = new Uint8Array(40);
    expect(() => writeIpHeader(buffer, 0, { ...V4, destination: V6.destination }, 0)).toThrow(
      'addresses of 4 and 16 bytes: both need 4, or both 16',
    );
    expect(() => writeIpHeader(buffer, 0, V4, 65_516)).toThrow('a payload of 65516 bytes: at most 65515 fit');
    expect(() => new IpTemplate(V6).write(buffer, 0, 65_536)).toThrow('at most 65535 fit');
    expect(new IpTemplate(V4).write(buffer, 0, 65_515)).toBe(20);
  });

  test('a template writes what writeIpHeader writes', () => {
    const fields = fc.oneof(packetFields(4), packetFields(16));
    fc.assert(
      fc.property(fields, uint16, uint16, fc.integer({ min: 0, max: 3 }), (ip, length, id, ecn) => {
        const payloadLength = Math.min(length, 65_515);
        const template = new IpTemplate({ ...ip, ecn: 0 });
        const [one, other] = [new Uint8Array(50), new Uint8Array(50)];
        const identification = ip.source.length === 4 ? id : 0;
        const headerLength = writeIpHeader(one, 3, { ...ip, ecn, identification }, payloadLength);
        expect(template.write(other, 3, payloadLength, id, ecn)).toBe(headerLength);
        expect(other).toEqual(one);
        expect(template.headerLength).toBe(headerLength);
      }),
    );
  });

  test('any bytes: nothing is thrown and the payload lies inside', () => {
    const packet = fc
      .tuple(bytes(0, 120), fc.constantFrom(4, 6), fc.nat(15), fc.boolean())
      .map(([raw, version, low, honest]) => {
        if (raw.length > 0) raw[0] = (version << 4) | low;
        if (!honest || raw.length < 40) return raw;
        // Lengths and next headers that lead further in
        if (version === 6) raw.set([0, raw.length - 40, [0, 43, 44, 60, 6][low % 5]!], 4);
        return version === 4 ? patched(raw, 0, 0x45, 0, 0, raw.length, 0, 0, 0, 0) : raw;
      });
    const header = new IpHeader();
    fc.assert(
      fc.property(packet, (raw) => {
        parseTcpPacket(raw);
        if (decodeIp(raw, header) !== 'ok') return;
        expect(header.payloadOffset).toBe(header.headerLength);
        expect(header.payloadLength).toBeGreaterThanOrEqual(0);
        expect(header.payloadOffset + header.payloadLength).toBeLessThanOrEqual(raw.length);
        verifyTcpChecksum(raw, header);
      }),
      { numRuns: 3000 },
    );
  });

  test('packets cut anywhere are refused', () => {
    fc.assert(
      fc.property(anyPacketFields, fc.nat(), (fields, cut) => {
        const packet = buildTcpPacket(fields);
        expect(parseTcpPacket(packet.subarray(0, cut % packet.length))).toBe('truncated');
      }),
    );
  });
});
