/**
 * What a TCP assumes: the knobs of a host, with defaults as one named table a stack (`linux`, `freebsd`, `rfc`).
 * Times are milliseconds here, at the public edge, and microseconds everywhere behind `resolveConfig`.
 */

import { type CongestionName, congestionNames } from './congestion/congestion.ts';

/** How lost segments are repeated. */
export type Arq = 'tcp' | 'selective-repeat' | 'go-back-n';

/** When a listener answers without keeping anything (Linux `tcp_syncookies` 0, 1, 2). */
export type SynCookies = 'off' | 'on' | 'always';

/** Whether congestion marks are asked for, or taken when the peer asks (Linux `tcp_ecn` 0, 2, 1). */
export type EcnUse = 'off' | 'accept' | 'on';

/** When the path MTU is found by probes (Linux `tcp_mtu_probing` 0 and 1). */
export type MtuProbing = 'off' | 'on';

export type StackName = 'linux' | 'freebsd' | 'rfc';

/** Knobs of a host's TCP; times in ms, sizes in bytes. */
export interface TcpConfig {
  /** Largest IP packet sent or received without fragments. */
  readonly mtu: number;
  /** RFC 4821: when large packets vanish, smaller ones are sent and larger ones tried. */
  readonly mtuProbing: MtuProbing;
  /** How long a path MTU that was found is believed (RFC 1191 section 6.3). */
  readonly mtuRaise: number;
  /** Largest segment payload advertised and used; 0: as the MTU allows. */
  readonly mss: number;
  /** SO_RCVBUF: what a window begins with. Set, it stays so. */
  readonly receiveBuffer: number;
  /** How far the receive buffer grows as its user reads (Linux `tcp_rmem[2]`); 0, or less than it has: not at all. */
  readonly receiveBufferMax: number;
  readonly sendBuffer: number;
  readonly arq: Arq;
  /** Fixed window in segments for `selective-repeat` and `go-back-n`; `tcp` has congestion control instead. */
  readonly window: number;
  /** The congestion control of `arq: 'tcp'`. */
  readonly congestion: CongestionName;
  /** Segments leave at a rate also where the congestion control has none (BBR has): a window in a round trip. */
  readonly pacing: boolean;
  /** RFC 9406: CUBIC's slow start ends when delays grow, not only by a loss. */
  readonly hystart: boolean;
  /** RFC 3465's L: segments that one ACK may open the window by in slow start. */
  readonly abcLimit: number;
  /** RFC 2861: a window that was not used for a retransmission timeout closes. */
  readonly slowStartAfterIdle: boolean;
  /** RFC 2018 */
  readonly sack: boolean;
  /** RFC 2883: report text that comes twice in the first SACK block. */
  readonly dsack: boolean;
  /** RACK (RFC 8985 section 6) with a peer that does SACK; false: RFC 6675. */
  readonly rack: boolean;
  /** Tail loss probes (RFC 8985 section 7) with a peer that does SACK. */
  readonly tlp: boolean;
  /** Proportional rate reduction (RFC 9937) with a peer that does SACK. */
  readonly prr: boolean;
  /** F-RTO (RFC 5682): find out whether a timeout was spurious. */
  readonly frto: boolean;
  /** Take back a recovery that was not called for, by timestamps (RFC 3522, RFC 4015) and D-SACK (RFC 3708). */
  readonly eifel: boolean;
  /** RFC 3168, with `arq: 'tcp'`: congestion marks instead of losses. */
  readonly ecn: EcnUse;
  /** RFC 7323 */
  readonly windowScaling: boolean;
  /** RFC 7323 */
  readonly timestamps: boolean;
  /**
   * Ticks of the peer's timestamp clock by which a segment may be older than TS.Recent. RFC 7323 section 5.3 says none;
   * Linux has one: where a retransmission overtakes what was sent just before it, each of these would be a loss.
   */
  readonly pawsTolerance: number;
  /** RFC 9293 section 3.7.4; false: as with TCP_NODELAY. */
  readonly nagle: boolean;
  /** Segments, whatever their size, as Linux does (RFC 6928 would cap it at 14,600 bytes for large ones). */
  readonly initialWindow: number;
  /** RFC 5681 section 3.2 */
  readonly dupThresh: number;
  /** RFC 6298 (2.1) */
  readonly initialRto: number;
  /** RFC 6298 (2.4) */
  readonly minimumRto: number;
  /** RFC 6298 (2.5): at least 60 s */
  readonly maximumRto: number;
  /** RFC 9293 section 3.8.6.3: under 500 ms; 0 acknowledges everything at once. */
  readonly delayedAck: number;
  /** Maximum segment lifetime. */
  readonly msl: number;
  /** Retransmissions of one segment after which the user is told of trouble (RFC 9293 section 3.8.3, SHLD-10). */
  readonly r1: number;
  /** How long data is sent again before the connection is given up (RFC 9293 section 3.8.3). */
  readonly r2: number;
  /** The same for SYN: at least 3 minutes (MUST-23). */
  readonly synR2: number;
  /** The user timeout; 0: none but R2. */
  readonly userTimeout: number;
  /** How long FIN_WAIT_2 is kept when the user has closed both ways. */
  readonly orphanTimeout: number;
  /** RFC 9293 section 3.8.4: probe idle connections (MUST-25: off by default). */
  readonly keepAlive: boolean;
  /** How long a connection is idle before the first probe (MUST-28: 2 hours by default). */
  readonly keepAliveIdle: number;
  /** Between probes. */
  readonly keepAliveInterval: number;
  /** Probes that go unanswered before the connection is given up (MUST-29). */
  readonly keepAliveProbes: number;
  /** RFC 5961: challenge ACKs for RST and SYN in the window; false: as before it. */
  readonly rfc5961: boolean;
  /** RFC 5961 section 7: challenge ACKs a second on the average, for the whole host; each second draws its number. */
  readonly challengeAckLimit: number;
  /**
   * Between two ACKs of one connection that answer segments which are none of it: challenges, and answers to empty ones
   * outside the window; 0: each is answered (Linux `tcp_invalid_ratelimit`).
   */
  readonly invalidRateLimit: number;
  /** RFC 1122 section 3.2.2, RFC 4443 section 2.4 (f): ICMP errors a second, and echo replies, as above. */
  readonly icmpLimit: number;
  /** RFC 1337: a RST does not end TIME_WAIT. */
  readonly rfc1337: boolean;
  /** Connections of one listener that are not established yet: established ones are handed over at once. */
  readonly backlog: number;
  /** RFC 4987 section 3.6, once a backlog is full: `on`; without any state from the first SYN on: `always`. */
  readonly synCookies: SynCookies;
  /** Half-open connections of the whole host, whatever its listeners' backlogs (Linux `tcp_max_syn_backlog`). */
  readonly maxSynBacklog: number;
  /** Connections whose user has closed both ways; the next to be left so is reset (Linux `tcp_max_orphans`). */
  readonly maxOrphans: number;
  /** Connections in TIME_WAIT; the oldest makes room for a new one (Linux `tcp_max_tw_buckets`). */
  readonly maxTimeWait: number;
  /** SO_LINGER: 0 resets a connection whose user closes both ways; -1 delivers what waits first. */
  readonly linger: number;
  /** TCP_NOTSENT_LOWAT: no more is taken from the user once so many bytes wait unsent; 0: as the send buffer allows. */
  readonly notSentLowWater: number;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  /** Differentiated services code point of what is sent (RFC 2474; MUST-48). */
  readonly dscp: number;
}

