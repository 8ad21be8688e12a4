import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bothWays,
  type DirectionStatistics,
  Link,
  parseFault,
  profiles,
  totalLost,
} from '../../src/channel/index.ts';
import { type Arrival, anyConfig, anySendings, Bench, hex, type Sending, train } from './drive.ts';

const RUNS = { numRuns: 150 };

function balanced(statistics: DirectionStatistics): boolean {
  const { sent, duplicated, delivered, inFlight } = statistics;
  return sent + duplicated === delivered + totalLost(statistics) + inFlight;
}

function at(arrivals: readonly Arrival[], end: 'a' | 'b'): Arrival[] {
  return arrivals.filter((arrival) => arrival.end === end);
}

function sentFrom(sendings: readonly Sending[], end: 'a' | 'b'): number {
  return sendings.filter((sending) => sending.end === end).length;
}

describe('the numbers', () => {
  it('add up at every moment, under any configuration', () => {
    fc.assert(
      fc.property(anyConfig, anySendings, fc.integer(), (config, sendings, seed) => {
        const bench = new Bench(config, { seed });
        for (const sending of sendings) {
          bench.run(sending.at);
          bench.link[sending.end].send(sending.bytes, 1);
          const { forward, backward } = bench.link.statistics;
          expect(balanced(forward) && balanced(backward)).toBe(true);
        }
        bench.run();
        const { forward, backward } = bench.link.statistics;
        expect(balanced(forward) && balanced(backward)).toBe(true);
        expect([forward.inFlight, backward.inFlight]).toEqual([0, 0]);
        expect([forward.sent, backward.sent]).toEqual([sentFrom(sendings, 'a'), sentFrom(sendings, 'b')]);
        expect(forward.delivered).toBe(at(bench.arrivals, 'b').length);
        expect(backward.delivered).toBe(at(bench.arrivals, 'a').length);
      }),
      RUNS,
    );
  });

  it('reordered is the number delivered after a packet that was sent later', () => {
    fc.assert(
      fc.property(anyConfig, anySendings, (config, sendings) => {
        // Ids rise in the order of sending, as `play` gives them out by time.
        const sorted = [...sendings].sort((x, y) => x.at - y.at);
        const bench = new Bench(config);
        bench.play(sorted);
        let highest = 0;
        let late = 0;
        for (const { id } of at(bench.arrivals, 'b')) {
          if (id < highest) late += 1;
          highest = Math.max(highest, id);
        }
        expect(bench.link.statistics.forward.reordered).toBe(late);
      }),
      RUNS,
    );
  });

  it('count what is corrupted and duplicated as it arrives', () => {
    const sendings = train(500, 60, 1000);
    const bench = new Bench(bothWays({ corrupt: 0.3, duplicate: 0.3 }));
    const arrivals = bench.play(sendings);
    const { forward } = bench.link.statistics;
    const changed = arrivals.filter(({ id, hex: bytes }) => bytes !== hex(sendings[id - 1]!.bytes));
    expect(forward.corrupted).toBe(changed.length);
    expect(forward.duplicated).toBe(arrivals.length - new Set(arrivals.map(({ id }) => id)).size);
    expect(forward.corrupted).toBeGreaterThan(0);
    expect(forward.duplicated).toBeGreaterThan(0);
  });
});

describe('determinism', () => {
  it('the same seed brings the same deliveries, byte for byte', () => {
    fc.assert(
      fc.property(anyConfig, anySendings, fc.integer(), (config, sendings, seed) => {
        const first = new Bench(config, { seed });
        const second = new Bench(config, { seed });
        expect(first.play(sendings)).toEqual(second.play(sendings));
        expect(first.link.statistics).toEqual(second.link.statistics);
      }),
      RUNS,
    );
  });

  it('another seed brings others', () => {
    const config = bothWays({ loss: 0.5 });
    const ids = (seed: number) => new Bench(config, { seed }).play(train(100, 40, 10)).map(({ id }) => id);
    expect(ids(1)).not.toEqual(ids(2));
  });

  it('turning one impairment on leaves the draws of the others alone', () => {
    // Corruption changes bytes only, so the same packets must be lost, and held up for as long.
    const base = { loss: 0.3, delay: 5000, jitter: 4000, reorder: { probability: 0.2, by: 10_000 } };
    const fates = (config: object) =>
      new Bench(bothWays(config)).play(train(200, 40, 1000)).map(({ at: time, id }) => `${id}@${time}`);
    expect(fates({ ...base, corrupt: 0.5 })).toEqual(fates(base));
  });

  it('each direction has streams of its own', () => {
    const config = bothWays({ loss: 0.5 });
    const forward = new Bench(config).play(train(100, 40, 10, 'a')).map(({ id }) => id);
    const backward = new Bench(config).play(train(100, 40, 10, 'b')).map(({ id }) => id);
    expect(forward).not.toEqual(backward);
  });
});

