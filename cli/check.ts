/** `statewire check`: the search of the state space, told as figures; a violation as a ladder and as a script. */
import { type Command, Option } from 'commander';
import { engineNamed } from '../src/chart/index.ts';
import {
  type CheckOptions,
  type SearchLimits,
  type SearchResult,
  SIDES,
  scriptOf,
  search,
  tell,
  type Violation,
} from '../src/check/index.ts';
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
  readonly depth?: number;
  readonly states: number;
  readonly engine: 'compiled' | 'xstate';
  readonly json?: true;
  readonly quiet?: true;
}

/** A violation was found: what a test runner takes for a failure. */
const FOUND = 1;

const EXAMPLES = `
Examples:
  statewire check                                  one loss, in every place it can strike
  statewire check --losses 2 --dups 1 --reorder 1  more, together: about 1.5 million states
  statewire check --losses 1 --window 1            with a receive buffer of one segment
  statewire check --losses 1 --json

Two hosts, each with the whole TCP, and a link. One side sends two segments, the other one, both close; every order in
which packets can arrive, users act and timers run out is tried, with as many faults as are allowed. In each state:
what is delivered is what was sent; nothing is acknowledged that was not received; windows do not shrink; the sides
agree; and the end, both closed, can be reached.

Exit codes: 0 all was searched and nothing found, 1 a violation, 2 usage, 6 stopped before the end.`;

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
    .addOption(
      flag('--depth <n>', 'moves from the start (default: all)', (text) =>
        wholeNumber(text, 1, 10_000, 'a depth in moves'),
      ),
    )
    .addOption(
      flag('--states <n>', 'states at most', (text) =>
        wholeNumber(text, 1, 50_000_000, 'a number of states'),
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
    .action((flags: CheckFlags) => done(check(flags, io)));
}

function check(flags: CheckFlags, io: Io): number {
  const { losses, dups, reorder, early, window, depth, states, engine } = flags;
  const options: CheckOptions = {
    bounds: { losses, dups, reorder, early },
    window,
    engine: engineNamed(engine),
  };
  const limits: SearchLimits = { states, ...(depth !== undefined && { depth }) };
  const start = performance.now();
  const result = search(options, limits, progress(flags, io));
  if (io.liveErr && !flags.quiet) io.err('\r\u001b[K');
  if (flags.json) io.out(`${JSON.stringify(record(options, result))}\n`);
  else for (const line of lines(options, result, performance.now() - start, io)) io.out(`${line}\n`);
  if (result.violation !== undefined) return FOUND;
  return result.complete || depth !== undefined ? EXIT.fine : EXIT.application;
}

/** A line that is drawn over on a terminal, a line now and then elsewhere. */
function progress({ quiet }: CheckFlags, io: Io) {
  let next = 0;
  return (states: number, depth: number): boolean => {
    const stride = io.liveErr ? 10_000 : 500_000;
    if (!quiet && states >= next && states > 0) {
      const text = `${states.toLocaleString('en')} states, depth ${depth}`;
      io.err(io.liveErr ? `\r${text}\u001b[K` : `statewire: ${text}\n`);
      next = states + stride;
    }
    return true;
  };
}

function record(options: CheckOptions, result: SearchResult): object {
  const { bounds, window } = options;
  const { violation, ...figures } = result;
  const told = violation === undefined ? null : { ...violation, ...scripts(options, violation) };
  return { kind: 'check', ...bounds, window, ...figures, violation: told };
}

function scripts(options: CheckOptions, { path }: Violation): { client: string; server: string } {
  const events = tell(options, path);
  return { client: scriptOf(events, 0), server: scriptOf(events, 1) };
}

function lines(options: CheckOptions, result: SearchResult, ms: number, io: Io): string[] {
  const { states, edges, depth, over, complete, violation } = result;
  const paint = paintFor(io);
  const number = (value: number): string => value.toLocaleString('en');
  const figures = [
    `${number(states)} states, ${number(edges)} edges, depth ${depth}, ${number(over)} ends; ${(ms / 1000).toFixed(1)} s`,
  ];
  if (violation !== undefined) return [...story(options, violation, io), ...figures];
  const verdict = complete
    ? paint('no violation: that was all', 'good')
    : paint('no violation so far: stopped before the end', 'faint');
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
    out.push(...scriptOf(events, side).trimEnd().split('\n'));
  }
  return [...out, ''];
}
