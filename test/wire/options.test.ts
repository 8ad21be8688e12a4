import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACK, buildTcpPacket, FIN, parseTcpPacket, Segment, SYN } from '../../src/wire/index.ts';
import { clearOptions, decodeOptions, optionsLength, writeOptions } from '../../src/wire/options.ts';
import { anyPacketFields, bytes } from './arbitraries.ts';

const A = Uint8Array.of(10, 0, 0, 1);
const B = Uint8Array.of(10, 0, 0, 2);

/** What is read from option bytes, only what is there. */
function read(...raw: number[]): Record<string, unknown> {
  const segment = new Segment();
  // Left over from the segment before: must not show through
  Object.assign(segment, { mss: 9, windowScale: 9, sackPermitted: true, sackCount: 2, hasTimestamps: true });
  decodeOptions(Uint8Array.from(raw), 0, raw.length, segment);
  return present(segment);
}

function present(segment: Segment): Record<string, unknown> {
  return {
    ...(segment.mss > 0 && { mss: segment.mss }),
    ...(segment.windowScale >= 0 && { windowScale: segment.windowScale }),
    ...(segment.sackPermitted && { sackPermitted: true }),
    ...(segment.sackCount > 0 && { sack: [...segment.sackBlocks.subarray(0, 2 * segment.sackCount)] }),
    ...(segment.hasTimestamps && { timestamps: [segment.tsVal, segment.tsEcr] }),
  };
}

/** The options of our own packets as kind and place, by another reader than the one under test. */
function walk(packet: Uint8Array): { kind: number; length: number }[] {
  const start = packet[0]! >> 4 === 4 ? 20 : 40;
  const end = start + (packet[start + 12]! >> 4) * 4;
  const found: { kind: number; length: number }[] = [];
  for (let at = start + 20; at < end; ) {
    const kind = packet[at]!;
    if (kind === 0) {
      expect([...packet.subarray(at, end)].every((byte) => byte === 0)).toBe(true);
      break;
    }
    const length = kind === 1 ? 1 : packet[at + 1]!;
    found.push({ kind, length });
    expect(length).toBeGreaterThan(0);
    at += length;
    expect(at).toBeLessThanOrEqual(end);
  }
  return found;
}

