/** What a run assumes: the caller's options and those at the head of the script, filled in. */
import type { Engine } from '../chart/chart.ts';
import type { StackName, TcpConfig } from '../tcp/config.ts';
import type { Trace } from '../trace/trace.ts';
import { ScriptSyntaxError, ScriptUnsupported } from './errors.ts';
import { type Profile, profiles } from './knobs.ts';
import { prepare } from './prepare.ts';
import type { Script, ScriptSetting } from './script.ts';

/** Ways in which stacks differ that a script written for one need not insist on. */
export type Relaxation =
  /** Order, padding and scale of the options of a SYN. */
  | 'synOptions'
  /** The PSH flag. */
  | 'push'
  /** The window, unless it is 0. */
  | 'window'
  /** One expected packet may come as several that follow each other. */
  | 'segments';

export const relaxations: readonly Relaxation[] = ['synOptions', 'push', 'window', 'segments'];

export interface RunOptions {
  readonly tcp?: Partial<TcpConfig>;
  /** What the script assumes of an operating system: stack and settings, under `stack`, `tcp` and the script's own. */
  readonly profile?: Profile;
  readonly stack?: StackName;
  /** Default: compiled. */
  readonly engine?: Engine;
  readonly trace?: Trace;
  /**
   * For scripts of our own: no tolerance, no relaxations, timestamps compared, nothing may be sent that the script does
   * not say, and charts must handle every event.
   */
  readonly strict?: boolean;
  /** Default: all, none when strict. */
  readonly relax?: readonly Relaxation[];
  /** us; default 4000, strict 0. */
  readonly toleranceUsecs?: number;
  /** Of the time since the event before; default 12.5, strict 0. */
  readonly tolerancePercent?: number;
}

export interface Settings {
  readonly tcp: Partial<TcpConfig>;
  readonly stack: StackName;
  readonly strict: boolean;
  readonly relax: ReadonlySet<Relaxation>;
  readonly toleranceUsecs: number;
  readonly tolerancePercent: number;
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** us; 0: timestamps sent are not compared. */
  readonly timestampTick: number;
}

const ADDRESSES = {
  ipv4: { localAddress: '192.168.0.1', remoteAddress: '192.0.2.1' },
  ipv6: { localAddress: 'fd3d:fa7b:d17d::1', remoteAddress: '2001:db8::1' },
} as const;

/** About the machine that packetdrill runs on, the size of its bursts, and ports that scripts write `...` for. */
const IGNORED: ReadonlySet<string> = new Set([
  ...['mss', 'speed', 'gateway_ip', 'netmask_ip', 'local_linklocal_ip', 'wire_client_dev', 'wire_server_dev'],
  ...['tun_dev', 'persistent_tun_dev', 'bind_port', 'connect_port', 'tcp_ts_ecr_scaled', 'init_scripts'],
  ...['send_omit_free', 'code_command', 'code_format', 'code_sockopt', 'verbose', 'debug'],
]);

type Draft = { -readonly [Key in keyof Settings]: Settings[Key] };

/** @throws ScriptUnsupported for an option that has no meaning here, ScriptSyntaxError for a value that is none */
export function resolveSettings(script: Script, options: RunOptions): Settings {
  const strict = options.strict ?? false;
  const settings: Draft = {
    ...ADDRESSES.ipv4,
    tcp: { ...(options.profile === undefined ? {} : profiles[options.profile]), ...options.tcp },
    stack: options.stack ?? options.profile ?? 'linux',
    strict,
    relax: new Set(options.relax ?? (strict ? [] : relaxations)),
    toleranceUsecs: options.toleranceUsecs ?? (strict ? 0 : 4000),
    tolerancePercent: options.tolerancePercent ?? (strict ? 0 : 12.5),
    timestampTick: strict ? 1000 : 0,
  };
  for (const setting of script.settings) apply(settings, setting, script.name);
  settings.tcp = { ...settings.tcp, ...prepare(script) };
  return settings;
}

function apply(settings: Draft, setting: ScriptSetting, script: string): void {
  const { name, value, place } = setting;
  if (name === 'tolerance_usecs') settings.toleranceUsecs = numberOf(setting, script);
  else if (name === 'tolerance_percent') settings.tolerancePercent = numberOf(setting, script);
  else if (name === 'mtu') settings.tcp = { ...settings.tcp, mtu: numberOf(setting, script) };
  else if (name === 'tcp_ts_tick_usecs') settings.timestampTick = numberOf(setting, script);
  else if (name === 'local_ip') settings.localAddress = value;
  else if (name === 'remote_ip') settings.remoteAddress = value;
  else if (name === 'strict_segments') settings.relax = without(settings.relax, 'segments');
  else if (name === 'ip_version' && /^ipv[46]$|^ipv4-mapped-ipv6$/.test(value)) {
    Object.assign(settings, ADDRESSES[value === 'ipv6' ? 'ipv6' : 'ipv4']);
  } else if (!IGNORED.has(name)) {
    throw new ScriptUnsupported(`the option --${name}${value === '' ? '' : `=${value}`}`, script, place.line);
  }
}

function numberOf({ name, value, place }: ScriptSetting, script: string): number {
  const number = Number(value);
  if (value === '' || !(number >= 0)) {
    throw new ScriptSyntaxError(script, place, `--${name}=${value}: must be a number of at least 0`);
  }
  return number;
}

function without(set: ReadonlySet<Relaxation>, gone: Relaxation): ReadonlySet<Relaxation> {
  return new Set([...set].filter((relaxation) => relaxation !== gone));
}
