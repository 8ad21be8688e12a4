/** The seeded generator: the same numbers for the same seed, as even as they should be, and streams of their own. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../src/time/index.ts';

const take = (random: Random, n: number) => Array.from({ length: n }, () => random.integer(2 ** 32));
const seeds = fc.maxSafeInteger();

test('the same seed gives the same numbers, another one others', () => {
  fc.assert(
    fc.property(seeds, seeds, (a, b) => {
      expect(take(new Random(a), 4)).toEqual(take(new Random(a), 4));
      if (a !== b) expect(take(new Random(a), 4)).not.toEqual(take(new Random(b), 4));
    }),
  );
});

/** xoroshiro128+ as its authors wrote it (Blackman and Vigna 2018: 24, 16, 37), in 64-bit integers: its low halves. */
function* reference(state: readonly number[]): Generator<number> {
  const rotated = (x: bigint, k: bigint) => BigInt.asUintN(64, (x << k) | (x >> (64n - k)));
  const word = (high: number, low: number) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  let s0 = word(state[0]!, state[1]!);
  let s1 = word(state[2]!, state[3]!);
  for (;;) {
    yield Number(BigInt.asUintN(32, s0 + s1));
    s1 ^= s0;
    s0 = BigInt.asUintN(64, rotated(s0, 24n) ^ s1 ^ (s1 << 16n));
    s1 = rotated(s1, 37n);
  }
}

test('the numbers are those of xoroshiro128+', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = new Random(seed);
      const numbers = reference(random.snapshot().state);
      for (let i = 0; i < 20; i += 1) expect(random.integer(2 ** 32)).toBe(numbers.next().value);
    }),
  );
});

test('a fork depends on seed and label, not on what was drawn before', () => {
  fc.assert(
    fc.property(seeds, fc.string(), fc.string(), fc.nat(9), (seed, label, other, drawn) => {
      const random = new Random(seed);
      const before = random.fork(label);
      take(random, drawn);
      const numbers = take(before, 4);
      expect(take(random.fork(label), 4)).toEqual(numbers);
      expect(take(new Random(seed), 4)).not.toEqual(numbers);
      if (label !== other) expect(take(random.fork(other), 4)).not.toEqual(numbers);
      expect(take(random.fork(label).fork(other), 4)).not.toEqual(numbers);
    }),
  );
});

test('a snapshot is plain data and brings back numbers and forks', () => {
  fc.assert(
    fc.property(seeds, fc.nat(9), (seed, drawn) => {
      const random = new Random(seed);
      take(random, drawn);
      const snapshot = JSON.parse(JSON.stringify(random.snapshot()));
      const expected = [take(random, 4), take(random.fork('x'), 2)];
      const other = new Random(seed + 1 > Number.MAX_SAFE_INTEGER ? 0 : seed + 1);
      other.restore(snapshot);
      expect([take(other, 4), take(other.fork('x'), 2)]).toEqual(expected);
    }),
  );
});

test('integer(n) keeps within its range and is even', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 2 ** 32 }), (seed, n) => {
      const drawn = new Random(seed).integer(n);
      expect(Number.isInteger(drawn) && drawn >= 0 && drawn < n).toBe(true);
    }),
  );
  // Near seeds too: one number from each of 60,000 seeds. 10,000 for each face, standard deviation 91: five of them.
  const faces = [0, 0, 0, 0, 0, 0];
  for (let seed = 0; seed < 60_000; seed += 1) faces[new Random(seed).integer(6)]! += 1;
  for (const face of faces) expect(Math.abs(face - 10_000)).toBeLessThan(456);
});

test('chance is exact at 0 and 1, right in between, and always draws one number', () => {
  const random = new Random(7);
  let hits = 0;
  for (let i = 0; i < 40_000; i += 1) {
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
    if (random.chance(0.3)) hits += 1;
  }
  // 12,000 expected, standard deviation 92.
  expect(Math.abs(hits - 12_000)).toBeLessThan(460);
  for (const p of [0, 1, 0.5, 1e-9]) {
    const [a, b] = [new Random(3), new Random(3)];
    a.chance(p);
    b.uniform();
    expect(a.snapshot()).toEqual(b.snapshot());
  }
});

test('bytes are as many as asked for, of all values', () => {
  const bytes = new Random(1).bytes(65_537);
  expect(bytes.length).toBe(65_537);
  const counts = new Array<number>(256).fill(0);
  for (const byte of bytes) counts[byte]! += 1;
  // 256 of each expected, standard deviation 16: six of them.
  for (const count of counts) expect(Math.abs(count - 256)).toBeLessThan(96);
  expect(new Random(1).bytes(0).length).toBe(0);
});

test('refuses what is no seed, no range, no probability', () => {
  for (const seed of [0.5, Number.NaN, 2 ** 53]) expect(() => new Random(seed)).toThrow(`not ${seed}`);
  const random = new Random(0);
  for (const n of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => random.integer(n)).toThrow(`not ${n}`);
  for (const p of [-0.1, 1.1, Number.NaN]) expect(() => random.chance(p)).toThrow(`not ${p}`);
});
