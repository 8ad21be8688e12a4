/**
 * What can be set in a playground: link and ends, as plain data that a trace's header can hold. It decides which
 * changes hold from the next packet on (those of the link) and which need a new run (those of the ends, the seed).
 */
import { parseFault } from '../channel/faults.ts';
import { type LinkConfig, profileNamed } from '../channel/profiles.ts';
import type { Arq, StackName, TcpConfig } from '../tcp/config.ts';
import { tcpOf } from './endSettings.ts';
import { linkConfiguration, linkOf, type Pair, type Rule } from './linkSettings.ts';

/** Values over the profile's, us, bits per second, fractions; what is absent is as the profile has it. */
export interface PlaygroundSettings {
  /** A name (`profiles`). */
  readonly profile: string;
  readonly loss?: Pair;
  readonly corrupt?: Pair;
  readonly duplicate?: Pair;
  readonly reorder?: Pair;
  readonly delay?: Pair;
  readonly jitter?: Pair;
  readonly rate?: Pair;
  readonly queue?: Pair;
  /** Rules such as `drop client>server data 3`; packets are counted from when a rule is set. */
  readonly faults: readonly string[];
  readonly seed: number;
  readonly stack: StackName;
  readonly arq?: Arq;
  /** bytes */
  readonly mss?: number;
  /** Single knobs of both ends' TCP, over all else. */
  readonly knobs?: Partial<TcpConfig>;
}

/** What a playground opens with. */
export const CLASSROOM: PlaygroundSettings = { profile: 'classroom', faults: [], seed: 1, stack: 'linux' };

/** The settings' parts, read and checked. */
export interface PlaygroundParts {
  readonly link: LinkConfig;
  readonly rules: readonly Rule[];
  readonly tcp: TcpConfig;
}

/**
 * Reads settings.
 * @throws {RangeError} naming what is wrong
 */
export function partsOf(settings: PlaygroundSettings): PlaygroundParts {
  const profile = profileNamed(settings.profile);
  const rules = settings.faults.map((text): Rule => ({ text, fault: parseFault(text) }));
  const link = linkOf({ ...settings, profile, fault: rules });
  const tcp = tcpOf({ ...settings, profile }, undefined, settings.knobs);
  if (!Number.isSafeInteger(settings.seed) || settings.seed < 0)
    throw new RangeError(`a seed is a whole number from 0 on, not ${settings.seed}`);
  return { link, rules, tcp };
}

/** Would `changed` need a new run, as it changes more than the link? Both must be readable. */
export function needsRestart(settings: PlaygroundSettings, changed: PlaygroundSettings): boolean {
  const ends = (of: PlaygroundSettings): string => JSON.stringify([of.seed, partsOf(of).tcp]);
  return ends(settings) !== ends(changed);
}

/** What a trace's header says of a run with these settings, enough to have it again. */
export function configurationOf(settings: PlaygroundSettings): Readonly<Record<string, unknown>> {
  const { link, rules, tcp } = partsOf(settings);
  const profile = profileNamed(settings.profile);
  return {
    ...linkConfiguration({ profile, fault: rules }, link),
    stack: settings.stack,
    arq: tcp.arq,
    tcp,
    playground: settings,
  };
}
