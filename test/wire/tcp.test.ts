import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACK,
  AE,
  CWR,
  decodeTcp,
  ECE,
  FIN,
  formatFlags,
  PSH,
  RST,
  Segment,
  SYN,
  sealTcp,
  TCP_HEADER_LENGTH,
  tcpHeaderLength,
  URG,
  writeTcpHeader,
} from '../../src/wire/index.ts';
import { bytes } from './arbitraries.ts';

/** Everything but the sources of the payload. */
function plain(segment: Segment): object {
  const { bytes: _, ...rest } = segment;
  return { ...rest, sackBlocks: [...segment.sackBlocks] };
}

describe('the TCP header', () => {
  test('lies as in RFC 9293 figure 1', () => {
    const segment = new Segment();
    segment.sourcePort = 0x0102;
    segment.destinationPort = 0x0304;
    segment.seq = 0xf1f2f3f4;
    segment.ack = 0x85868788;
    segment.flags = AE | CWR | URG | PSH | SYN;
    segment.window = 0xfffe;
    segment.urgentPointer = 0x1112;
    const buffer = new Uint8Array(24).fill(0xee);
    expect(writeTcpHeader(buffer, 2, segment)).toBe(20);
    expect([...buffer]).toEqual([
      ...[0xee, 0xee],
      ...[0x01, 0x02, 0x03, 0x04],
      ...[0xf1, 0xf2, 0xf3, 0xf4],
      ...[0x85, 0x86, 0x87, 0x88],
      // Data offset 5 words, AE; CWR ECE URG ACK PSH RST SYN FIN
      ...[0x51, 0b1010_1010, 0xff, 0xfe],
      ...[0, 0, 0x11, 0x12],
      ...[0xee, 0xee],
    ]);
  });

  test('[MUST-1] a window of 32,768 and more is not negative', () => {
    for (const window of [32_767, 32_768, 65_535]) {
      const written = new Segment();
      written.window = window;
      const buffer = new Uint8Array(20);
      writeTcpHeader(buffer, 0, written);
      const segment = new Segment();
      expect(decodeTcp(buffer, 0, 20, segment)).toBe('ok');
      expect(segment.window).toBe(window);
    }
  });

  test('reserved bits are ignored when they come and zero when written', () => {
    const buffer = new Uint8Array(20);
    writeTcpHeader(buffer, 0, new Segment());
    expect(buffer[12]).toBe(0x50);
    buffer[12] = 0x5e;
    const segment = new Segment();
    expect(decodeTcp(buffer, 0, 20, segment)).toBe('ok');
    expect(segment.flags).toBe(0);
  });

  test('SEG.LEN counts payload, SYN and FIN', () => {
    const segment = new Segment();
    segment.payloadLength = 10;
    const lengths = [0, SYN, FIN, SYN | FIN, ACK | PSH | RST | AE].map((flags) => {
      segment.flags = flags;
      return segment.length;
    });
    expect(lengths).toEqual([10, 11, 11, 12, 10]);
  });

  test('a cleared segment is as good as a new one', () => {
    const buffer = new Uint8Array(50).fill(0x77);
    buffer[12] = 0x60;
    buffer.set([2, 4, 5, 6], 20);
    const segment = new Segment();
    expect(decodeTcp(buffer, 0, 50, segment)).toBe('ok');
    segment.clear();
    expect(segment).toEqual(new Segment());
  });

  test('the checksum field does not count itself', () => {
    const buffer = new Uint8Array(21).fill(9);
    sealTcp(buffer, 0, 21, 1234);
    const once = [...buffer];
    sealTcp(buffer, 0, 21, 1234);
    expect([...buffer]).toEqual(once);
  });
});

describe('damaged segments', () => {
  test.each([0, 1, 12, 13, 19])('%i bytes are no header', (length) => {
    expect(decodeTcp(new Uint8Array(60).fill(0x50), 0, length, new Segment())).toBe('truncated');
  });

  test.each([0, 1, 2, 3, 4])('a data offset of %i words is too short', (words) => {
    const buffer = new Uint8Array(60);
    buffer[12] = words << 4;
    expect(decodeTcp(buffer, 0, 60, new Segment())).toBe('badDataOffset');
  });

  test('a header longer than the segment is truncated, as long is fine', () => {
    const buffer = new Uint8Array(60);
    buffer[12] = 15 << 4;
    expect(decodeTcp(buffer, 0, 59, new Segment())).toBe('truncated');
    expect(decodeTcp(buffer, 0, 60, new Segment())).toBe('ok');
  });

  test('a length that reaches beyond the array is truncated', () => {
    const buffer = new Uint8Array(60);
    buffer[12] = 5 << 4;
    expect(decodeTcp(buffer, 41, 20, new Segment())).toBe('truncated');
  });

  test('any bytes: nothing is thrown, nothing behind the end is seen, the payload lies inside', () => {
    const header = fc.tuple(bytes(0, 70), fc.nat(15)).map(([raw, words]) => {
      if (raw.length > 12) raw[12] = (words << 4) | (raw[12]! & 15);
      return raw;
    });
    fc.assert(
      fc.property(header, fc.nat(5), bytes(60, 60), (raw, offset, behind) => {
        const [one, other] = [new Uint8Array(60), behind].map((tail) => {
          const buffer = Uint8Array.of(...new Uint8Array(offset), ...raw, ...tail);
          const segment = new Segment();
          const reason = decodeTcp(buffer, offset, raw.length, segment);
          return { reason, segment };
        });
        expect(one!.reason).toBe(other!.reason);
        expect(plain(one!.segment)).toEqual(plain(other!.segment));
        if (one!.reason !== 'ok') return;
        const { payloadOffset, payloadLength } = one!.segment;
        expect(payloadOffset).toBeGreaterThanOrEqual(offset + TCP_HEADER_LENGTH);
        expect(payloadOffset + payloadLength).toBe(offset + raw.length);
      }),
      { numRuns: 1000 },
    );
  });
});

test('flags in letters', () => {
  expect(formatFlags(0)).toBe('-');
  expect(formatFlags(SYN)).toBe('S');
  expect(formatFlags(SYN | ACK)).toBe('S.');
  expect(formatFlags(FIN | PSH | ACK)).toBe('FP.');
  expect(formatFlags(RST | URG | ECE | CWR | AE)).toBe('RUEWA');
});

test('the header length that is announced is the one written', () => {
  const segment = Object.assign(new Segment(), { flags: SYN, mss: 5, windowScale: 3, hasTimestamps: true });
  expect(tcpHeaderLength(segment)).toBe(writeTcpHeader(new Uint8Array(60), 0, segment));
});
