/** Makes the ICMP messages that a script sends to the stack, about segments of its own. */
import { parseAddress } from '../wire/address.ts';
import { checksum, pseudoHeaderSum } from '../wire/checksum.ts';
import { buildIcmpPacket, PROTOCOL_ICMPV6, quoteOf } from '../wire/icmp.ts';
import { ipHeaderLength } from '../wire/ip.ts';
import { buildTcpPacket } from '../wire/packet.ts';
import { ACK } from '../wire/tcp.ts';
import { ScriptUnsupported } from './errors.ts';
import { type Flow, wrap } from './flow.ts';
import type { IcmpAction } from './script.ts';
import type { Settings } from './settings.ts';

/** The words of a version for types, and for the codes of a type. */
interface Words {
  readonly types: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, readonly string[]>>;
  /** The type and code that tell an MTU. */
  readonly tooBig: readonly [type: number, code: number];
}

/** RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
const V4: Words = {
  types: {
    echo_reply: 0,
    unreachable: 3,
    source_quench: 4,
    redirect: 5,
    echo_request: 8,
    time_exceeded: 11,
    parameter_problem: 12,
    timestamp_request: 13,
    timestamp_reply: 14,
    information_request: 15,
    information_reply: 16,
    address_mask_request: 17,
    address_mask_reply: 18,
  },
  codes: {
    unreachable: [
      ...['net_unreachable', 'host_unreachable', 'protocol_unreachable', 'port_unreachable', 'frag_needed'],
      ...['source_route_failed', 'net_unknown', 'host_unknown', 'source_host_isolated', 'net_prohibited'],
      ...['host_prohibited', 'net_unreachable_for_tos', 'host_unreachable_for_tos', 'packet_filtered'],
      ...['precedence_violation', 'precedence_cutoff'],
    ],
  },
  tooBig: [3, 4],
};

/** RFC 4443. */
const V6: Words = {
  types: {
    unreachable: 1,
    packet_too_big: 2,
    time_exceeded: 3,
    parameter_problem: 4,
    echo_request: 128,
    echo_reply: 129,
  },
  codes: {
    unreachable: ['no_route', 'admin_prohibited', 'not_neighbour', 'address_unreachable', 'port_unreachable'],
    time_exceeded: ['exceeded_hop_limit', 'exceeded_frag_time'],
    parameter_problem: ['header_field', 'unknown_next_header', 'unknown_option'],
  },
  tooBig: [2, 0],
};

/**
 * The IP packet of an inbound ICMP line: it quotes a segment from the flow's local end, with the sequence number that
 * the script gives, as relative as all others; without one, that of the SYN.
 * @throws ScriptUnsupported for a type or a code that nobody knows
 */
export function buildIcmp(action: IcmpAction, flow: Flow, settings: Settings): Uint8Array {
  const [local, remote] = [parseAddress(settings.localAddress), parseAddress(settings.remoteAddress)];
  const quoted = buildTcpPacket({
    source: local,
    destination: remote,
    sourcePort: flow.localPort,
    destinationPort: flow.remotePort,
    seq: wrap((action.quoted?.seq ?? 0) + flow.localIsn),
    flags: ACK,
    payload: new Uint8Array(action.quoted?.length ?? 0),
  });
  const packet = buildIcmpPacket({
    source: remote,
    destination: local,
    kind: 'unreachable',
    body: quoteOf(quoted),
  });
  fillHeader(packet, action, remote, local);
  return packet;
}

/** Type, code, what goes with them, and the checksum that is then right. */
function fillHeader(
  packet: Uint8Array,
  action: IcmpAction,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  const words = source.length === 16 ? V6 : V4;
  const at = ipHeaderLength(source.length);
  const view = new DataView(packet.buffer, packet.byteOffset);
  const type = typeOf(action, words);
  const code = codeOf(action, words);
  view.setUint16(at, (type << 8) | code);
  view.setUint16(at + 2, 0);
  if (action.id !== undefined) view.setUint16(at + 4, action.id);
  if (action.mtu !== undefined) {
    if (type !== words.tooBig[0] || code !== words.tooBig[1])
      throw new ScriptUnsupported('an MTU in another ICMP message than one about it');
    view.setUint32(at + 4, action.mtu);
  }
  const length = packet.length - at;
  const pseudo = words === V6 ? pseudoHeaderSum(source, destination, PROTOCOL_ICMPV6) + length : 0;
  view.setUint16(at + 2, checksum(packet, at, length, pseudo));
}

function typeOf({ type }: IcmpAction, { types }: Words): number {
  const number = /^type_(\d+)$/.exec(type)?.[1] ?? (Object.hasOwn(types, type) ? types[type] : undefined);
  if (number === undefined || Number(number) > 255) throw new ScriptUnsupported(`the ICMP type ${type}`);
  return Number(number);
}

function codeOf({ type, code }: IcmpAction, { codes }: Words): number {
  if (code === undefined) return 0;
  const known = Object.hasOwn(codes, type) ? codes[type]!.indexOf(code) : -1;
  const number = known >= 0 ? known : Number(/^code_(\d+)$/.exec(code)?.[1] ?? 256);
  if (number > 255) throw new ScriptUnsupported(`the code ${code} of the ICMP message ${type}`);
  return number;
}
