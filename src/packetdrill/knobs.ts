/**
 * The variables of an operating system that scripts set with sysctl, as settings of the stack. Those that change nothing
 * a script can see are `ignored`; those that would and cannot are reported as unsupported, never passed over.
 *
 * `statewire.NAME` is our own: any setting of `TcpConfig` by its name.
 */
import { resolveConfig, type StackName, stacks, type TcpConfig } from '../tcp/config.ts';

/** What a variable's new value means: settings, nothing, or something there is not, in words. */
export type KnobEffect = Partial<TcpConfig> | 'ignored' | { readonly unsupported: string };

type Knob = (value: number, text: string) => KnobEffect;

const SECOND = 1000;
/** Linux's least and largest RTO, which its retry counts are turned into times by, ms. */
const LINUX_RTO = { least: 200, most: 120_000 };

const lacks = (unsupported: string): KnobEffect => ({ unsupported });

/** Only these values are what the stack does anyway. */
function only(values: readonly (number | string)[], what: string): Knob {
  return (value, text) => (values.includes(value) || values.includes(text) ? 'ignored' : lacks(what));
}

/** A setting that is the value times a factor. */
function times(setting: keyof TcpConfig, factor = 1): Knob {
  return (value) => ({ [setting]: value * factor });
}

function flag(setting: keyof TcpConfig): Knob {
  return (value) => ({ [setting]: value !== 0 });
}

/** Linux and FreeBSD count alike. */
function ecnUse(value: number): KnobEffect {
  const ecn = (['off', 'on', 'accept'] as const)[value];
  return ecn === undefined ? lacks('Accurate ECN') : { ecn };
}

/** What systems call the algorithms. */
const congestionControls: Readonly<Record<string, TcpConfig['congestion']>> = {
  ...{ reno: 'newreno', newreno: 'newreno', cubic: 'cubic', bbr: 'bbr', bbr3: 'bbr3' },
};

/** The setting that a system's name of a congestion control means. */
export function congestionNamed(name: string): KnobEffect {
  const congestion = Object.hasOwn(congestionControls, name) ? congestionControls[name] : undefined;
  return congestion === undefined ? lacks(`the congestion control ${name}`) : { congestion };
}

/** ms until so many retransmissions have been answered by nothing, the first after `first` ms. */
function retries(count: number, first: number): number {
  let sum = 0;
  let rto = first;
  for (let i = 0; i <= Math.min(count, 100); i++) {
    sum += rto;
    rto = Math.min(rto * 2, LINUX_RTO.most);
  }
  return sum;
}

const freebsd: Readonly<Record<string, Knob>> = {
  rfc1323: (value) => ({
    windowScaling: value === 1 || value === 2,
    timestamps: value === 1 || value === 3,
  }),
  'sack.enable': flag('sack'),
  delayed_ack: (value) => (value === 0 ? { delayedAck: 0 } : 'ignored'),
  delacktime: times('delayedAck'),
  rexmit_initial: times('initialRto'),
  rexmit_min: times('minimumRto'),
  rexmit_slop: only([200], 'another slop of the retransmission timer'),
  msl: times('msl'),
  keepidle: times('keepAliveIdle'),
  keepintvl: times('keepAliveInterval'),
  keepcnt: times('keepAliveProbes'),
  keepinit: times('synR2'),
  always_keepalive: flag('keepAlive'),
  finwait2_timeout: times('orphanTimeout'),
  fast_finwait2_recycle: only([0], 'fast recycling of FIN_WAIT_2'),
  initcwnd_segments: (value) => (value > 0 ? { initialWindow: value } : lacks("RFC 3390's initial window")),
  recvspace: times('receiveBuffer'),
  sendspace: times('sendBuffer'),
  mssdflt: only([536], 'another default for a peer without MSS'),
  v6mssdflt: only([1220], 'another default for a peer without MSS'),
  insecure_rst: (value) => ({ rfc5961: value === 0 }),
  insecure_syn: (value) => ({ rfc5961: value === 0 }),
  insecure_ack: only([0], 'ACKs as before RFC 5961'),
  drop_synfin: only([0], 'dropping SYN with FIN'),
  blackhole: only([0], 'a silent host'),
  syncookies: (value) => ({ synCookies: value === 0 ? 'off' : 'on' }),
  syncookies_only: (value) => (value === 0 ? 'ignored' : { synCookies: 'always' }),
  maxtcptw: times('maxTimeWait'),
  'ecn.enable': ecnUse,
  'ecn.generalized': only([0], 'ECN'),
  'cc.algorithm': (_, text) => congestionNamed(text),
  functions_default: only(['freebsd'], "another of FreeBSD's TCP stacks"),
  rfc6675_pipe: only([1], 'a pipe that is not that of RFC 6675'),
  rfc3042: only([1], 'no limited transmit'),
  do_prr: flag('prr'),
  pmtud_blackhole_detection: (value) => ({ mtuProbing: value === 0 ? 'off' : 'on' }),
  'fastopen.client_enable': only([0], 'TCP Fast Open'),
  'fastopen.server_enable': only([0], 'TCP Fast Open'),
  abc_l_var: times('abcLimit'),
};

