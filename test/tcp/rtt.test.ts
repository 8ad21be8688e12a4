/** The retransmission timeout against RFC 6298, worked by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RttEstimator } from '../../src/tcp/rtt.ts';

const SECOND = 1_000_000;

describe('RFC 6298', () => {
  it('(2.1) before a measurement the RTO is what was configured', () => {
    expect(new RttEstimator(SECOND, 0, 60 * SECOND).rto).toBe(SECOND);
  });

  it('(2.2) the first measurement R: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 * RTTVAR', () => {
    const rtt = new RttEstimator(SECOND, 0, 60 * SECOND);
    rtt.sample(100_000);
    expect([rtt.srtt, rtt.rttvar, rtt.rto]).toEqual([100_000, 50_000, 300_000]);
  });

  it('(2.3) later ones: RTTVAR with beta 1/4 from the old SRTT, then SRTT with alpha 1/8', () => {
    const rtt = new RttEstimator(SECOND, 0, 60 * SECOND);
    rtt.sample(100_000);
    rtt.sample(180_000);
    // RTTVAR = 3/4 * 50,000 + 1/4 * |100,000 - 180,000| = 37,500 + 20,000; SRTT = 7/8 * 100,000 + 1/8 * 180,000
    expect([rtt.srtt, rtt.rttvar]).toEqual([110_000, 57_500]);
    expect(rtt.rto).toBe(110_000 + 4 * 57_500);
    rtt.sample(110_000);
    // RTTVAR = 3/4 * 57,500 = 43,125; SRTT stays
    expect([rtt.srtt, rtt.rttvar, rtt.rto]).toEqual([110_000, 43_125, 282_500]);
  });

  it('(2.4), (2.5) the RTO is kept between its bounds', () => {
    const rtt = new RttEstimator(SECOND, 200_000, 2 * SECOND);
    rtt.sample(1000);
    expect(rtt.rto).toBe(200_000);
    for (let i = 0; i < 50; i++) rtt.sample(10 * SECOND);
    expect(rtt.rto).toBe(2 * SECOND);
  });

  it('(5.5) each expiry doubles it, up to the bound', () => {
    const rtt = new RttEstimator(SECOND, 0, 60 * SECOND);
    expect([0, 1, 2, 5, 6, 100].map((n) => rtt.backedOff(n) / SECOND)).toEqual([1, 2, 4, 32, 60, 60]);
  });

  it('(5.7) a SYN that timed out leaves 3 s for the first data', () => {
    const rtt = new RttEstimator(SECOND, 0, 60 * SECOND);
    rtt.afterSynTimeout();
    expect(rtt.rto).toBe(3 * SECOND);
    rtt.sample(1000);
    expect(rtt.rto).toBeLessThan(3 * SECOND);
  });

  it('with a steady path the variance dies away and G is what is left (2.3)', () => {
    const rtt = new RttEstimator(SECOND, 0, 60 * SECOND);
    for (let i = 0; i < 200; i++) rtt.sample(5000);
    expect(rtt.srtt).toBe(5000);
    // Rounded to whole us the variance stops at 1 or 2.
    expect(rtt.rto - rtt.srtt).toBeLessThanOrEqual(8);
    expect(rtt.rto).toBeGreaterThan(rtt.srtt);
  });

  it('stays within rounding of the real-valued formulas, whatever is measured', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 1, maxLength: 50 }),
        (all) => {
          const rtt = new RttEstimator(SECOND, 0, 1e12);
          let srtt = 0;
          let rttvar = 0;
          all.forEach((r, i) => {
            rtt.sample(r);
            rttvar = i === 0 ? r / 2 : 0.75 * rttvar + 0.25 * Math.abs(srtt - r);
            srtt = i === 0 ? r : 0.875 * srtt + 0.125 * r;
          });
          // Each step rounds by at most 1/2, and steps forget: 1/2 / (1 - 7/8) = 4 for SRTT (1 for a floor of 1 us).
          expect(Math.abs(rtt.srtt - srtt)).toBeLessThanOrEqual(5);
          expect(Math.abs(rtt.rttvar - rttvar)).toBeLessThanOrEqual(8);
          expect([rtt.srtt, rtt.rttvar, rtt.rto].every(Number.isInteger)).toBe(true);
          expect(rtt.minimum).toBeLessThanOrEqual(Math.max(...all));
        },
      ),
      { seed: 4, numRuns: 300 },
    );
  });
});
