/** Charts that keep to a rate, BBR and pacing, at a real connection over a path with a bottleneck. */
import { expect } from 'vitest';
import { bbr3 as bbr3Chart, bbr as bbrChart, pacing as pacingChart } from '../../machines/index.ts';
import type { Bbr } from '../../src/tcp/congestion/bbr.ts';
import type { Bbr3 } from '../../src/tcp/congestion/bbr3.ts';
import type { TcpConfig } from '../../src/tcp/index.ts';
import type { Driver } from './driver.ts';
import type { Edge } from './model.ts';
import { MSS, TcpRig } from './tcpRig.ts';

/** us that the bottleneck takes for a segment: 8 Mbit/s. */
const SEGMENT_TIME = 1000;

/** A connection that always has data, and a peer behind a bottleneck that acknowledges each segment. */
class PathRig extends TcpRig {
  rtt = 40_000;
  /** The user writes no more. */
  quiet = false;
  /** So much may be in flight by the losses there were, segments; 0: there is no such bound. */
  bound = 0;
  readonly #acks: { at: number; ack: number }[] = [];
  #free = 0;
  #sent = 1;
  readonly target: Edge;

  constructor(engine: TcpRig['host']['engine'], chart: string, target: Edge, tcp: Partial<TcpConfig>) {
    super({ engine, chart, tcp: { minimumRto: 60_000, windowScaling: true, ...tcp } });
    this.target = target;
  }

  get bbr(): Bbr {
    return this.connection.sender.congestion as Bbr;
  }

  get bbr3(): Bbr3 {
    return this.connection.sender.congestion as Bbr3;
  }

  /** What the host has sent since is on its way. */
  #carry(): void {
    const now = this.host.now();
    const { nxt, iss } = this.connection.snd;
    for (const end = (nxt - iss) | 0; this.#sent < end; ) {
      this.#sent = Math.min(this.#sent + MSS, end);
      this.#free = Math.max(this.#free, now) + SEGMENT_TIME;
      this.#acks.push({ at: this.#free + this.rtt, ack: this.#sent });
    }
  }

  #fill(): void {
    if (this.quiet) return;
    const { sender, snd } = this.connection;
    const waiting = (sender.dataEnd - snd.nxt) | 0;
    const wanted = sender.congestion.chart.in('probeRtt') ? MSS : 60 * MSS;
    if (waiting < wanted) this.write(wanted);
  }

  /** To the next ACK or timer. */
  #next(): void {
    this.#fill();
    this.#carry();
    if (this.bound > 0) this.bbr3.bounds.longFlight = this.bound * MSS;
    const ack = this.#acks[0];
    const at = Math.min(ack?.at ?? Number.POSITIVE_INFINITY, this.host.nextTimeout);
    this.host.poll(at);
    if (ack !== undefined && ack.at <= at) {
      this.#acks.shift();
      this.say('.', { ack: ack.ack, window: 65_535 });
    }
    this.#carry();
  }

  /** Time goes on until the chart takes a transition. */
  go(): void {
    for (let i = 0; this.tap.queue.length === 0 && i < 20_000; i++) {
      this.begin();
      this.#next();
    }
  }

  /** Time goes on until this holds; the chart comes back to where it is. */
  goUntil(holds: () => boolean): void {
    this.prepare(() => {
      for (let i = 0; !holds() && i < 20_000; i++) this.#next();
    });
  }

  /** What is on its way takes longer. */
  hold(us: number): void {
    for (const ack of this.#acks) ack.at += us;
  }

  /** The shortest round trip was seen eleven seconds ago. */
  age(): void {
    this.bbr.model.minRttAt = this.host.now() - 11_000_000;
  }

  /** The same for version 3: six seconds. */
  age3(): void {
    this.bbr3.model.probedRttAt = this.host.now() - 6_000_000;
  }

  /** The oldest segment seems to be lost. */
  lose(): void {
    this.#fill();
    this.#carry();
    const ack = (this.connection.snd.una - this.connection.snd.iss) | 0;
    for (let i = 0; i < 4; i++) this.say('.', { ack, window: 65_535 });
  }

  /** The loss that ended this phase was none. */
  undo(leftPhase: string): void {
    this.bbr3.leftPhase = leftPhase;
    this.bbr3.undo();
  }

  /** What chance says. */
  draw(place: number): void {
    this.host.random = () => place;
  }
}

