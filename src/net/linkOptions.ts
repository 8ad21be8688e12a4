/**
 * A link as a program or a configuration says it, in the words of the command line: numbers, or text with a unit; one
 * value for both ways, or a pair. What is wrong is said with the option it came from.
 */
import { linkOf, type Pair, type Rule } from '../app/linkSettings.ts';
import type { LinkConfig } from '../channel/config.ts';
import { parseFault } from '../channel/faults.ts';
import { profileNamed } from '../channel/profiles.ts';
import { decimal, parsePair, parseProbability, parseRate } from '../channel/units.ts';

/** One value, or one for each way: there and back. As text, `'A,B'`. */
export type TwoWays = number | string | readonly [number | string, number | string];

/** What a link does to packets. */
export interface Impairments {
  /** Of `statewire profiles`; `perfect` by default. What else is given goes over it. */
  readonly profile?: string;
  /** Share of packets lost, 0 to 1. */
  readonly loss?: TwoWays;
  /** Share of packets with one bit flipped. */
  readonly corrupt?: TwoWays;
  /** Share of packets delivered twice. */
  readonly duplicate?: TwoWays;
  /** Share of packets held back until others have passed. */
  readonly reorder?: TwoWays;
  /** One way, ms; or text such as `'20ms'`, `'1.5s'`. */
  readonly delay?: TwoWays;
  /** The delay varies by up to this, either way; ms. */
  readonly jitter?: TwoWays;
  /** Bits per second; `'64k'`, `'1.5M'`, `'1G'`. */
  readonly rate?: TwoWays;
  /** Packets that may wait for the rate. */
  readonly queue?: TwoWays;
  /** What happens to single packets: `'drop client>server data 3'`; the first end is the client. */
  readonly fault?: string | readonly string[];
}

const PARSERS: Readonly<Record<string, (text: string) => number>> = {
  loss: parseProbability,
  corrupt: parseProbability,
  duplicate: parseProbability,
  reorder: parseProbability,
  delay: parseDuration,
  jitter: parseDuration,
  rate: parseRate,
  queue: parseQueue,
};

/** The names that `Impairments` has. */
export const IMPAIRMENTS: readonly string[] = ['profile', ...Object.keys(PARSERS), 'fault'];

/** ms as a number or text, `'20ms'`, `'1.5s'`, `'2m'`, `'1h'`: whole microseconds. */
export function parseDuration(text: string): number {
  const [, number = '', unit = 'ms'] = /^(.*?)\s*(us|ms|s|m|h)?$/.exec(text.trim()) ?? [];
  const us = Math.round(decimal(number) * UNITS[unit]!);
  if (!(us >= 0 && us <= LONGEST)) {
    throw new RangeError(`a time is ms, or a number with us, ms, s, m or h, up to 1000 hours, not '${text}'`);
  }
  return us;
}

/** us */
const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};
/** us */
const LONGEST = 3_600_000_000_000;

function parseQueue(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw new RangeError(`a queue is packets from 1 to 1000000, not '${text}'`);
}

/**
 * The link that is meant.
 * @throws {RangeError} naming the option and what is wrong with it
 */
export function parseLink(given: Impairments): LinkConfig {
  const settings: Record<string, unknown> = { fault: [] };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    settings[name] = named(name, () => parseOption(name, value));
  }
  return linkOf({ profile: profileNamed('perfect'), ...settings } as Parameters<typeof linkOf>[0]);
}

function parseOption(name: string, value: unknown): unknown {
  if (name === 'profile') return profileNamed(String(value));
  if (name === 'fault') return (typeof value === 'string' ? [value] : (value as string[])).map(parseRule);
  const parse = PARSERS[name];
  if (parse === undefined) throw new RangeError(`there is no such impairment; ${IMPAIRMENTS.join(', ')}`);
  return parseTwoWays(value as TwoWays, parse);
}

function parseRule(text: string): Rule {
  return { text, fault: parseFault(text) };
}

function parseTwoWays(value: TwoWays, parse: (text: string) => number): Pair {
  const text = typeof value === 'object' ? value.map(String).join() : String(value);
  return parsePair(text, parse);
}

function named<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new RangeError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}
