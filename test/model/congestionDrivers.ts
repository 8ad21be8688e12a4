/** The charts of the sending half at a real connection: growth and recovery. */
import { expect } from 'vitest';
import { growth as growthChart, recovery as recoveryChart } from '../../machines/index.ts';
import type { CongestionControl } from '../../src/tcp/congestion/congestion.ts';
import type { Driver } from './driver.ts';
import { MSS, TcpRig } from './tcpRig.ts';

/** Less than a segment: slow start grows by it, congestion avoidance does not yet. */
const SMALL = 400;

/** A connection whose window holds twenty segments, and what it was like before the step. */
class SenderRig extends TcpRig {
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

function start(chart: string) {
  return (engine: ConstructorParameters<typeof TcpRig>[0]['engine']): SenderRig => {
    const rig = new SenderRig({ engine, chart, tcp: { initialWindow: 20 } });
    rig.established();
    return rig;
  };
}

export const growth: Driver<SenderRig> = {
  chart: growthChart,
  start: start('growth'),
  state: ({ connection }) => connection.sender.congestion.chart.state,
  steps: {
    'ackAdvanced [belowSsthresh]': (rig) => {
      rig.send(SMALL);
      rig.say('.');
    },
    'slowStart: ackAdvanced': (rig) => {
      // A timeout makes ssthresh two segments, and the window one; an ACK brings it up to ssthresh.
      rig.send(MSS);
      rig.prepare(() => rig.elapse());
      rig.prepare(() => rig.say('.'));
      rig.send(MSS);
      rig.prepare(() => rig.say('.'));
      rig.send(SMALL);
      rig.say('.');
    },
    'avoidance: ackAdvanced': (rig) => {
      // Whatever was lost before is repaired first
      rig.prepare(() => rig.say('.'));
      rig.send(SMALL);
      rig.say('.');
    },
    lossInferred: (rig) => {
      rig.send(4 * MSS);
      rig.duplicates();
    },
    timedOut: (rig) => {
      rig.send(MSS);
      rig.untilTransition();
    },
  },
  check(rig, { actions, event }) {
    const { cwnd, ssthresh } = rig.congestion;
    const resent = rig.heard.filter(({ seq }) => seq === rig.una);
    if (event === 'ackAdvanced') {
      expect(rig.heard).toEqual([]);
      expect(actions).toHaveLength(1);
      expect(cwnd - rig.cwnd).toBe(actions.includes('growExponentially') ? SMALL : 0);
    } else {
      expect(resent).toHaveLength(1);
      expect(ssthresh).toBe(2 * MSS);
      expect(cwnd).toBe(event === 'timedOut' ? MSS : ssthresh);
    }
  },
};

const FLIGHT = 10 * MSS;

export const recovery: Driver<SenderRig> = {
  chart: recoveryChart,
  start: start('recovery'),
  state: ({ connection }) => connection.sender.recovery.state,
  steps: {
    lossInferred: (rig) => {
      rig.send(FLIGHT);
      rig.duplicates();
    },
    'open: timedOut': (rig) => {
      rig.send(FLIGHT);
      rig.untilTransition();
    },
    timedOut: (rig) => rig.untilTransition(),
    partlyAcked: (rig) => rig.say('.', { ack: rig.una + 2 * MSS }),
    recoveryPointAcked: (rig) => rig.say('.'),
  },
  check(rig, { actions }) {
    const { cwnd, ssthresh } = rig.congestion;
    const [action] = actions;
    const resent = rig.heard.map(({ seq }) => seq);
    const cut = action === 'enterRecovery' || action === 'enterLoss';
    if (cut) expect(ssthresh).toBe(FLIGHT / 2);
    else expect(ssthresh).toBe(rig.ssthresh);
    if (action === 'enterRecovery') expect(cwnd).toBe(ssthresh);
    if (action === 'enterLoss' || action === 'repeatLoss') expect(cwnd).toBe(MSS);
    // RFC 6582 section 3.2 (3): down to the flight, which is nothing, and one segment
    if (action === 'leaveRecovery') expect(cwnd).toBe(2 * MSS);
    if (action === undefined) expect(cwnd).toBe(rig.cwnd);
    // The first hole goes out again, the next one by a partial ACK
    const ends = action === 'leaveRecovery' || action === undefined;
    expect(resent).toEqual(ends ? [] : [rig.una]);
  },
};
