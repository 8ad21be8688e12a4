/** Random programs in batches: what is found is made as small as it goes, and told so that it can be tried again. */
import fc from 'fast-check';
import { scriptOf } from '../../src/check/index.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { Ladder } from '../../src/trace/ladder.ts';
import { type DuelProgram, NAMES } from './duel.ts';
import { compareRuns, duelPrograms, type Played, playDuel } from './duelPrograms.ts';
import type { SoloProgram } from './solo.ts';
import { playSolo, soloPrograms } from './soloPrograms.ts';

/** Two ends; one end; two ends in both engines, and taken apart and put together again. */
export const KINDS = ['duel', 'solo', 'twice'] as const;
export type Kind = (typeof KINDS)[number];

export interface Finding {
  readonly kind: Kind;
  readonly seed: number;
  readonly flaw: string;
  /** The smallest program that shows it. */
  readonly program: unknown;
  /** What happens in it: a ladder, and a packetdrill script of each end. */
  readonly story: string;
}

/** Programs of a batch: a few are played more than once. */
const BATCH: Readonly<Record<Kind, number>> = { duel: 100, solo: 200, twice: 10 };

/** So many programs, from this seed on. */
export interface Batch {
  readonly seed: number;
  readonly count: number;
  /** Make what is found as small as it goes; default true. */
  readonly shrink?: boolean;
}

/** Plays a batch of programs of one kind; the first that goes wrong. The same seed finds the same. */
export function hunt(kind: Kind, batch: Batch): Finding | undefined {
  if (kind === 'solo') {
    return new Hunt(soloPrograms, (program) => playSolo(program), storyOfSolo).run(kind, batch);
  }
  const play = (program: DuelProgram): Played =>
    kind === 'duel' ? playDuel(program) : { ...playDuel(program), flaw: compareRuns(program) };
  return new Hunt(duelPrograms, play, storyOfDuel).run(kind, batch);
}

/** Batch after batch; each pause tells how many programs have been played. Ends with a finding. */
export function* campaign(seed: number): Generator<number, Finding> {
  let played = 0;
  for (let next = seed; ; next = (next + 1) % 0x7fff_ffff) {
    for (const kind of KINDS) {
      const finding = hunt(kind, { seed: next, count: BATCH[kind] });
      if (finding !== undefined) return finding;
      played += BATCH[kind];
      yield played;
    }
  }
}

/** Programs of one kind, how they are played, and how what happens is told. */
class Hunt<Program> {
  readonly #programs: fc.Arbitrary<Program>;
  readonly #play: (program: Program) => Played;
  readonly #storyOf: (program: Program, events: readonly TraceEvent[]) => string;

  constructor(
    programs: fc.Arbitrary<Program>,
    play: (program: Program) => Played,
    storyOf: (program: Program, events: readonly TraceEvent[]) => string,
  ) {
    this.#programs = programs;
    this.#play = play;
    this.#storyOf = storyOf;
  }

  run(kind: Kind, { seed, count, shrink = true }: Batch): Finding | undefined {
    const property = fc.property(this.#programs, (program) => this.#play(program).flaw === undefined);
    const { failed, counterexample } = fc.check(property, {
      seed,
      numRuns: count,
      endOnFailure: !shrink,
      // A long program has many parts that may be left out
      ...(shrink && { interruptAfterTimeLimit: 60_000 }),
    });
    if (!failed || counterexample === null) return undefined;
    const [program] = counterexample;
    const { flaw = 'nothing, the second time', events } = this.#play(program);
    return { kind, seed, flaw, program, story: this.#storyOf(program, events) };
  }
}

function ladderOf(events: readonly TraceEvent[]): string {
  const out: string[] = [];
  const ladder = new Ladder({ write: (line) => out.push(line), width: 110, style: (text) => text });
  for (const event of events) ladder.sink(event);
  ladder.flush();
  return out.join('\n');
}

function storyOfDuel({ tcp, iss, simultaneous }: DuelProgram, events: readonly TraceEvent[]): string {
  const scripts = ([0, 1] as const).map((side) => {
    const opens = side === 0 || simultaneous;
    const end = { name: NAMES[side], opens, iss: iss[side], irs: iss[side === 0 ? 1 : 0], tcp };
    return `// the ${NAMES[side]}\n${scriptOf(events, end)}`;
  });
  return [ladderOf(events), ...scripts].join('\n\n');
}

function storyOfSolo({ tcp, passive, iss, irs }: SoloProgram, events: readonly TraceEvent[]): string {
  const script = scriptOf(events, { name: 'client', opens: !passive, iss, irs, tcp });
  return `${ladderOf(events)}\n\n${script}`;
}

/** A finding as a person reads it. */
export function findingText({ kind, seed, flaw, program, story }: Finding): string {
  return [`${kind}: ${flaw}`, `seed ${seed}`, JSON.stringify(program), '', story].join('\n');
}
