/** Loss recovery by time: the parts by themselves, and whole flows over links that reorder, lose, and are near or far. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FlowResult, runFlows } from '../../bench/flows.ts';
import type { DirectionConfig } from '../../src/channel/config.ts';
import { Prr } from '../../src/tcp/prr.ts';
import { isDuplicateReport, Rack } from '../../src/tcp/rack.ts';
import type { SegmentRecord } from '../../src/tcp/record.ts';
import { SendOrder } from '../../src/tcp/sendOrder.ts';
import { seq } from '../../src/tcp/seq.ts';

const blank = (): SegmentRecord =>
  ({ order: 0, linked: false, earlier: undefined, later: undefined }) as unknown as SegmentRecord;

function orderOf(sent: SendOrder): number[] {
  const orders: number[] = [];
  for (let record = sent.first; record !== undefined; record = record.later) orders.push(record.order);
  return orders;
}

describe('the order of sending', () => {
  it('is that of the last transmissions of those in flight, whatever is sent, taken out and put back', () => {
    const step = fc.record({ what: fc.constantFrom('sent', 'remove', 'putBack'), which: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sent = new SendOrder();
        const records = Array.from({ length: 10 }, blank);
        const inFlight = new Set<SegmentRecord>();
        for (const { what, which } of steps) {
          const record = records[which]!;
          if (what === 'sent') sent.sent(record);
          else if (what === 'remove' && record.linked) sent.remove(record);
          else if (what === 'putBack' && record.order > 0) sent.putBack(record);
          if (what === 'remove') inFlight.delete(record);
          else if (record.order > 0) inFlight.add(record);
          const wanted = [...inFlight].map(({ order }) => order).sort((a, b) => a - b);
          expect(orderOf(sent)).toEqual(wanted);
        }
      }),
    );
  });
});

describe('the reordering window (RFC 8985 section 6.2, step 4)', () => {
  const facts = { recovering: false, sackedSegments: 1, dupThresh: 3, minRtt: 40_000, srtt: 50_000 };

  it('is a quarter of the least RTT, at most SRTT, wider by each round trip with a D-SACK [RFC 8985 6.2]', () => {
    const rack = new Rack(3);
    expect(rack.reorderingWindow(facts)).toBe(10_000);
    rack.dsack(seq(100), seq(200));
    expect(rack.reorderingWindow(facts)).toBe(20_000);
    // Not yet a round trip later
    rack.dsack(seq(150), seq(300));
    expect(rack.reorderingWindow(facts)).toBe(20_000);
    for (let i = 2; i < 20; i++) rack.dsack(seq(100 * i), seq(100 * i + 100));
    expect(rack.reorderingWindow(facts)).toBe(50_000);
  });

  it('is a quarter again after 16 recoveries without a D-SACK', () => {
    const rack = new Rack(3);
    rack.dsack(seq(100), seq(200));
    for (let i = 0; i < 15; i++) rack.recovered();
    expect(rack.reorderingWindow(facts)).toBe(20_000);
    rack.recovered();
    expect(rack.reorderingWindow(facts)).toBe(10_000);
  });

  it('is nothing for the third segment, and in recovery, as long as nothing has come out of order', () => {
    const rack = new Rack(3);
    expect(rack.reorderingWindow({ ...facts, sackedSegments: 3 })).toBe(0);
    expect(rack.reorderingWindow({ ...facts, recovering: true })).toBe(0);
    rack.foundLate(5000, 1000);
    expect(rack.reorderingWindow({ ...facts, sackedSegments: 3, recovering: true })).toBe(10_000);
    expect(rack.reordering).toBe(5);
  });
});

describe('proportional rate reduction (RFC 9937)', () => {
  it('brings the flight down to ssthresh over one flight, never all at once [RFC 6937 3]', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 200 }), fc.integer({ min: 2, max: 100 }), (segments, left) => {
        const smss = 1000;
        const ssthresh = Math.min(left, segments - 1) * smss;
        const prr = new Prr();
        prr.begin(segments * smss);
        // One is lost, and goes again; the others arrive one by one, and what may goes out
        let pipe = (segments - 1) * smss;
        for (let arrived = 1; arrived < segments; arrived++) {
          pipe -= smss;
          const cwnd = prr.window(smss, pipe, ssthresh, smss, false);
          while (pipe + smss <= cwnd) {
            pipe += smss;
            prr.sent(smss);
          }
          expect(prr.out).toBeLessThanOrEqual(Math.ceil((prr.delivered * ssthresh) / prr.flight) + smss);
        }
        expect(Math.abs(pipe - ssthresh)).toBeLessThanOrEqual(smss);
      }),
    );
  });
});

describe('a D-SACK (RFC 2883)', () => {
  it.each([
    ['below the ACK', [100, 200], 200, true],
    ['within the second block', [400, 500, 300, 600], 200, true],
    ['no block', [], 200, false],
    ['an ordinary one', [300, 400], 200, false],
    ['two that are apart', [300, 400, 500, 600], 200, false],
  ])('%s', (_, blocks, ack, wanted) => {
    expect(isDuplicateReport(Uint32Array.from(blocks), blocks.length / 2, seq(ack))).toBe(wanted);
  });
});

function flow(link: DirectionConfig, bytes: number, seconds: number): FlowResult {
  const large = { sendBuffer: 1 << 20, receiveBuffer: 1 << 20 };
  return runFlows({ link, seed: 1, senders: [large], receiver: large, bytes, seconds })[0]!;
}

const LATE: DirectionConfig = { reorder: { probability: 0.1, by: 5000 } };

describe('flows', () => {
  it('pure reordering: under 0.1 % of the segments are sent again needlessly', () => {
    const result = flow({ rate: 10e6, delay: 20_000, queue: 1000, ...LATE }, 3_000_000, 60);
    expect(result.received).toBe(3_000_000);
    expect(result.needless / result.segments).toBeLessThan(0.001);
    expect(result.timeouts).toBe(0);
  });

  // 2 % are lost; nothing waits longer than the timer may, and nothing is sent much more often than that
  it.each([0, 5, 5_000_000])('a one-way delay of %i us: no stall, no storm', (delay) => {
    for (const loss of [0, 0.02]) {
      const result = flow({ delay, loss }, 500_000, 10_000);
      expect(result.received).toBe(500_000);
      expect(result.longestSilence).toBeLessThanOrEqual(result.longestRto);
      expect(result.segments).toBeLessThan(1.15 * (500_000 / 1448));
    }
  });

  it('retransmissions that are lost as well are repaired without the timer', () => {
    // Every 20th packet is lost: of some 70 retransmissions a few are
    const result = flow({ rate: 10e6, delay: 20_000, loss: 0.05 }, 2_000_000, 60);
    expect(result.received).toBe(2_000_000);
    expect(result.retransmissions).toBeGreaterThan(50);
    expect(result.timeouts).toBeLessThanOrEqual(2);
  });
});
