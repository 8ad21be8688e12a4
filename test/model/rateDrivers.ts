/** Charts that keep to a rate, BBR and pacing, at a real connection over a path with a bottleneck. */
import { expect } from 'vitest';
import { bbr as bbrChart, pacing as pacingChart } from '../../machines/index.ts';
import type { Bbr } from '../../src/tcp/congestion/bbr.ts';
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
    const wanted = this.bbr.chart.in('probeRtt') ? MSS : 60 * MSS;
    if (waiting < wanted) this.write(wanted);
  }

  /** To the next ACK or timer. */
  #next(): void {
    this.#fill();
    this.#carry();
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
