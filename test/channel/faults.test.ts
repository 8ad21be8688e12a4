import { describe, expect, it } from 'vitest';
import { bothWays, type Fault, parseFault } from '../../src/channel/index.ts';
import { ACK, Bench, FIN, hex, RST, SYN, tcp } from './drive.ts';

const PSH = 8;

/** One of each kind, as a connection sends them; ids 1 to 8. */
const segments = [
  tcp(SYN),
  tcp(SYN | ACK),
  tcp(ACK),
  tcp(ACK | PSH, 'one'),
  tcp(ACK, 'two'),
  tcp(ACK, 'three'),
  tcp(FIN | ACK),
  tcp(RST),
];

function play(faults: readonly string[], packets: readonly Uint8Array[] = segments, end: 'a' | 'b' = 'a') {
  const bench = new Bench({ ...bothWays({}), faults: faults.map(parseFault) });
  const arrivals = bench.play(packets.map((bytes, i) => ({ at: i * 1000, end, bytes })));
  return { arrivals, ids: arrivals.map(({ id }) => id), statistics: bench.link.statistics };
}

describe('a fault', () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8];
  it.each([
    ['syn 1', [1]],
    ['synack 1', [2]],
    ['ack 1', [3]],
    ['data 1', [4]],
    ['data 3', [6]],
    ['data 2-3', [5, 6]],
    ['data every 2', [5]],
    ['data all', [4, 5, 6]],
    ['data 4', []],
    ['fin 1', [7]],
    ['rst 1', [8]],
    ['any 2', [2]],
    ['any every 3', [3, 6]],
  ])('drop client>server %s hits exactly those', (rule, hit) => {
    const { ids, statistics } = play([`drop client>server ${rule}`]);
    expect(ids).toEqual(all.filter((id) => !hit.includes(id)));
    expect(statistics.forward.lost.fault).toBe(hit.length);
  });

  it('counts a segment with data and FIN as both, and a packet that is no TCP only as any', () => {
    const both = [tcp(FIN | ACK, 'last')];
    expect(play(['drop client>server data 1'], both).ids).toEqual([]);
    expect(play(['drop client>server fin 1'], both).ids).toEqual([]);
    const junk = [Uint8Array.of(1, 2, 3)];
    for (const kind of ['syn', 'synack', 'ack', 'data', 'fin', 'rst']) {
      expect(play([`drop client>server ${kind} 1`], junk).ids).toEqual([1]);
    }
    expect(play(['drop client>server any 1'], junk).ids).toEqual([]);
  });

  it('is for its direction only', () => {
    expect(play(['drop server>client data 1']).ids).toEqual(all);
    expect(play(['drop server>client data 1'], segments, 'b').ids).toEqual([1, 2, 3, 5, 6, 7, 8]);
  });

  it('corrupts one bit', () => {
    const { arrivals, statistics } = play(['corrupt client>server data 2']);
    expect(statistics.forward.corrupted).toBe(1);
    arrivals.forEach(({ id, hex: bytes }) => {
      expect(bytes === hex(segments[id - 1]!)).toBe(id !== 5);
    });
  });

  it('duplicates', () => {
    expect(play(['duplicate client>server fin 1']).ids).toEqual([1, 2, 3, 4, 5, 6, 7, 7, 8]);
  });

  it('leaves alone the copy of a packet, also in the buffer of one that it did delay', () => {
    const faults = ['delay 1 client>server syn all', 'duplicate client>server data all'].map(parseFault);
    const bench = new Bench({ ...bothWays({}), faults });
    const sendings = [tcp(SYN), tcp(SYN), tcp(ACK, 'one')].map((bytes, i) => {
      return { at: i < 2 ? 0 : 5000, end: 'a' as const, bytes };
    });
    expect(bench.play(sendings).map(({ id, at }) => [id, at])).toEqual([
      [1, 1000],
      [2, 1000],
      [3, 5000],
      [3, 5000],
    ]);
  });

  it('delays, so that others overtake', () => {
    const { arrivals, ids, statistics } = play(['delay 2.5 client>server data 1']);
    expect(ids).toEqual([1, 2, 3, 5, 6, 4, 7, 8]);
    expect(arrivals.find(({ id }) => id === 4)?.at).toBe(3000 + 2500);
    expect(statistics.forward.reordered).toBe(1);
  });

  it('may meet others on the same packet; each rule counts by itself', () => {
    const rules = [
      'delay 1 client>server data 1',
      'delay 2 client>server any 4',
      'drop client>server data 2',
    ];
    const { arrivals, ids } = play(rules);
    expect(arrivals.find(({ id }) => id === 4)?.at).toBe(3000 + 3000);
    expect(ids).not.toContain(5);
  });
});

describe('parseFault', () => {
  it.each<[string, Fault]>([
    [
      'drop client>server data 3',
      { action: 'drop', delay: 0, direction: 'client>server', kind: 'data', which: { first: 3, last: 3 } },
    ],
    [
      '  delay 0.5  server>client synack every 4 ',
      { action: 'delay', delay: 500, direction: 'server>client', kind: 'synack', which: { every: 4 } },
    ],
    [
      'corrupt server>client any 3-5',
      { action: 'corrupt', delay: 0, direction: 'server>client', kind: 'any', which: { first: 3, last: 5 } },
    ],
    [
      'duplicate client>server rst all',
      { action: 'duplicate', delay: 0, direction: 'client>server', kind: 'rst', which: { every: 1 } },
    ],
  ])('reads %s', (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  it.each([
    ['', 'action is missing'],
    ['lose client>server data 3', "'lose' is no action"],
    ['drop', 'direction is missing'],
    ['drop data 3', "'data' is no direction"],
    ['drop client>server', 'kind of segment is missing'],
    ['drop client>server urg 3', "'urg' is no kind of segment"],
    ['drop client>server toString 3', "'toString' is no kind of segment"],
    ['drop client>server data', 'which packets is missing'],
    ['drop client>server data 0', "'0' does not say which packets"],
    ['drop client>server data -3', "'' does not say which packets"],
    ['drop client>server data x', "'x' does not say which packets"],
    ['drop client>server data 5-3', "'5-3' runs backwards"],
    ['drop client>server data 1-2-3', "'2-3' does not say which packets"],
    ['drop client>server data every', "'' does not say which packets"],
    ['drop client>server data every 0', "'0' does not say which packets"],
    ['drop client>server data 3 4', "'4' is one word too many"],
    ['delay client>server data 3', "milliseconds from 0 to 86400000 (a day), not 'client>server'"],
    ['delay -1 client>server data 3', "not '-1'"],
  ])('refuses %j', (text, complaint) => {
    expect(() => parseFault(text)).toThrow(RangeError);
    expect(() => parseFault(text)).toThrow(`fault '${text}'`);
    expect(() => parseFault(text)).toThrow(complaint);
  });
});
