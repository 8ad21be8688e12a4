/** What is on the wire: a forecast that comes true as long as nothing is added. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bothWays, type DirectionConfig } from '../../src/channel/index.ts';
import { Bench, train } from './drive.ts';

/** A link on which `count` packets of 100 bytes were sent at once. */
function loaded(config: DirectionConfig, count: number, seed = 1): Bench {
  const bench = new Bench(bothWays(config), { seed });
  train(count, 100, 0).forEach(({ bytes }, i) => {
    bench.link.a.send(bytes, i + 1);
  });
  bench.link.poll(0);
  return bench;
}

const underWay = (bench: Bench) => bench.link.underWay(0, bench.clock.now());

describe('packets under way', () => {
  it('are none on an idle link, and none the other way', () => {
    expect(underWay(new Bench(bothWays({ delay: 1000 })))).toEqual([]);
    expect(loaded({ delay: 1000 }, 3).link.underWay(1, 0)).toEqual([]);
  });

  it('wait for the rate one after the other', () => {
    // 100 bytes take 1 ms
    expect(underWay(loaded({ rate: 800_000 }, 3))).toMatchObject([
      { id: 1, place: 'queue', due: 1000 },
      { id: 2, place: 'queue', due: 2000 },
      { id: 3, place: 'queue', due: 3000 },
    ]);
  });

  it('are first those that come out first: what is delayed, then what is queued', () => {
    const bench = loaded({ rate: 800_000, delay: 5000 }, 2);
    bench.run(1500);
    expect(underWay(bench)).toMatchObject([
      { id: 1, place: 'delay', due: 6000 },
      { id: 2, place: 'queue', due: 2000 },
    ]);
  });

  it('have the tick that they will come out on', () => {
    const bench = loaded({ delay: 1000, slot: { interval: 10_000, packets: 2 } }, 5);
    expect(underWay(bench).map(({ id, place, due, tick }) => [id, place, due, tick])).toEqual([
      [1, 'delay', 10_000, 1],
      [2, 'delay', 10_000, 1],
      [3, 'delay', 20_000, 2],
      [4, 'delay', 20_000, 2],
      [5, 'delay', 30_000, 3],
    ]);
    bench.run(12_000);
    expect(underWay(bench).map(({ id, place, due, tick }) => [id, place, due, tick])).toEqual([
      [3, 'tick', 20_000, 1],
      [4, 'tick', 20_000, 1],
      [5, 'tick', 30_000, 2],
    ]);
  });

  it('are copies too', () => {
    expect(underWay(loaded({ duplicate: 1, delay: 10 }, 1)).map(({ id, copy }) => [id, copy])).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });

  it('come out when it was said, in that order', () => {
    const slot = fc.record({
      interval: fc.integer({ min: 1, max: 5000 }),
      packets: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.option(slot),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.nat(100),
        (slot, count, later, seed) => {
          const config = { delay: 10_000, jitter: 9000, duplicate: 0.3, ...(slot && { slot }) };
          const bench = loaded(config, count, seed);
          bench.run(later);
          const said = underWay(bench).map(({ id, due }) => [id, due]);
          const before = bench.arrivals.length;
          bench.run();
          expect(bench.arrivals.slice(before).map(({ id, at }) => [id, at])).toEqual(said);
        },
      ),
    );
  });
});
