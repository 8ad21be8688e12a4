/**
 * The flags that say what a link does, for every command with a link: their names, what they take, their help; and the
 * link that they amount to over a profile (a flag for the delay replaces a profile's table of delays).
 */
import type { Option } from 'commander';
import { type Fault, parseFault } from '../src/channel/faults.ts';
import {
  checkLinkConfig,
  type DirectionConfig,
  type LinkConfig,
  type Profile,
  profileNamed,
} from '../src/channel/profiles.ts';
import { parseMilliseconds, parseProbability, parseRate } from '../src/channel/units.ts';
import { flag, listFlag, type Pair, pairFlag, wholeNumber } from './flag.ts';

/** A fault with the words it was given in. */
export interface Rule {
  readonly text: string;
  readonly fault: Fault;
}

/** What was given, in the core's units: us, bits per second, fractions; what was not is undefined. */
export interface LinkFlags {
  readonly profile: Profile;
  readonly loss?: Pair;
  readonly corrupt?: Pair;
  readonly duplicate?: Pair;
  readonly reorder?: Pair;
  readonly delay?: Pair;
  readonly jitter?: Pair;
  readonly rate?: Pair;
  readonly queue?: Pair;
  readonly fault: readonly Rule[];
}

/** us */
const SHORTEST_HOLD = 10_000;

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
    listFlag('--fault <rule>', "what happens to one packet, such as 'drop client>server data 3'", parseRule),
  ];
}

/**
 * The link: flag over profile over default.
 * @throws {RangeError} when the flags do not go together
 */
export function linkOf(flags: LinkFlags): LinkConfig {
  const { forward, backward } = flags.profile.link;
  const link: LinkConfig = {
    forward: directionOf(forward, flags, 0),
    backward: directionOf(backward, flags, 1),
    faults: flags.fault.map(({ fault }) => fault),
  };
  checkLinkConfig(link);
  return link;
}

/** What a trace's header says of the link: profile, both directions, the faults as they were given. */
export function linkConfiguration({ profile, fault }: LinkFlags, link: LinkConfig) {
  const { faults: _, ...directions } = link;
  return { profile: profile.name, link: directions, faults: fault.map(({ text }) => text) };
}

function directionOf(profile: DirectionConfig, flags: LinkFlags, way: 0 | 1): DirectionConfig {
  const given = (pair: Pair | undefined): number | undefined => pair?.[way];
  const { loss, corrupt, duplicate, delay, jitter, rate, queue, reorder } = flags;
  const { gilbertElliott, distribution, ...rest } = profile;
  const direction: DirectionConfig = {
    ...rest,
    // A share of losses replaces a profile's losses in good and bad times
    ...(gilbertElliott !== undefined && loss === undefined && { gilbertElliott }),
    // A delay, or a jitter, replaces a profile's table of delays
    ...(distribution !== undefined && delay === undefined && jitter === undefined && { distribution }),
    ...present({
      loss: given(loss),
      corrupt: given(corrupt),
      duplicate: given(duplicate),
      delay: given(delay),
      jitter: given(jitter),
      rate: given(rate),
      queue: given(queue),
    }),
  };
  const probability = given(reorder);
  return probability === undefined
    ? direction
    : { ...direction, reorder: { probability, by: profile.reorder?.by ?? holdOf(direction) } };
}

/** How long a packet must be held back for others to pass it: longer than the delay is, and than two ticks. */
function holdOf({ delay = 0, jitter = 0, slot }: DirectionConfig): number {
  return Math.max(SHORTEST_HOLD, Math.ceil(1.5 * (delay + jitter)), 2 * (slot?.interval ?? 0));
}

/** The object without what is undefined. */
export function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
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
    ...flags.fault.flatMap(({ text }) => ['--fault', text]),
  ];
}
