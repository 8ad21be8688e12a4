/**
 * Tests in packetdrill's language: `packetdrill(name, options, script)` is a vitest test that plays the script against
 * the stack, strictly: no tolerance, and nothing may be sent that the script does not say.
 *
 * Options keep scripts short: no TCP option but MSS unless asked for. `established()` and its like are options with the
 * script of a handshake before the test's own.
 */
import { test } from 'vitest';
import {
  parseScript,
  type RunOptions,
  type RunReport,
  runScript,
  type Script,
} from '../../src/packetdrill/index.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';

export interface Preparation extends RunOptions {
  /** Played before the test's own script. */
  readonly prologue?: string;
}

/** What the tests assume when they say nothing else. */
const PLAIN: Partial<TcpConfig> = {
  ...{ sack: false, timestamps: false, windowScaling: false, mss: 1000 },
  // Windows that can be worked out in the head (RFC 5681)
  ...{ congestion: 'newreno', abcLimit: 1 },
  // RFC 5681 and RFC 6675, and nothing newer
  ...{ rack: false, tlp: false, prr: false, frto: false, eifel: false },
};

/** Plays a script, after its prologue, strictly. */
export function play(
  script: string,
  { prologue = '', tcp, ...options }: Preparation = {},
  name = 'script',
): RunReport {
  const before = parseScript(prologue, `${name} (prologue)`);
  const own = parseScript(script, name);
  const prepared = before.events.map((event) => ({
    ...event,
    place: { line: -event.place.line, column: 1 },
  }));
  const whole: Script = { ...own, events: [...prepared, ...own.events] };
  return runScript(whole, { strict: true, ...options, tcp: { ...PLAIN, ...tcp } });
}

/** A test of this name that plays the script. */
export function packetdrill(name: string, options: Preparation, script: string): void {
  test(name, () => {
    play(script, options, name);
  });
}

/** The same for a script that shows a known fault: it turns red when the fault is mended. */
packetdrill.fails = (name: string, options: Preparation, script: string): void => {
  test.fails(name, () => {
    play(script, options, name);
  });
};

export interface Handshake {
  readonly mss?: number;
  /** Initial window, in segments. */
  readonly cwnd?: number;
  /** The peer's window, as in its segments. */
  readonly win?: number;
  /** Seconds that the handshake takes; 0 unless given. */
  readonly rtt?: number;
  /** Both ISNs, ours and the peer's; 0 unless given. */
  readonly iss?: number;
  readonly irs?: number;
  /** Both ends say SACK-permitted. */
  readonly sack?: boolean;
  /** Both ends scale their windows by so much; our receive buffer must want it. */
  readonly scale?: number;
  /** Both ends send timestamps: the peer's are 100 in its SYN, ours start at 1. */
  readonly timestamps?: boolean;
  readonly tcp?: Partial<TcpConfig>;
}

const next = (isn: number): number => (isn + 1) % 0x1_0000_0000;

/** Options of a SYN as our stack orders them. */
function synOptions({ mss = 1000, sack, scale, timestamps }: Handshake, val: number, ecr: number): string {
  const stamps = timestamps ? [`${sack ? '' : 'nop,nop,'}TS val ${val} ecr ${ecr}`] : [];
  const permitted = sack ? [timestamps ? 'sackOK' : 'nop,nop,sackOK'] : [];
  const scaling = scale === undefined ? [] : [`nop,wscale ${scale}`];
  return [`mss ${mss}`, ...permitted, ...stamps, ...scaling].join(',');
}

function configOf(handshake: Handshake): Partial<TcpConfig> {
  const { mss = 1000, cwnd = 10, sack = false, scale, timestamps = false, tcp } = handshake;
  return { mss, initialWindow: cwnd, sack, timestamps, windowScaling: scale !== undefined, ...tcp };
}

/** A listening socket 3. */
export const listening = `
  0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
  +0  bind(3, ..., ...) = 0
  +0  listen(3, 1) = 0
`;

/** ESTABLISHED by passive open: socket 4, made by the listening socket 3. */
export function established(handshake: Handshake = {}): Preparation {
  const { win = 65_535, rtt = 0, iss = 0, irs = 0, timestamps } = handshake;
  const stamps = timestamps ? ' <nop,nop,TS val 100 ecr 1>' : '';
  return {
    tcp: configOf(handshake),
    prologue: `${listening}
      +0  < S ${irs}:${irs}(0) win ${win} <${synOptions(handshake, 100, 0)}>
      +0  > S. ${iss}:${iss}(0) ack ${next(irs)} <${synOptions(handshake, 1, 100)}>
      +${rtt}  < . 1:1(0) ack 1 win ${win}${stamps}
      +0  accept(3, ..., ...) = 4
    `,
  };
}

/** ESTABLISHED by active open: socket 3. */
export function connected(handshake: Handshake = {}): Preparation {
  const { win = 65_535, rtt = 0, iss = 0, irs = 0, timestamps } = handshake;
  const stamps = timestamps ? ` <nop,nop,TS val ${1 + Math.round(rtt * 1000)} ecr 100>` : '';
  return {
    tcp: configOf(handshake),
    prologue: `
      0       socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      +0...${rtt}  connect(3, ..., ...) = 0
      +0      > S ${iss}:${iss}(0) <${synOptions(handshake, 1, 0)}>
      +${rtt}      < S. ${irs}:${irs}(0) ack ${next(iss)} win ${win} <${synOptions(handshake, 100, 1)}>
      +0      > . 1:1(0) ack 1${stamps}
    `,
  };
}