describe('a link without impairments', () => {
  it('keeps boundaries, bytes and order, and takes no time', () => {
    fc.assert(
      fc.property(anySendings, (sendings) => {
        const bench = new Bench(bothWays({}));
        const sorted = [...sendings].sort((x, y) => x.at - y.at);
        const arrivals = bench.play(sorted);
        const expected = sorted.map(({ at: time, end, bytes }, i) => {
          return { at: time, end: end === 'a' ? 'b' : 'a', id: i + 1, hex: hex(bytes) };
        });
        expect(arrivals).toEqual(expected);
      }),
      RUNS,
    );
  });

  it('copies what it is given, and lets a handler send without recursion', () => {
    const link = new Link({ config: bothWays({}), seed: 1 });
    let depth = 0;
    let deepest = 0;
    let left = 1000;
    link.b.onPacket((packet, id) => {
      depth += 1;
      deepest = Math.max(deepest, depth);
      if (left > 0) link.b.send(packet, id);
      depth -= 1;
    });
    link.a.onPacket((packet, id) => {
      depth += 1;
      deepest = Math.max(deepest, depth);
      left -= 1;
      expect(hex(packet)).toBe('0102');
      link.a.send(packet, id);
      link.poll(0);
      depth -= 1;
    });
    const bytes = Uint8Array.of(1, 2);
    link.a.send(bytes, 7);
    bytes.fill(9);
    link.poll(0);
    expect([left, deepest]).toEqual([0, 1]);
  });

  it('returns from poll now and then, however long two ends go on', () => {
    const link = new Link({ config: bothWays({}), seed: 1 });
    let packets = 0;
    for (const end of [link.a, link.b]) {
      end.onPacket((packet, id) => {
        packets += 1;
        end.send(packet, id);
      });
    }
    link.a.send(Uint8Array.of(1), 1);
    link.poll(0);
    expect(packets).toBe(100_000);
    expect(link.nextTimeout).toBe(0);
  });
});

describe('order', () => {
  it('is kept by everything but jitter, reorder, and faults', () => {
    fc.assert(
      fc.property(anyConfig, anySendings, (config, sendings) => {
        const { jitter: _, reorder: __, ...forward } = config.forward;
        const bench = new Bench({ forward, backward: {} });
        bench.play(sendings);
        expect(bench.link.statistics.forward.reordered).toBe(0);
      }),
      RUNS,
    );
  });

  it('a packet chosen for reordering comes later by just so much', () => {
    const reorder = { probability: 0.3, by: 7000 };
    const arrivals = new Bench(bothWays({ delay: 1000, reorder })).play(train(300, 40, 2000));
    const holds = new Set(arrivals.map(({ at: time, id }) => time - (id - 1) * 2000));
    expect(holds).toEqual(new Set([1000, 8000]));
  });

  it('what comes late is measured against the latest packet that has come, not the last', () => {
    const faults = ['delay 3 client>server any 1', 'delay 4 client>server any 2'].map(parseFault);
    const bench = new Bench({ ...bothWays({}), faults });
    expect(bench.play(train(3, 40, 1000)).map(({ id }) => id)).toEqual([3, 1, 2]);
    expect(bench.link.statistics.forward.reordered).toBe(2);
  });

  it('a copy has the place of its original, also when more was sent meanwhile', () => {
    const bench = new Bench(bothWays({ rate: 1_000_000, duplicate: 1 }));
    expect(bench.play(train(3, 40, 0)).map(({ id }) => id)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(bench.link.statistics.forward.reordered).toBe(0);
  });

  it('jitter that lets packets overtake each other is seen in the count', () => {
    const bench = new Bench(bothWays({ delay: 10_000, jitter: 9000 }));
    bench.play(train(200, 40, 1000));
    expect(bench.link.statistics.forward.reordered).toBeGreaterThan(0);
  });
});

describe('rate and queue', () => {
  it('n packets take the sum of their serialisation times, to the microsecond', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 100, max: 10_000_000_000 }), (packets, rate) => {
        const bench = new Bench(bothWays({ rate }));
        const arrivals = bench.play(
          packets.map((size) => ({ at: 0, end: 'a', bytes: new Uint8Array(size) })),
        );
        let bits = 0;
        for (const [i, size] of packets.entries()) {
          bits += size * 8;
          // Whole microseconds: exact integer division, at every packet, so that no error can pile up.
          expect(arrivals[i]!.at).toBe(Number((BigInt(bits) * 1_000_000n) / BigInt(rate)));
        }
      }),
      RUNS,
    );
  });

  it('a link that was idle begins afresh', () => {
    const bench = new Bench(bothWays({ rate: 3_000_000 }));
    // 1 byte takes 8/3 us: 2 whole ones each time, and the fraction is not carried over the pause.
    expect(bench.play(train(3, 1, 1000)).map(({ at: time }) => time)).toEqual([2, 1002, 2002]);
  });

  it('drops the tail when the queue is full, the packet being sent counted', () => {
    // 100 bytes at 800 kbit/s take 1 ms. At once: 4 fit, the rest are lost; 1 ms later there is room for one.
    const bench = new Bench(bothWays({ rate: 800_000, queue: 4 }));
    const burst = [...train(7, 100, 0), { at: 1000, end: 'a' as const, bytes: new Uint8Array(100) }];
    expect(bench.play(burst).map(({ id, at: time }) => [id, time])).toEqual([
      [1, 1000],
      [2, 2000],
      [3, 3000],
      [4, 4000],
      [8, 5000],
    ]);
    expect(bench.link.statistics.forward.lost.queue).toBe(3);
  });

  it('the two directions do not wait for each other', () => {
    const bench = new Bench(bothWays({ rate: 800_000 }));
    const both = [...train(1, 100, 0, 'a'), ...train(1, 100, 0, 'b')];
    expect(bench.play(both).map(({ at: time }) => time)).toEqual([1000, 1000]);
  });
});

