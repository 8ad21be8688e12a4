/** The charts of congestion control at a real connection. */
import { expect } from 'vitest';
import { growth as growthChart } from '../../machines/index.ts';
import type { CongestionControl } from '../../src/tcp/congestion/congestion.ts';
import type { TcpConfig } from '../../src/tcp/index.ts';
import type { Driver } from './driver.ts';
import { MSS, TcpRig } from './tcpRig.ts';

/** A small segment: each is measured by itself. */
const SMALL = 20;

/** A connection whose window holds twenty segments, and what it was like before the step. */
export class SenderRig extends TcpRig {
  cwnd = 0;
  ssthresh = 0;

  get congestion(): CongestionControl {
    return this.connection.sender.congestion;
  }

  override begin(): void {
    super.begin();
    if (this.host.connections.length === 0) return;
    this.cwnd = this.congestion.cwnd;
    this.ssthresh = this.congestion.ssthresh;
  }

  /** So many bytes go out; what they do to other charts is forgotten. */
  send(bytes: number): void {
    this.prepare(() => this.write(bytes));
  }

  /** SND.UNA, from the ISS. */
  get una(): number {
    const { una, iss } = this.connection.snd;
    return (una - iss) | 0;
  }

  /** Three duplicate ACKs. */
  duplicates(): void {
    for (let i = 0; i < 3; i++) this.say('.', { ack: this.una });
  }
}

function start(chart: string, tcp: Partial<TcpConfig>) {
  return (engine: ConstructorParameters<typeof TcpRig>[0]['engine']): SenderRig => {
    const rig = new SenderRig({ engine, chart, tcp });
    rig.established();
    return rig;
  };
}

/** So many small segments go out, and `rtt` later the first of them are acknowledged, each by itself. */
function samples(rig: SenderRig, count: number, rtt: number): void {
  for (let i = 0; i < 20; i++) rig.write(SMALL);
  rig.wait(rtt);
  for (let i = 0; i < count; i++) next(rig);
}

/** One more small segment is acknowledged. */
function next(rig: SenderRig): void {
  rig.say('.', { ack: rig.una + SMALL });
}

/** A timeout: ssthresh is the least there is, two segments, and the window a little more than one. */
function limit(rig: SenderRig): void {
  rig.write(SMALL);
  rig.elapse();
  rig.say('.');
}

/** A window's worth goes out and is acknowledged. */
function turn(rig: SenderRig): void {
  rig.write(MSS + 4 * SMALL);
  rig.say('.');
}

/** The window is one segment, of which small ones use more than nothing: so each acknowledgment opens it. */
export const growth: Driver<SenderRig> = {
  chart: growthChart,
  start: start('growth', { congestion: 'cubic', initialWindow: 1 }),
  state: ({ connection }) => connection.sender.congestion.chart.state,
  steps: {
    'slowStart: ackAdvanced': (rig) => {
      rig.send(2 * SMALL);
      next(rig);
    },
    'slowStart: ackAdvanced [reachedSsthresh]': (rig) => {
      rig.prepare(() => {
        limit(rig);
        turn(rig);
        rig.write(2 * MSS);
      });
      next(rig);
    },
    // RFC 9406: eight samples of 20 ms after a round of 10 ms
    'slowStart: ackAdvanced [delayIncreased]': (rig) => {
      rig.prepare(() => {
        limit(rig);
        rig.write(SMALL);
        rig.wait(10_000);
        rig.say('.');
        samples(rig, 7, 20_000);
      });
      next(rig);
    },
    'conservativeSlowStart: ackAdvanced': next,
    'conservativeSlowStart: ackAdvanced [delayFellBack]': (rig) => {
      rig.prepare(() => {
        rig.say('.');
        samples(rig, 7, 5000);
      });
      next(rig);
    },
    'conservativeSlowStart: ackAdvanced [conservativeLongEnough]': (rig) => {
      rig.prepare(() => {
        // Rounds that do not use the window: they count, and do not open it
        for (let i = 0; i < 5; i++) {
          rig.say('.');
          rig.write(SMALL);
        }
        rig.say('.');
        samples(rig, 0, 10_000);
      });
      next(rig);
    },
    'conservativeSlowStart: ackAdvanced [reachedSsthresh]': (rig) => {
      rig.prepare(() => {
        rig.say('.');
        for (let i = 0; i < 3; i++) turn(rig);
        rig.write(2 * MSS);
      });
      next(rig);
    },
    'avoidance: ackAdvanced': (rig) => {
      // Whatever was lost before is repaired first
      rig.prepare(() => {
        rig.say('.');
        rig.write(2 * MSS);
      });
      next(rig);
    },
    // RFC 2861: an idle time has halved the window
    'avoidance: ackAdvanced [belowSsthresh]': (rig) => {
      rig.prepare(() => {
        for (let i = 0; i < 3; i++) rig.say('.');
        rig.wait(20_000_000);
        rig.write(2 * SMALL);
      });
      next(rig);
    },
    lossInferred: (rig) => {
      rig.send(4 * SMALL);
      rig.duplicates();
    },
    timedOut: (rig) => {
      rig.send(SMALL);
      rig.untilTransition();
    },
  },
  check(rig, { actions, event }) {
    const { cwnd, ssthresh } = rig.congestion;
    const opened = cwnd - rig.cwnd;
    if (event !== 'ackAdvanced') {
      expect(rig.heard.filter(({ seq }) => seq === rig.una)).toHaveLength(1);
      expect(ssthresh).toBe(2 * MSS);
      expect(cwnd).toBe(event === 'timedOut' ? MSS : ssthresh);
      return;
    }
    expect(rig.heard).toEqual([]);
    if (actions.includes('growExponentially')) expect(opened).toBe(SMALL);
    if (actions.includes('growConservatively')) expect(opened).toBe(SMALL / 4);
    // RFC 9438 section 4.3: as Reno, a segment a window of more than one
    if (actions.includes('growLinearly')) expect(opened).toBeLessThan(SMALL);
    if (actions.includes('settle')) expect(ssthresh).toBe(rig.cwnd);
  },
};
