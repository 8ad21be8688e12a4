/** Bytes and structures: IPv4, IPv6, TCP, options, addresses, checksums. */
export {
  formatAddress,
  formatEndpoint,
  isBroadcast,
  isMulticast,
  isUnspecified,
  parseAddress,
} from './address.ts';
export { checksum, fold, pseudoHeaderSum, sum } from './checksum.ts';
export {
  buildIcmpPacket,
  decodeIcmp,
  decodeQuote,
  type IcmpErrorKind,
  type IcmpFields,
  type IcmpKind,
  IcmpMessage,
  type IcmpReason,
  isIcmpError,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_UDP,
  QuotedPacket,
  quoteOf,
  UNREACHABLE_V4,
  UNREACHABLE_V6,
} from './icmp.ts';
export {
  decodeIp,
  type IpFields,
  IpHeader,
  type IpReason,
  IpTemplate,
  ipHeaderLength,
  PROTOCOL_TCP,
  verifyTcpChecksum,
  writeIpHeader,
} from './ip.ts';
export { MAX_OPTIONS_LENGTH, MAX_SACK_BLOCKS, type OptionFields, sackBlocksThatFit } from './options.ts';
export {
  buildTcpPacket,
  type PacketReason,
  packetHeaderLength,
  parseTcpPacket,
  type TcpPacket,
  type TcpPacketFields,
  writeTcpPacket,
} from './packet.ts';
export {
  ACK,
  AE,
  CWR,
  decodeTcp,
  ECE,
  FIN,
  formatFlags,
  PSH,
  RST,
  Segment,
  SYN,
  sealTcp,
  TCP_HEADER_LENGTH,
  type TcpReason,
  tcpHeaderLength,
  URG,
  writeTcpHeader,
} from './tcp.ts';
