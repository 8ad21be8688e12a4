/** The charts of loss recovery at a real connection: recovery, loss probe, reordering and spurious timeout. */
import { expect } from 'vitest';
import {
  lossProbe as lossProbeChart,
  recovery as recoveryChart,
  reordering as reorderingChart,
  spuriousTimeout as spuriousTimeoutChart,
} from '../../machines/index.ts';
import type { Engine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/index.ts';
import type { LossRecovery } from '../../src/tcp/recovery.ts';
import { SenderRig } from './congestionDrivers.ts';
import type { Driver } from './driver.ts';
import { type Edge, labelOf } from './model.ts';
import { MSS } from './tcpRig.ts';

/** In segments: what the window holds at first. */
const WINDOW = 20;

class RecoveryRig extends SenderRig {
  readonly target: string;

  /** `rtt`: how long the handshake takes, us. */
  constructor(engine: Engine, chart: string, target: Edge, tcp: Partial<TcpConfig>, rtt = 0) {
    super({ engine, chart, tcp: { congestion: 'newreno', initialWindow: WINDOW, ...tcp } });
    this.target = labelOf(target);
    this.connect();
    this.wait(rtt);
    this.say(tcp.ecn === 'on' ? 'SE.' : 'S.', tcp.sack === true ? { sackPermitted: true } : {});
    this.begin();
  }

  get recovery(): LossRecovery {
    return this.connection.sender.recovery;
  }

  /** The peer has so many segments from the `first` of what is outstanding on, and nothing else that is new. */
  sack(first: number, count = 1): void {
    this.say('.', { ack: this.una, sack: [[this.una + first * MSS, this.una + (first + count) * MSS]] });
  }

  /** The oldest segment, or one that is acknowledged, has come twice. */
  twice(): void {
    const block = [this.una - MSS, this.una] as const;
    this.say('.', { ack: this.una, sack: [block] });
  }

  /** The peer has so much more, in order. */
  ackMore(segments: number): void {
    this.say('.', { ack: this.una + segments * MSS });
  }
}

const FLIGHT = 10 * MSS;
const HALF = FLIGHT / 2;

/** These take a peer that does SACK. */
const BY_SACK = [
  'open: foundSpurious',
  'open: probeRepaired',
  'loss: retransmissionLost',
  'recovery: foundSpurious',
];

export const recovery: Driver<RecoveryRig> = {
  chart: recoveryChart,
  start(engine, target) {
    const sack = BY_SACK.includes(labelOf(target));
    const frto = labelOf(target) === 'loss: foundSpurious';
    return new RecoveryRig(engine, 'recovery', target, { sack, prr: false, frto, ecn: 'on' });
  },
  state: (rig) => rig.recovery.state,
  steps: {
    'cwr: lossInferred': (rig) => rig.duplicates(),
    lossInferred: (rig) => {
      rig.send(FLIGHT);
      if (BY_SACK.includes(rig.target)) rig.sack(1, 3);
      else rig.duplicates();
    },
    'open: timedOut': (rig) => {
      rig.send(FLIGHT);
      rig.untilTransition();
    },
    timedOut: (rig) => rig.untilTransition(),
    // RFC 3168 section 6.1.2; with data, so that it is no duplicate ACK
    congestionExperienced: (rig) => {
      rig.send(FLIGHT);
      rig.say('P.E', { ack: rig.una, payload: new Uint8Array(1) });
    },
    partlyAcked: (rig) => rig.ackMore(2),
    recoveryPointAcked: (rig) => rig.say('.'),
    probeRepaired: (rig) => {
      rig.send(FLIGHT);
      // The last is missing, until the probe repeats it
      rig.prepare(() => rig.ackMore(9));
      rig.prepare(() => rig.elapse());
      rig.prepare(() => rig.say('.'));
      rig.send(MSS);
      rig.say('.');
    },
    'open: foundSpurious': (rig) => {
      rig.send(FLIGHT);
      rig.prepare(() => {
        rig.sack(1, 3);
        rig.say('.');
      });
      rig.cwnd = rig.congestion.cwnd;
      rig.twice();
    },
    'recovery: foundSpurious': (rig) => {
      // All is there, and what was sent again has come twice
      rig.say('.', { sack: [[rig.una, rig.una + MSS]] });
    },
    'loss: foundSpurious': (rig) => rig.ackMore(2),
    retransmissionLost: (rig) => {
      // Slow start sends two again; the second arrives, the first does not
      rig.prepare(() => rig.ackMore(1));
      rig.sack(1);
    },
  },
  check(rig, { actions, from }) {
    const { cwnd, ssthresh } = rig.congestion;
    const [action] = actions;
    const cut = ['enterRecovery', 'enterCwr', 'enterLoss'].includes(action ?? '');
    if (cut && from === 'open') expect(ssthresh).toBe(HALF);
    if (action === 'continueRecovery' || action === 'continueLoss' || action === 'repeatLoss')
      expect(ssthresh).toBe(rig.ssthresh);
    if (action === 'enterRecovery' || action === 'enterCwr' || action === 'cutForProbe')
      expect(cwnd).toBe(ssthresh);
    if (action === 'cutForProbe') expect(ssthresh).toBeLessThan(rig.cwnd);
    if (action === 'enterLoss' || action === 'continueLoss' || action === 'repeatLoss')
      expect(cwnd).toBe(MSS);
    // RFC 6582 section 3.2 (3): down to the flight, which is nothing, and one segment
    if (action === 'leaveRecovery') expect(cwnd).toBe(2 * MSS);
    if (action === 'leaveCwr') expect(cwnd).toBe(ssthresh);
    // Slow start counts the last ACK as well
    if (action === 'leaveLoss') expect(cwnd).toBe(rig.cwnd + MSS);
    if (action === 'undo') expect(cwnd).toBeGreaterThanOrEqual(WINDOW * MSS);
    const resent = rig.heard.map(({ seq }) => seq);
    // A retransmission that is lost again goes first
    const again = ['enterRecovery', 'continueRecovery', 'deflate', 'enterLoss', 'continueLoss', 'repeatLoss'];
    // The first hole goes out again, the next one by a partial ACK
    if (from === 'loss' && action === 'enterRecovery') expect(resent[0]).toBe(rig.una);
    else expect(resent).toEqual(again.includes(action ?? '') ? [rig.una] : []);
  },
};

export const lossProbe: Driver<RecoveryRig> = {
  chart: lossProbeChart,
  start: (engine, target) => new RecoveryRig(engine, 'lossProbe', target, { sack: true }),
  state: (rig) => rig.recovery.probe.state,
  steps: {
    // For an answer that says it all the probe carries something new: one segment waits behind a full window
    'idle: flightChanged [mayProbe]': (rig) =>
      rig.write(rig.target === 'probing: answered' ? (WINDOW + 1) * MSS : FLIGHT),
    'waiting: flightChanged [mayProbe]': (rig) => rig.write(MSS),
    flightChanged: (rig) => rig.say('.'),
    recoveryBegan: (rig) => rig.sack(1, 3),
    'after.pto': (rig) => rig.untilTransition(),
    answered: (rig) => rig.say('.'),
    repaired: (rig) => {
      // That it had arrived before would be reported by a D-SACK
      rig.prepare(() => rig.say('.'));
      rig.send(MSS);
      rig.say('.');
    },
  },
  check(rig, { event, actions, to }) {
    const seen = rig.heard.map(({ seq }) => seq);
    if (actions.includes('sendProbe')) {
      const last = rig.target === 'probing: answered' ? WINDOW : 9;
      expect(seen).toEqual([1 + last * MSS]);
    } else if (event === 'recoveryBegan') expect(rig.recovery.state).toBe('recovery');
    else if (event !== 'flightChanged') expect(seen).toEqual([]);
    if (actions.includes('reportRepair')) expect(rig.congestion.cwnd).toBeLessThan(rig.cwnd);
    // Two round trips of 0 s, and 2 ms
    if (to === 'waiting') expect(rig.tap.armed).toEqual([2_002]);
  },
};

/** us */
const RTT = 40_000;

export const reordering: Driver<RecoveryRig> = {
  chart: reorderingChart,
  start(engine, target) {
    const rig = new RecoveryRig(engine, 'reordering', target, { sack: true, tlp: false }, RTT);
    rig.prepare(() => {
      rig.write(FLIGHT);
      rig.wait(RTT);
    });
    return rig;
  },
  state: (rig) => rig.recovery.reorderingChart?.state ?? 'inOrder',
  steps: {
    'inOrder: overtaken': (rig) => rig.sack(1),
    'waiting: overtaken': (rig) => rig.sack(2),
    settled: (rig) => rig.say('.'),
    'after.reorderingTimeout': (rig) => rig.elapse(),
  },
  check(rig, { event, to }) {
    // RFC 8985 section 6.2, step 4: a quarter of the least RTT
    if (to === 'waiting') expect(rig.tap.armed).toEqual([RTT / 4]);
    const late = event === 'after.reorderingTimeout';
    expect(rig.heard.map(({ seq }) => seq)).toEqual(late ? [rig.una] : []);
    expect(rig.recovery.state).toBe(late ? 'recovery' : 'open');
  },
};

export const spuriousTimeout: Driver<RecoveryRig> = {
  chart: spuriousTimeoutChart,
  start(engine, target) {
    const sack = labelOf(target) === 'awaitingSecond: recovered';
    return new RecoveryRig(engine, 'spuriousTimeout', target, { sack, tlp: false });
  },
  state: (rig) => rig.recovery.timeout.state,
  steps: {
    'idle: timedOut [nothingRepaired]': (rig) => {
      const { target } = rig;
      const waits = target.startsWith('awaitingSecond') || target.endsWith('[newDataMayGo]');
      const bytes = target === 'awaitingFirst: recovered' ? MSS : waits ? 2 * WINDOW * MSS : FLIGHT;
      rig.prepare(() => rig.write(bytes));
      rig.untilTransition();
    },
    timedOut: (rig) => rig.untilTransition(),
    'awaitingFirst: originalAcked': (rig) => rig.ackMore(2),
    'awaitingSecond: originalAcked': (rig) => rig.ackMore(1),
    'awaitingFirst: ackAdvanced [newDataMayGo]': (rig) => rig.ackMore(1),
    'awaitingFirst: ackAdvanced': (rig) => rig.ackMore(1),
    // Less than a segment: nothing that was sent once is acknowledged as a whole
    'awaitingSecond: ackAdvanced': (rig) => rig.ackMore(0.5),
    duplicateAck: (rig) => rig.say('.', { ack: rig.una }),
    'awaitingFirst: recovered': (rig) => rig.say('.'),
    // By D-SACK
    'awaitingSecond: recovered': (rig) => rig.twice(),
  },
  check(rig, { event, actions, to }) {
    const seen = rig.heard.map(({ seq }) => seq);
    if (event === 'timedOut') expect(seen).toEqual([rig.una]);
    // RFC 5682 section 2.1 (2b): up to two new segments, and nothing again
    if (to === 'awaitingSecond') expect(seen).toEqual([1 + WINDOW * MSS, 1 + (WINDOW + 1) * MSS]);
    if (actions.includes('declareSpurious')) {
      expect(rig.recovery.state).toBe('open');
      expect(rig.congestion.cwnd).toBeGreaterThanOrEqual(WINDOW * MSS);
    } else if (event === 'duplicateAck') {
      // What seems lost goes out, and nothing new
      expect(seen.length).toBeGreaterThan(0);
      expect(Math.max(...seen)).toBeLessThan(1 + WINDOW * MSS);
    }
  },
};
