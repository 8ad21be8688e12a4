/** CUBIC (RFC 9438) against its formulas in plain floating point, HyStart++ (RFC 9406), and the cube root. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cubeRoot } from '../../../src/tcp/congestion/cubeRoot.ts';
import { Cubic } from '../../../src/tcp/congestion/cubic.ts';
import { owner, sample } from './rig.ts';

const SMSS = 1000;

function cubic(initialWindow = 100): Cubic {
  return new Cubic({ owner, smss: SMSS, initialWindow, abcLimit: 8, hystart: true });
}

describe('the cube root', () => {
  it('is exact for every cube, and for what lies just beside it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 208_063 }), (root) => {
        const cube = root * root * root;
        expect([cubeRoot(cube - 1), cubeRoot(cube), cubeRoot(cube + 1)]).toEqual([root - 1, root, root]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('is the largest integer whose cube is not larger', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (x) => {
        const root = BigInt(cubeRoot(x));
        expect(root ** 3n <= BigInt(x) && (root + 1n) ** 3n > BigInt(x)).toBe(true);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

/** What RFC 9438 says the window is `t` seconds after a loss at `wMax` segments, one RTT (s) of growth ahead. */
function reference(wMax: number, t: number, rtt: number): number {
  const k = Math.cbrt((wMax * 0.3) / 0.4);
  const curve = 0.4 * (t + rtt - k) ** 3 + wMax;
  const reno = wMax * 0.7 + ((3 * 0.3) / 1.7) * (t / rtt);
  return Math.max(curve, reno);
}

describe('CUBIC', () => {
  it('section 4.6: a loss leaves 0.7 of the window; two segments at least [RFC 9438 4]', () => {
    const control = cubic();
    control.reduce('recovery', 50 * SMSS);
    expect(control.ssthresh).toBe(70 * SMSS);
    control.cwnd = SMSS;
    control.reduce('recovery', SMSS);
    expect(control.ssthresh).toBe(2 * SMSS);
  });

  it('sections 4.2 and 4.3: after a loss the window follows the curve, or Reno where that is faster [RFC 9438 4, MAY-18]', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 300 }), fc.integer({ min: 20, max: 200 }), (wMax, rttMs) => {
        const control = cubic(wMax);
        control.reduce('recovery', wMax * SMSS);
        control.cwnd = control.ssthresh;
        const srtt = rttMs * 1000;
        // A window of ACKs each round trip, for twice as long as the curve is flat
        const end = 2 * Math.cbrt((wMax * 0.3) / 0.4) * 1e6;
        let now = 0;
        while (now < end) {
          const { cwnd } = control;
          for (let sent = 0; sent < cwnd; sent += SMSS) {
            control.acked(sample({ acked: SMSS, now: now + Math.floor((srtt * sent) / cwnd), srtt }));
          }
          now += srtt;
          // No Reno beyond the loss: it is faster there than this
          if (control.cwnd > wMax * SMSS) continue;
          const expected = reference(wMax, now / 1e6, srtt / 1e6);
          const before = reference(wMax, (now - 2 * srtt) / 1e6, srtt / 1e6);
          expect(control.cwnd / SMSS).toBeGreaterThan(Math.min(before, wMax) * 0.97 - 1);
          expect(control.cwnd / SMSS).toBeLessThan(expected * 1.03 + 2);
        }
        expect(control.cwnd / SMSS).toBeGreaterThan(wMax);
      }),
      { seed: 3, numRuns: 12 },
    );
  });

  it('section 4.7: a second loss below the first one lowers the claim: the curve is flat at 0.85 of it', () => {
    const control = cubic(100);
    control.reduce('recovery', 0);
    control.cwnd = control.ssthresh;
    control.reduce('recovery', 0);
    control.cwnd = control.ssthresh;
    // Cut at 70, W_max 59.5: K is the cube root of (59.5 - 49) / 0.4 seconds
    const k = Math.cbrt(10.5 / 0.4);
    control.acked(sample({ acked: 1, now: 0, srtt: 1 }));
    for (let now = 0; now < k * 1e6; now += 1000)
      control.acked(sample({ acked: 4000, now, srtt: 100_000_000 }));
    expect(control.cwnd / SMSS).toBeGreaterThan(59);
  });

  it('section 4.8: after a timeout there is no plateau: the window leaves from where slow start ends', () => {
    const control = cubic(100);
    control.reduce('timeout', 0);
    control.timedOut(true);
    expect([control.cwnd, control.ssthresh]).toEqual([SMSS, 70 * SMSS]);
    control.cwnd = control.ssthresh;
    control.acked(sample({ acked: SMSS, now: 1e6, srtt: 10_000 }));
    // C t^3, ten seconds later, is 400 segments: half a window at most in a round trip
    control.acked(sample({ acked: 70 * SMSS, now: 11e6, srtt: 10_000 }));
    expect(control.cwnd / SMSS).toBeCloseTo(105, 0);
  });

  it('section 5.8: time in which nothing was sent is not on the curve', () => {
    const grown = (idle: boolean): number => {
      const control = cubic(100);
      control.reduce('recovery', 0);
      control.cwnd = control.ssthresh;
      control.acked(sample({ acked: SMSS, now: 1e6, srtt: 10_000 }));
      if (idle) control.afterIdle(9e6, 10e6);
      control.acked(sample({ acked: SMSS, now: idle ? 10.1e6 : 1.1e6, srtt: 10_000 }));
      return control.cwnd;
    };
    expect(grown(true)).toBe(grown(false));
  });

  it('section 4.9: an undone cut leaves window and curve as they were', () => {
    const control = cubic(100);
    control.reduce('recovery', 0);
    control.cwnd = control.ssthresh;
    for (let i = 0; i < 50; i++) control.acked(sample({ acked: SMSS, now: i * 10_000, srtt: 10_000 }));
    const before = control.snapshot();
    control.save();
    control.reduce('recovery', 0);
    control.undo();
    expect({ ...control.snapshot(), savedCwnd: 0, savedSsthresh: 0, savedCurve: 0 }).toEqual({
      ...{ ...before, savedCwnd: 0, savedSsthresh: 0, savedCurve: 0 },
    });
  });
});

describe('HyStart++', () => {
  /** A round trip of eight ACKs with this RTT, ms. */
  function round(control: Cubic, rtt: number): void {
    for (let i = 0; i < 8; i++) {
      control.acked(sample({ acked: SMSS, rtt: rtt * 1000, roundStart: i === 0, now: 1, srtt: 1 }));
    }
  }

  it('section 4.2: an RTT that grows by an eighth, 4 ms at least, slows slow start down to a quarter [RFC 9406 4.2]', () => {
    const control = cubic(10);
    round(control, 40);
    round(control, 44);
    expect([control.chart.state, control.cwnd]).toEqual(['slowStart', 26 * SMSS]);
    round(control, 49.5);
    expect(control.chart.state).toBe('conservativeSlowStart');
    const { cwnd } = control;
    round(control, 49.5);
    expect(control.cwnd).toBe(cwnd + 2 * SMSS);
  });

  it('section 4.2: when the RTT falls back slow start goes on', () => {
    const control = cubic(10);
    round(control, 40);
    round(control, 50);
    round(control, 45);
    expect(control.chart.state).toBe('slowStart');
  });

  it('section 4.2: five rounds of it, and the window is where it should be', () => {
    const control = cubic(10);
    round(control, 40);
    for (let i = 0; i < 6; i++) round(control, 50);
    expect(control.chart.state).toBe('avoidance');
    expect(control.ssthresh).toBeLessThan(40 * SMSS);
  });
});
