/**
 * The TCP header (RFC 9293 section 3.1): reading and writing its bytes. What a segment means is left to src/tcp; its
 * options lie in options.ts.
 */
import { checksum } from './checksum.ts';
import {
  clearOptions,
  decodeOptions,
  type OptionFields,
  optionsLength,
  readUint32,
  writeOptions,
  writeUint32,
} from './options.ts';

/** Bytes of a header without options. */
export const TCP_HEADER_LENGTH = 20;

/** Control bits; AE is the lowest bit of the byte before (RFC 9768). */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;
export const AE = 256;

/** Why bytes are no TCP segment, `ok` when they are. */
export type TcpReason =
  | 'ok'
  /** Shorter than a header, or than this header says it is. */
  | 'truncated'
  /** The data offset says that the header is under 20 bytes. */
  | 'badDataOffset';

const NOTHING = new Uint8Array(0);

/**
 * A segment, received or to be sent. One instance serves for all that arrive: its payload is a place in the packet, so
 * it is good only as long as the packet is. Sequence numbers are unsigned 32-bit.
 */
export class Segment implements OptionFields {
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  /** Means something only with the ACK flag. */
  ack = 0;
  /** FIN | SYN | ... */
  flags = 0;
  /** As in the header: unsigned (MUST-1), not scaled. */
  window = 0;
  urgentPointer = 0;

  mss = 0;
  windowScale = -1;
  sackPermitted = false;
  sackCount = 0;
  readonly sackBlocks: Uint32Array = new Uint32Array(8);
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;

  /** Of the IP header around it: its ECN field (RFC 3168 section 5). */
  ecn = 0;

  /** The packet that the payload lies in. */
  bytes: Uint8Array = NOTHING;
  payloadOffset = 0;
  payloadLength = 0;

  /** SEG.LEN: the sequence numbers it takes, SYN and FIN counted (RFC 9293 section 3.4). */
  get length(): number {
    return this.payloadLength + ((this.flags & SYN) >>> 1) + (this.flags & FIN);
  }

  /** A view of the payload in the packet: copy it to keep it. */
  payload(): Uint8Array {
    return this.bytes.subarray(this.payloadOffset, this.payloadOffset + this.payloadLength);
  }

  /** Back to an empty segment without options. */
  clear(): void {
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.seq = 0;
    this.ack = 0;
    this.flags = 0;
    this.window = 0;
    this.urgentPointer = 0;
    clearOptions(this);
    this.ecn = 0;
    this.bytes = NOTHING;
    this.payloadOffset = 0;
    this.payloadLength = 0;
  }
}

/**
 * Reads the segment that `length` bytes at `offset` are into `segment`, whose contents count only after `ok`. Never
 * throws and never looks past the end. The checksum is not looked at: see `verifyTcpChecksum`.
 */
export function decodeTcp(bytes: Uint8Array, offset: number, length: number, segment: Segment): TcpReason {
  if (length < TCP_HEADER_LENGTH || offset + length > bytes.length) return 'truncated';
  const headerLength = (bytes[offset + 12]! >>> 4) * 4;
  if (headerLength < TCP_HEADER_LENGTH) return 'badDataOffset';
  if (headerLength > length) return 'truncated';
  segment.sourcePort = (bytes[offset]! << 8) | bytes[offset + 1]!;
  segment.destinationPort = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
  segment.seq = readUint32(bytes, offset + 4);
  segment.ack = readUint32(bytes, offset + 8);
  segment.flags = ((bytes[offset + 12]! & 1) << 8) | bytes[offset + 13]!;
  segment.window = (bytes[offset + 14]! << 8) | bytes[offset + 15]!;
  segment.urgentPointer = (bytes[offset + 18]! << 8) | bytes[offset + 19]!;
  if (headerLength === TCP_HEADER_LENGTH) clearOptions(segment);
  else decodeOptions(bytes, offset + TCP_HEADER_LENGTH, offset + headerLength, segment);
  segment.bytes = bytes;
  segment.payloadOffset = offset + headerLength;
  segment.payloadLength = length - headerLength;
  return 'ok';
}

/** Bytes that `writeTcpHeader` will write: 20 to 60. */
export function tcpHeaderLength(segment: Segment): number {
  return TCP_HEADER_LENGTH + optionsLength(segment, (segment.flags & SYN) !== 0);
}

/**
 * Writes the header with options at `offset` and returns its length. The payload comes after it, copied by the caller;
 * then `sealTcp` puts in the checksum, which is 0 till then.
 */
export function writeTcpHeader(buffer: Uint8Array, offset: number, segment: Segment): number {
  const { flags, window, urgentPointer } = segment;
  const options = writeOptions(buffer, offset + TCP_HEADER_LENGTH, segment, (flags & SYN) !== 0);
  const headerLength = TCP_HEADER_LENGTH + options;
  buffer[offset] = segment.sourcePort >>> 8;
  buffer[offset + 1] = segment.sourcePort;
  buffer[offset + 2] = segment.destinationPort >>> 8;
  buffer[offset + 3] = segment.destinationPort;
  writeUint32(buffer, offset + 4, segment.seq);
  writeUint32(buffer, offset + 8, segment.ack);
  buffer[offset + 12] = (headerLength << 2) | ((flags >>> 8) & 1);
  buffer[offset + 13] = flags;
  buffer[offset + 14] = window >>> 8;
  buffer[offset + 15] = window;
  buffer[offset + 16] = 0;
  buffer[offset + 17] = 0;
  buffer[offset + 18] = urgentPointer >>> 8;
  buffer[offset + 19] = urgentPointer;
  return headerLength;
}

/**
 * Fills in the checksum of the `length` bytes of header and payload at `offset` (MUST-2). `pseudoSum` is that of
 * `pseudoHeaderSum`; the length is added here.
 */
export function sealTcp(buffer: Uint8Array, offset: number, length: number, pseudoSum: number): void {
  buffer[offset + 16] = 0;
  buffer[offset + 17] = 0;
  const check = checksum(buffer, offset, length, pseudoSum + length);
  buffer[offset + 16] = check >>> 8;
  buffer[offset + 17] = check;
}

const LETTERS: readonly (readonly [number, string])[] = [
  [FIN, 'F'],
  [SYN, 'S'],
  [RST, 'R'],
  [PSH, 'P'],
  [ACK, '.'],
  [URG, 'U'],
  [ECE, 'E'],
  [CWR, 'W'],
  [AE, 'A'],
];

/** The flags as packetdrill and tcpdump write them: `S.`, `FP.`, `R`; `-` for none. */
export function formatFlags(flags: number): string {
  let text = '';
  for (const [bit, letter] of LETTERS) if ((flags & bit) !== 0) text += letter;
  return text === '' ? '-' : text;
}
