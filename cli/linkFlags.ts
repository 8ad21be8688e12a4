/**
 * The flags that say what a link does, for every command with a link: their names, what they take, their help. What
 * they amount to over a profile is `src/app/linkSettings.ts`.
 */
import type { Option } from 'commander';
import type { LinkSettings, Pair, Rule } from '../src/app/linkSettings.ts';
import { parseFault } from '../src/channel/faults.ts';
import { profileNamed } from '../src/channel/profiles.ts';
import { parseMilliseconds, parseProbability, parseRate } from '../src/channel/units.ts';
import { flag, listFlag, pairFlag, wholeNumber } from './flag.ts';

/** What was given; what was not is undefined. */
export type LinkFlags = LinkSettings;

function parseQueue(text: string): number {
  return wholeNumber(text, 1, 1_000_000, 'a queue in packets');
}

function parseThreshold(text: string): number {
  return wholeNumber(text, 0, 1_000_000, 'a threshold in packets');
}

/** Half an hour is the widest that the link draws. */
function parseJitter(text: string): number {
  const us = parseMilliseconds(text);
  if (us <= 1_800_000_000) return us;
  throw new RangeError(`a jitter is milliseconds from 0 to 1800000 (half an hour), not '${text}'`);
}

/** What a rule may be; said with each that cannot be read. */
const GRAMMAR =
  'a rule is ACTION DIRECTION KIND WHICH; ACTION: drop, corrupt, duplicate or delay MS; DIRECTION: client>server or ' +
  'server>client; KIND: syn, synack, ack, data, fin, rst or any; WHICH: 3, 3-5, every 4 or all';

function parseRule(text: string): Rule {
  try {
    return { text: text.trim(), fault: parseFault(text) };
  } catch (error) {
    throw new RangeError(`${(error as Error).message}; ${GRAMMAR}`);
  }
}

/** The flags, with the profile that holds unless one is given; `what` the profile sets is for the help. */
export function linkFlags(usual: string, what: string): readonly Option[] {
  return [
    flag('--profile <name>', `${what}, by name (see statewire profiles)`, profileNamed).default(
      profileNamed(usual),
      usual,
    ),
    pairFlag('--loss <p>', 'share of packets lost, 0 to 1', parseProbability),
    pairFlag('--corrupt <p>', 'share of packets with one bit flipped', parseProbability),
    pairFlag('--delay <ms>', 'one-way delay', parseMilliseconds),
    pairFlag('--jitter <ms>', 'delay varies by up to this, either way', parseJitter),
    pairFlag('--reorder <p>', 'share of packets held back until others have passed', parseProbability),
    pairFlag('--duplicate <p>', 'share of packets delivered twice', parseProbability),
    pairFlag('--rate <bps>', 'bits per second; k, M, G for thousands and so on', parseRate),
    pairFlag('--queue <n>', 'packets that may wait for the rate', parseQueue),
    pairFlag('--ecn-threshold <n>', 'a longer queue marks packets that know ECN', parseThreshold),
    listFlag('--fault <rule>', "what happens to one packet, such as 'drop client>server data 3'", parseRule),
  ];
}

/** The flags again as they would be typed, for a program that is started with them. */
export function linkArguments(flags: LinkFlags): string[] {
  const pair = (name: string, given: Pair | undefined, unit: number): string[] =>
    given === undefined ? [] : [`--${name}`, given.map((value) => String(value / unit)).join()];
  return [
    ...['--profile', flags.profile.name],
    ...pair('loss', flags.loss, 1),
    ...pair('corrupt', flags.corrupt, 1),
    ...pair('duplicate', flags.duplicate, 1),
    ...pair('reorder', flags.reorder, 1),
    ...pair('delay', flags.delay, 1000),
    ...pair('jitter', flags.jitter, 1000),
    ...pair('rate', flags.rate, 1),
    ...pair('queue', flags.queue, 1),
    ...pair('ecn-threshold', flags.ecnThreshold, 1),
    ...flags.fault.flatMap(({ text }) => ['--fault', text]),
  ];
}
