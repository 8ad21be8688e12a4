/** The charts of a link, at a real link: whether it is good or bad, up or down, is seen by what becomes of a packet. */
import { expect } from 'vitest';
import { linkQuality as linkQualityChart, linkUp as linkUpChart } from '../../machines/index.ts';
import { bothWays, type DirectionConfig, Link, type Outage } from '../../src/channel/index.ts';
import type { Engine } from '../../src/chart/index.ts';
import { ChartTrace } from '../../src/tcp/chartTrace.ts';
import { VirtualClock } from '../../src/time/clock.ts';
import { Trace } from '../../src/trace/trace.ts';
import type { Driver, Rig } from './driver.ts';
import type { Edge } from './model.ts';
import { Tap } from './tap.ts';

const MS = 1000;

class LinkRig implements Rig {
  readonly tap: Tap;
  readonly target: Edge;
  readonly #clock = new VirtualClock();
  readonly #trace = new Trace();
  readonly #engine: Engine;
  #link: Link | undefined;
  #arrived = 0;

  constructor(engine: Engine, chart: string, target: Edge) {
    this.#engine = engine;
    this.target = target;
    this.tap = new Tap(this.#trace, chart);
  }

  begin(): void {}

  /** The link there is; making it starts its charts. */
  make(config: DirectionConfig): this {
    const owner = { name: 'link', trace: this.#trace, now: () => this.#clock.now() };
    this.#link = new Link({
      config: bothWays(config),
      seed: 3,
      clock: this.#clock,
      engine: this.#engine,
      trace: this.#trace,
      listener: new ChartTrace(owner, 0, true),
    });
    this.#link.b.onPacket(() => {
      this.#arrived += 1;
    });
    return this;
  }

  get link(): Link {
    return this.#link as Link;
  }

  /** Sends a packet now; did it arrive? */
  carries(): boolean {
    const before = this.#arrived;
    this.link.a.send(new Uint8Array(40), 1);
    this.link.poll(this.#clock.now());
    return this.#arrived > before;
  }

  /** It is this time, us; a packet has the link notice. */
  at(time: number): void {
    this.#clock.advanceTo(time);
    this.carries();
  }

  /** A packet every millisecond, until the chart takes a transition. */
  untilTransition(): void {
    for (let i = 0; this.tap.queue.length === 0 && i < 100_000; i++) this.at(this.#clock.now() + MS);
  }
}

const GILBERT_ELLIOTT = { goodSojourn: 500 * MS, badSojourn: 300 * MS, lossInGood: 0, lossInBad: 1 };

export const linkQuality: Driver<LinkRig> = {
  chart: linkQualityChart,
  start: (engine, target) => new LinkRig(engine, 'linkQuality', target),
  state: (rig) => (rig.tap.all.length === 0 ? 'off' : rig.carries() ? 'good' : 'bad'),
  steps: {
    start: (rig) => void rig.make({ gilbertElliott: GILBERT_ELLIOTT }),
    'after.goodSojourn': (rig) => rig.untilTransition(),
    'after.badSojourn': (rig) => rig.untilTransition(),
  },
  check(rig, { to }) {
    const packets = Array.from({ length: 5 }, () => rig.carries());
    expect(new Set(packets)).toEqual(new Set([to === 'good']));
  },
};

const FIRST: Outage = { start: 100 * MS, end: 200 * MS };
const SECOND: Outage = { start: 300 * MS, end: 400 * MS };

/** Outages of a link that starts up, or down; only one where none may follow. */
function outagesFor(target: Edge, down: boolean): Outage[] {
  const last = target.event === 'after.outageRemaining' && target.guard === undefined;
  return [down ? { ...FIRST, start: 0 } : FIRST, ...(last ? [] : [SECOND])];
}

export const linkUp: Driver<LinkRig> = {
  chart: linkUpChart,
  // Made by the first step: a link that is cut before anything else has no outages.
  start: (engine, target) => new LinkRig(engine, 'linkUp', target),
  state: (rig) => rig.tap.all.at(-1)?.to ?? 'up.steady',
  // A cable cut in a link without outages comes back to none.
  permits({ from, event }, target) {
    const scheduled = target.event === 'restore' && target.guard !== undefined;
    return !(scheduled && from === 'up.steady' && event === 'cut');
  },
  steps: {
    'start [insideOutage]': (rig) => void rig.make({ outages: outagesFor(rig.target, true) }),
    'start [outageAhead]': (rig) => void rig.make({ outages: outagesFor(rig.target, false) }),
    'up.steady: cut': (rig) => rig.make({}).link.cut(),
    cut: (rig) => rig.link.cut(),
    'restore [insideOutage]': (rig) => {
      rig.at(SECOND.start + MS);
      rig.link.reconnect();
    },
    'restore [outageAhead]': (rig) => {
      rig.at(FIRST.end + MS);
      rig.link.reconnect();
    },
    restore: (rig) => rig.link.reconnect(),
    'after.untilOutage': (rig) => rig.at(FIRST.start),
    'after.outageRemaining [outageAhead]': (rig) => rig.at(FIRST.end),
    'after.outageRemaining': (rig) => rig.at(FIRST.end),
  },
  check(rig, { to }) {
    expect(rig.carries()).toBe(to.startsWith('up.'));
  },
};
