/** NewReno's formulas (RFC 5681, RFC 6582), worked by hand with SMSS 1000. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NewReno } from '../../src/tcp/congestion.ts';

describe('NewReno', () => {
  it('begins with the initial window, and ssthresh arbitrarily high', () => {
    const reno = new NewReno(1000, 10);
    expect(reno.cwnd).toBe(10_000);
    expect(reno.ssthresh).toBeGreaterThanOrEqual(65_535 * 16_384);
    expect(reno.belowSsthresh()).toBe(true);
    reno.start(500, 4);
    expect(reno.cwnd).toBe(2000);
  });

  it('RFC 5681 (2): slow start adds what was acknowledged, at most SMSS an ACK', () => {
    const reno = new NewReno(1000, 2);
    reno.growExponentially(300);
    expect(reno.cwnd).toBe(2300);
    reno.growExponentially(5000);
    expect(reno.cwnd).toBe(3300);
  });

  it('section 3.1: congestion avoidance adds one SMSS for each window of bytes', () => {
    const reno = new NewReno(1000, 4);
    for (let i = 0; i < 3; i++) reno.growLinearly(1000);
    expect(reno.cwnd).toBe(4000);
    reno.growLinearly(1000);
    expect(reno.cwnd).toBe(5000);
    for (let i = 0; i < 5; i++) reno.growLinearly(1000);
    expect(reno.cwnd).toBe(6000);
  });

  it('never grows by more than one SMSS in a window, however ACKs are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 200 }), (acks) => {
        const reno = new NewReno(1000, 4);
        let bytes = 0;
        for (const acked of acks) {
          bytes += acked;
          reno.growLinearly(acked);
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

  it('RFC 5681 (4): ssthresh is half of what was outstanding, at least two SMSS', () => {
    const reno = new NewReno(1000, 10);
    reno.halve(9001);
    expect(reno.ssthresh).toBe(4500);
    reno.halve(1);
    expect(reno.ssthresh).toBe(2000);
  });

  it('RFC 6582 section 3.2 (3): leaves recovery with min(ssthresh, max(FlightSize, SMSS) + SMSS)', () => {
    const reno = new NewReno(1000, 10);
    reno.halve(20_000);
    reno.leaveRecovery(0);
    expect(reno.cwnd).toBe(2000);
    reno.leaveRecovery(5000);
    expect(reno.cwnd).toBe(6000);
    reno.leaveRecovery(50_000);
    expect(reno.cwnd).toBe(10_000);
  });

  it('the loss window is one SMSS', () => {
    const reno = new NewReno(1000, 10);
    reno.restart();
    expect(reno.cwnd).toBe(1000);
  });
});
