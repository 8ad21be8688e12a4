/** Segments in words: flags by name, sequence numbers counted from the start of the stream. */
import { NONE } from './eventTable.ts';
import type { TraceModel } from './traceModel.ts';

const NAMES: Readonly<Record<string, string>> = {
  S: 'SYN',
  F: 'FIN',
  R: 'RST',
  P: 'PSH',
  U: 'URG',
  E: 'ECE',
  W: 'CWR',
  '.': 'ACK',
};

/** `S.` as `SYN,ACK`; `-` for none. */
export function flagNames(flags: string): string {
  const names = [...flags].map((flag) => NAMES[flag]).filter((name) => name !== undefined);
  return names.length === 0 ? 'no flags' : names.join(',');
}

/** First sequence number of the stream that a packet belongs to: its SYN's, or of the first packet seen. */
export function initialSeq(model: TraceModel, packet: number, ofPeer = false): number {
  const { packets } = model;
  const [source, destination] = [packets.source.at(packet), packets.destination.at(packet)];
  return (ofPeer ? packets.isn(destination, source) : packets.isn(source, destination)) ?? 0;
}

/** Sequence number counted from the start of the stream. */
export function relativeSeq(model: TraceModel, packet: number): number {
  return (model.packets.seq.at(packet) - initialSeq(model, packet)) >>> 0;
}

/** Acknowledgement number counted from the start of the peer's stream. */
export function relativeAck(model: TraceModel, packet: number): number {
  const isn = initialSeq(model, packet, true);
  return (model.packets.ack.at(packet) - isn) >>> 0;
}

/** A packet in a few words: `#47 ACK 1:6(5) ack 1`. */
export function packetText(model: TraceModel, packet: number): string {
  if (packet === NONE) return 'a packet';
  const { packets, words } = model;
  const flags = words.text(packets.flags.at(packet));
  if (flags === '') return `#${packets.number.at(packet)}`;
  const seq = relativeSeq(model, packet);
  const length = packets.dataLength.at(packet);
  const range = length > 0 || /[SF]/.test(flags) ? ` ${seq}:${seq + length}(${length})` : '';
  const ack = flags.includes('.') ? ` ack ${relativeAck(model, packet)}` : '';
  return `#${packets.number.at(packet)} ${flagNames(flags)}${range}${ack}`;
}
