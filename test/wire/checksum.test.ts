import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checksum, fold, pseudoHeaderSum, sum } from '../../src/wire/checksum.ts';

/** RFC 1071 section 1 read to the letter: 16-bit words, an odd byte padded, each carry added back. */
function naive(bytes: Uint8Array, offset: number, length: number): number {
  let total = 0;
  for (let i = 0; i < length; i += 2) {
    const low = i + 1 < length ? bytes[offset + i + 1]! : 0;
    total += bytes[offset + i]! * 256 + low;
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

/** 0 and 0xffff are the same number in ones' complement. */
function same(a: number, b: number): boolean {
  return a % 0xffff === b % 0xffff && a <= 0xffff && b <= 0xffff;
}

function filled(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 151 + (i >>> 8) * 89 + 7) & 0xff;
  return bytes;
}

describe('the Internet checksum', () => {
  test('the example of RFC 1071 section 3', () => {
    const example = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(fold(sum(example, 0, 8))).toBe(0xddf2);
    expect(checksum(example, 0, 8)).toBe(0x220d);
  });

  test('every length up to 200 at every alignment, in a view that starts anywhere', () => {
    const whole = filled(300);
    const wrong: string[] = [];
    for (let start = 0; start < 8; start++) {
      const view = whole.subarray(start);
      for (let offset = 0; offset < 4; offset++) {
        for (let length = 0; length <= 200; length++) {
          if (!same(fold(sum(view, offset, length)), naive(view, offset, length))) {
            wrong.push(`${start}+${offset}, ${length}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('any bytes anywhere', () => {
    const arbitrary = fc.uint8Array({ maxLength: 3000 });
    fc.assert(
      fc.property(arbitrary, fc.nat(16), fc.nat(16), (bytes, start, cut) => {
        const offset = Math.min(start, bytes.length);
        const length = Math.max(0, bytes.length - offset - cut);
        expect(same(fold(sum(bytes, offset, length)), naive(bytes, offset, length))).toBe(true);
      }),
    );
  });

  test.each([1460, 65_535, 131_072, 131_073, 400_001])('%i bytes of 0xff carry at every word', (length) => {
    const bytes = new Uint8Array(length + 3).fill(0xff);
    for (const offset of [0, 1, 3]) {
      expect(same(fold(sum(bytes, offset, length)), naive(bytes, offset, length))).toBe(true);
    }
  });

  test('pieces of even length may be summed one after the other', () => {
    const bytes = filled(1461);
    for (const cut of [0, 2, 20, 66, 700, 1460]) {
      const first = sum(bytes, 0, cut);
      expect(fold(sum(bytes, cut, 1461 - cut, first))).toBe(naive(bytes, 0, 1461));
    }
  });

  test('views of two buffers by turns do not mix up', () => {
    const a = filled(500);
    const b = filled(777).reverse();
    for (let i = 0; i < 3; i++) {
      expect(fold(sum(a, 1, 400))).toBe(naive(a, 1, 400));
      expect(fold(sum(b, 2, 600))).toBe(naive(b, 2, 600));
    }
  });

  test('bytes changed after a sum are seen by the next', () => {
    const bytes = filled(200);
    sum(bytes, 0, 200);
    bytes[77] = bytes[77]! ^ 0x10;
    expect(fold(sum(bytes, 0, 200))).toBe(naive(bytes, 0, 200));
  });

  test('bytes outside the array are an error, though the buffer goes on', () => {
    const view = new Uint8Array(1000).subarray(100, 300);
    expect(() => sum(view, 0, 201)).toThrow('cannot sum 201 bytes at 0: the array has 200');
    expect(() => sum(view, -1, 10)).toThrow(RangeError);
    expect(() => sum(view, 200, 1)).toThrow(RangeError);
    expect(sum(view, 200, 0)).toBe(0);
  });

  test('folding takes any sum', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (total) => {
        const folded = fold(total);
        expect(folded % 0xffff).toBe(total % 0xffff);
        expect(folded).toBeLessThanOrEqual(0xffff);
        // 0 stands for nothing but 0: all ones must not turn into it
        expect(folded === 0).toBe(total === 0);
      }),
    );
  });
});

describe('the pseudo-header', () => {
  test('IPv4: source, destination, zero, protocol, length (RFC 9293 section 3.1)', () => {
    const header = Uint8Array.of(10, 0, 0, 1, 192, 168, 255, 254, 0, 6, 0x05, 0xb4);
    const total = pseudoHeaderSum(header.subarray(0, 4), header.subarray(4, 8), 6) + 0x05b4;
    expect(fold(total)).toBe(naive(header, 0, 12));
  });

  test('IPv6: source, destination, length, zeros, next header (RFC 8200 section 8.1)', () => {
    const header = filled(40);
    header.set([0, 1, 0x23, 0x45, 0, 0, 0, 6], 32);
    const total = pseudoHeaderSum(header.subarray(0, 16), header.subarray(16, 32), 6) + 0x12345;
    expect(fold(total)).toBe(naive(header, 0, 40));
  });
});
