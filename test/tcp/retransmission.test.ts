/**
 * The retransmission queue and its scoreboard against a model that does what RFC 6675 says word by word, walking the
 * whole list each time.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segment as segmentChart, segmentEvents } from '../../machines/segment.ts';
import type { ChartScope } from '../../src/chart/chart.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { Mark, type RecordOwner, SegmentRecord } from '../../src/tcp/record.ts';
import { RetransmissionQueue } from '../../src/tcp/retransmission.ts';
import { add, distance, type Seq, seq } from '../../src/tcp/seq.ts';
import { TimerQueue } from '../../src/time/timerQueue.ts';

const BASE = seq(0xffff_fe00);
const at = (n: number): Seq => add(BASE, n);
const n = (s: Seq): number => distance(s, BASE);

/** A queue with real charts, and nothing else of a connection. */
class Bench {
  readonly queue = new RetransmissionQueue();
  readonly timers = new TimerQueue();
  una = 0;
  nxt = 0;
  readonly acked = { bytes: 0, sentAt: -1, retransmitted: false, partial: false, largest: 0 };
  readonly #scope: ChartScope;
  readonly #owner: RecordOwner;

  constructor() {
    const { queue, timers } = this;
    this.#scope = {
      timers,
      listener: undefined,
      onError: (error) => {
        throw error;
      },
    };
    const owner: Partial<RecordOwner> = {
      timerPerSegment: false,
      marked: queue.marked,
      counts: queue.counts,
      sendOrder: queue.sendOrder,
      now: () => timers.now(),
      oldestRecord: () => queue.oldest,
      rtoOf: () => 1_000_000,
      userTimeoutPassed: () => false,
      r2Reached: () => false,
      backOff: () => {},
      resend: () => {},
      retransmissionTimeout: () => queue.loseAll(() => false),
    };
    this.#owner = new Proxy(owner, {
      // What a newer owner offers beside this is of no concern here.
      get: (target, name) => Reflect.get(target, name) ?? (() => false),
    }) as RecordOwner;
  }

  push(length: number): void {
    const record = new SegmentRecord(this.#owner, at(this.nxt), at(this.nxt + length), false, false);
    this.queue.push(record);
    record.chart = compiledEngine.start(segmentChart, record, this.#scope, 0);
    this.nxt += length;
    this.send(record);
  }

  send(record: SegmentRecord): void {
    record.transmissions += 1;
    record.lastSent = this.timers.now();
    record.chart.send(segmentEvents.sent);
  }

  ack(to: number): void {
    this.queue.acknowledge(at(to), this.acked);
    this.queue.restartTimer(this.acked);
    this.una = to;
  }

  sack(left: number, right: number): boolean {
    return this.queue.sack(at(left), at(right), at(this.una), at(this.nxt));
  }

  marks(): string {
    return [...this.queue].map((record) => 'nfsl'[record.mark]).join('');
  }
}

interface ModelRecord {
  start: number;
  readonly end: number;
  sent: number;
  state: 'f' | 's' | 'l';
}

/** RFC 6675 by the letter, records as units. */
class Model {
  records: ModelRecord[] = [];

  /** Edges of the runs of SACKed sequence numbers above a place. */
  private sackedAbove(place: number): { runs: number; bytes: number } {
    let runs = 0;
    let bytes = 0;
    let last = -1;
    for (const { start, end, state } of this.records) {
      if (state !== 's' || start < place) continue;
      if (start !== last) runs += 1;
      bytes += end - start;
      last = end;
    }
    return { runs, bytes };
  }

  /** IsLost (SeqNum) */
  isLost(record: ModelRecord, dupThresh: number, smss: number): boolean {
    const { runs, bytes } = this.sackedAbove(record.end);
    return runs >= dupThresh || bytes > (dupThresh - 1) * smss;
  }

  /** Nothing sent again in this recovery is given up once more: rule (1.a) of NextSeg, S2 > HighRxt. */
  infer(dupThresh: number, smss: number): boolean {
    let found = false;
    for (const record of this.records) {
      if (record.state !== 'f' || record.sent > 1 || !this.isLost(record, dupThresh, smss)) continue;
      record.state = 'l';
      found = true;
    }
    return found;
  }

  bytes(state: string): number {
    return this.records.reduce((sum, r) => sum + (r.state === state ? r.end - r.start : 0), 0);
  }
}

const SMSS = 10;
const place = fc.double({ min: 0, max: 1, noNaN: true });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ push: fc.oneof(fc.constant(SMSS), fc.integer({ min: 1, max: SMSS })) }),
  },
  { weight: 6, arbitrary: fc.record({ sack: place, count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ ack: place, whole: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ lost: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ oldest: true as const }) },
  { weight: 1, arbitrary: fc.constant({ timeout: true as const }) },
  { weight: 1, arbitrary: fc.constant({ unsacked: true as const }) },
);

