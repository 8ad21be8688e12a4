/** The host of a program that knows nothing of it, as the environment describes it: STATEWIRE_CHANNEL, STATEWIRE_LOSS and so on. */

import type { LiveEnd } from '../channel/channel.ts';
import { openFileChannel } from '../channel/file.ts';
import { openTunChannel } from '../channel/tun.ts';
import { openUdpChannel, parseUdpSpec } from '../channel/udp.ts';
import { type StackName, stacks } from '../tcp/config.ts';
import { IMPAIRMENTS, type Impairments, parseLink } from './linkOptions.ts';
import type { HostNames } from './lookup.ts';
import type { CreateNetOptions } from './open.ts';
import type { RunningHostOptions } from './runningHost.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'STATEWIRE_';

/** What may be set, besides the impairments. */
const SETTINGS = ['ADDRESS', 'NAME', 'HOSTS', 'CHANNEL', 'SEED', 'STACK'] as const;

/**
 * Reads the variables and opens the channel.
 * @throws {Error} naming the variable, and what is wrong with it
 */
export async function hostFromEnvironment(env: Environment): Promise<RunningHostOptions & CreateNetOptions> {
  checkNames(env);
  const { ADDRESS, NAME, HOSTS, CHANNEL, SEED, STACK } = settingsOf(env);
  const link = linkOf(env);
  return {
    addresses: ADDRESS === undefined ? [] : ADDRESS.split(',').map((address) => address.trim()),
    ...(NAME !== undefined && { name: NAME }),
    ...(HOSTS !== undefined && { hosts: at('HOSTS', () => parseHosts(HOSTS)) }),
    ...(SEED !== undefined && { seed: at('SEED', () => parseSeed(SEED)) }),
    ...(STACK !== undefined && { stack: at('STACK', () => parseStack(STACK)) }),
    ...(link !== undefined && { link }),
    ...(CHANNEL !== undefined && { channel: await openChannel(CHANNEL) }),
  };
}

/** A variable with a mistake in its name would do nothing, and nobody would know. */
function checkNames(env: Environment): void {
  const known = [...SETTINGS, ...IMPAIRMENTS.map((name) => name.toUpperCase())];
  for (const name of Object.keys(env)) {
    if (!name.startsWith(PREFIX) || known.includes(name.slice(PREFIX.length))) continue;
    throw new Error(`${name}: no such setting; there are ${known.map((one) => PREFIX + one).join(', ')}`);
  }
}

type Settings = { readonly [Name in (typeof SETTINGS)[number]]?: string };

function settingsOf(env: Environment): Settings {
  return Object.fromEntries(SETTINGS.map((name) => [name, env[PREFIX + name] || undefined]));
}

function linkOf(env: Environment) {
  const given = IMPAIRMENTS.flatMap((name) => {
    const value = env[PREFIX + name.toUpperCase()];
    if (value === undefined || value === '') return [];
    return [[name, name === 'fault' ? value.split(';').map((rule) => rule.trim()) : value]];
  });
  if (given.length === 0) return undefined;
  try {
    return parseLink(Object.fromEntries(given) as Impairments);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      message.replace(/^\w+/, (name) => PREFIX + name.toUpperCase()),
      { cause: error },
    );
  }
}

function at<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${PREFIX}${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** `api=10.0.0.2,db=10.0.0.3` */
function parseHosts(text: string): HostNames {
  return Object.fromEntries(
    text.split(',').map((entry) => {
      const [name, address, ...rest] = entry.split('=').map((part) => part.trim());
      if (name && address && rest.length === 0) return [name, address];
      throw new RangeError(`a host is NAME=ADDRESS, not '${entry}'`);
    }),
  );
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed)) return seed;
  throw new RangeError(`a seed is a whole number, not '${text}'`);
}

function parseStack(text: string): StackName {
  if (Object.hasOwn(stacks, text)) return text as StackName;
  throw new RangeError(`a stack is one of ${Object.keys(stacks).join(', ')}, not '${text}'`);
}

async function openChannel(text: string): Promise<LiveEnd> {
  const [, kind, where = ''] = /^(\w+):(.+)$/.exec(text) ?? [];
  try {
    if (kind === 'file') return await openFileChannel(where);
    if (kind === 'udp') return await openUdpChannel(parseUdpSpec(where));
    if (kind === 'tun') return await openTunChannel(where);
  } catch (error) {
    throw new Error(`${PREFIX}CHANNEL: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`${PREFIX}CHANNEL: a channel is file:DIR, udp:LOCAL,PEER or tun:NAME, not '${text}'`);
}