const gains: Readonly<Record<string, number>> = {
  drain: 88 / 256,
  'probeBandwidth.up': 1.25,
  'probeBandwidth.down': 0.75,
  'probeBandwidth.cruise': 1,
};

const go = (rig: PathRig): void => rig.go();

/** Through PROBE_RTT, which both versions have alike. */
const throughProbeRtt: Driver<PathRig>['steps'] = {
  'rttSampled [flightIsLow]': (rig) => {
    rig.go();
    // The round trip with little in flight is longer than the 200 ms
    if (rig.target.guard === 'roundToPass') rig.hold(300_000);
  },
  'after.probeRttTime': (rig) => {
    // All that was written is acknowledged before
    if (rig.target.event === 'restarted') {
      rig.quiet = true;
      rig.rtt = 1000;
    }
    rig.go();
  },
  'rttSampled [roundToPass]': go,
};

function drawing(place: number): (rig: PathRig) => void {
  return (rig) => {
    rig.draw(place);
    rig.go();
  };
}

function restarting(place: number): (rig: PathRig) => void {
  return (rig) => {
    rig.draw(place);
    rig.write(MSS);
  };
}

export const bbr: Driver<PathRig> = {
  chart: bbrChart,
  start: (engine, target) => {
    const rig = new PathRig(engine, 'bbr', target, { congestion: 'bbr', initialWindow: 10 });
    rig.established({ windowScale: 7 });
    return rig;
  },
  state: ({ connection }) => connection.sender.congestion.chart.state,
  // Back from a look at the round trip: to where the pipe was full already, or to where it was not
  permits: (edge, target) =>
    target.from !== 'probeRtt.ending' || target.to === 'startup' || target.to === target.from
      ? edge.from !== 'probeRtt.ending' || edge === target
      : edge.guard !== 'minRttExpired' || edge.from !== 'startup',
  steps: {
    'startup: delivered [pipeFull]': go,
    'drain: flightChanged [beginsWithProbe]': drawing(0),
    'drain: flightChanged [queueDrained]': drawing(3),
    'delivered [phaseOver]': go,
    'delivered [cruisedEnough]': (rig) => {
      rig.goUntil(() => rig.bbr.cruisedEnough());
      rig.go();
    },
    'rttSampled [minRttExpired]': (rig) => {
      rig.age();
      rig.go();
    },
    ...throughProbeRtt,
    'rttSampled [probesNext]': drawing(0),
    'rttSampled [pipeFull]': drawing(3),
    rttSampled: go,
    'restarted [probesNext]': restarting(0),
    'restarted [pipeFull]': restarting(3),
    restarted: restarting(0),
  },
  check({ bbr }, { event, to }) {
    const gain = gains[to];
    if (event === 'after.probeRttTime') return;
    if (to.startsWith('probeRtt')) expect(bbr.cwnd).toBe(4 * MSS);
    else expect(bbr.cwnd).toBeGreaterThan(4 * MSS);
    // After an idle time it goes on at the estimate, without a gain
    if (gain === undefined || event === 'restarted') return;
    expect(bbr.pacingRate).toBeCloseTo(0.99 * gain * bbr.model.bandwidth);
  },
};

const gains3: Readonly<Record<string, number>> = {
  drain: 0.5,
  'probeBandwidth.down': 0.9,
  'probeBandwidth.cruise': 1,
  'probeBandwidth.refill': 1,
  'probeBandwidth.up': 1.25,
};

/** The path is longer by the time the queue should drain: it does not, and there is no cruising. */
const LONGER = 80_000;

/** Is it a way out of giving room that the end of the queue would forestall? */
function staysDown({ from, event, guard }: Edge): boolean {
  return from === 'probeBandwidth.down' && event !== 'recoveryUndone' && guard !== 'timeToCruise';
}

const FORCED = ['lossesAreHigh', 'probesAgain', 'flightIsRisky', 'lossTooHigh', 'leftStartup', 'leftProbe'];

function again(rig: PathRig): void {
  rig.bbr3.bounds.precaution = true;
  rig.go();
}

