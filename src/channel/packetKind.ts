/** What kinds of TCP segment a packet holds, for faults to pick it by. Checksums do not matter here. */
import { decodeIp, IpHeader, PROTOCOL_TCP } from '../wire/ip.ts';
import {
  decodeTcp,
  Segment,
  ACK as TCP_ACK,
  FIN as TCP_FIN,
  RST as TCP_RST,
  SYN as TCP_SYN,
} from '../wire/tcp.ts';

export const SYN = 1;
export const SYN_ACK = 2;
/** Nothing but an ACK. */
export const ACK = 4;
export const DATA = 8;
export const FIN = 16;
export const RST = 32;

const ip = new IpHeader();
const segment = new Segment();

/** The kinds as a bit mask: a segment with data and FIN is both. 0 for what is no TCP segment. */
export function packetKinds(packet: Uint8Array): number {
  if (decodeIp(packet, ip) !== 'ok' || ip.protocol !== PROTOCOL_TCP) return 0;
  if (decodeTcp(packet, ip.payloadOffset, ip.payloadLength, segment) !== 'ok') return 0;
  const { flags, payloadLength } = segment;
  const data = payloadLength > 0 ? DATA : 0;
  if ((flags & TCP_RST) !== 0) return RST;
  if ((flags & TCP_SYN) !== 0) return ((flags & TCP_ACK) !== 0 ? SYN_ACK : SYN) | data;
  if ((flags & TCP_FIN) !== 0) return FIN | data;
  if (data !== 0) return data;
  return (flags & TCP_ACK) !== 0 ? ACK : 0;
}