describe('slot', () => {
  it('classroom: at most one delivery on a tick in each direction, and only on ticks', () => {
    const config = profiles.get('classroom')!.link;
    const bench = new Bench(config);
    const arrivals = bench.play([...train(150, 45, 50_000, 'a'), ...train(150, 45, 33_333, 'b')]);
    for (const end of ['a', 'b'] as const) {
      const times = at(arrivals, end).map(({ at: time }) => time);
      expect(times).toHaveLength(150);
      expect(times.every((time) => time % 100_000 === 0)).toBe(true);
      expect(new Set(times).size).toBe(times.length);
    }
  });

  it('a packet has the next tick, never the one of the same moment', () => {
    const bench = new Bench(bothWays({ slot: { interval: 100, packets: 2 } }));
    const times = [0, 0, 0, 100, 150, 1000].map((time) => ({
      at: time,
      end: 'a' as const,
      bytes: new Uint8Array(1),
    }));
    expect(bench.play(times).map(({ at: time }) => time)).toEqual([100, 100, 200, 200, 300, 1100]);
  });

  it('that is so also when it came due before the tick', () => {
    // The first packet's timer was armed before that of the tick at 100, and so runs out before it.
    const faults = [parseFault('delay 0.1 client>server any 1')];
    const bench = new Bench({ ...bothWays({ slot: { interval: 100, packets: 2 } }), faults });
    const arrivals = bench.play(train(2, 40, 10));
    expect(arrivals.map(({ id, at: time }) => [id, time])).toEqual([
      [2, 100],
      [1, 200],
    ]);
  });

  it('what waits for a tick is within the queue limit', () => {
    const bench = new Bench(bothWays({ queue: 3, slot: { interval: 100, packets: 1 } }));
    expect(bench.play(train(5, 1, 0))).toHaveLength(3);
    expect(bench.link.statistics.forward.lost.queue).toBe(2);
  });
});

