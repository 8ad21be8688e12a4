import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bothWays, type LinkConfig, parseFault } from '../../src/channel/index.ts';
import { anyConfig, anySendings, Bench, type Sending } from './drive.ts';

function carryOn(bench: Bench, sendings: readonly Sending[], firstId: number) {
  sendings.forEach(({ at, end, bytes }, i) => {
    bench.run(at);
    bench.link[end].send(bytes, firstId + i);
  });
  bench.run();
  return { arrivals: bench.arrivals, statistics: bench.link.statistics };
}

describe('snapshot and restore', () => {
  it('in the middle of any run, the rest is the same', () => {
    const faults = ['drop client>server any every 5', 'delay 3 server>client any every 3'].map(parseFault);
    fc.assert(
      fc.property(
        anyConfig,
        anySendings,
        fc.nat(2_000_000),
        fc.integer(),
        (config, sendings, cutAt, seed) => {
          const whole: LinkConfig = { ...config, faults };
          const sorted = [...sendings].sort((x, y) => x.at - y.at);
          const early = sorted.filter(({ at }) => at <= cutAt);
          const late = sorted.filter(({ at }) => at > cutAt);
          const first = new Bench(whole, { seed });
          early.forEach(({ at, end, bytes }, i) => {
            first.run(at);
            first.link[end].send(bytes, i + 1);
          });
          first.run(cutAt);
          const snapshot = structuredClone(first.link.snapshot());
          // The seed of the link restored into does not matter: its generators are part of the snapshot.
          const second = new Bench(whole, { seed: seed === 0 ? 1 : 0 });
          second.clock.advanceTo(cutAt);
          second.link.restore(snapshot);
          expect(second.link.snapshot()).toEqual(snapshot);
          first.arrivals.length = 0;
          expect(carryOn(second, late, early.length + 1)).toEqual(carryOn(first, late, early.length + 1));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps a cut cable, and what has arrived where nobody listens', () => {
    const first = new Bench(bothWays({}));
    first.link.a.send(Uint8Array.of(1), 1);
    first.link.cut();
    const snapshot = first.link.snapshot();
    expect(snapshot.arrived).toMatchObject([{ id: 1, way: 0 }]);
    const second = new Bench(bothWays({}));
    second.link.restore(snapshot);
    second.link.a.send(Uint8Array.of(2), 2);
    second.run();
    expect(second.arrivals.map(({ id }) => id)).toEqual([1]);
    expect(second.link.statistics.forward.lost.outage).toBe(1);
  });

  it('is refused while a packet is handed over', () => {
    const bench = new Bench(bothWays({}));
    bench.link.b.onPacket(() => bench.link.snapshot());
    bench.link.a.send(Uint8Array.of(1), 1);
    expect(() => bench.link.poll(0)).toThrow('no snapshot while');
  });
});
