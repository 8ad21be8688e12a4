/** NewReno's formulas (RFC 5681, RFC 6582), worked by hand with SMSS 1000. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chart } from '../../../machines/event.ts';
import { compiledEngine } from '../../../src/chart/compiled.ts';
import { noSample } from '../../../src/tcp/congestion/congestion.ts';
import { NewReno } from '../../../src/tcp/congestion/newReno.ts';
import { TimerQueue } from '../../../src/time/timerQueue.ts';

const timers = new TimerQueue(0);
const scope = {
  timers,
  listener: undefined,
  onError(error: unknown): void {
    throw error;
  },
};

function newReno(smss: number, initialWindow: number): NewReno {
  const owner = {
    startChart: <Host extends object>(chart: Chart<Host>, host: Host) =>
      compiledEngine.start(chart, host, scope, 1),
  };
  return new NewReno(owner, smss, initialWindow);
}

/** ACKs of so many bytes each. */
function ack(reno: NewReno, ...bytes: number[]): void {
  for (const acked of bytes) reno.acked({ ...noSample(), acked });
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

  it('RFC 5681 (4): ssthresh is half of what was outstanding, at least two SMSS', () => {
    const reno = newReno(1000, 10);
    reno.reduce('recovery', 9001);
    expect(reno.ssthresh).toBe(4500);
    reno.reduce('recovery', 1);
    expect(reno.ssthresh).toBe(2000);
  });

  it('RFC 6582 section 3.2 (3): leaves recovery with min(ssthresh, max(FlightSize, SMSS) + SMSS)', () => {
    const reno = newReno(1000, 10);
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
