/**
 * Whole key-value sessions over bad links, seed after seed: the seven answers are right, both ends reach CLOSED, and
 * both engines make the same trace. SEEDS=N for more or fewer seeds.
 */
import { describe, expect, it } from 'vitest';
import { Demo, type DemoOptions, type DemoResult } from '../../src/app/demo.ts';
import { seven } from '../../src/app/seven.ts';
import { profileNamed } from '../../src/channel/profiles.ts';
import type { Engine } from '../../src/chart/chart.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { interpretedEngine } from '../../src/chart/interpreted.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { eventLine } from '../../src/trace/json.ts';
import { Trace } from '../../src/trace/trace.ts';

const SEEDS = Number(process.env.SEEDS ?? 1000);
/** How many are run in both engines: of the lossy link, and over the other links. */
const TRACED = Number(process.env.TRACED_SEEDS ?? 200);
const TRACED_BESIDE = Math.ceil(TRACED / 10);
const FIRST = Number(process.env.FIRST_SEED ?? 1);

function optionsFor(profile: string, seed: number, engine: Engine, tcp?: Partial<TcpConfig>): DemoOptions {
  const { link, endpoint } = profileNamed(profile);
  return { seed, engine, link, tcp: { ...endpoint, ...tcp }, commands: seven, strict: true };
}

/** A session that takes longer than a week of virtual time, or a million steps, is a livelock. */
const WEEK = 7 * 86_400_000_000;

function play(options: DemoOptions): { demo: Demo; result: DemoResult } {
  const demo = new Demo(options);
  for (let steps = 0; !demo.over; steps++) {
    if (steps > 1_000_000 || demo.simulation.now() > WEEK) throw new Error(`seed ${options.seed}: livelock`);
    if (!demo.simulation.step()) throw new Error(`seed ${options.seed}: nothing is due, and it is not over`);
  }
  return { demo, result: demo.result() };
}

function judge(seed: number, { demo, result }: { demo: Demo; result: DemoResult }): void {
  const got = result.outcomes.map((outcome) => outcome.got);
  expect(got, `seed ${seed}`).toEqual(seven.map(({ answer }) => answer));
  expect([result.client.state, result.server?.state], `seed ${seed}`).toEqual(['CLOSED', 'CLOSED']);
  // Nothing goes on when all is over.
  for (const host of [demo.client, demo.server]) {
    expect([host.connections.length, host.timers.size], `seed ${seed}`).toEqual([0, 0]);
  }
}

const ways: readonly [string, string, Partial<TcpConfig>][] = [
  ['classroom', 'classroom', {}],
  ['lossy', 'lossy', {}],
  // Small segments make long sessions of the short one.
  ['lossy, MSS 5', 'lossy', { mss: 5 }],
  ['lossy, MSS 5, go-back-n', 'lossy', { mss: 5, arq: 'go-back-n' }],
  ['lossy, MSS 5, selective-repeat', 'lossy', { mss: 5, arq: 'selective-repeat' }],
  ['classroom, tcp', 'classroom', { arq: 'tcp' }],
  ['classroom, go-back-n', 'classroom', { arq: 'go-back-n' }],
];

describe('the seven commands', () => {
  for (const [name, profile, tcp] of ways) {
    it(`${name}: ${SEEDS} seeds`, () => {
      for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
        judge(seed, play(optionsFor(profile, seed, compiledEngine, tcp)));
      }
    });
  }
});

function traceOf(options: DemoOptions): string[] {
  const lines: string[] = [];
  const trace = new Trace();
  trace.listen((event) => lines.push(eventLine(event)));
  play({ ...options, trace });
  return lines;
}

describe('both engines', () => {
  for (const [name, profile, tcp, seeds] of [
    ['lossy', 'lossy', {}, TRACED],
    ['lossy, MSS 5', 'lossy', { mss: 5 }, TRACED_BESIDE],
    ['classroom', 'classroom', {}, TRACED_BESIDE],
  ] as const) {
    it(`${name}: ${seeds} seeds, the same trace byte for byte`, () => {
      for (let seed = FIRST; seed < FIRST + seeds; seed++) {
        const compiled = traceOf(optionsFor(profile, seed, compiledEngine, tcp));
        const interpreted = traceOf(optionsFor(profile, seed, interpretedEngine, tcp));
        expect(compiled.length).toBeGreaterThan(100);
        // Not toEqual on the lists: the first line that differs says more.
        const differs = compiled.findIndex((line, i) => line !== interpreted[i]);
        expect([interpreted[differs], interpreted.length], `seed ${seed}`).toEqual([
          compiled[differs],
          compiled.length,
        ]);
      }
    });
  }

  it('the same seed twice makes the same trace, another seed another', () => {
    const trace = (seed: number) => traceOf(optionsFor('lossy', seed, compiledEngine)).join('\n');
    expect(trace(1)).toBe(trace(1));
    expect(trace(1)).not.toBe(trace(2));
  });
});