/** What RFC 6675 and RFC 5681 know of loss, and no more: a FreeBSD that has not loaded RACK, and the plain RFCs. */
const classic = { rack: false, tlp: false, frto: false, pawsTolerance: 0 } as const;

const linux: TcpConfig = {
  mtu: 1500,
  mtuProbing: 'off',
  mtuRaise: 600_000,
  mss: 0,
  receiveBuffer: 1 << 20,
  receiveBufferMax: 6 << 20,
  sendBuffer: 1 << 20,
  arq: 'tcp',
  window: 8,
  congestion: 'cubic',
  pacing: false,
  hystart: true,
  abcLimit: 8,
  slowStartAfterIdle: true,
  sack: true,
  dsack: true,
  rack: true,
  tlp: true,
  prr: true,
  frto: true,
  eifel: true,
  ecn: 'accept',
  windowScaling: true,
  timestamps: true,
  pawsTolerance: 1,
  nagle: true,
  initialWindow: 10,
  dupThresh: 3,
  initialRto: 1000,
  minimumRto: 200,
  maximumRto: 120_000,
  delayedAck: 40,
  msl: 30_000,
  r1: 3,
  r2: 900_000,
  synR2: 180_000,
  userTimeout: 0,
  orphanTimeout: 60_000,
  keepAlive: false,
  keepAliveIdle: 7_200_000,
  keepAliveInterval: 75_000,
  keepAliveProbes: 9,
  rfc5961: true,
  challengeAckLimit: 1000,
  invalidRateLimit: 500,
  icmpLimit: 1000,
  rfc1337: true,
  backlog: 128,
  synCookies: 'on',
  maxSynBacklog: 4096,
  maxOrphans: 8192,
  maxTimeWait: 16_384,
  linger: -1,
  notSentLowWater: 0,
  ttl: 64,
  dscp: 0,
};