type Step =
  | { push: number }
  | { sack: number; count: number }
  | { ack: number; whole: boolean }
  | { lost: number }
  | { oldest: true }
  | { timeout: true }
  | { unsacked: true };

class Both {
  readonly bench = new Bench();
  readonly model = new Model();
  readonly dupThresh: number;

  constructor(dupThresh: number) {
    this.dupThresh = dupThresh;
  }

  do(step: Step): void {
    const { bench, model } = this;
    if ('push' in step) {
      model.records.push({ start: bench.nxt, end: bench.nxt + step.push, sent: 1, state: 'f' });
      bench.push(step.push);
    } else if ('sack' in step) this.#sack(step.sack, step.count);
    else if ('ack' in step) this.#ack(step.ack, step.whole);
    else if ('lost' in step) for (let i = 0; i < step.lost; i++) this.#sendLost();
    else if ('oldest' in step) this.#loseOldest();
    else if ('timeout' in step) this.#timeout();
    else this.#unsacked();
    this.#compare();
  }

  #sack(where: number, count: number): void {
    const { records } = this.model;
    const i = 1 + Math.floor(where * (records.length - 1));
    const chosen = records.slice(i, i + count);
    if (chosen.length === 0) return;
    const news = chosen.some(({ state }) => state !== 's');
    const left = chosen[0]!.start;
    const right = chosen[chosen.length - 1]!.end;
    expect(this.bench.sack(left, right)).toBe(news);
    for (const record of chosen) record.state = 's';
    const found = this.model.infer(this.dupThresh, SMSS);
    expect(this.bench.queue.inferLost(this.dupThresh, SMSS)).toBe(found);
  }

  #ack(where: number, whole: boolean): void {
    const { bench, model } = this;
    const { records } = model;
    if (records.length === 0) return;
    const i = Math.floor(where * records.length * 0.999);
    // A receiver acknowledges all it has: never just below what it reported (RFC 2018 section 4).
    const oldest = records[i]!;
    let to = whole || oldest.state === 's' ? oldest.end : Math.floor((oldest.start + oldest.end) / 2);
    for (const { start, end, state } of records) if (state === 's' && start === to) to = end;
    if (to <= bench.una) return;
    const before = bench.una;
    bench.ack(to);
    expect(bench.acked.bytes).toBe(to - before);
    model.records = records.filter(({ end }) => end > to);
    const first = model.records[0];
    if (first !== undefined && first.start < to) first.start = to;
  }

  /** NextSeg (1): the lowest lost one not sent again yet. */
  #sendLost(): void {
    const { bench, model } = this;
    const record = bench.queue.nextLost();
    const expected = model.records.find(({ state }) => state === 'l');
    expect(record === undefined ? undefined : n(record.start)).toBe(expected?.start);
    if (record === undefined || expected === undefined) return;
    bench.send(record);
    expected.sent += 1;
    expected.state = 'f';
  }

  /** What a recovery begins with: the first segment is given up whatever the scoreboard says (section 5 (4.3)). */
  #loseOldest(): void {
    const { bench, model } = this;
    const first = model.records[0];
    if (first === undefined || first.state !== 'f' || first.sent > 1) return;
    bench.queue.startRecovery();
    bench.queue.markLost(bench.queue.oldest!);
    first.state = 'l';
  }

  #timeout(): void {
    if (this.model.records.length === 0) return;
    this.bench.timers.advanceTo(this.bench.timers.nextTimeout);
    for (const record of this.model.records) if (record.state !== 's') record.state = 'l';
  }

  /** NextSeg (3) */
  #unsacked(): void {
    const { bench, model } = this;
    const highest = model.records.findLastIndex(({ state }) => state === 's');
    const expected = model.records
      .slice(0, highest + 1)
      .find(({ state, sent }) => state === 'f' && sent === 1);
    const record = bench.queue.nextUnsacked();
    expect(record === undefined ? undefined : n(record.start)).toBe(expected?.start);
    if (record === undefined || expected === undefined) return;
    bench.send(record);
    expected.sent += 1;
  }

  #compare(): void {
    const { bench, model } = this;
    expect(bench.marks()).toBe(model.records.map(({ state }) => state).join(''));
    expect(bench.queue.marked.slice(1)).toEqual(['f', 's', 'l'].map((state) => model.bytes(state)));
    expect(bench.queue.size).toBe(model.records.length);
    expect(n(bench.queue.end(at(bench.una)))).toBe(bench.nxt);
    // RFC 6298 (5.1), (5.2): one timer, as long as something is outstanding
    expect(bench.timers.size).toBe(model.records.length > 0 ? 1 : 0);
  }
}

