/**
 * Shares are held to a bound: of n independent draws with probability p, the number of hits has mean np and variance
 * np(1-p); five standard deviations are exceeded by chance once in 1.7 million times, and never again, as the seed is
 * fixed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawDelay, drawExponential, flipBit } from '../../src/channel/impairments.ts';
import { bothWays, type DirectionConfig, profiles } from '../../src/channel/index.ts';
import { Random } from '../../src/time/random.ts';
import { buildTcpPacket, parseTcpPacket } from '../../src/wire/index.ts';
import { ACK, Bench, train } from './drive.ts';

function expectShare(hits: number, n: number, p: number): void {
  expect(Math.abs(hits - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
}

/** The counters after `n` small packets, 1 ms apart. */
function countersOf(config: DirectionConfig, n: number, seed = 7) {
  const bench = new Bench(bothWays(config), { seed });
  bench.play(train(n, 24, 1000));
  return bench.link.statistics.forward;
}

describe('shares', () => {
  const n = 10_000;
  it.each([0.01, 0.2, 0.5, 0.9])('loss %d', (p) => {
    expectShare(countersOf({ loss: p }, n).lost.loss, n, p);
  });
  it('corruption', () => {
    expectShare(countersOf({ corrupt: 0.1 }, n).corrupted, n, 0.1);
  });
  it('duplication', () => {
    expectShare(countersOf({ duplicate: 0.05 }, n).duplicated, n, 0.05);
  });
  it('reordering: those held up by more than the gap arrive late, unless the next is held up too', () => {
    const p = 0.2;
    expectShare(countersOf({ reorder: { probability: p, by: 1500 } }, n).reordered, n, p * (1 - p));
  });
  it('all and none are exact', () => {
    expect(countersOf({ loss: 1 }, 200).lost.loss).toBe(200);
    expect(countersOf({ duplicate: 1 }, 200).delivered).toBe(400);
    expect(countersOf({ corrupt: 1 }, 200).corrupted).toBe(200);
    expect(countersOf({ loss: 0, duplicate: 0, corrupt: 0 }, 200)).toMatchObject({
      delivered: 200,
      corrupted: 0,
    });
  });
  it('the lossy profile loses, corrupts and doubles as it says', () => {
    const { forward } = profiles.get('lossy')!.link;
    const counted = countersOf(forward, n);
    expectShare(counted.lost.loss, n, 0.2);
    const passed = n - counted.lost.loss;
    expectShare(counted.duplicated, passed, 0.05);
    expectShare(counted.corrupted, passed + counted.duplicated, 0.1);
  });
});

describe('Gilbert-Elliott', () => {
  const model = { goodSojourn: 300_000, badSojourn: 100_000, lossInGood: 0.01, lossInBad: 0.5 };
  const bad = model.badSojourn / (model.goodSojourn + model.badSojourn);

  it('loses the mean of both states, weighted by the time spent in each', () => {
    const n = 100_000;
    const gap = 1000;
    const expected = (1 - bad) * model.lossInGood + bad * model.lossInBad;
    // The share of time in the bad state varies, too: the process forgets with time constant tau = 1/(1/G + 1/B), so
    // its mean over T has variance 2 bad (1 - bad) tau / T; what it is worth in losses is the difference of the two.
    const tau = (model.goodSojourn * model.badSojourn) / (model.goodSojourn + model.badSojourn);
    const occupancy = (2 * bad * (1 - bad) * tau) / (n * gap);
    const difference = model.lossInBad - model.lossInGood;
    const variance = occupancy * difference * difference + (expected * (1 - expected)) / n;
    const lost = countersOf({ gilbertElliott: model }, n).lost.loss / n;
    expect(Math.abs(lost - expected)).toBeLessThanOrEqual(5 * Math.sqrt(variance));
  });

  it('loses in bursts: a loss is more likely after a loss', () => {
    const sent = train(20_000, 24, 1000);
    const got = new Set(new Bench(bothWays({ gilbertElliott: model })).play(sent).map(({ id }) => id));
    let losses = 0;
    let pairs = 0;
    for (let id = 2; id <= sent.length; id += 1) {
      if (got.has(id - 1)) continue;
      losses += 1;
      if (!got.has(id)) pairs += 1;
    }
    // Nearly all losses fall into the bad state, which lasts 100 packets: half of the next are lost too. Independent
    // losses of the same share would repeat at 13 %.
    expect(pairs / losses).toBeGreaterThan(0.4);
  });

  it('changes while nothing is sent', () => {
    const always = { goodSojourn: 1000, badSojourn: 1000, lossInGood: 0, lossInBad: 1 };
    // One packet a second: by then the state has forgotten where it was, so half are lost.
    const bench = new Bench(bothWays({ gilbertElliott: always }));
    bench.play(train(400, 24, 1_000_000));
    expectShare(bench.link.statistics.forward.lost.loss, 400, 0.5);
  });
});

describe('loss', () => {
  it('of a queued packet is that of the moment it leaves, not of the moment it was sent', () => {
    const always = { goodSojourn: 1000, badSojourn: 1000, lossInGood: 0, lossInBad: 1 };
    const bench = new Bench(bothWays({ gilbertElliott: always, rate: 1000 }));
    // All at once; each takes 0.2 s to send, long enough for the state to forget where it was.
    bench.play(train(400, 25, 0));
    expectShare(bench.link.statistics.forward.lost.loss, 400, 0.5);
  });

  it('is drawn apart from that of Gilbert-Elliott: the same packets are lost, and more', () => {
    const even = { goodSojourn: 1000, badSojourn: 1000, lossInGood: 0.3, lossInBad: 0.3 };
    const ids = (config: DirectionConfig) =>
      new Bench(bothWays(config)).play(train(300, 24, 10)).map(({ id }) => id);
    const alone = new Set(ids({ loss: 0.3 }));
    const both = ids({ loss: 0.3, gilbertElliott: even });
    expect(both.every((id) => alone.has(id))).toBe(true);
    expectShare(both.length, 300, 0.7 * 0.7);
  });
});