/** What each stack assumes. */
export const stacks: Readonly<Record<StackName, TcpConfig>> = {
  linux,
  freebsd: {
    ...{ ...linux, ...classic },
    minimumRto: 230,
    receiveBuffer: 1 << 16,
    receiveBufferMax: 2 << 20,
    sendBuffer: 1 << 16,
    maximumRto: 64_000,
    abcLimit: 2,
    invalidRateLimit: 0,
  },
  // RFC 5681 is what RFC 9293 asks for (MUST-19): NewReno, a segment an ACK at the most
  rfc: {
    ...{ ...linux, ...classic },
    prr: false,
    eifel: false,
    minimumRto: 1000,
    msl: 120_000,
    maximumRto: 60_000,
    delayedAck: 200,
    receiveBufferMax: 0,
    congestion: 'newreno',
    abcLimit: 1,
    invalidRateLimit: 0,
  },
};

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

const DAY = 86_400_000;
const ms = (min: number): Range => ({ min, max: 7 * DAY, unit: 'ms' });

const ranges: Readonly<Record<string, Range>> = {
  mtu: { min: 68, max: 65_535, unit: 'bytes' },
  mss: { min: 0, max: 65_495, unit: 'bytes' },
  receiveBuffer: { min: 1, max: 1 << 30, unit: 'bytes' },
  receiveBufferMax: { min: 0, max: 1 << 30, unit: 'bytes' },
  sendBuffer: { min: 1, max: 1 << 30, unit: 'bytes' },
  window: { min: 1, max: 1 << 20, unit: 'segments' },
  initialWindow: { min: 1, max: 1000, unit: 'segments' },
  abcLimit: { min: 1, max: 1000, unit: 'segments' },
  dupThresh: { min: 1, max: 100, unit: 'segments' },
  initialRto: ms(1),
  minimumRto: ms(0),
  maximumRto: ms(1),
  delayedAck: { min: 0, max: 499, unit: 'ms' },
  msl: ms(0),
  r1: { min: 1, max: 1000, unit: 'retransmissions' },
  r2: ms(0),
  synR2: ms(0),
  userTimeout: ms(0),
  orphanTimeout: ms(0),
  mtuRaise: ms(1),
  keepAliveIdle: ms(1),
  keepAliveInterval: ms(1),
  keepAliveProbes: { min: 1, max: 1000, unit: 'probes' },
  pawsTolerance: { min: 0, max: 1000, unit: 'ticks' },
  challengeAckLimit: { min: 0, max: 1_000_000, unit: 'per second' },
  invalidRateLimit: ms(0),
  icmpLimit: { min: 0, max: 1_000_000, unit: 'per second' },
  backlog: { min: 1, max: 65_535, unit: 'connections' },
  maxSynBacklog: { min: 1, max: 1 << 24, unit: 'connections' },
  maxOrphans: { min: 0, max: 1 << 24, unit: 'connections' },
  maxTimeWait: { min: 1, max: 1 << 24, unit: 'connections' },
  // A time would say how long close() blocks; here no call does.
  linger: { min: -1, max: 0, unit: 'ms' },
  notSentLowWater: { min: 0, max: 1 << 30, unit: 'bytes' },
  ttl: { min: 1, max: 255, unit: 'hops' },
  dscp: { min: 0, max: 63, unit: 'as a code point' },
};

