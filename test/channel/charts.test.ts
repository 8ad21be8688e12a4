import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkQuality, linkQualityEvents } from '../../machines/linkQuality.ts';
import { linkUp, linkUpEvents } from '../../machines/linkUp.ts';
import { bothWays, type Outage } from '../../src/channel/index.ts';
import type { ChartInstance, ChartScope, Engine } from '../../src/chart/chart.ts';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import { TimerQueue } from '../../src/time/timerQueue.ts';
import { anyConfig, anySendings, Bench } from './drive.ts';

const engines: readonly Engine[] = [compiledEngine, interpretedEngine];

const silent = () => {};

function scopeOf(timers: TimerQueue): ChartScope {
  return {
    timers,
    // Every state hears or ignores every event.
    listener: {
      ...{ fact: silent, action: silent, timer: silent, transition: silent, settled: silent },
      unhandled: (chart, event) => {
        throw new Error(`${chart.chart.name} does not know ${event} in ${chart.state}`);
      },
    },
    onError: (error) => {
      throw error;
    },
  };
}

/** A host that reads a schedule, written anew here. */
function schedule(outages: readonly Outage[], timers: TimerQueue) {
  const inside = () => outages.find(({ start, end }) => start <= timers.now() && timers.now() < end);
  const ahead = () => outages.find(({ start }) => start > timers.now());
  return {
    insideOutage: () => inside() !== undefined,
    outageAhead: () => ahead() !== undefined,
    untilOutage: () => ahead()!.start - timers.now(),
    outageRemaining: () => inside()!.end - timers.now(),
    toJSON: () => ({}),
  };
}

describe.each(engines)('linkUp, $name', (engine) => {
  function start(outages: readonly Outage[]) {
    const timers = new TimerQueue();
    const chart = engine.start(linkUp, schedule(outages, timers), scopeOf(timers), 0);
    const seen: string[] = [];
    const at = (now: number, event?: 'start' | 'cut' | 'restore'): string => {
      timers.advanceTo(now);
      if (event !== undefined) chart.send(linkUpEvents[event]);
      seen.push(chart.state);
      return chart.state;
    };
    return { chart, timers, at };
  }

  it('without a schedule it is up until the cable is cut', () => {
    const { chart, timers, at } = start([]);
    expect(at(0, 'start')).toBe('up.steady');
    expect(at(10, 'restore')).toBe('up.steady');
    expect(at(20, 'cut')).toBe('down.cut');
    expect(at(30, 'cut')).toBe('down.cut');
    expect(at(30, 'start')).toBe('down.cut');
    expect(chart.in('up')).toBe(false);
    expect(at(40, 'restore')).toBe('up.steady');
    expect(chart.in('up')).toBe(true);
    expect(timers.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes down and up by the schedule', () => {
    const { timers, at } = start([
      { start: 100, end: 200 },
      { start: 300, end: 400 },
    ]);
    expect(at(0, 'start')).toBe('up.awaitingOutage');
    expect(at(99)).toBe('up.awaitingOutage');
    expect(at(100)).toBe('down.outage');
    expect(at(150, 'restore')).toBe('down.outage');
    expect(at(199)).toBe('down.outage');
    expect(at(200)).toBe('up.awaitingOutage');
    expect(at(300)).toBe('down.outage');
    expect(at(400)).toBe('up.steady');
    expect(timers.nextTimeout).toBe(Number.POSITIVE_INFINITY);
  });

  it('may start within an outage', () => {
    expect(start([{ start: 0, end: 5 }]).at(0, 'start')).toBe('down.outage');
  });

  it('a cable put back within an outage comes up at its end, later by the schedule', () => {
    const { at } = start([
      { start: 100, end: 200 },
      { start: 300, end: 400 },
    ]);
    at(0, 'start');
    expect(at(50, 'cut')).toBe('down.cut');
    expect(at(150)).toBe('down.cut');
    expect(at(160, 'restore')).toBe('down.outage');
    expect(at(200)).toBe('up.awaitingOutage');
    expect(at(310, 'cut')).toBe('down.cut');
    expect(at(450, 'restore')).toBe('up.steady');
  });
});

describe.each(engines)('linkQuality, $name', (engine) => {
  it('alternates, and draws each stay once, before it begins', () => {
    const timers = new TimerQueue();
    const stays = [100, 10, 200, 20, 1000];
    const drawn: string[] = [];
    let last = 0;
    const draw = (state: string) => {
      last = stays.shift()!;
      drawn.push(`${timers.now()} ${state} ${last}`);
    };
    const host = {
      drawGoodSojourn: () => draw('good'),
      drawBadSojourn: () => draw('bad'),
      sojourn: () => last,
      toJSON: () => ({}),
    };
    const chart: ChartInstance = engine.start(linkQuality, host, scopeOf(timers), 0);
    expect(chart.state).toBe('off');
    chart.send(linkQualityEvents.start);
    chart.send(linkQualityEvents.start);
    const states = [0, 99, 100, 109, 110, 309, 310, 330].map((now) => {
      timers.advanceTo(now);
      return chart.state;
    });
    expect(states).toEqual(['good', 'good', 'bad', 'bad', 'good', 'good', 'bad', 'good']);
    expect(drawn).toEqual(['0 good 100', '100 bad 10', '110 good 200', '310 bad 20', '330 good 1000']);
  });
});

describe('a link', () => {
  it('is the same link in both engines', () => {
    fc.assert(
      fc.property(anyConfig, anySendings, (config, sendings) => {
        // Short stays would have the interpreted engine change state for seconds.
        const { gilbertElliott: ge, ...rest } = config.forward;
        const slow = ge && {
          ...ge,
          goodSojourn: ge.goodSojourn + 50_000,
          badSojourn: ge.badSojourn + 50_000,
        };
        const forward = slow === undefined ? rest : { ...rest, gilbertElliott: slow };
        const [one, other] = engines.map((engine) => new Bench({ forward, backward: {} }, { engine }));
        expect(one!.play(sendings)).toEqual(other!.play(sendings));
        expect(one!.link.statistics).toEqual(other!.link.statistics);
      }),
      { numRuns: 60 },
    );
  });

  it('tells a listener of its charts, each direction as an instance', () => {
    const told: string[] = [];
    const listener = {
      fact: silent,
      action: silent,
      timer: silent,
      settled: silent,
      unhandled: (chart: ChartInstance, event: string) => told.push(`unhandled ${chart.chart.name} ${event}`),
      transition: (chart: ChartInstance, from: string, event: string, _: string | undefined, to: string) => {
        told.push(`${chart.chart.name}${chart.instance} ${from} ${event} ${to}`);
      },
    };
    const bench = new Bench(bothWays({}), { listener });
    bench.link.cut();
    bench.link.cut();
    bench.link.reconnect();
    expect(told).toEqual([
      'linkUp0 up.steady cut down.cut',
      'linkUp1 up.steady cut down.cut',
      'linkUp0 down.cut restore up.steady',
      'linkUp1 down.cut restore up.steady',
    ]);
  });
});
