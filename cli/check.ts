/** `statewire check`: the search of the state space, told as figures; a violation as a ladder and as a script. */
import { setImmediate as breathe } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { engineNamed } from '../src/chart/index.ts';
import {
  type CheckOptions,
  type Cut,
  type SearchLimits,
  type SearchResult,
  SIDES,
  type Side,
  scriptEnd,
  scriptOf,
  searching,
  tell,
  type Violation,
} from '../src/check/index.ts';
import type { StackName } from '../src/tcp/config.ts';
import { Ladder } from '../src/trace/ladder.ts';
import { EXIT } from './failure.ts';
import { flag, wholeNumber } from './flag.ts';
import type { Io } from './io.ts';
import { paintFor, widthOf } from './paint.ts';

interface CheckFlags {
  readonly losses: number;
  readonly dups: number;
  readonly reorder: number;
  readonly early: number;
  readonly window: number;
  readonly slow?: true;
  readonly stack: StackName;
  readonly depth?: number;
  readonly states: number;
  readonly engine: 'compiled' | 'xstate';
  readonly json?: true;
  readonly quiet?: true;
}

/** About 8 GB. */
const MOST_STATES = 16_000_000;

/** A violation was found: what a test runner takes for a failure. */
const FOUND = 1;

/** Why a search was not all. */
const CUTS: Readonly<Record<Cut, string>> = {
  depth: 'nothing deeper was searched (--depth)',
  states: 'too many states (--states)',
  stopped: 'stopped before the end',
};

const EXAMPLES = `
Examples:
  statewire check                                  one loss, in every place it can strike
  statewire check --losses 2 --dups 1 --reorder 1  more, together: 2.9 million states, some minutes
  statewire check --losses 1 --window 1            with a receive buffer of one segment
  statewire check --slow --window 1                users who read late, so that windows shut
  statewire check --losses 1 --json

Two hosts, each with the whole TCP, and a link. One side sends two segments, the other one, both close; every order in
which packets can arrive, users act and timers run out is tried, with as many faults as are allowed. In each state:
what is delivered is what was sent; nothing is acknowledged that was not received; windows do not shrink; the sides
agree; left alone they fall silent; and the end, both closed, can be reached.

Exit codes: 0 all was searched (to --depth, if given) and nothing found, 1 a violation, 2 usage, 6 more than --states,
130 Ctrl-C (what was found so far is printed).`;

/** Adds the command; `done` is told the exit code. */
export function addCheck(program: Command, io: Io, done: (code: number) => void): void {
  const count = (name: string, help: string, usual: number): Option =>
    flag(name, help, (text) => wholeNumber(text, 0, 9, 'a number of faults')).default(usual);
  program
    .command('check')
    .summary('search every state that two ends and a faulty link can get into')
    .description('Searches the state space of two real hosts and a link with a bounded number of faults.')
    .addOption(count('--losses <n>', 'packets lost', 1))
    .addOption(count('--dups <n>', 'packets duplicated', 0))
    .addOption(count('--reorder <n>', 'packets overtaken by the next', 0))
    .addOption(count('--early <n>', 'timers that run out while packets are under way', 0))
    .addOption(
      flag('--window <n>', 'receive buffer in segments', (text) =>
        wholeNumber(text, 1, 100, 'a window in segments'),
      ).default(4),
    )
    .addOption(new Option('--slow', 'users read when they like, and not at once'))
    .addOption(
      new Option('--stack <name>', "whose settings TCP has: rfc has RFC 6675's recovery, and fewer states")
        .choices(['linux', 'freebsd', 'rfc'])
        .default('linux'),
    )
    .addOption(
      flag('--depth <n>', 'moves from the start (default: all)', (text) =>
        wholeNumber(text, 1, 10_000, 'a depth in moves'),
      ),
    )
    .addOption(
      flag('--states <n>', 'states at most', (text) =>
        wholeNumber(text, 1, MOST_STATES, 'a number of states'),
      ).default(5_000_000),
    )
    .addOption(
      new Option('--engine <name>', 'what runs the charts')
        .choices(['compiled', 'xstate'])
        .default('compiled'),
    )
    .addOption(new Option('--json', 'the result as one line of JSON'))
    .addOption(new Option('--quiet', 'no progress on stderr'))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: CheckFlags) => done(await check(flags, io)));
}