/** The knobs that are times, turned from ms into us by `resolveConfig`. */
const times = [
  'initialRto',
  'minimumRto',
  'maximumRto',
  'delayedAck',
  'msl',
  'r2',
  'synR2',
  'userTimeout',
  'orphanTimeout',
  'mtuRaise',
  'invalidRateLimit',
  'keepAliveIdle',
  'keepAliveInterval',
] as const;

/** A configuration whose times are microseconds. */
export type ResolvedConfig = TcpConfig & { readonly resolved: true };

/**
 * Fills in what is not given from a stack's table and checks the rest.
 * @throws RangeError naming the knob, its value and what is allowed
 */
export function resolveConfig(given: Partial<TcpConfig> = {}, stack: StackName = 'linux'): ResolvedConfig {
  const table = Object.hasOwn(stacks, stack) ? stacks[stack] : undefined;
  if (table === undefined) {
    throw new RangeError(`unknown stack '${stack}': one of ${Object.keys(stacks).join(', ')}`);
  }
  const config: Record<string, unknown> = { ...table, resolved: true };
  for (const knob of times) config[knob] = toMicroseconds(config[knob]);
  return overrideConfig(config as unknown as ResolvedConfig, given);
}

/**
 * A configuration with some knobs set otherwise; `given` is in ms, as `TcpConfig` has it.
 * @throws RangeError naming the knob, its value and what is allowed
 */
export function overrideConfig(config: ResolvedConfig, given: Partial<TcpConfig>): ResolvedConfig {
  const changed: Record<string, unknown> = { ...config };
  // As on Linux, a buffer that somebody has set is not tuned.
  if (given.receiveBuffer !== undefined) changed.receiveBufferMax = 0;
  for (const [knob, value] of Object.entries(given)) {
    if (!Object.hasOwn(linux, knob)) throw new RangeError(`unknown TCP setting '${knob}'`);
    if (value === undefined) continue;
    checkKnob(knob, value);
    changed[knob] = (times as readonly string[]).includes(knob) ? toMicroseconds(value) : value;
  }
  return changed as unknown as ResolvedConfig;
}

function toMicroseconds(ms: unknown): number {
  return Math.round((ms as number) * 1000);
}

/** The knobs that are one of a few words. */
const words: Readonly<Record<string, readonly string[]>> = {
  arq: ['tcp', 'selective-repeat', 'go-back-n'],
  congestion: congestionNames,
  ecn: ['off', 'accept', 'on'],
  mtuProbing: ['off', 'on'],
  synCookies: ['off', 'on', 'always'],
};

function checkKnob(knob: string, value: unknown): void {
  const allowed = words[knob];
  if (allowed !== undefined) {
    if (allowed.includes(value as string)) return;
    const listed = [allowed.slice(0, -1).join(', '), allowed.at(-1)].filter(Boolean).join(' or ');
    throw new RangeError(`${knob} is '${value}': must be ${listed}`);
  }
  const range = ranges[knob];
  if (range === undefined) {
    if (typeof value !== 'boolean') throw new RangeError(`${knob} is ${value}: must be true or false`);
    return;
  }
  const whole = range.unit === 'ms' || Number.isInteger(value);
  if (typeof value !== 'number' || !whole || !(value >= range.min && value <= range.max)) {
    const kind = range.unit === 'ms' ? 'a number' : 'a whole number';
    throw new RangeError(
      `${knob} is ${String(value)}: must be ${kind} from ${range.min} to ${range.max} ${range.unit}`,
    );
  }
}
