/** Writes what one end saw and did as a packetdrill script, which can be played against any stack. */
import type { TcpConfig } from '../tcp/config.ts';
import type { SegmentSummary, TraceEvent } from '../trace/event.ts';

/** The end that a script is about. */
export interface ScriptEnd {
  /** As it is called in the trace. */
  readonly name: string;
  /** It opens the connection; else it listens. */
  readonly opens: boolean;
  /** Its own initial sequence number and its peer's: in the script both are 0. */
  readonly iss: number;
  readonly irs: number;
  /** Its settings. */
  readonly tcp: Partial<TcpConfig>;
}

/** The settings that scripts have a line for, before anything else or of socket 3. */
const SYSCTLS: Readonly<Record<string, string>> = {
  sack: 'net.ipv4.tcp_sack',
  timestamps: 'net.ipv4.tcp_timestamps',
  windowScaling: 'net.ipv4.tcp_window_scaling',
  invalidRateLimit: 'net.ipv4.tcp_invalid_ratelimit',
};
const SOCKET_OPTIONS: Readonly<Record<string, readonly [level: string, option: string]>> = {
  mss: ['IPPROTO_TCP', 'TCP_MAXSEG'],
  receiveBuffer: ['SOL_SOCKET', 'SO_RCVBUF'],
  sendBuffer: ['SOL_SOCKET', 'SO_SNDBUF'],
  nagle: ['IPPROTO_TCP', 'TCP_NODELAY'],
};

/**
 * What one end saw and did, as a packetdrill script in which both ends' numbers begin at 0. Windows that the end is
 * to send are left open: a script reads when it is told to, not when something has come. What scripts have no words
 * for, settings and calls, is told as a comment.
 */
export function scriptOf(events: readonly TraceEvent[], end: ScriptEnd): string {
  const lines = prologue(end);
  let last = 0;
  let reads: string[] = [];
  for (const event of events) {
    if (event.end !== end.name) continue;
    const call = event.kind === 'call' && event.call === 'RECEIVE';
    const text = call ? undefined : lineOf(event, end);
    // A read follows what the arrival brought about
    if (call) reads.push(`+0 read(${socketOf(end)}, ..., 100000) = ${event.detail!.split(' ')[0]}`);
    if (text === undefined) continue;
    if (event.kind !== 'send') {
      lines.push(...reads);
      reads = [];
    }
    lines.push(`+${(event.t - last) / 1_000_000} ${text}`);
    last = event.t;
  }
  return `${[...lines, ...reads].join('\n')}\n`;
}

/** What comes before the first packet. */
function prologue({ opens, tcp }: ScriptEnd): string[] {
  const [first, options]: [string[], string[]] = [[], []];
  for (const [name, value] of Object.entries(tcp)) {
    const [level, option] = SOCKET_OPTIONS[name] ?? [];
    const number = name === 'nagle' ? Number(!value) : Number(value);
    if (option !== undefined) options.push(`+0 setsockopt(3, ${level}, ${option}, [${number}], 4) = 0`);
    else if (SYSCTLS[name] !== undefined) first.push(`0 \`sysctl -q ${SYSCTLS[name]}=${Number(value)}\``);
    else first.push(`// ${name} is ${value}`);
  }
  const type = opens ? 'SOCK_STREAM | SOCK_NONBLOCK' : 'SOCK_STREAM';
  const listening = ['+0 bind(3, ..., ...) = 0', '+0 listen(3, 1) = 0'];
  return [...first, `0 socket(..., ${type}, IPPROTO_TCP) = 3`, ...options, ...(opens ? [] : listening)];
}

const socketOf = ({ opens }: ScriptEnd): number => (opens ? 3 : 4);

function lineOf(event: TraceEvent, end: ScriptEnd): string | undefined {
  const { iss, irs } = end;
  switch (event.kind) {
    case 'send':
      return `> ${segmentText(event.segment, iss, irs)}${optionText(event.segment, irs)}`;
    case 'receive': {
      const { segment } = event;
      if (segment === undefined) return undefined;
      return `< ${segmentText(segment, irs, iss)} win ${segment.window}${optionText(segment, iss)}`;
    }
    case 'report':
      return event.report === 'established' && !end.opens ? 'accept(3, ..., ...) = 4' : undefined;
    case 'call':
      return callText(event.call, event.detail ?? '', socketOf(end));
    default:
      return undefined;
  }
}

/** Bytes that fit whatever the buffer. */
const SURE = 1;

function callText(call: string, detail: string, socket: number): string {
  const [bytes] = detail.split(' ');
  if (call === 'OPEN') return 'connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)';
  // A full buffer takes less, which the trace does not tell
  if (call === 'SEND') return `write(${socket}, ..., ${bytes}) = ${Number(bytes) > SURE ? '...' : bytes}`;
  if (call === 'CLOSE') return `shutdown(${socket}, SHUT_WR) = 0`;
  return `// ${call}`;
}

/** Flags and numbers, counted from where the sender's and the receiver's begin. */
function segmentText({ flags, seq, ack, length }: SegmentSummary, from: number, to: number): string {
  const first = (seq - from) >>> 0;
  const acks = flags.includes('.') ? ` ack ${(ack - to) >>> 0}` : '';
  return `${flags} ${first}:${first + length}(${length})${acks}`;
}

/** Options; `to` is where the receiver's numbers begin. */
function optionText({ options = {} }: SegmentSummary, to: number): string {
  const { mss, sackPermitted, timestamps, windowScale, sack } = options;
  const blocks = sack?.map(([left, right]) => `${(left - to) >>> 0}:${(right - to) >>> 0}`);
  const words = [
    ...(mss === undefined ? [] : [`mss ${mss}`]),
    ...(sackPermitted ? [timestamps === undefined ? 'nop,nop,sackOK' : 'sackOK'] : []),
    ...(timestamps === undefined
      ? []
      : [`${sackPermitted ? '' : 'nop,nop,'}TS val ${timestamps[0]} ecr ${timestamps[1]}`]),
    ...(windowScale === undefined ? [] : [`nop,wscale ${windowScale}`]),
    ...(blocks === undefined ? [] : [`nop,nop,sack ${blocks.join(' ')}`]),
  ];
  return words.length === 0 ? '' : ` <${words.join(',')}>`;
}
