/** Arithmetic modulo 2^32 (RFC 9293 section 3.4), held against BigInt. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, distance, earlier, geq, gt, later, leq, lt, seq } from '../../src/tcp/seq.ts';

const TWO_32 = 1n << 32n;
const anySeq = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.integer({ min: 0xffff_fff0, max: 0xffff_ffff }),
  fc.integer({ min: 0, max: 16 }),
  fc.integer({ min: 0x7fff_fff0, max: 0x8000_0010 }),
);
/** Any distance at which comparing means something: under 2^31 either way. */
const anyDistance = fc.oneof(
  fc.integer({ min: -0x7fff_ffff, max: 0x7fff_ffff }),
  fc.integer({ min: -20, max: 20 }),
  fc.constantFrom(-0x7fff_ffff, 0x7fff_ffff, 0, 1, -1),
);

describe('sequence numbers', () => {
  it('add is addition modulo 2^32, distance its inverse', () => {
    fc.assert(
      fc.property(anySeq, anyDistance, (from, by) => {
        const to = add(seq(from), by);
        expect(BigInt(to)).toBe((((BigInt(from) + BigInt(by)) % TWO_32) + TWO_32) % TWO_32);
        expect(distance(to, seq(from))).toBe(by);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it('comparisons are those of the distance, across the wrap', () => {
    fc.assert(
      fc.property(anySeq, anyDistance, (from, by) => {
        const b = seq(from);
        const a = add(b, by);
        expect([lt(a, b), leq(a, b), gt(a, b), geq(a, b)]).toEqual([by < 0, by <= 0, by > 0, by >= 0]);
        expect(later(a, b)).toBe(by > 0 ? a : b);
        expect(earlier(a, b)).toBe(by < 0 ? a : b);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  it('2^32 - 1 comes before 0', () => {
    expect(lt(seq(0xffff_ffff), seq(0))).toBe(true);
    expect(add(seq(0xffff_ffff), 1)).toBe(0);
    expect(seq(-1)).toBe(0xffff_ffff);
    expect(seq(2 ** 40 + 5)).toBe(5);
  });
});
