/**
 * What can be set on a link, and whether a setting makes sense. What each does is in direction.ts and impairments.ts;
 * where the values come from (flags, profiles) is the caller's business.
 */
import type { Fault } from './faults.ts';
import { MAX_RATE } from './units.ts';

/** Good and bad times that alternate; both last a random, exponentially distributed time. */
export interface GilbertElliott {
  /** Mean stay in the good state, us, at least 100. */
  readonly goodSojourn: number;
  /** Mean stay in the bad state, us, at least 100. */
  readonly badSojourn: number;
  /** Share of packets lost in the good state. */
  readonly lossInGood: number;
  /** Share of packets lost in the bad state. */
  readonly lossInBad: number;
}

/** Delays (us) with their probabilities, which add up to 1. */
export type DelayTable = readonly (readonly [delay: number, probability: number])[];

/** A time from `start` up to but not including `end` (us from the beginning) when the link is down. */
export interface Outage {
  readonly start: number;
  readonly end: number;
}

/** One direction of a link. What is absent is off. */
export interface DirectionConfig {
  /** bits per second, IP headers included */
  readonly rate?: number;
  /** Packets that may wait for the rate, the one being sent counted; also how many may wait for a tick. Default 1000. */
  readonly queue?: number;
  /** A queue longer than this marks packets that may be (ECT, RFC 3168), the one being sent counted; 0: all of them. */
  readonly ecnThreshold?: number;
  /** Share of packets lost, each by itself; besides what `gilbertElliott` loses. */
  readonly loss?: number;
  readonly gilbertElliott?: GilbertElliott;
  /** Share of packets delivered twice. */
  readonly duplicate?: number;
  /** Share of packets with one bit flipped. */
  readonly corrupt?: number;
  /** us, one way */
  readonly delay?: number;
  /** us: half the width of the uniform distribution, or the standard deviation of the normal one. */
  readonly jitter?: number;
  /** How `jitter` is spread (default uniform), or a table of delays that are added to `delay`. */
  readonly distribution?: 'uniform' | 'normal' | DelayTable;
  /** A share of packets arrives later by so much (us). */
  readonly reorder?: { readonly probability: number; readonly by: number };
  /** Delivery on ticks only, at multiples of `interval` (us), at most `packets` on each. */
  readonly slot?: { readonly interval: number; readonly packets: number };
  /** bytes; larger packets are lost */
  readonly mtu?: number;
  /** In order of time, apart from each other. */
  readonly outages?: readonly Outage[];
}

/** Both directions, and what is to happen to single packets. */
export interface LinkConfig {
  /** From the first end to the second: client to server. */
  readonly forward: DirectionConfig;
  readonly backward: DirectionConfig;
  readonly faults?: readonly Fault[];
}

/** Packets in the queue unless `queue` says otherwise. */
export const DEFAULT_QUEUE = 1000;

/** The shortest mean stay of Gilbert-Elliott, us: each change costs work, also while the link is idle. */
const SHORTEST_SOJOURN = 100;
/** The longest time that can be set, us: a day. */
const LONGEST = 86_400_000_000;
/** A draw has 32 bits: jitter beyond this many us cannot be drawn evenly. */
const WIDEST_JITTER = 2_000_000_000;

/** The same both ways. */
export function bothWays(direction: DirectionConfig): LinkConfig {
  return { forward: direction, backward: direction };
}

/** Throws a RangeError that names the field, its value and what is allowed. */
export function checkLinkConfig(config: LinkConfig): void {
  checkDirection('forward', config.forward);
  checkDirection('backward', config.backward);
}

function refuse(field: string, value: unknown, allowed: string): never {
  throw new RangeError(`${field} must be ${allowed}, not ${JSON.stringify(value) ?? String(value)}`);
}

function checkShare(field: string, value: number | undefined): void {
  if (value !== undefined && !(value >= 0 && value <= 1)) refuse(field, value, 'a probability from 0 to 1');
}

