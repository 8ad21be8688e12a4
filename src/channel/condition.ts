/**
 * The state of one direction of a link, as its two charts have it: up or down, good or bad. The charts decide when it
 * changes; here are their hosts: the schedule of outages, and the draws of how long a good or bad time lasts.
 *
 * Their timers are in a queue of their own that is moved along when a packet asks, so that an idle link, which changes
 * its state for ever, has nothing due.
 */
import { type LinkQualityHost, linkQuality, linkQualityEvents } from '../../machines/linkQuality.ts';
import { type LinkUpHost, linkUp, linkUpEvents } from '../../machines/linkUp.ts';
import type { ChartInstance, ChartListener, ChartScope, ChartSnapshot, Engine } from '../chart/chart.ts';
import type { Random, RandomSnapshot } from '../time/random.ts';
import { TimerQueue } from '../time/timerQueue.ts';
import type { DirectionConfig, GilbertElliott, Outage } from './config.ts';
import { drawExponential } from './impairments.ts';

/** A condition as plain data. */
export interface ConditionSnapshot {
  /** us */
  readonly now: number;
  readonly nextOrder: number;
  readonly up: ChartSnapshot;
  readonly quality?: {
    readonly chart: ChartSnapshot;
    readonly sojourn: number;
    readonly random: RandomSnapshot;
  };
}

/** Draws the stays in good and bad. */
class QualityHost implements LinkQualityHost {
  last = 0;
  readonly random: Random;
  readonly #model: GilbertElliott;

  constructor(model: GilbertElliott, random: Random) {
    this.#model = model;
    this.random = random;
  }

  drawGoodSojourn(): void {
    this.last = drawExponential(this.#model.goodSojourn, this.random);
  }

  drawBadSojourn(): void {
    this.last = drawExponential(this.#model.badSojourn, this.random);
  }

  sojourn(): number {
    return this.last;
  }

  toJSON(): object {
    return { sojourn: this.last };
  }
}

/** Reads the schedule: it has no state but the time. */
class UpHost implements LinkUpHost {
  readonly #outages: readonly Outage[];
  readonly #timers: TimerQueue;

  constructor(outages: readonly Outage[], timers: TimerQueue) {
    this.#outages = outages;
    this.#timers = timers;
  }

  insideOutage(): boolean {
    return this.#current() !== undefined;
  }

  outageAhead(): boolean {
    return this.#next() !== undefined;
  }

  untilOutage(): number {
    return (this.#next()?.start ?? 0) - this.#timers.now();
  }

  outageRemaining(): number {
    return (this.#current()?.end ?? 0) - this.#timers.now();
  }

  toJSON(): object {
    return { outages: this.#outages.length };
  }

  #current(): Outage | undefined {
    const now = this.#timers.now();
    return this.#outages.find((outage) => outage.start <= now && now < outage.end);
  }

  #next(): Outage | undefined {
    const now = this.#timers.now();
    return this.#outages.find((outage) => outage.start > now);
  }
}

/** Whether one direction of a link is up, and what share of packets it loses by Gilbert-Elliott. */
export class Condition {
  readonly #timers: TimerQueue;
  readonly #scope: ChartScope;
  readonly #engine: Engine;
  readonly #instance: number;
  readonly #model: GilbertElliott | undefined;
  readonly #upHost: UpHost;
  readonly #qualityHost: QualityHost | undefined;
  #up: ChartInstance;
  #quality: ChartInstance | undefined;

  /** `instance` tells the directions' charts apart for the listener. */
  constructor(
    config: DirectionConfig,
    random: Random,
    engine: Engine,
    instance: number,
    listener: ChartListener | undefined,
  ) {
    this.#engine = engine;
    this.#instance = instance;
    this.#timers = new TimerQueue();
    this.#scope = { timers: this.#timers, listener, onError: rethrow };
    this.#upHost = new UpHost(config.outages ?? [], this.#timers);
    this.#up = engine.start(linkUp, this.#upHost, this.#scope, instance);
    this.#up.send(linkUpEvents.start);
    this.#model = config.gilbertElliott;
    if (this.#model === undefined) return;
    this.#qualityHost = new QualityHost(this.#model, random);
    this.#quality = engine.start(linkQuality, this.#qualityHost, this.#scope, instance);
    this.#quality.send(linkQualityEvents.start);
  }

  /** Moves the charts to `now` (us). */
  advance(now: number): void {
    this.#timers.advanceTo(now);
  }

  /** Does the link carry packets? */
  get up(): boolean {
    return this.#up.in('up');
  }

  /** Share of packets that Gilbert-Elliott loses now, 0 without it. */
  get loss(): number {
    if (this.#model === undefined || this.#quality === undefined) return 0;
    return this.#quality.state === 'bad' ? this.#model.lossInBad : this.#model.lossInGood;
  }

  /** Is there a Gilbert-Elliott model at all? */
  get varies(): boolean {
    return this.#model !== undefined;
  }

  /** Takes the cable out at `now` (us). */
  cut(now: number): void {
    this.advance(now);
    this.#up.send(linkUpEvents.cut);
  }

  /** Puts the cable back at `now` (us); a scheduled outage goes on. */
  reconnect(now: number): void {
    this.advance(now);
    this.#up.send(linkUpEvents.restore);
  }

  snapshot(): ConditionSnapshot {
    const up = this.#up.snapshot();
    const base = { now: this.#timers.now(), nextOrder: this.#timers.nextOrder, up };
    if (this.#quality === undefined || this.#qualityHost === undefined) return base;
    const host = this.#qualityHost;
    const chart = this.#quality.snapshot();
    return { ...base, quality: { chart, sojourn: host.last, random: host.random.snapshot() } };
  }

  /** As it was when the snapshot was made, of a condition with the same configuration. */
  restore(snapshot: ConditionSnapshot): void {
    this.#up.stop();
    this.#quality?.stop();
    this.#timers.advanceTo(snapshot.now);
    this.#up = this.#engine.restore(linkUp, this.#upHost, this.#scope, this.#instance, snapshot.up);
    const host = this.#qualityHost;
    if (snapshot.quality !== undefined && host !== undefined) {
      host.last = snapshot.quality.sojourn;
      host.random.restore(snapshot.quality.random);
      const chart = snapshot.quality.chart;
      this.#quality = this.#engine.restore(linkQuality, host, this.#scope, this.#instance, chart);
    }
    this.#timers.nextOrder = snapshot.nextOrder;
  }
}

/** The hosts above do not throw: what does is a mistake of ours, and must be seen. */
function rethrow(error: unknown): never {
  throw error;
}
