/** BBR, version 3 (draft-ietf-ccwg-bbr-06): what losses say, by the draft's formulas. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bbr3 } from '../../../src/tcp/congestion/bbr3.ts';
import { Bbr3Bounds, NO_LIMIT } from '../../../src/tcp/congestion/bbr3Bounds.ts';
import type { SegmentRecord } from '../../../src/tcp/record.ts';
import { owner, sample } from './rig.ts';

const SMSS = 1000;

/** A segment sent with so much in flight, itself included. */
function segment(start: number, inFlight: number, lost = 0): SegmentRecord {
  const rate = { inFlight, lost, delivered: 0, deliveredAt: 0, firstSentAt: 0, appLimited: false };
  return { start, end: start + SMSS, length: SMSS, rate } as unknown as SegmentRecord;
}

function rate(given: object): { rate: ReturnType<typeof sample>['rate'] } {
  return { rate: { ...sample({}).rate, interval: 100_000, ...given } };
}

function bbr3(): Bbr3 {
  const made = new Bbr3({ owner, smss: SMSS, initialWindow: 10, abcLimit: 8, hystart: true });
  made.start(SMSS, 10);
  return made;
}

/** A round trip of startup is over: 100 kB of 200 in flight came in 100 ms, and in so many places a segment was lost. */
function lossyRound(algorithm: Bbr3, places: number): void {
  const before = { deliveredTotal: 100_000, delivered: 100_000, srtt: 100_000, rtt: 100_000 };
  algorithm.acked(sample({ ...before, ...rate({ delivered: 100_000, priorDelivered: 0 }) }));
  for (let i = 0; i < places; i++) algorithm.lost(segment(2 * i * SMSS, 200_000), (i + 1) * SMSS, 100_000);
  algorithm.save();
  const lost = { lost: places * SMSS, sentInFlight: 200_000, delivered: 100_000, priorDelivered: 100_000 };
  algorithm.acked(
    sample({
      deliveredTotal: 200_000,
      delivered: 100_000,
      recovery: 'recovery',
      inFlight: 200_000,
      ...rate(lost),
    }),
  );
}

describe('startup', () => {
  it('ends after a round trip of recovery that lost more than 2 % in six places, not five (section 5.3.1.3)', () => {
    const [six, five] = [bbr3(), bbr3()];
    lossyRound(six, 6);
    lossyRound(five, 5);
    expect(six.chart.state).toBe('drain');
    expect(five.chart.state).toBe('startup');
    // 100 kB were delivered in the round; so much fits in flight
    expect(six.bounds.longFlight).toBe(100_000);
    expect(five.bounds.longFlight).toBe(NO_LIMIT);
  });

  it('goes on when the losses were none (section 5.5.11.2)', () => {
    const algorithm = bbr3();
    lossyRound(algorithm, 6);
    algorithm.undo();
    expect(algorithm.chart.state).toBe('startup');
    expect(algorithm.model.fullReached).toBe(false);
    expect(algorithm.bounds.longFlight).toBe(NO_LIMIT);
  });
});

describe('the bounds', () => {
  it('the flight at which losses crossed 2 % is exact (section 5.5.10.2)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), fc.nat({ max: 50 }), (flight, lostBefore) => {
        const lost = (lostBefore + 1) * SMSS;
        const found = new Bbr3Bounds().flightAtLoss(segment(0, flight * SMSS), lost);
        // Of what is in flight up to there, prefix of the lost segment included, 2 % is lost
        const prefix = found - (flight - 1) * SMSS;
        expect(Math.abs(lostBefore * SMSS + prefix - 0.02 * found)).toBeLessThanOrEqual(1);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('a round with a loss leaves what was delivered, and 0.7 at least (section 5.5.10.3)', () => {
    const bounds = new Bbr3Bounds();
    const lose = (delivered: number): void => {
      bounds.noteLoss(segment(0, 1), 0);
      bounds.lossRoundStart = true;
      bounds.latestBandwidth = delivered * 10;
      bounds.latestFlight = delivered;
      bounds.adaptShort(false, 1_000_000, 100_000);
    };
    lose(90_000);
    expect([bounds.shortBandwidth, bounds.shortFlight]).toEqual([900_000, 90_000]);
    lose(10_000);
    expect([bounds.shortBandwidth, bounds.shortFlight]).toEqual([630_000, 63_000]);
  });

  it('a loss while more is sent than fits bounds nothing for the time being', () => {
    const bounds = new Bbr3Bounds();
    bounds.noteLoss(segment(0, 1), 0);
    bounds.lossRoundStart = true;
    bounds.adaptShort(true, 1_000_000, 100_000);
    expect(bounds.shortFlight).toBe(NO_LIMIT);
  });

  it('a probe raises the bound by 1, 2, 4, 8 segments in successive rounds (section 5.3.3.4)', () => {
    const bounds = new Bbr3Bounds();
    const cwnd = 64 * SMSS;
    bounds.longFlight = cwnd;
    bounds.raiseSlope(cwnd, SMSS);
    const raised = [1, 2, 3, 4].map(() => {
      const before = bounds.longFlight;
      for (let i = 1; i <= 64; i++)
        bounds.raiseLong(sample({ atWindow: true, delivered: SMSS }), NO_LIMIT, SMSS, false);
      bounds.raiseSlope(cwnd, SMSS);
      return (bounds.longFlight - before) / SMSS;
    });
    expect(raised).toEqual([1, 2, 4, 8]);
  });

  it('15 % of the bound are left to others, a segment at least', () => {
    const bounds = new Bbr3Bounds();
    expect(bounds.withHeadroom(SMSS, 4 * SMSS)).toBe(NO_LIMIT);
    bounds.longFlight = 100 * SMSS;
    expect(bounds.withHeadroom(SMSS, 4 * SMSS)).toBe(85 * SMSS);
    bounds.longFlight = 6 * SMSS;
    expect(bounds.withHeadroom(SMSS, 4 * SMSS)).toBe(5 * SMSS);
    bounds.longFlight = SMSS;
    expect(bounds.withHeadroom(SMSS, 4 * SMSS)).toBe(4 * SMSS);
  });
});
