/** A packet as a script would write it: numbers relative to its flow's ISNs, options in order. */
import { parseTcpPacket } from '../wire/packet.ts';
import { formatFlags, SYN, TCP_HEADER_LENGTH } from '../wire/tcp.ts';
import type { Flow } from './flow.ts';
import { wrap } from './flow.ts';
import { decodeOptionList, formatOptions } from './optionBytes.ts';
import { isPattern } from './pattern.ts';
import type { ScriptOption } from './script.ts';

/** The ECN field of the IP header, as scripts write it. */
const MARKS: Readonly<Record<number, string>> = { 1: '[ect1] ', 2: '[ect0] ', 3: '[ce] ' };

export interface PacketView {
  /** us */
  readonly time: number;
  readonly inbound: boolean;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly seq: number;
  /** As on the wire, for `!`. */
  readonly absoluteSeq: number;
  readonly ack: number;
  readonly window: number;
  readonly urgent: number;
  readonly length: number;
  /** Timestamps are those of the wire. */
  readonly options: readonly ScriptOption[];
  /** The payload is what the stream has at this place. */
  readonly rightBytes: boolean;
  readonly ecn: number;
  readonly tos: number;
  readonly ttl: number;
  /** Of what is no segment: the line of the script. */
  readonly text?: string;
}

/** An ICMP message, which is only shown: as the script has it. */
export function messageView(text: string, time: number): PacketView {
  const nothing = { flags: 0, seq: 0, absoluteSeq: 0, ack: 0, window: 0, urgent: 0, length: 0 };
  const header = { sourcePort: 0, destinationPort: 0, ecn: 0, tos: 0, ttl: 0 };
  return { ...nothing, ...header, time, inbound: true, options: [], rightBytes: true, text };
}

/**
 * Reads a packet; the reason as a string when it is none. `flowOf` finds the flow from the local and the remote port.
 */
export function viewPacket(
  bytes: Uint8Array,
  inbound: boolean,
  time: number,
  flowOf: (localPort: number, remotePort: number) => Flow,
): PacketView | string {
  const parsed = parseTcpPacket(bytes);
  if (typeof parsed === 'string') return parsed;
  const { segment, ip } = parsed;
  const { sourcePort, destinationPort, flags } = segment;
  const flow = inbound ? flowOf(destinationPort, sourcePort) : flowOf(sourcePort, destinationPort);
  const syn = (flags & SYN) !== 0;
  const [ownIsn, otherIsn] = inbound ? [flow.remoteIsn, flow.localIsn] : [flow.localIsn, flow.remoteIsn];
  const position = wrap(segment.seq - ownIsn + (syn ? 0 : -1));
  const options = decodeOptionList(bytes, ip.payloadOffset + TCP_HEADER_LENGTH, segment.payloadOffset);
  return {
    time,
    inbound,
    sourcePort,
    destinationPort,
    flags,
    seq: syn ? segment.seq : wrap(segment.seq - ownIsn),
    absoluteSeq: segment.seq,
    ack: syn ? segment.ack : wrap(segment.ack - otherIsn),
    window: segment.window,
    urgent: segment.urgentPointer,
    length: segment.payloadLength,
    options: options.map((option) => (syn ? option : relative(option, otherIsn))),
    rightBytes: isPattern(segment.payload(), position),
    ecn: ip.ecn,
    tos: (ip.dscp << 2) | ip.ecn,
    ttl: ip.ttl,
  };
}

function relative(option: ScriptOption, isn: number): ScriptOption {
  if (option.kind !== 'sack') return option;
  return {
    kind: 'sack',
    blocks: option.blocks.map(([left, right]) => [wrap(left - isn), wrap(right - isn)]),
  };
}

/** `> [ect0] P. 1:1001(1000) ack 1 win 65535 <nop,nop,TS val 1 ecr 2>` */
export function formatPacket(view: PacketView): string {
  if (view.text !== undefined) return view.text;
  const { flags, seq, length, ack, window, urgent, options } = view;
  const mark = MARKS[view.ecn] ?? '';
  let text = `${view.inbound ? '<' : '>'} ${mark}${formatFlags(flags)} ${seq}:${wrap(seq + length)}(${length})`;
  if (formatFlags(flags).includes('.')) text += ` ack ${ack}`;
  text += ` win ${window}`;
  if (urgent > 0) text += ` urg ${urgent}`;
  return options.length === 0 ? text : `${text} <${formatOptions(options)}>`;
}

/** `1.040000` */
export function formatTime(time: number): string {
  return (time / 1_000_000).toFixed(6);
}
