/**
 * What may be set for one connection, under the names that users of sockets know: when it is opened, and as far as it
 * makes sense later. Everything else is the host's (`TcpConfig`).
 */
import { overrideConfig, type ResolvedConfig, type TcpConfig } from './config.ts';

/** Knobs that only a whole host has. */
type HostKnob =
  | 'mtu'
  | 'backlog'
  | 'challengeAckLimit'
  | 'maxSynBacklog'
  | 'maxOrphans'
  | 'maxTimeWait'
  | 'synCookies';

/**
 * Options of one connection; times in ms, sizes in bytes. Any knob of `TcpConfig` that is not the whole host's may be
 * given when a connection is opened; those of `changeable` also later.
 */
export interface SocketOptions extends Partial<Omit<TcpConfig, HostKnob>> {
  /** TCP_NODELAY: Nagle's rule off (MUST-17). */
  readonly noDelay?: boolean;
  /** TCP_QUICKACK, for good: nothing is acknowledged late. */
  readonly quickAck?: boolean;
}

const HOST_ONLY: readonly string[] = [
  'mtu',
  'backlog',
  'challengeAckLimit',
  'maxSynBacklog',
  'maxOrphans',
  'maxTimeWait',
  'synCookies',
] satisfies HostKnob[];

/** What may change while a connection is open. */
const changeable: readonly string[] = [
  'noDelay',
  'nagle',
  'quickAck',
  'delayedAck',
  'keepAlive',
  'keepAliveIdle',
  'keepAliveInterval',
  'keepAliveProbes',
  'userTimeout',
  'r1',
  'r2',
  'orphanTimeout',
  'linger',
  'sendBuffer',
  'notSentLowWater',
  'receiveBuffer',
  'ttl',
  'dscp',
];

/** Settings of one connection, and which of them are its own (in ms, for its snapshot). */
export interface Settings {
  readonly config: ResolvedConfig;
  readonly own: Partial<TcpConfig>;
}

/**
 * The settings of a connection with options.
 * @throws RangeError naming the option, and what is wrong with it
 */
export function withOptions(settings: Settings, options: SocketOptions = {}): Settings {
  const own = toKnobs(options);
  if (Object.keys(own).length === 0) return settings;
  return { config: overrideConfig(settings.config, own), own: { ...settings.own, ...own } };
}

/**
 * The same for one that is open already.
 * @throws RangeError also for an option that had to be given when it was opened
 */
export function withLaterOptions(settings: Settings, options: SocketOptions): Settings {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(settings.config, name) && !changeable.includes(name) && !HOST_ONLY.includes(name)) {
      throw new RangeError(`${name} can be set only when a connection is opened`);
    }
  }
  return withOptions(settings, options);
}

function toKnobs(options: SocketOptions): Partial<TcpConfig> {
  const knobs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (HOST_ONLY.includes(name)) throw new RangeError(`${name} is a setting of the whole host`);
    if (name === 'noDelay') knobs.nagle = !flag(name, value);
    else if (name === 'quickAck') Object.assign(knobs, flag(name, value) ? { delayedAck: 0 } : {});
    else knobs[name] = value;
  }
  return knobs;
}

function flag(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new RangeError(`${name} is ${String(value)}: must be true or false`);
  return value;
}
