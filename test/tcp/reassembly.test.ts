/** What is kept ahead of a gap, against a set of sequence numbers; SACK blocks by RFC 2018 section 4. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reassembly } from '../../src/tcp/reassembly.ts';
import { add, distance, type Seq, seq } from '../../src/tcp/seq.ts';

const BASE = seq(0xffff_ff80);
const at = (n: number): Seq => add(BASE, n);
const n = (s: number): number => distance(seq(s), BASE);

function blocksOf(reassembly: Reassembly, most = 4): [number, number][] {
  const raw = new Uint32Array(8);
  const count = reassembly.blocks(raw, most);
  return Array.from({ length: count }, (_, i) => [n(raw[2 * i]!), n(raw[2 * i + 1]!)]);
}

type Step = { left: number; length: number } | { advance: number };
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        left: fc.integer({ min: 1, max: 250 }),
        length: fc.integer({ min: 1, max: 20 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 30 }) }) },
  ),
  { maxLength: 80 },
) as fc.Arbitrary<Step[]>;

/** Runs of numbers that follow each other. */
function runs(held: ReadonlySet<number>): [number, number][] {
  const result: [number, number][] = [];
  for (const value of [...held].sort((a, b) => a - b)) {
    const last = result[result.length - 1];
    if (last !== undefined && last[1] === value) last[1] = value + 1;
    else result.push([value, value + 1]);
  }
  return result;
}

describe('reassembly', () => {
  it('holds what a set would, across the wrap', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const reassembly = new Reassembly();
        const held = new Set<number>();
        let next = 0;
        for (const step of list) {
          if ('advance' in step) {
            next += step.advance;
            const reached = n(reassembly.advance(at(next)));
            while (held.has(next)) next += 1;
            for (const value of held) if (value < next) held.delete(value);
            expect(reached).toBe(next);
          } else {
            const left = next + step.left;
            expect(reassembly.add(at(left), at(left + step.length))).toBe(true);
            for (let i = 0; i < step.length; i++) held.add(left + i);
          }
          expect(reassembly.ranges.map(({ left, right }) => [n(left), n(right)])).toEqual(runs(held));
          expect(reassembly.empty).toBe(held.size === 0);
        }
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it('RFC 2018 section 4: the first block holds the newest arrival, the others follow by age, none twice', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (list, most) => {
        const reassembly = new Reassembly();
        /** When each number last belonged to the range that grew. */
        let arrivals: [number, number][] = [];
        for (const step of list) {
          if ('advance' in step) continue;
          const { left, length } = step;
          reassembly.add(at(left), at(left + length));
          arrivals = [[left, left + length], ...arrivals];
        }
        const held = new Set<number>();
        for (const [left, right] of arrivals) for (let i = left; i < right; i++) held.add(i);
        const expected: [number, number][] = [];
        for (const [left] of arrivals) {
          const run = runs(held).find(([from, to]) => from <= left && left < to)!;
          if (!expected.some(([from]) => from === run[0])) expected.push(run);
        }
        expect(blocksOf(reassembly, most)).toEqual(expected.slice(0, most));
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('RFC 2018 section 4, example 3: blocks stay in line as the second, fourth, sixth and eighth are lost', () => {
    const reassembly = new Reassembly();
    const segment = (left: number) => reassembly.add(at(left), at(left + 500));
    segment(6000);
    expect(blocksOf(reassembly)).toEqual([[6000, 6500]]);
    segment(7000);
    segment(8000);
    expect(blocksOf(reassembly)).toEqual([
      [8000, 8500],
      [7000, 7500],
      [6000, 6500],
    ]);
    // The fourth (6500) arrives: it joins two, and is reported first.
    segment(6500);
    expect(blocksOf(reassembly)).toEqual([
      [6000, 7500],
      [8000, 8500],
    ]);
    expect(n(reassembly.advance(at(6000)))).toBe(7500);
    expect(blocksOf(reassembly)).toEqual([[8000, 8500]]);
  });

  it('keeps no endless list of crumbs', () => {
    const reassembly = new Reassembly();
    let taken = 0;
    for (let i = 0; i < 1000; i++) if (reassembly.add(at(10 + 2 * i), at(11 + 2 * i))) taken += 1;
    expect(taken).toBe(256);
    expect(reassembly.count).toBe(256);
    // What touches a range that is held is still taken.
    expect(reassembly.add(at(11), at(12))).toBe(true);
  });
});