describe('the scoreboard', () => {
  it('is that of RFC 6675: marks, pipe, IsLost, NextSeg', () => {
    fc.assert(
      fc.property(
        fc.array(step as fc.Arbitrary<Step>, { maxLength: 120 }),
        fc.integer({ min: 1, max: 4 }),
        (list, dupThresh) => {
          const both = new Both(dupThresh);
          for (const one of list) both.do(one);
        },
      ),
      { seed: 8, numRuns: 500 },
    );
  });

  it('three runs above it make a segment lost, two do not', () => {
    const bench = new Bench();
    for (let i = 0; i < 7; i++) bench.push(SMSS);
    bench.sack(10, 20);
    bench.sack(30, 40);
    expect(bench.queue.inferLost(3, 1000)).toBe(false);
    bench.sack(50, 60);
    expect(bench.queue.inferLost(3, 1000)).toBe(true);
    expect(bench.marks()).toBe('lsfsfsf');
  });

  it('more than two SMSS of bytes above it do too, in one run', () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.push(SMSS);
    bench.sack(10, 30);
    expect(bench.queue.inferLost(3, SMSS)).toBe(false);
    bench.sack(30, 40);
    expect(bench.queue.inferLost(3, SMSS)).toBe(true);
    expect(bench.marks()).toBe('lsssf');
  });

  it('passes over blocks that lie: empty, inside out, already acknowledged, never sent', () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.push(SMSS);
    bench.ack(10);
    const lies = [
      [20, 20],
      [30, 20],
      [0, 10],
      [5, 20],
      [40, 51],
      [60, 70],
      [-2_000_000_000, 20],
    ] as const;
    for (const [left, right] of lies) expect(bench.sack(left, right)).toBe(false);
    expect(bench.marks()).toBe('ffff');
  });

  it('counts a segment only when all of it is reported', () => {
    const bench = new Bench();
    for (let i = 0; i < 4; i++) bench.push(SMSS);
    bench.sack(12, 18);
    expect(bench.marks()).toBe('ffff');
    bench.sack(18, 30);
    expect(bench.marks()).toBe('ffsf');
    bench.sack(10, 12);
    expect(bench.marks()).toBe('fssf');
  });

  it('RFC 2018 section 8: a timeout with the oldest one reported received forgets all reports', () => {
    const bench = new Bench();
    for (let i = 0; i < 4; i++) bench.push(SMSS);
    bench.sack(0, 20);
    bench.sack(30, 40);
    expect(bench.marks()).toBe('ssfs');
    bench.timers.advanceTo(bench.timers.nextTimeout);
    expect(bench.marks()).toBe('llll');
    // And what is reported now is news.
    expect(bench.sack(30, 40)).toBe(true);
  });

  it('keeps its memory bounded by what is outstanding', () => {
    const bench = new Bench();
    for (let i = 0; i < 10_000; i++) {
      bench.push(SMSS);
      if (i >= 10) bench.ack((i - 9) * SMSS);
      if (i % 3 === 0) bench.sack(bench.una + SMSS, bench.una + 2 * SMSS);
    }
    expect(bench.queue.size).toBe(10);
    expect([...bench.queue].length).toBe(10);
    expect(bench.timers.size).toBe(1);
    bench.queue.clear();
    expect(bench.timers.size).toBe(0);
    expect(Mark.none).toBe(0);
  });

  it('Karn: no measurement where anything acknowledged was sent twice', () => {
    const bench = new Bench();
    bench.push(SMSS);
    bench.push(SMSS);
    bench.send(bench.queue.oldest!);
    bench.ack(20);
    expect(bench.acked).toMatchObject({ bytes: 20, retransmitted: true });
    bench.push(SMSS);
    bench.ack(30);
    expect(bench.acked).toMatchObject({ bytes: 10, retransmitted: false, sentAt: 0 });
  });
});
