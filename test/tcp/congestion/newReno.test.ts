/** NewReno's formulas (RFC 5681, RFC 6582), worked by hand with SMSS 1000. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NewReno } from '../../../src/tcp/congestion/newReno.ts';
import { owner, sample } from './rig.ts';

function newReno(smss: number, initialWindow: number, abcLimit = 1): NewReno {
  return new NewReno({ owner, smss, initialWindow, abcLimit, hystart: false });
}

/** ACKs of so many bytes each. */
function ack(reno: NewReno, ...bytes: number[]): void {
  for (const acked of bytes) reno.acked(sample({ acked }));
}

/** In congestion avoidance with a window of so many segments of 1000. */
function avoiding(segments: number): NewReno {
  const reno = newReno(1000, segments);
  reno.ssthresh = reno.cwnd;
  return reno;
}

describe('NewReno', () => {
  it('begins with the initial window, and ssthresh arbitrarily high', () => {
    const reno = newReno(1000, 10);
    expect(reno.cwnd).toBe(10_000);
    expect(reno.ssthresh).toBeGreaterThanOrEqual(65_535 * 16_384);
    expect(reno.chart.state).toBe('slowStart');
    reno.start(500, 4);
    expect(reno.cwnd).toBe(2000);
  });

  it('RFC 5681 (2): slow start adds what was acknowledged, at most SMSS an ACK', () => {
    const reno = newReno(1000, 2);
    ack(reno, 300);
    expect(reno.cwnd).toBe(2300);
    ack(reno, 5000);
    expect(reno.cwnd).toBe(3300);
  });

  it('section 3.1: congestion avoidance adds one SMSS for each window of bytes', () => {
    const reno = avoiding(4);
    ack(reno, 1000, 1000, 1000);
    expect(reno.cwnd).toBe(4000);
    ack(reno, 1000);
    expect(reno.cwnd).toBe(5000);
    ack(reno, 1000, 1000, 1000, 1000, 1000);
    expect(reno.cwnd).toBe(6000);
  });

  it('never grows by more than one SMSS in a window, however ACKs are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 200 }), (acks) => {
        const reno = avoiding(4);
        let bytes = 0;
        for (const acked of acks) {
          bytes += acked;
          ack(reno, acked);
        }
        // 4000 bytes for the first SMSS, 5000 for the second, ...
        let expected = 4000;
        for (let left = bytes; left >= expected; ) {
          left -= expected;
          expected += 1000;
        }
        expect(reno.cwnd).toBe(expected);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('RFC 3465: slow start counts bytes, up to L segments an ACK, and stops at ssthresh [RFC 3465 2]', () => {
    const reno = newReno(1000, 2, 2);
    ack(reno, 300, 1500, 2000, 9000);
    expect(reno.cwnd).toBe(2000 + 300 + 1500 + 2000 + 2000);
    reno.ssthresh = 8000;
    ack(reno, 2000);
    expect(reno.cwnd).toBe(8000);
  });

  it('RFC 3465: after a timeout an ACK counts for one segment, whatever it covers [RFC 3465 2]', () => {
    const reno = newReno(1000, 2, 8);
    reno.acked(sample({ acked: 5000, afterTimeout: true }));
    expect(reno.cwnd).toBe(3000);
    reno.acked(sample({ acked: 400, afterTimeout: true }));
    expect(reno.cwnd).toBe(3400);
  });

  it('RFC 7661: an ACK does not open a window that was not used [RFC 7661 4]', () => {
    const reno = newReno(1000, 2);
    reno.acked(sample({ acked: 1000, cwndLimited: false }));
    expect(reno.cwnd).toBe(2000);
  });

  it('RFC 2861: idle, the window is halved for every RTO, down to the initial one; ssthresh remembers', () => {
    const reno = newReno(1000, 10);
    reno.cwnd = 80_000;
    reno.ssthresh = 40_000;
    reno.afterIdle(500, 1000);
    expect(reno.cwnd).toBe(80_000);
    reno.afterIdle(2500, 1000);
    expect([reno.cwnd, reno.ssthresh]).toEqual([20_000, 60_000]);
    reno.afterIdle(1e6, 1000);
    expect([reno.cwnd, reno.ssthresh]).toEqual([10_000, 60_000]);
  });

  it('RFC 2861: one that is not filled for an RTO comes halfway down to what was used', () => {
    const reno = newReno(1000, 10);
    reno.cwnd = 80_000;
    reno.unused(20_000);
    expect([reno.cwnd, reno.ssthresh]).toEqual([50_000, 0x7fffffff]);
  });

  it('RFC 4015: a cut that was not called for is taken back [RFC 4015 3]', () => {
    const reno = newReno(1000, 20);
    reno.save();
    reno.reduce('timeout', 20_000);
    reno.timedOut(true);
    expect([reno.cwnd, reno.ssthresh]).toEqual([1000, 10_000]);
    reno.undo();
    expect([reno.cwnd, reno.ssthresh]).toEqual([20_000, 0x7fffffff]);
  });

  it('RFC 5681 (4): ssthresh is half of what was outstanding, in whole segments, at least two', () => {
    const reno = newReno(1000, 10);
    reno.reduce('recovery', 9001);
    expect(reno.ssthresh).toBe(4000);
    // Section 3.2, step 2: two segments of limited transmit do not count
    reno.reduce('recovery', 12_000);
    expect(reno.ssthresh).toBe(5000);
    reno.reduce('recovery', 1);
    expect(reno.ssthresh).toBe(2000);
  });

  it('RFC 6582 section 3.2 (3): leaves recovery with min(ssthresh, max(FlightSize, SMSS) + SMSS)', () => {
    const reno = newReno(1000, 20);
    reno.reduce('recovery', 20_000);
    reno.recovered(0);
    expect(reno.cwnd).toBe(2000);
    reno.recovered(5000);
    expect(reno.cwnd).toBe(6000);
    reno.recovered(50_000);
    expect(reno.cwnd).toBe(10_000);
  });

  it('the loss window is one SMSS', () => {
    const reno = newReno(1000, 10);
    reno.timedOut(true);
    expect(reno.cwnd).toBe(1000);
  });
});