describe('reading options', () => {
  test('[MUST-4] end of list, no-operation and MSS', () => {
    expect(read(2, 4, 0x05, 0xb4)).toEqual({ mss: 1460 });
    expect(read(1, 1, 1, 1, 2, 4, 0xff, 0xff)).toEqual({ mss: 65_535 });
    expect(read(0, 2, 4, 0x05, 0xb4, 0, 0, 0)).toEqual({});
  });

  test('window scale, SACK-permitted, SACK, timestamps', () => {
    expect(read(3, 3, 7, 0)).toEqual({ windowScale: 7 });
    expect(read(4, 2, 0, 0)).toEqual({ sackPermitted: true });
    expect(read(5, 10, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, 0, 0)).toEqual({ sack: [0xffffffff, 9] });
    expect(read(8, 10, 0x80, 0, 0, 0, 0xff, 0, 0, 1)).toEqual({ timestamps: [0x80000000, 0xff000001] });
  });

  test('a window scale above 14 is taken as 14 (RFC 7323 section 2.3)', () => {
    expect(read(3, 3, 14, 0)).toEqual({ windowScale: 14 });
    expect(read(3, 3, 15, 0)).toEqual({ windowScale: 14 });
    expect(read(3, 3, 255, 0)).toEqual({ windowScale: 14 });
  });

  test('[MUST-5] on any segment, not only on a SYN', () => {
    const rawOptions = Uint8Array.of(1, 253, 4, 9, 9, 2, 4, 0x02, 0x18, 1, 1, 0);
    const parsed = parseTcpPacket(
      buildTcpPacket({ source: A, destination: B, flags: ACK | FIN, rawOptions, payload: Uint8Array.of(7) }),
    );
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(parsed.segment.mss).toBe(536);
    expect([...parsed.segment.payload()]).toEqual([7]);
  });

  test('[MUST-6] an unknown option is skipped by its length', () => {
    expect(read(253, 4, 2, 4, 2, 4, 0x05, 0xb4)).toEqual({ mss: 1460 });
    expect(read(34, 2, 3, 3, 1)).toEqual({ windowScale: 1 });
  });

  test('a known option of a wrong length is skipped like an unknown one', () => {
    expect(read(2, 3, 9, 3, 3, 5)).toEqual({ windowScale: 5 });
    expect(read(2, 5, 9, 9, 9, 3, 3, 5)).toEqual({ windowScale: 5 });
    expect(read(4, 3, 0, 3, 3, 5)).toEqual({ windowScale: 5 });
    expect(read(8, 9, 1, 2, 3, 4, 5, 6, 7, 3, 3, 5)).toEqual({ windowScale: 5 });
    // SACK: no block, and a block and a half
    expect(read(5, 2, 3, 3, 5)).toEqual({ windowScale: 5 });
    expect(read(5, 14, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 3, 3, 5)).toEqual({ windowScale: 5 });
  });

  test.each([0, 1])('[MUST-7] a length of %i ends the options, those before count', (length) => {
    expect(read(2, 4, 0x05, 0xb4, 253, length, 3, 3, 7, 0, 0, 0)).toEqual({ mss: 1460 });
    expect(read(2, 4, 0x05, 0xb4, 2, length, 3, 3, 7, 0, 0, 0)).toEqual({ mss: 1460 });
  });

  test('[MUST-7] so does a length past the end, and a missing length', () => {
    expect(read(2, 4, 0x05, 0xb4, 253, 5, 0, 0)).toEqual({ mss: 1460 });
    expect(read(2, 4, 0x05, 0xb4, 8, 10, 0, 0)).toEqual({ mss: 1460 });
    expect(read(3, 3, 7, 2)).toEqual({ windowScale: 7 });
    expect(read(253, 255, 0, 0)).toEqual({});
  });

  test('[MUST-64] at any alignment', () => {
    expect(read(1, 2, 4, 0x05, 0xb4)).toEqual({ mss: 1460 });
    expect(read(1, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2)).toEqual({ timestamps: [1, 2] });
    expect(read(3, 3, 2, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8)).toEqual({
      windowScale: 2,
      sack: [0x01020304, 0x05060708],
    });
  });

  test('any bytes: it ends, and what lies behind the end changes nothing', () => {
    fc.assert(
      fc.property(bytes(0, 40), fc.nat(3), bytes(40, 40), (raw, offset, behind) => {
        const results = [new Uint8Array(40), behind].map((tail) => {
          const buffer = Uint8Array.of(...new Uint8Array(offset), ...raw, ...tail);
          const segment = new Segment();
          decodeOptions(buffer, offset, offset + raw.length, segment);
          return present(segment);
        });
        expect(results[0]).toEqual(results[1]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('writing options', () => {
  test('a SYN: MSS, SACK-permitted, timestamps, window scale', () => {
    const segment = new Segment();
    Object.assign(segment, { mss: 1460, windowScale: 7, sackPermitted: true, hasTimestamps: true, tsVal: 1 });
    const buffer = new Uint8Array(40);
    expect(writeOptions(buffer, 0, segment, true)).toBe(20);
    expect([...buffer.subarray(0, 20)]).toEqual([
      ...[2, 4, 0x05, 0xb4],
      ...[4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0],
      ...[1, 3, 3, 7],
    ]);
  });

  test('another segment: timestamps, then as many SACK blocks as fit in 40 bytes', () => {
    const segment = new Segment();
    segment.sackBlocks.set([1, 2, 3, 4, 5, 6, 7, 8]);
    segment.sackCount = 4;
    const buffer = new Uint8Array(40);
    expect(writeOptions(buffer, 0, segment, false)).toBe(36);
    expect([...buffer.subarray(0, 8)]).toEqual([1, 1, 5, 34, 0, 0, 0, 1]);
    segment.hasTimestamps = true;
    expect(writeOptions(buffer, 0, segment, false)).toBe(40);
    expect([...buffer.subarray(0, 20)]).toEqual([
      ...[1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0],
      ...[1, 1, 5, 26, 0, 0, 0, 1],
    ]);
  });

  test('[MUST-65] MSS, SACK-permitted and window scale only on a SYN', () => {
    const segment = new Segment();
    Object.assign(segment, { mss: 1460, windowScale: 7, sackPermitted: true });
    expect(optionsLength(segment, false)).toBe(0);
    expect(writeOptions(new Uint8Array(40), 0, segment, false)).toBe(0);
    expect(optionsLength(segment, true)).toBe(12);
  });

  test('[MUST-68] [MUST-69] each option has its length, and behind an end of list are only zeros', () => {
    fc.assert(
      fc.property(anyPacketFields, (fields) => {
        const kinds = walk(buildTcpPacket(fields))
          .filter(({ kind }) => kind > 1)
          .map(({ kind, length }) => `${kind}:${length}`);
        const syn = (fields.flags & SYN) !== 0;
        const expected: string[] = [];
        if (fields.mss !== undefined) expected.push('2:4');
        if (fields.sackPermitted) expected.push('4:2');
        if (fields.timestamps !== undefined) expected.push('8:10');
        if (fields.windowScale !== undefined) expected.push('3:3');
        if (fields.sack !== undefined && !syn) expected.push(`5:${2 + 8 * fields.sack.length}`);
        expect(kinds).toEqual(expected);
      }),
    );
  });

  test('what is written is whole words and as long as was said, whatever is asked for', () => {
    const anything = fc.record({
      mss: fc.integer({ min: 0, max: 0xffff }),
      windowScale: fc.integer({ min: -1, max: 255 }),
      sackPermitted: fc.boolean(),
      sackCount: fc.nat(4),
      hasTimestamps: fc.boolean(),
    });
    fc.assert(
      fc.property(anything, fc.boolean(), (wanted, syn) => {
        const segment = Object.assign(new Segment(), wanted);
        const buffer = new Uint8Array(60).fill(0xee);
        const length = writeOptions(buffer, 7, segment, syn);
        expect(length).toBe(optionsLength(segment, syn));
        expect(length % 4).toBe(0);
        expect(length).toBeLessThanOrEqual(40);
        const outside = [...buffer.subarray(0, 7), ...buffer.subarray(7 + length)];
        expect(outside.every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  test('clearing leaves no option', () => {
    const segment = Object.assign(new Segment(), {
      mss: 1,
      windowScale: 0,
      sackCount: 1,
      hasTimestamps: true,
    });
    clearOptions(segment);
    expect(present(segment)).toEqual({});
  });
});
