/**
 * What can be set in a playground: link and ends, as plain data that a trace's header can hold. It decides which
 * changes hold from the next packet on (those of the link) and which need a new run (those of the ends, the seed).
 */
import { parseFault } from '../channel/faults.ts';
import { type LinkConfig, profileNamed } from '../channel/profiles.ts';
import type { Arq, StackName, TcpConfig } from '../tcp/config.ts';
import type { TraceHeader } from '../trace/event.ts';
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
  /** packets */
  readonly ecnThreshold?: Pair;
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

/**
 * The settings of a run that a trace's header tells of, as a person would have to set them: the profile, and what is
 * different from it.
 * @throws {RangeError} when the header does not tell, or no settings come to the same
 */
export function settingsIn({ configuration, seed }: TraceHeader): PlaygroundSettings {
  if (configuration.playground !== undefined) return configuration.playground as PlaygroundSettings;
  const { profile, link, tcp, stack, faults } = configuration as {
    profile?: string;
    link?: LinkConfig;
    tcp?: TcpConfig;
    stack?: StackName;
    faults?: readonly string[];
  };
  if (profile === undefined || link === undefined || tcp === undefined || stack === undefined)
    throw new RangeError('its header has no settings of a demo or of the playground');
  const plain = { profile, faults: faults ?? [], seed, stack };
  const { arq, mss } = partsOf(plain).tcp;
  const own = {
    ...plain,
    ...(tcp.arq !== arq && { arq: tcp.arq }),
    ...(tcp.mss !== mss && { mss: tcp.mss }),
  };
  const usual = partsOf(own);
  const knobs = Object.entries(tcp).filter(([name, value]) => value !== usual.tcp[name as keyof TcpConfig]);
  const settings: PlaygroundSettings = {
    ...own,
    ...pairsOf(link, usual.link),
    ...(knobs.length > 0 && { knobs: Object.fromEntries(knobs) }),
  };
  if (!sameLink(partsOf(settings).link, link)) throw new RangeError('its link is none that can be set here');
  return settings;
}

const NUMBERS = ['loss', 'corrupt', 'duplicate', 'delay', 'jitter', 'rate', 'queue', 'ecnThreshold'] as const;

/** What is different from the profile's link, both ways. */
function pairsOf(link: LinkConfig, usual: LinkConfig): Partial<Record<string, Pair>> {
  const pairs = NUMBERS.flatMap((name): [string, Pair][] => {
    const [forward, backward] = [link.forward[name], link.backward[name]];
    if (forward === usual.forward[name] && backward === usual.backward[name]) return [];
    return typeof forward === 'number' && typeof backward === 'number' ? [[name, [forward, backward]]] : [];
  });
  const [forward, backward] = [link.forward.reorder?.probability, link.backward.reorder?.probability];
  if (forward !== usual.forward.reorder?.probability || backward !== usual.backward.reorder?.probability)
    pairs.push(['reorder', [forward ?? 0, backward ?? 0]]);
  return Object.fromEntries(pairs);
}

/** Do both do the same to packets? Faults apart, which are given in words. */
function sameLink(one: LinkConfig, other: LinkConfig): boolean {
  return ordered(one.forward) === ordered(other.forward) && ordered(one.backward) === ordered(other.backward);
}

/** As a text that does not depend on the order in which the parts are given. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