describe('MTU and outages', () => {
  it('loses what is larger than the MTU', () => {
    const bench = new Bench(bothWays({ mtu: 100 }));
    const sizes = [99, 100, 101].map((size) => ({ at: 0, end: 'a' as const, bytes: new Uint8Array(size) }));
    expect(bench.play(sizes).map(({ id }) => id)).toEqual([1, 2]);
    expect(bench.link.statistics.forward.lost.mtu).toBe(1);
  });

  it('loses what is sent from the start of an outage up to its end; what is under way arrives', () => {
    const outages = [
      { start: 0, end: 1000 },
      { start: 3000, end: 5000 },
    ];
    const bench = new Bench({ forward: { delay: 1500, outages }, backward: {} });
    const times = [0, 999, 1000, 2999, 3000, 4999, 5000].map((time) => {
      return { at: time, end: 'a' as const, bytes: new Uint8Array(1) };
    });
    expect(bench.play(times).map(({ id }) => id)).toEqual([3, 4, 7]);
    expect(bench.link.statistics.forward.lost.outage).toBe(4);
  });

  it('a cut cable loses both ways until it is put back', () => {
    const bench = new Bench(bothWays({}));
    const send = () => bench.play([...train(1, 1, 0, 'a'), ...train(1, 1, 0, 'b')]).length;
    expect(send()).toBe(2);
    bench.link.cut();
    expect(send()).toBe(2);
    bench.link.reconnect();
    expect(send()).toBe(4);
  });

  it('an idle link with an outage schedule or a changing quality has nothing due', () => {
    const gilbertElliott = { goodSojourn: 1000, badSojourn: 1000, lossInGood: 0, lossInBad: 1 };
    const link = new Link({ config: bothWays({ gilbertElliott, outages: [{ start: 5, end: 9 }] }), seed: 1 });
    expect(link.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('an end', () => {
  it('keeps what arrives before anybody listens, within a limit', () => {
    const link = new Link({ config: bothWays({}), seed: 1 });
    for (let i = 1; i <= 1005; i += 1) link.a.send(Uint8Array.of(i & 255), i);
    link.poll(0);
    expect(link.statistics.forward).toMatchObject({ inFlight: 1000, delivered: 0 });
    expect(link.statistics.forward.lost.queue).toBe(5);
    const ids: number[] = [];
    link.b.onPacket((_, id) => ids.push(id));
    expect(ids).toEqual([]);
    link.poll(link.nextTimeout);
    expect(ids).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(link.statistics.forward).toMatchObject({ inFlight: 0, delivered: 1000 });
  });

  it('that is closed neither sends nor takes', () => {
    const bench = new Bench(bothWays({ delay: 10 }));
    bench.link.a.send(Uint8Array.of(1), 1);
    bench.link.b.close();
    bench.link.b.send(Uint8Array.of(1), 2);
    bench.run();
    expect(bench.arrivals).toEqual([]);
    expect(bench.link.statistics.forward).toMatchObject({ sent: 1, delivered: 1, inFlight: 0 });
    expect(bench.link.statistics.backward.sent).toBe(0);
  });

  it('cannot make the link hold packets without bound', () => {
    const link = new Link({ config: bothWays({ delay: 1000 }), seed: 1 });
    const packet = new Uint8Array(1);
    for (let i = 0; i < 50_000; i += 1) {
      link.a.send(packet, i);
      link.b.send(packet, i);
    }
    expect(link.statistics.forward).toMatchObject({ inFlight: 40_000, lost: { queue: 10_000 } });
    link.a.onPacket(() => {});
    link.b.onPacket(() => {});
    link.poll(1000);
    expect(link.statistics.backward).toMatchObject({ inFlight: 0, delivered: 40_000 });
  });

  it('whose handler throws does not break the link', () => {
    const link = new Link({ config: bothWays({}), seed: 1 });
    let seen = 0;
    link.b.onPacket(() => {
      seen += 1;
      if (seen === 1) throw new Error('the first is too much');
    });
    link.a.send(Uint8Array.of(1), 1);
    link.a.send(Uint8Array.of(1), 2);
    expect(() => link.poll(0)).toThrow('the first is too much');
    link.poll(0);
    expect(seen).toBe(2);
  });
});

describe('a late poll', () => {
  it('finds packets in the order and with the effects of a timely one', () => {
    fc.assert(
      fc.property(anyConfig, anySendings, (config, sendings) => {
        const sorted = [...sendings].sort((x, y) => x.at - y.at);
        const timely = new Bench(config);
        const late = new Bench(config);
        timely.play(sorted);
        for (const [i, { at: time, end, bytes }] of sorted.entries()) {
          late.clock.advanceTo(time);
          late.link[end].send(bytes, i + 1);
        }
        late.clock.advanceTo(1e9);
        late.link.poll(1e9);
        late.run();
        const fates = (arrivals: readonly Arrival[], end: 'a' | 'b') => {
          return at(arrivals, end).map(({ id, hex: bytes }) => `${id} ${bytes}`);
        };
        for (const end of ['a', 'b'] as const)
          expect(fates(late.arrivals, end)).toEqual(fates(timely.arrivals, end));
      }),
      RUNS,
    );
  });
});