/** Names under net.inet.tcp that concern what a script cannot see here: caches, logs, offloads, buffers that grow. */
const FREEBSD_IGNORED =
  /^(?:hostcache\.|log_|tso|lro|minmss|syncache\.|path_mtu_discovery|nolocaltimewait|(?:send|recv)buf_(?:auto|max|inc)|per_cpu_timers|icmp_may_rst|isn_reseed_interval|ts_offset_per_conn|tolerate_missing_ts|udp_tunneling|bb\.|v6pmtud|do_tcpdrain)/;

const linux: Readonly<Record<string, Knob>> = {
  tcp_sack: flag('sack'),
  tcp_timestamps: flag('timestamps'),
  tcp_window_scaling: flag('windowScaling'),
  tcp_keepalive_time: times('keepAliveIdle', SECOND),
  tcp_keepalive_intvl: times('keepAliveInterval', SECOND),
  tcp_keepalive_probes: times('keepAliveProbes'),
  tcp_fin_timeout: times('orphanTimeout', SECOND),
  tcp_syn_retries: (value) => ({ synR2: retries(value, SECOND) }),
  tcp_synack_retries: only([5], 'another number of SYN,ACKs'),
  tcp_retries1: times('r1'),
  tcp_retries2: (value) => ({ r2: retries(value, LINUX_RTO.least) }),
  tcp_reordering: times('dupThresh'),
  tcp_rfc1337: flag('rfc1337'),
  tcp_challenge_ack_limit: (value) => ({ challengeAckLimit: Math.min(value, 1_000_000) }),
  tcp_invalid_ratelimit: times('invalidRateLimit'),
  tcp_rto_min_us: times('minimumRto', 1 / SECOND),
  ip_default_ttl: times('ttl'),
  tcp_ecn: ecnUse,
  tcp_ecn_fallback: only([1], 'offering ECN in every SYN'),
  tcp_congestion_control: (_, text) => congestionNamed(text),
  // 3 is the tail loss probe; 1 and 2 were early retransmit, which it has taken the place of
  tcp_early_retrans: (value) => (value === 1 || value === 2 ? lacks('early retransmit') : { tlp: value > 2 }),
  // 2 and 4 change how RACK judges reordering
  tcp_recovery: (value) => (value > 1 ? lacks('a RACK of another kind') : { rack: value === 1 }),
  tcp_dsack: flag('dsack'),
  tcp_fack: only([0], 'forward acknowledgment'),
  tcp_frto: flag('frto'),
  tcp_fastopen: only([0], 'TCP Fast Open'),
  tcp_mtu_probing: (value) =>
    value > 1 ? lacks('MTU probing without a black hole') : { mtuProbing: value === 0 ? 'off' : 'on' },
  tcp_slow_start_after_idle: flag('slowStartAfterIdle'),
  tcp_syncookies: (value) => {
    const synCookies = (['off', 'on', 'always'] as const)[value];
    return synCookies === undefined ? lacks('SYN cookies of another kind') : { synCookies };
  },
  tcp_max_syn_backlog: times('maxSynBacklog'),
  tcp_max_orphans: times('maxOrphans'),
  tcp_max_tw_buckets: times('maxTimeWait'),
  tcp_moderate_rcvbuf: (value) => (value === 0 ? { receiveBufferMax: 0 } : 'ignored'),
  tcp_abort_on_overflow: only([0], 'a reset when the backlog is full'),
  tcp_notsent_lowat: only([0xffff_ffff, -1], 'a low-water mark of what is not sent'),
  tcp_shrink_window: only([0], 'a window that shrinks'),
};

