/** Random programs for two ends, and what happens when one is played. */
import fc from 'fast-check';
import type { Engine } from '../../src/chart/index.ts';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { eventLine } from '../../src/trace/json.ts';
import { Trace } from '../../src/trace/trace.ts';
import { Duel, type DuelProgram, type Step } from './duel.ts';

const side = fc.constantFrom(0 as const, 1 as const);
/** Mostly the oldest packet. */
const at = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(20));
const bytes = fc.oneof(fc.constantFrom(1, 5, 100), fc.integer({ min: 1, max: 3000 }));

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), side, bytes }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), side, bytes }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const), side }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('deliver' as const), side, at }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'copy' as const), side, at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('damage' as const), side, at }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('flow' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('timer' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 50, 250, 2000) }),
  },
);

const rude: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('abort' as const, 'detach' as const),
  side,
});

const tcp = fc.record({
  mss: fc.constantFrom(1, 5, 100, 536, 1000),
  receiveBuffer: fc.constantFrom(1, 10, 300, 5000, 200_000),
  sendBuffer: fc.constantFrom(10, 2000, 100_000),
  sack: fc.boolean(),
  timestamps: fc.boolean(),
  windowScaling: fc.boolean(),
  nagle: fc.boolean(),
  delayedAck: fc.constantFrom(0, 40, 200),
  initialWindow: fc.constantFrom(1, 3, 10),
  arq: fc.oneof(
    { weight: 6, arbitrary: fc.constant('tcp' as const) },
    fc.constantFrom('selective-repeat' as const, 'go-back-n' as const),
  ),
});

/** Numbers that are about to wrap, too. */
const isn = fc.constantFrom(1000, 0, 0xffff_fff0, 0x7fff_fff0);

export const duelPrograms: fc.Arbitrary<DuelProgram> = fc
  .record({
    tcp,
    iss: fc.tuple(isn, isn),
    simultaneous: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    first: fc.array(steps, { maxLength: 40 }),
    // One program in five has somebody who hangs up
    between: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.tuple(rude)),
    last: fc.array(steps, { maxLength: 25 }),
  })
  .map(({ first, between, last, ...rest }) => {
    const most = 60 * Math.min(rest.tcp.mss, rest.tcp.receiveBuffer);
    const all = [...first, ...between, ...last];
    return { ...rest, steps: all.map((step) => (step.do === 'send' ? shorter(step, most) : step)) };
  });

/** No more than so many bytes: a program of a thousand tiny segments shows no more than one of sixty. */
function shorter(step: Extract<Step, { bytes: number }>, most: number): Step {
  return { ...step, bytes: Math.min(step.bytes, most) };
}

export interface Played {
  /** What is wrong; undefined: nothing. */
  readonly flaw: string | undefined;
  readonly events: readonly TraceEvent[];
}

export function playDuel(program: DuelProgram, engine: Engine = compiledEngine): Played {
  const events: TraceEvent[] = [];
  const trace = new Trace();
  trace.listen((event) => events.push(event));
  try {
    return { flaw: new Duel(program, engine, trace).play(), events };
  } catch (error) {
    return { flaw: (error as Error).message, events };
  }
}

/**
 * The same program in the other engine, and with hosts that are taken apart and put together again all the time: does it
 * make the same trace?
 */
export function compareRuns(program: DuelProgram): string | undefined {
  const whole = linesOf({ ...program, steps: program.steps.filter((step) => step.do !== 'restore') });
  const other = difference(linesOf(program), linesOf(program, interpretedEngine));
  if (other !== undefined) return `the engines differ at ${other}`;
  const steps = program.steps.flatMap((step): Step[] =>
    step.do === 'restore' ? [] : [step, { do: 'restore', side: 0 }, { do: 'restore', side: 1 }],
  );
  const broken = difference(whole, linesOf({ ...program, steps }));
  return broken && `hosts that are put together again differ at ${broken}`;
}

function linesOf(program: DuelProgram, engine?: Engine): string[] {
  return playDuel(program, engine).events.map(eventLine);
}

function difference(lines: readonly string[], others: readonly string[]): string | undefined {
  const length = Math.max(lines.length, others.length);
  for (let i = 0; i < length; i++) {
    if (lines[i] !== others[i]) return `event ${i + 1}: ${lines[i]} and ${others[i]}`;
  }
  return undefined;
}
