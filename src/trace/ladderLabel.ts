/**
 * A segment in words for the ladder: flags, relative sequence numbers, what it acknowledges, a look at its payload;
 * and the words for why it was sent, what the link did to it and why it was dropped.
 * Numbers count from the SYN of their direction; those of a conversation whose SYN was not seen are absolute.
 */
import type { LinkAction, SegmentSummary, SendReason } from './event.ts';
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

/**
 * Number, flags, sequence and acknowledgment numbers: `#12 PSH,ACK 1:6(5)` and `ack 1`. The acknowledgment is a piece
 * of its own, which may be left out, unless it is all that the segment says.
 */
export function segmentPieces(packet: number, segment: SegmentSummary, flows: Flows): Piece[] {
  const { flags, seq, ack, length } = segment;
  const first = flows.seq(segment, seq);
  let text = `#${packet} ${flagNames(flags)}`;
  if (length > 0) text += ` ${first}:${flows.seq(segment, seq + length)}(${length})`;
  else if (/[SFR]/.test(flags)) text += ` seq ${first}`;
  if (!flags.includes('.')) return [{ text, role: 'segment' }];
  const acknowledges = `ack ${flows.ack(segment, ack)}`;
  if (length === 0 && !/[SFR]/.test(flags)) return [{ text: `${text} ${acknowledges}`, role: 'segment' }];
  return [
    { text, role: 'segment' },
    { text: acknowledges, role: 'segment' },
  ];
}

const WHY: Readonly<Partial<Record<SendReason, Piece>>> = {
  timer: { text: 'resent (timer)', short: ['timer again', 'again'], role: 'resent' },
  fast: { text: 'resent (fast)', short: ['fast again', 'again'], role: 'resent' },
  probe: { text: 'window probe', short: ['probe'], role: 'resent' },
  lossProbe: { text: 'loss probe', short: ['probe'], role: 'resent' },
  keepAlive: { text: 'keep-alive', role: 'resent' },
  challenge: { text: 'challenge', role: 'resent' },
};

/** What the arrival of a segment that was sent again is marked with; why stands where it was sent. */
export function arrivalMark(why: SendReason): Piece | undefined {
  return why === 'timer' || why === 'fast' ? { text: 'again', role: 'resent' } : undefined;
}

const DISCARDED: Readonly<Record<string, readonly string[]>> = {
  badChecksum: ['TCP checksum', 'TCP sum'],
  badHeaderChecksum: ['IP checksum', 'IP sum'],
};

/** Why a packet was dropped, the longest words first; undefined where the counter's name says it. */
export function discardWords(reason: string): readonly string[] | undefined {
  return Object.hasOwn(DISCARDED, reason) ? DISCARDED[reason] : undefined;
}

/** All there is to say about a segment that is sent; it begins with `base`, the segment's own pieces. */
export function sendLabel(
  base: readonly Piece[],
  segment: SegmentSummary,
  why: SendReason,
  bytes: Uint8Array,
  flows: Flows,
  ascii: boolean,
): Piece[] {
  const pieces: Piece[] = [...base];
  const reason = WHY[why];
  if (reason !== undefined) pieces.push(reason);
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

/** What the link did, in words; undefined for what every packet goes through. A delay is told where the packet arrives. */
export function linkDeed(action: LinkAction): Piece | undefined {
  switch (action.what) {
    case 'corrupted':
      return { text: `bit ${action.bit} flipped`, short: [`bit ${action.bit}`], role: 'trouble' };
    case 'marked':
      return { text: 'marked CE', short: ['CE'], role: 'late' };
    case 'reordered':
      return { text: `held back ${milliseconds(action.by)}`, short: ['held back'], role: 'late' };
    case 'delivered':
      return action.late ? { text: 'overtaken', short: ['late'], role: 'late' } : undefined;
    default:
      return undefined;
  }
}

export function milliseconds(us: number): string {
  return `${us / 1000} ms`;
}
