/**
 * The flags of `statewire demo`: their names, what they take, their help. Each value is read and checked here; what
 * the values amount to together is `setup.ts`.
 */
import { type Command, Option } from 'commander';
import { type Fault, parseFault } from '../src/channel/faults.ts';
import { type Profile, profileNamed } from '../src/channel/profiles.ts';
import { parseMilliseconds, parseProbability, parseRate } from '../src/channel/units.ts';
import type { EngineName } from '../src/chart/chart.ts';
import type { Arq, StackName } from '../src/tcp/config.ts';
import {
  ARQS,
  flag,
  listFlag,
  type Pair,
  pairFlag,
  parseMss,
  parseSeed,
  parseSpeed,
  wholeNumber,
} from './flag.ts';

/** A fault with the words it was given in. */
export interface Rule {
  readonly text: string;
  readonly fault: Fault;
}

/** What was given, in the core's units: us, bits per second, fractions; what was not is undefined. */
export interface DemoFlags {
  readonly profile: Profile;
  readonly seed: number;
  readonly engine: EngineName;
  readonly stack: StackName;
  readonly arq?: Arq;
  readonly mss?: number;
  readonly loss?: Pair;
  readonly corrupt?: Pair;
  readonly duplicate?: Pair;
  readonly reorder?: Pair;
  readonly delay?: Pair;
  readonly jitter?: Pair;
  readonly rate?: Pair;
  readonly queue?: Pair;
  readonly fault: readonly Rule[];
  readonly command: readonly string[];
  /** Seconds of virtual time in one of the wall clock; Infinity for `max`. */
  readonly speed: number;
  readonly compare?: true;
  readonly trace?: string;
  readonly pcap?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** Defaults that are told the user in more than one place. */
export const DEFAULT_SEED = 1;
const DEFAULT_PROFILE = 'classroom';

function parseQueue(text: string): number {
  return wholeNumber(text, 1, 1_000_000, 'a queue in packets');
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

function linkFlags(): readonly Option[] {
  return [
    flag('--profile <name>', 'the link and the ends, by name (see statewire profiles)', profileNamed).default(
      profileNamed(DEFAULT_PROFILE),
      DEFAULT_PROFILE,
    ),
    pairFlag('--loss <p>', 'share of packets lost, 0 to 1', parseProbability),
    pairFlag('--corrupt <p>', 'share of packets with one bit flipped', parseProbability),
    pairFlag('--delay <ms>', 'one-way delay', parseMilliseconds),
    pairFlag('--jitter <ms>', 'delay varies by up to this, either way', parseJitter),
    pairFlag('--reorder <p>', 'share of packets held back until others have passed', parseProbability),
    pairFlag('--duplicate <p>', 'share of packets delivered twice', parseProbability),
    pairFlag('--rate <bps>', 'bits per second; k, M, G for thousands and so on', parseRate),
    pairFlag('--queue <n>', 'packets that may wait for the rate', parseQueue),
    listFlag('--fault <rule>', "what happens to one packet, such as 'drop client>server data 3'", parseRule),
  ];
}

function endFlags(): readonly Option[] {
  const text = (word: string): string => word;
  return [
    new Option('--arq <way>', 'how what is lost is sent again (default: as the profile says)').choices(ARQS),
    flag('--mss <n>', 'bytes of data in a segment (default: as the profile says)', parseMss),
    new Option('--stack <name>', "whose defaults TCP's settings have")
      .choices(['linux', 'freebsd', 'rfc'])
      .default('linux'),
    listFlag('--command <line>', 'send this instead of the seven commands; may be given again', text),
  ];
}

function runFlags(): readonly Option[] {
  return [
    flag('--seed <n>', 'the same seed gives the same run', parseSeed).default(DEFAULT_SEED),
    new Option('--engine <name>', 'what runs the charts').choices(['compiled', 'xstate']).default('compiled'),
    flag('--speed <s>', 'max, or paced by the clock: 1x, 10x', parseSpeed).default(
      Number.POSITIVE_INFINITY,
      'max',
    ),
  ];
}

function outputFlags(): readonly Option[] {
  return [
    new Option('--compare', 'run all three ways to repeat, and show them side by side').conflicts([
      'arq',
      'speed',
      'trace',
      'pcap',
    ]),
    new Option('--trace <file>', 'write all that happens as JSON lines'),
    new Option('--pcap <file>', 'write the packets as pcapng, for Wireshark'),
    new Option('--json', 'JSON lines on stdout instead of the ladder'),
    new Option('--quiet', 'only the summary'),
  ];
}

/** Gives the command its flags. */
export function addDemoFlags(command: Command): Command {
  const groups: readonly (readonly [string, readonly Option[]])[] = [
    ['The link (A both ways; A,B client to server, and back):', linkFlags()],
    ['The ends:', endFlags()],
    ['The run:', runFlags()],
    ['Output:', outputFlags()],
  ];
  for (const [heading, options] of groups) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command;
}