const LINUX_IGNORED =
  /^(?:net\.core\.|net\.ipv[46]\.(?:conf\.|route\.|neigh\.|ip_local_port_range|ip_no_pmtu_disc|tcp_(?:no_metrics_save|no_ssthresh_metrics_save|autocorking|tso_|limit_output_bytes|pacing_|min_tso_segs|mem|comp_sack|invalid_ratelimit|backlog_ack_defer|min_rtt_wlen|available_|allowed_|fastopen_key|fastopen_blackhole|orphan_retries|tw_reuse|thin_|workaround|stdurg)))/;

/** What setting a variable to this text means. */
export function knobEffect(name: string, text: string): KnobEffect {
  const value = text === '' ? Number.NaN : Number(text);
  const own = /^statewire\.(\w+)$/.exec(name)?.[1];
  if (own !== undefined) return ownKnob(own, value, text);
  const [table, rest] = tableOf(name);
  const knob = Object.hasOwn(table, rest) ? table[rest] : undefined;
  if (knob === undefined) return ignored(name) ? 'ignored' : lacks('this variable');
  const effect = knob(value, text);
  return checked(effect, value, text);
}

/** An effect that the stack can have. */
function checked(effect: KnobEffect, value: number, text: string): KnobEffect {
  if (typeof effect !== 'object' || 'unsupported' in effect) return effect;
  if (Number.isNaN(value) && !('congestion' in effect)) return lacks(`the value '${text}'`);
  const flaw = settingsFlaw(effect);
  return flaw === undefined ? effect : lacks(flaw);
}

/** What is wrong with settings, if something is. */
export function settingsFlaw(tcp: Partial<TcpConfig>): string | undefined {
  try {
    resolveConfig(tcp);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function tableOf(name: string): [Readonly<Record<string, Knob>>, string] {
  if (name.startsWith('net.inet.tcp.')) return [freebsd, name.slice('net.inet.tcp.'.length)];
  return [linux, name.replace(/^net\.ipv4\./, '')];
}

function ignored(name: string): boolean {
  if (name.startsWith('kern.ipc.') || LINUX_IGNORED.test(name)) return true;
  return name.startsWith('net.inet.tcp.') && FREEBSD_IGNORED.test(name.slice('net.inet.tcp.'.length));
}

function ownKnob(name: string, value: number, text: string): KnobEffect {
  const known = Object.hasOwn(stacks.rfc, name) ? stacks.rfc[name as keyof TcpConfig] : undefined;
  if (known === undefined) return lacks('this variable');
  if (typeof known === 'boolean') return checked({ [name]: value !== 0 }, value, text);
  if (typeof known === 'number') return checked({ [name]: value }, value, text);
  return checked({ [name]: text }, 0, text);
}

/** What scripts for a system assume of it, under the system's name. */
export type Profile = StackName;

/** What a profile has beside the stack of its name. */
export const profiles: Readonly<Record<Profile, Partial<TcpConfig>>> = {
  // The first ACKs of a Linux connection are not delayed (quick ACKs), and scripts are short.
  linux: { delayedAck: 0 },
  freebsd: { delayedAck: 40 },
  rfc: {},
};