async function check(flags: CheckFlags, io: Io): Promise<number> {
  const { losses, dups, reorder, early, window, depth, states, slow, stack, engine } = flags;
  const options: CheckOptions = {
    bounds: { losses, dups, reorder, early },
    window,
    stack,
    engine: engineNamed(engine),
    ...(slow && { slow }),
  };
  const start = performance.now();
  const result = await run(options, { states, ...(depth !== undefined && { depth }) }, flags, io);
  if (io.liveErr && !flags.quiet) io.err('\r\u001b[K');
  if (flags.json) io.out(`${JSON.stringify(record(options, result))}\n`);
  else for (const line of report(options, result, performance.now() - start, io)) io.out(`${line}\n`);
  return codeOf(result, io);
}

/** Searches, and looks up now and then: to tell how far it is, and whether to stop. */
async function run(
  options: CheckOptions,
  limits: SearchLimits,
  flags: CheckFlags,
  io: Io,
): Promise<SearchResult> {
  const search = searching(options, limits);
  const stride = io.liveErr ? 2_000 : 500_000;
  let told = 0;
  let step = search.next();
  while (!step.done) {
    const { states, depth } = step.value;
    if (!flags.quiet && states >= told + stride) {
      told = states;
      const text = `${states.toLocaleString('en')} states, depth ${depth}`;
      io.err(io.liveErr ? `\r${text}\u001b[K` : `statewire: ${text}\n`);
    }
    await breathe();
    step = search.next(io.stop.aborted || io.unread ? true : undefined);
  }
  return step.value;
}

/** What the shell is told of a result. */
export function codeOf({ violation, cut }: SearchResult, io: Io): number {
  if (violation !== undefined) return FOUND;
  if (cut === 'states') return EXIT.application;
  return cut === 'stopped' && io.stop.aborted ? (io.stop.reason as number) : EXIT.fine;
}

/** A result as JSON has it. */
export function record(options: CheckOptions, result: SearchResult): object {
  const { bounds, window, slow = false, stack = 'linux' } = options;
  const { violation, cut, ...figures } = result;
  const complete = violation === undefined && cut === undefined;
  const told = violation === undefined ? null : { ...violation, ...scripts(options, violation) };
  const search = { ...bounds, window, slow, stack };
  return { statewire: 1, kind: 'check', ...search, ...figures, complete, cut: cut ?? null, violation: told };
}

function scripts(options: CheckOptions, { path }: Violation): { client: string; server: string } {
  const events = tell(options, path);
  const script = (side: Side): string => scriptOf(events, scriptEnd(options, side));
  return { client: script(0), server: script(1) };
}

/** A result as a person reads it; `ms` is how long it took. */
export function report(options: CheckOptions, result: SearchResult, ms: number, io: Io): string[] {
  const { states, edges, depth, over, cut, violation } = result;
  const paint = paintFor(io);
  const number = (value: number): string => value.toLocaleString('en');
  const figures = [
    `${number(states)} states, ${number(edges)} edges, depth ${depth}, ${number(over)} ends; ${(ms / 1000).toFixed(1)} s`,
  ];
  if (violation !== undefined) return [...story(options, violation, io), ...figures];
  const verdict =
    cut === undefined
      ? paint('no violation: that was all', 'good')
      : paint(`no violation so far: ${CUTS[cut]}`, 'faint');
  return [verdict, ...figures];
}

function story(options: CheckOptions, violation: Violation, io: Io): string[] {
  const { flaw, path } = violation;
  const paint = paintFor(io);
  const out: string[] = [paint(`violation after ${path.length} moves: ${flaw}`, 'bad'), ''];
  const ladder = new Ladder({ write: (line) => out.push(line), width: widthOf(io), style: paint });
  const events = tell(options, path);
  for (const event of events) ladder.sink(event);
  ladder.flush();
  for (const side of SIDES) {
    out.push('', paint(`the ${side === 0 ? 'client' : 'server'} as a packetdrill script:`, 'heading'), '');
    out.push(...scriptOf(events, scriptEnd(options, side)).trimEnd().split('\n'));
  }
  return [...out, ''];
}