function checkInteger(
  field: string,
  value: number | undefined,
  low: number,
  high: number,
  unit: string,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= low && value <= high)) return;
  refuse(field, value, `a whole number of ${unit} from ${low} to ${high}`);
}

function checkDirection(name: string, config: DirectionConfig): void {
  checkInteger(`${name}.rate`, config.rate, 1, MAX_RATE, 'bits per second');
  checkInteger(`${name}.queue`, config.queue, 1, 1_000_000, 'packets');
  checkInteger(`${name}.ecnThreshold`, config.ecnThreshold, 0, 1_000_000, 'packets');
  checkShare(`${name}.loss`, config.loss);
  checkShare(`${name}.duplicate`, config.duplicate);
  checkShare(`${name}.corrupt`, config.corrupt);
  checkInteger(`${name}.delay`, config.delay, 0, LONGEST, 'us');
  checkInteger(`${name}.jitter`, config.jitter, 0, WIDEST_JITTER, 'us');
  checkInteger(`${name}.mtu`, config.mtu, 1, 65_575, 'bytes');
  checkDistribution(name, config);
  if (config.reorder !== undefined) {
    checkShare(`${name}.reorder.probability`, config.reorder.probability);
    checkInteger(`${name}.reorder.by`, config.reorder.by, 0, LONGEST, 'us');
  }
  if (config.slot !== undefined) {
    checkInteger(`${name}.slot.interval`, config.slot.interval, 1, LONGEST, 'us');
    checkInteger(`${name}.slot.packets`, config.slot.packets, 1, 1_000_000, 'packets');
  }
  checkGilbertElliott(`${name}.gilbertElliott`, config.gilbertElliott);
  checkOutages(`${name}.outages`, config.outages ?? []);
}

function checkDistribution(name: string, config: DirectionConfig): void {
  const table = config.distribution;
  if (table === undefined || table === 'uniform' || table === 'normal') return;
  const field = `${name}.distribution`;
  if (!Array.isArray(table) || table.length === 0) {
    refuse(field, table, "'uniform', 'normal' or a table of [delay, probability]");
  }
  if (config.jitter !== undefined && config.jitter !== 0) {
    refuse(`${name}.jitter`, config.jitter, '0 beside a table of delays, which says it all');
  }
  let sum = 0;
  table.forEach(([delay, probability]: readonly [number, number], i: number) => {
    checkInteger(`${field}[${i}] delay`, delay, 0, LONGEST, 'us');
    checkShare(`${field}[${i}] probability`, probability);
    sum += probability;
  });
  // Decimal fractions do not add up exactly.
  if (!(Math.abs(sum - 1) < 1e-9)) refuse(field, sum, 'a table whose probabilities add up to 1');
}

function checkGilbertElliott(field: string, model: GilbertElliott | undefined): void {
  if (model === undefined) return;
  checkInteger(`${field}.goodSojourn`, model.goodSojourn, SHORTEST_SOJOURN, LONGEST, 'us');
  checkInteger(`${field}.badSojourn`, model.badSojourn, SHORTEST_SOJOURN, LONGEST, 'us');
  checkShare(`${field}.lossInGood`, model.lossInGood);
  checkShare(`${field}.lossInBad`, model.lossInBad);
}

function checkOutages(field: string, outages: readonly Outage[]): void {
  let last = -1;
  outages.forEach((outage, i) => {
    checkInteger(`${field}[${i}].start`, outage.start, 0, Number.MAX_SAFE_INTEGER, 'us');
    checkInteger(`${field}[${i}].end`, outage.end, 0, Number.MAX_SAFE_INTEGER, 'us');
    if (outage.end <= outage.start)
      refuse(`${field}[${i}].end`, outage.end, `after its start ${outage.start}`);
    if (outage.start <= last)
      refuse(`${field}[${i}].start`, outage.start, `after the end ${last} of the one before`);
    last = outage.end;
  });
}
