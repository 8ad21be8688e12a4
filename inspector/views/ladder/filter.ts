/** Which of the arrows are drawn. */
import { packetText } from '../../model/flags.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import { type Arrows, END, TRAIT, TROUBLE } from './arrows.ts';

export const FLAG_CHOICES = ['any', 'SYN', 'FIN', 'RST', 'PSH', 'URG', 'ECN', 'pure ACK'] as const;
export const SHOW_CHOICES = ['all', 'data', 'trouble'] as const;

export interface Filter {
  /** Place of the post that segments leave from; -1 for any. */
  readonly from: number;
  readonly flags: (typeof FLAG_CHOICES)[number];
  readonly show: (typeof SHOW_CHOICES)[number];
  /** Part of what is said of a segment, of its payload, of why it was sent, of any case; empty for all. */
  readonly text: string;
}

export const NO_FILTER: Filter = { from: -1, flags: 'any', show: 'all', text: '' };

const LETTERS: Readonly<Record<Filter['flags'], RegExp>> = {
  any: /^/,
  SYN: /S/,
  FIN: /F/,
  RST: /R/,
  PSH: /P/,
  URG: /U/,
  ECN: /[EWA]/,
  'pure ACK': /^\.$/,
};

const decoder = new TextDecoder();

/** Of all arrows those that a filter lets through, as places. */
export function passing(model: TraceModel, arrows: Arrows, filter: Filter): Int32Array {
  const passed = new Int32Array(arrows.length);
  const text = filter.text.trim().toLowerCase();
  const flags = flagTest(model, filter.flags);
  let count = 0;
  for (let at = 0; at < arrows.length; at++) {
    if (filter.from >= 0 && arrows.from.at(at) !== filter.from) continue;
    if (filter.show !== 'all' && !isShown(arrows, at, filter.show)) continue;
    if (!flags(arrows.packet.at(at))) continue;
    if (text !== '' && !saysText(model, arrows.packet.at(at), text)) continue;
    passed[count++] = at;
  }
  return passed.subarray(0, count);
}

function isShown(arrows: Arrows, at: number, show: 'data' | 'trouble'): boolean {
  const traits = arrows.traits.at(at);
  if (show === 'data') return (traits & TRAIT.data) !== 0;
  const end = arrows.end.at(at);
  return (traits & TROUBLE) !== 0 || end === END.lost || end === END.discarded;
}

/** Words of flags are few: each is looked at once. */
function flagTest({ packets, words }: TraceModel, flags: Filter['flags']): (packet: number) => boolean {
  if (flags === 'any') return () => true;
  const known = new Map<number, boolean>();
  return (packet) => {
    const word = packets.flags.at(packet);
    const answer = known.get(word) ?? LETTERS[flags].test(words.text(word));
    known.set(word, answer);
    if (!answer || flags !== 'pure ACK') return answer;
    return packets.dataLength.at(packet) === 0;
  };
}

function saysText(model: TraceModel, packet: number, text: string): boolean {
  const { packets, words } = model;
  if (packetText(model, packet).toLowerCase().includes(text)) return true;
  if (words.text(packets.why.at(packet)).toLowerCase().includes(text)) return true;
  return payloadText(model, packet).toLowerCase().includes(text);
}

/** The payload, which a packet ends with; what was not kept of it is missing. */
export function payloadText({ packets }: TraceModel, packet: number): string {
  const length = packets.dataLength.at(packet);
  if (length === 0) return '';
  return decoder.decode(packets.bytesOf(packet).subarray(Math.max(0, packets.size.at(packet) - length)));
}
