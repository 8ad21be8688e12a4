import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bothWays, type LinkConfig, parseFault } from '../../src/channel/index.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { Trace } from '../../src/trace/trace.ts';
import { ACK, anyConfig, anySendings, Bench, type Sending, tcp } from './drive.ts';

/** Sends with a trace; each packet's id is the number of an event that stands for its sending. */
function traced(config: LinkConfig, sendings: readonly Sending[]) {
  const trace = new Trace();
  const events: TraceEvent[] = [];
  trace.listen((event) => events.push(event));
  const bench = new Bench(config, { trace });
  const causes: [id: number, cause: number][] = [];
  bench.link.b.onPacket((_, id) => causes.push([id, trace.cause]));
  for (const { at, end, bytes } of sendings) {
    bench.run(at);
    bench.link[end].send(bytes, trace.add('client', at, { kind: 'app', what: 'send', text: '' }, 0));
  }
  bench.run();
  return { events, causes, trace, link: bench.link };
}

const one: Sending = { at: 5, end: 'a', bytes: tcp(ACK, 'hello') };

/** What the link did, in a line each: number, time, cause, packet, and the rest. */
function lines(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.kind !== 'link') return [];
    const { n, t, end, cause, kind: _, packet, direction, what, ...rest } = event;
    expect([end, direction]).toEqual(['link', 'client>server']);
    return [`${n} t${t} cause ${cause} packet ${packet} ${what} ${JSON.stringify(rest)}`];
  });
}

describe('the trace of a link', () => {
  it('is a chain from the send event to the delivery', () => {
    const config = {
      rate: 45 * 8 * 1000, // the packet of 45 bytes takes 1 ms
      delay: 30,
      reorder: { probability: 1, by: 7 },
    };
    const { events, causes, trace } = traced(bothWays(config), [one]);
    expect(lines(events)).toEqual([
      '2 t5 cause 1 packet 1 enqueued {"queue":1}',
      '3 t1005 cause 2 packet 1 delayed {"by":30}',
      '4 t1005 cause 3 packet 1 reordered {"by":7}',
      '5 t1042 cause 4 packet 1 delivered {}',
    ]);
    // While the handler runs, what happens follows from the delivery; afterwards from what it did before.
    expect(causes).toEqual([[1, 5]]);
    expect(trace.cause).toBe(0);
  });

  it('a copy has the same id, and a chain of its own from the duplication on', () => {
    const { events } = traced({ ...bothWays({}), faults: [parseFault('duplicate client>server data 1')] }, [
      one,
    ]);
    expect(lines(events)).toEqual([
      '2 t5 cause 1 packet 1 duplicated {"copy":1}',
      '3 t5 cause 2 packet 1 delivered {}',
      '4 t5 cause 2 packet 1 delivered {}',
    ]);
  });

  it.each<[string, LinkConfig]>([
    ['loss', bothWays({ loss: 1 })],
    ['mtu', bothWays({ mtu: 44 })],
    ['outage', bothWays({ outages: [{ start: 0, end: 10 }] })],
    ['fault', { ...bothWays({}), faults: [parseFault('drop client>server any 1')] }],
  ])('says why a packet was lost: %s', (reason, config) => {
    expect(lines(traced(config, [one]).events)).toEqual([
      `2 t5 cause 1 packet 1 lost {"reason":"${reason}"}`,
    ]);
  });

  it('agrees with the statistics, and changes nothing', () => {
    fc.assert(
      fc.property(anyConfig, anySendings, (config, sendings) => {
        const sorted = [...sendings].sort((x, y) => x.at - y.at);
        const { events, link } = traced(config, sorted);
        for (const [direction, counted] of [
          ['client>server', link.statistics.forward],
          ['server>client', link.statistics.backward],
        ] as const) {
          const of = events.filter((event) => event.kind === 'link' && event.direction === direction);
          const count = (what: string) =>
            of.filter((event) => event.kind === 'link' && event.what === what).length;
          expect(count('delivered')).toBe(counted.delivered);
          expect(count('duplicated')).toBe(counted.duplicated);
          expect(count('corrupted')).toBe(counted.corrupted);
          expect(of.filter((event) => 'late' in event)).toHaveLength(counted.reordered);
          const lost = { loss: 0, queue: 0, mtu: 0, outage: 0, fault: 0 };
          for (const event of of) if (event.kind === 'link' && event.what === 'lost') lost[event.reason] += 1;
          expect(lost).toEqual(counted.lost);
        }
        const plain = new Bench(config);
        plain.play(sorted);
        expect(plain.link.statistics).toEqual(link.statistics);
        // Time never runs backwards, and every cause is an earlier event.
        events.forEach((event, i) => {
          expect(event.t).toBeGreaterThanOrEqual(events[i - 1]?.t ?? 0);
          expect(event.cause).toBeLessThan(event.n);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('restores the cause when a handler throws', () => {
    const trace = new Trace();
    const bench = new Bench(bothWays({}), { trace });
    trace.cause = 42;
    bench.link.b.onPacket(() => {
      throw new Error('no');
    });
    bench.link.a.send(one.bytes, 1);
    expect(() => bench.link.poll(0)).toThrow('no');
    expect(trace.cause).toBe(42);
  });

  it('uses the names given', () => {
    const trace = new Trace();
    const directions: string[] = [];
    trace.listen((event) => {
      if (event.kind === 'link') directions.push(event.direction);
    });
    const bench = new Bench(bothWays({}), { trace, names: ['left', 'right'] });
    bench.play([one, { ...one, end: 'b' }]);
    expect(directions).toEqual(['left>right', 'right>left']);
  });
});
