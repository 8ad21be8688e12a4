/**
 * A segment in words for the ladder: flags, relative sequence numbers, what it acknowledges, a look at its payload.
 * Numbers count from the SYN of their direction; those of a conversation whose SYN was not seen are absolute.
 */
import type { SegmentSummary, SendReason } from './event.ts';
import type { Piece } from './ladderRow.ts';
import { bytesText } from './text.ts';

/** Directions remembered at a time. */
const FLOW_LIMIT = 1024;

/** Initial sequence numbers by direction. */
export class Flows {
  readonly #isn = new Map<string, number>();

  /** Learns from a SYN. */
  see(segment: SegmentSummary): void {
    if (!segment.flags.includes('S')) return;
    remember(this.#isn, flow(segment.source, segment.destination), segment.seq, FLOW_LIMIT);
  }

  seq(segment: SegmentSummary, seq: number): number {
    return relative(seq, this.#isn.get(flow(segment.source, segment.destination)));
  }

  /** `ack` counts from the SYN of the other direction. */
  ack(segment: SegmentSummary, ack: number): number {
    return relative(ack, this.#isn.get(flow(segment.destination, segment.source)));
  }
}

/** Sets a key of a map that forgets its oldest entries. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value!);
}

function flow(from: string, to: string): string {
  return `${from} ${to}`;
}

function relative(seq: number, isn: number | undefined): number {
  return isn === undefined ? seq : (seq - isn) >>> 0;
}

const FLAGS: Readonly<Record<string, string>> = {
  S: 'SYN',
  F: 'FIN',
  R: 'RST',
  P: 'PSH',
  U: 'URG',
  E: 'ECE',
  W: 'CWR',
  A: 'AE',
  '.': 'ACK',
};

function flagNames(flags: string): string {
  const names = Array.from(flags, (letter) => FLAGS[letter]).filter((name) => name !== undefined);
  return names.join(',') || 'no flags';
}

/** Number, flags, sequence and acknowledgment numbers: `#12 PSH,ACK 1:6(5) ack 1`. */
export function segmentText(packet: number, segment: SegmentSummary, flows: Flows): string {
  const { flags, seq, ack, length } = segment;
  const first = flows.seq(segment, seq);
  let text = `#${packet} ${flagNames(flags)}`;
  if (length > 0) text += ` ${first}:${flows.seq(segment, seq + length)}(${length})`;
  else if (/[SFR]/.test(flags)) text += ` seq ${first}`;
  return flags.includes('.') ? `${text} ack ${flows.ack(segment, ack)}` : text;
}

const WHY: Readonly<Partial<Record<SendReason, string>>> = {
  timer: 'resent (timer)',
  fast: 'resent (fast)',
  probe: 'window probe',
  keepAlive: 'keep-alive',
  challenge: 'challenge',
};

/** All there is to say about a segment that is sent, the most telling first. */
export function sendLabel(
  packet: number,
  segment: SegmentSummary,
  why: SendReason,
  bytes: Uint8Array,
  flows: Flows,
  ascii: boolean,
): Piece[] {
  const pieces: Piece[] = [{ text: segmentText(packet, segment, flows), role: 'segment' }];
  const reason = WHY[why];
  if (reason !== undefined) pieces.push({ text: reason, role: 'resent' });
  const { mss, sack } = segment.options ?? {};
  if (mss !== undefined) pieces.push({ text: `mss ${mss}`, role: 'segment' });
  if (sack !== undefined && sack.length > 0) {
    const blocks = sack.map(([left, right]) => `${flows.ack(segment, left)}:${flows.ack(segment, right)}`);
    pieces.push({ text: `sack ${blocks.join(',')}`, role: 'segment' });
  }
  if (segment.length > 0) pieces.push(payload(segment.length, bytes, ascii));
  pieces.push({ text: `win ${segment.window}`, role: 'segment' });
  return pieces;
}

/** The payload is what a packet ends with. */
function payload(length: number, bytes: Uint8Array, ascii: boolean): Piece {
  const data = bytes.subarray(Math.max(0, bytes.length - length));
  return { text: `"${bytesText(data, ascii)}"`, role: 'payload' };
}
