/** Makes the bytes of a packet that the script sends to the stack. */
import { parseAddress } from '../wire/address.ts';
import { buildTcpPacket } from '../wire/packet.ts';
import { ACK, SYN } from '../wire/tcp.ts';
import { type Flow, wrap } from './flow.ts';
import { encodeOptions } from './optionBytes.ts';
import { patternAt } from './pattern.ts';
import type { PacketAction, ScriptOption } from './script.ts';
import type { Settings } from './settings.ts';
import type { Timestamps } from './timestamps.ts';

const ECN = { noecn: 0, ect1: 1, ect0: 2, ce: 3, ect01: 2 } as const;

/** The IP packet of an inbound line: numbers turned from relative to the flow's, a payload that fits its place. */
export function buildInbound(
  action: PacketAction,
  flow: Flow,
  settings: Settings,
  timestamps: Timestamps,
): Uint8Array {
  const { flags, ip } = action;
  const syn = (flags & SYN) !== 0;
  const seqOffset = syn || action.absolute ? 0 : flow.remoteIsn;
  const ackOffset = syn ? 0 : flow.localIsn;
  const seq = wrap((action.seq ?? 0) + seqOffset);
  const position = syn ? 0 : seq - flow.remoteIsn - 1;
  const options = (action.options ?? []).map((option) => onWire(option, ackOffset, timestamps));
  const tos = ip.tos ?? 0;
  return buildTcpPacket({
    source: parseAddress(settings.remoteAddress),
    destination: parseAddress(settings.localAddress),
    sourcePort: action.ports?.source ?? flow.remotePort,
    destinationPort: action.ports?.destination ?? flow.localPort,
    dscp: tos >>> 2,
    ecn: ip.ecn === undefined ? tos & 3 : ECN[ip.ecn],
    ttl: ip.ttl ?? 255,
    flags,
    seq,
    ack: action.ack === undefined ? 0 : wrap(action.ack + ((flags & ACK) === 0 ? 0 : ackOffset)),
    window: action.window ?? 0,
    urgentPointer: action.urgent ?? 0,
    rawOptions: padded(encodeOptions(options)),
    payload: patternAt(position, action.length),
  });
}

function onWire(option: ScriptOption, ackOffset: number, timestamps: Timestamps): ScriptOption {
  if (option.kind === 'sack') {
    return {
      kind: 'sack',
      blocks: option.blocks.map(([left, right]) => [wrap(left + ackOffset), wrap(right + ackOffset)]),
    };
  }
  if (option.kind === 'TS' && !option.ecrAbsolute) return { ...option, ecr: timestamps.toLive(option.ecr) };
  return option;
}

/** To whole words, with zeros (RFC 9293 section 3.1). */
function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array((bytes.length + 3) & ~3);
  whole.set(bytes);
  return whole;
}
