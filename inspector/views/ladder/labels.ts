/** What is written on an arrow: the longest first, to be cut as there is room. */
import { flagNames, initialSeq, relativeAck, relativeSeq } from '../../model/flags.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { type Arrows, END, TRAIT } from './arrows.ts';

/** Numbers as ss and packetdrill write them, relative: `R 1:6(5) ack 6`, `SYN`, `ack 6 sack 11:16`. */
export function labelForms(model: TraceModel, arrows: Arrows, at: number): readonly string[] {
  const { packets, words } = model;
  const packet = arrows.packet.at(at);
  const flags = words.text(packets.flags.at(packet));
  const number = `#${packets.number.at(packet)}`;
  if (flags === '') return [`${number} unreadable`, number];
  const names = flagNames(flags.replace(/[.P]/g, ''));
  const head = names === 'no flags' ? '' : names;
  const core = coreOf(model, packet, flags);
  const ack = flags.includes('.') ? `ack ${relativeAck(model, packet)}` : '';
  const sack = sackText(model, packet);
  const mark = markOf(arrows.traits.at(at));
  const window = `win ${packets.window.at(packet)}`;
  const short = head === '' ? (core || ack).replace(/\(.*\)/, '') : flags;
  const forms = [
    join(number, mark, head, core, ack, sack, window),
    join(mark, head, core, ack, sack),
    join(mark, head, core, ack),
    join(mark, head, core || (head === '' ? ack : '')),
    join(mark, short),
  ];
  return forms.filter((form, i) => form !== '' && form !== forms[i - 1]);
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

function coreOf(model: TraceModel, packet: number, flags: string): string {
  const length = model.packets.dataLength.at(packet);
  const seq = relativeSeq(model, packet);
  if (length > 0) return `${seq}:${seq + length}(${length})`;
  return /[FR]/.test(flags) ? `seq ${seq}` : '';
}

/** SACK blocks in numbers of the other stream: `sack 11:16,21:26`; empty when there are none. */
export function sackText(model: TraceModel, packet: number): string {
  const sack = model.packets.optionsOf(packet)?.sack;
  if (sack === undefined || sack.length === 0) return '';
  const isn = initialSeq(model, packet, true);
  return `sack ${sack.map(([left, right]) => `${(left - isn) >>> 0}:${(right - isn) >>> 0}`).join(',')}`;
}

/** `R` sent again as its timer ran out, `F` fast, `P` a probe. */
export function markOf(traits: number): string {
  if ((traits & TRAIT.timer) !== 0) return 'R';
  if ((traits & TRAIT.fast) !== 0) return 'F';
  return (traits & TRAIT.probe) !== 0 ? 'P' : '';
}

const REASONS: Readonly<Record<string, string>> = {
  queue: 'queue full',
  badChecksum: 'TCP checksum',
  badHeaderChecksum: 'IP checksum',
};

/** Why a packet came to nothing, in words; empty for one that did not. */
export function troubleText(model: TraceModel, arrows: Arrows, at: number): string {
  const row = arrows.endRow(model, at);
  const end = arrows.end.at(at);
  if (row === NONE || (end !== END.lost && end !== END.discarded)) return '';
  const { b, c } = model.events;
  const reason = model.words.text(end === END.lost ? c[row]! : b[row]!);
  return REASONS[reason] ?? reason;
}
