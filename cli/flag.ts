/** How options are made and what several commands' options take. A value that is wrong is a usage error naming the flag. */
import { Option } from 'commander';
import { parsePair } from '../src/channel/units.ts';
import type { Arq } from '../src/tcp/config.ts';
import { congestionNames } from '../src/tcp/congestion/congestion.ts';
import { usage } from './failure.ts';

/** How lost segments are sent again, as `--arq` takes it. */
export const ARQS: readonly Arq[] = ['tcp', 'selective-repeat', 'go-back-n'];

/** The congestion control of `--arq tcp`. */
export function congestionFlag(): Option {
  return new Option('--congestion <name>', "congestion control (default: the stack's)").choices(
    congestionNames,
  );
}

/** Explicit congestion notification, in Linux's words (`tcp_ecn` 0, 2 and 1). */
export function ecnFlag(): Option {
  return new Option(
    '--ecn <when>',
    'marks of congestion: never, when the peer asks, or asked for (default: accept)',
  ).choices(['off', 'accept', 'on']);
}

/** A flag whose value is read by `parse`. */
export function flag<T>(flags: string, help: string, parse: (text: string) => T): Option {
  const option = new Option(flags, help);
  return option.argParser((text) => usage(option.long!, () => parse(text)));
}

/** The same for one that may be given several times. */
export function listFlag<T>(flags: string, help: string, parse: (text: string) => T): Option {
  const option = new Option(flags, help);
  return option
    .argParser((text, before: readonly T[]) => [...before, usage(option.long!, () => parse(text))])
    .default([], 'none');
}

/** One that takes `A` for both ways, or `A,B` for client to server and back. */
export function pairFlag(flags: string, help: string, parse: (text: string) => number): Option {
  return flag(flags, help, (text) => parsePair(text, parse));
}

/** A whole number in decimal digits. */
export function wholeNumber(text: string, low: number, high: number, what: string): number {
  const value = /^[+-]?\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new RangeError(`${what} is a whole number from ${low} to ${high}, not '${text}'`);
}

export function parseSeed(text: string): number {
  return wholeNumber(text, 0, Number.MAX_SAFE_INTEGER, 'a seed');
}

/** The largest segment that an IP packet takes: 65,535 bytes less two headers of 20. */
export function parseMss(text: string): number {
  return wholeNumber(text, 1, 65_495, 'a segment size in bytes');
}

/** `max`, or `1x`, `10x`, `0.5x`. */
export function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = /^\d{1,7}(\.\d{1,6})?x$/.test(text) ? Number(text.slice(0, -1)) : 0;
  if (value > 0) return value;
  throw new RangeError(
    `a speed is max, or how many times as fast as the clock, such as 1x or 10x, not '${text}'`,
  );
}