export const bbr3: Driver<PathRig> = {
  chart: bbr3Chart,
  start: (engine, target) => {
    const minimumRto = staysDown(target) ? 4 * LONGER : 60_000;
    const rig = new PathRig(engine, 'bbr3', target, { congestion: 'bbr3', initialWindow: 10, minimumRto });
    // The wait for a probe is then shorter: as many rounds as the path holds segments
    rig.rtt = 20_000;
    rig.draw(0);
    rig.established({ windowScale: 7 });
    return rig;
  },
  state: ({ connection }) => connection.sender.congestion.chart.state,
  permits: (edge, target) => {
    // What has to be brought about by force is on the way to nothing else
    if (FORCED.includes(edge.guard ?? edge.event)) return edge === target;
    if (edge.from === 'probeBandwidth.down' && edge.guard === 'timeToProbe') return edge === target;
    if (target.from !== 'probeRtt.ending' || target.to === 'startup' || target.to === target.from)
      return edge.from !== 'probeRtt.ending' || edge === target;
    // Back to where the pipe was full already
    return edge.guard !== 'probeRttDue' || edge.from !== 'startup';
  },
  steps: {
    'delivered [lossesAreHigh]': (rig) => {
      rig.goUntil(() => rig.bbr3.model.rounds > 2);
      rig.lose();
    },
    'delivered [pipeFull]': (rig) => {
      rig.go();
      if (staysDown(rig.target)) rig.rtt = LONGER;
    },
    'flightChanged [queueDrained]': go,
    'flightChanged [probesAgain]': again,
    'flightChanged [timeToProbe]': go,
    'flightChanged [timeToCruise]': go,
    'flightChanged [roundStarted]': go,
    'flightChanged [flightIsRisky]': (rig) => {
      rig.bbr3.bounds.tooHigh = true;
      rig.bound = 15;
      rig.go();
    },
    'flightChanged [plateauReached]': go,
    lossTooHigh: (rig) => rig.lose(),
    'recoveryUndone [leftStartup]': (rig) => rig.undo('startup'),
    'recoveryUndone [leftProbe]': (rig) => rig.undo('probeBandwidth.up'),
    'rttSampled [probeRttDue]': (rig) => {
      rig.age3();
      rig.go();
    },
    ...throughProbeRtt,
    'rttSampled [pipeFull]': go,
    rttSampled: go,
    'restarted [pipeFull]': restarting(0),
    restarted: restarting(0),
  },
  // With the bound that this sets there is headroom at once
  follows: { 'probeBandwidth.up: lossTooHigh': ['probeBandwidth.down: flightChanged [timeToCruise]'] },
  check({ bbr3 }, { event, to }) {
    const gain = gains3[bbr3.chart.state];
    if (event === 'after.probeRttTime' || event === 'recoveryUndone') return;
    if (to.startsWith('probeRtt')) expect(bbr3.cwnd).toBe(bbr3.probeRttWindow);
    else expect(bbr3.cwnd).toBeGreaterThan(4 * MSS);
    // After an idle time it goes on at the estimate, without a gain
    if (gain === undefined || event === 'restarted') return;
    expect(bbr3.pacingRate).toBeCloseTo(0.99 * gain * bbr3.bandwidth);
  },
};

export const pacing: Driver<TcpRig> = {
  chart: pacingChart,
  start: (engine) => {
    const tcp = { congestion: 'newreno', pacing: true, initialWindow: 40 } as const;
    const rig = new TcpRig({ engine, chart: 'pacing', tcp });
    rig.established();
    // A round trip that is not nothing
    rig.prepare(() => {
      rig.write(MSS);
      rig.wait(100_000);
      rig.say('.');
    });
    return rig;
  },
  state: ({ connection }) => connection.sender.pacing.state,
  steps: {
    'segmentSent [ahead]': (rig) => rig.write(20 * MSS),
    'after.untilDue': (rig) => rig.elapse(),
  },
  // Another segment goes, and the next waits again
  follows: { 'waiting: after.untilDue': ['open: segmentSent [ahead]'] },
  check(rig, { event }) {
    const { rate } = rig.connection.sender.pacing;
    // A millisecond's worth at once; then what has come due, a segment
    const quantum = Math.ceil(rate / 1000 / MSS);
    expect(rig.heard).toHaveLength(event === 'after.untilDue' ? 1 : quantum);
  },
};
