/**
 * A link as a person sets it: a profile, and values over it, each for both ways. It decides what they amount to together
 * (a value for the delay replaces a profile's table of delays); which flag or slider a value came from is the caller's.
 */
import type { Fault } from '../channel/faults.ts';
import { checkLinkConfig, type DirectionConfig, type LinkConfig, type Profile } from '../channel/profiles.ts';

/** Client to server, and back. */
export type Pair = readonly [number, number];

/** A fault with the words it was given in. */
export interface Rule {
  readonly text: string;
  readonly fault: Fault;
}

/** What was given, in the core's units: us, bits per second, fractions; what was not is undefined. */
export interface LinkSettings {
  readonly profile: Profile;
  readonly loss?: Pair;
  readonly corrupt?: Pair;
  readonly duplicate?: Pair;
  readonly reorder?: Pair;
  readonly delay?: Pair;
  readonly jitter?: Pair;
  readonly rate?: Pair;
  readonly queue?: Pair;
  readonly ecnThreshold?: Pair;
  readonly fault: readonly Rule[];
}

/** us */
const SHORTEST_HOLD = 10_000;

/**
 * The link: value over profile over default.
 * @throws {RangeError} when the values do not go together
 */
export function linkOf(settings: LinkSettings): LinkConfig {
  const { forward, backward } = settings.profile.link;
  const link: LinkConfig = {
    forward: directionOf(forward, settings, 0),
    backward: directionOf(backward, settings, 1),
    faults: settings.fault.map(({ fault }) => fault),
  };
  checkLinkConfig(link);
  return link;
}

/** What a trace's header says of the link: profile, both directions, the faults as they were given. */
export function linkConfiguration({ profile, fault }: LinkSettings, link: LinkConfig) {
  const { faults: _, ...directions } = link;
  return { profile: profile.name, link: directions, faults: fault.map(({ text }) => text) };
}

function directionOf(profile: DirectionConfig, settings: LinkSettings, way: 0 | 1): DirectionConfig {
  const given = (pair: Pair | undefined): number | undefined => pair?.[way];
  const { loss, corrupt, duplicate, delay, jitter, rate, queue, ecnThreshold, reorder } = settings;
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
      ecnThreshold: given(ecnThreshold),
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