describe('drawExponential', () => {
  it('has the mean, and the share beyond it, of an exponential distribution', () => {
    const random = new Random(3);
    const mean = 10_000;
    const n = 20_000;
    let sum = 0;
    let beyond = 0;
    for (let i = 0; i < n; i += 1) {
      const drawn = drawExponential(mean, random);
      expect(Number.isInteger(drawn) && drawn >= 1).toBe(true);
      sum += drawn;
      if (drawn > 2 * mean) beyond += 1;
    }
    // The standard deviation of an exponential distribution is its mean.
    expect(Math.abs(sum / n - mean)).toBeLessThanOrEqual((5 * mean) / Math.sqrt(n));
    expectShare(beyond, n, Math.exp(-2));
  });
});

describe('drawDelay', () => {
  it('uniform: within delay plus or minus jitter, both ends met, even', () => {
    const random = new Random(5);
    const config = { delay: 10, jitter: 4 };
    const counts = new Map<number, number>();
    for (let i = 0; i < 9000; i += 1) {
      const drawn = drawDelay(config, random);
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((x, y) => x - y)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14]);
    for (const hits of counts.values()) expectShare(hits, 9000, 1 / 9);
  });

  it('normal: 68 % within one deviation, 95 % within two', () => {
    const random = new Random(5);
    const config = { delay: 100_000, jitter: 10_000, distribution: 'normal' } as const;
    const n = 10_000;
    let one = 0;
    let two = 0;
    for (let i = 0; i < n; i += 1) {
      const off = Math.abs(drawDelay(config, random) - 100_000);
      if (off <= 10_000) one += 1;
      if (off <= 20_000) two += 1;
    }
    // Twelve uniform numbers come within half a percent of the normal distribution there: a slack of 1 %.
    expect(Math.abs(one / n - 0.6827)).toBeLessThan(0.01 + 5 * Math.sqrt((0.6827 * 0.3173) / n));
    expect(Math.abs(two / n - 0.9545)).toBeLessThan(0.01 + 5 * Math.sqrt((0.9545 * 0.0455) / n));
  });

  it('table: each delay with its probability', () => {
    const random = new Random(5);
    const { forward } = profiles.get('classroom')!.link;
    const counts = new Map<number, number>();
    const n = 20_000;
    for (let i = 0; i < n; i += 1) {
      const drawn = drawDelay(forward, random);
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    const rows: [number, number][] = [
      [0, 0.5],
      [1, 0.3],
      [3, 0.15],
      [6, 0.04],
      [10, 0.01],
    ];
    for (const [ticks, p] of rows) expectShare(counts.get(ticks * 100_000) ?? 0, n, p);
    expect(counts.size).toBe(rows.length);
  });

  it('is an integer of at least 0, whatever the jitter', () => {
    const jitters = fc.integer({ min: 0, max: 2_000_000_000 });
    const spread = fc.constantFrom('uniform' as const, 'normal' as const);
    fc.assert(
      fc.property(jitters, jitters, spread, fc.integer(), (delay, jitter, distribution, seed) => {
        const drawn = drawDelay({ delay, jitter, distribution }, new Random(seed));
        expect(Number.isSafeInteger(drawn) && drawn >= 0).toBe(true);
      }),
    );
  });
});

describe('flipBit', () => {
  const address = (version: 4 | 6) =>
    fc.uint8Array({ minLength: version === 4 ? 4 : 16, maxLength: version === 4 ? 4 : 16 });
  const packets = fc.constantFrom(4 as const, 6 as const).chain((version) =>
    fc.record({
      source: address(version),
      destination: address(version),
      payload: fc.uint8Array({ maxLength: 60 }),
    }),
  );

  it('changes exactly the one bit it names, and a checksum sees it', () => {
    fc.assert(
      fc.property(packets, fc.integer(), (fields, seed) => {
        const packet = buildTcpPacket({ ...fields, sourcePort: 1, destinationPort: 2, flags: ACK });
        expect(parseTcpPacket(packet)).toBeTypeOf('object');
        const random = new Random(seed);
        for (let i = 0; i < 20; i += 1) {
          const flipped = packet.slice();
          const bit = flipBit(flipped, random);
          const expected = packet.slice();
          expected[bit >> 3]! ^= 0x80 >> (bit & 7);
          expect(flipped).toEqual(expected);
          expect(parseTcpPacket(flipped)).toBeTypeOf('string');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reaches every bit that a checksum covers', () => {
    const random = new Random(1);
    const bitsOf = (packet: Uint8Array) => {
      const bits = new Set<number>();
      for (let i = 0; i < 20_000; i += 1) bits.add(flipBit(packet.slice(), random));
      return [...bits].sort((x, y) => x - y);
    };
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    const v4 = buildTcpPacket({ source: new Uint8Array(4), destination: new Uint8Array(4), flags: ACK });
    expect(bitsOf(v4)).toEqual(range(8, v4.length * 8));
    // IPv6: the next header (byte 6), then the addresses and the segment.
    const v6 = buildTcpPacket({ source: new Uint8Array(16), destination: new Uint8Array(16), flags: ACK });
    expect(bitsOf(v6)).toEqual([...range(48, 56), ...range(64, v6.length * 8)]);
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer(), (bytes, seed) => {
        const bit = flipBit(bytes.slice(), new Random(seed));
        expect(bytes.length === 0 ? bit === -1 : bit >= 0 && bit < bytes.length * 8).toBe(true);
      }),
    );
  });
});
