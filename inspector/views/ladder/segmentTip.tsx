/** All fields of a segment, for a tooltip: what was sent, why, and what became of it. */
import type { JSX } from 'preact';
import { flagNames, relativeAck, relativeSeq } from '../../model/flags.ts';
import { timeText } from '../../model/label.ts';
import { MARK, NONE, type TraceModel } from '../../model/traceModel.ts';
import { payloadText } from './filter.ts';
import { sackText } from './labels.ts';

/** So much of the payload is shown. */
const PAYLOAD = 80;

/** `copy` is the one pointed at, NONE for none. */
export function SegmentTip({
  model,
  packet,
  copy,
}: {
  readonly model: TraceModel;
  readonly packet: number;
  readonly copy: number;
}): JSX.Element {
  const fields = segmentFields(model, packet, copy);
  return (
    <div class="segment-tip">
      <strong>
        #{model.packets.number.at(packet)} {flagNames(model.words.text(model.packets.flags.at(packet)))}
      </strong>
      <dl>
        {fields.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Names and values of what is known of a packet and of one of its copies. */
export function segmentFields(model: TraceModel, packet: number, copy: number): [string, string][] {
  const { packets, words, events } = model;
  const flags = words.text(packets.flags.at(packet));
  const length = packets.dataLength.at(packet);
  const seq = relativeSeq(model, packet);
  const options = packets.optionsOf(packet);
  const payload = payloadText(model, packet);
  const fields: [string, string | undefined][] = [
    ['from', words.text(packets.source.at(packet))],
    ['to', words.text(packets.destination.at(packet))],
    ['seq', length > 0 ? `${seq}:${seq + length}` : String(seq)],
    ['data', length > 0 ? `${length} bytes` : undefined],
    ['ack', flags.includes('.') ? String(relativeAck(model, packet)) : undefined],
    ['window', String(packets.window.at(packet))],
    ['MSS', options?.mss?.toString()],
    ['window scale', options?.windowScale?.toString()],
    ['SACK permitted', options?.sackPermitted ? 'yes' : undefined],
    ['SACK', sackText(model, packet).slice(5) || undefined],
    ['timestamps', options?.timestamps?.join(', ')],
    ['payload', payload === '' ? undefined : JSON.stringify(payload.slice(0, PAYLOAD))],
    ['why', WHY[words.text(packets.why.at(packet))]],
    [packets.why.at(packet) === 0 ? 'arrived' : 'sent', timeText(events.time[packets.row.at(packet)]!)],
    ...copyFields(model, packet, copy),
  ];
  return fields.filter((field): field is [string, string] => field[1] !== undefined && field[1] !== '');
}

const WHY: Readonly<Record<string, string>> = {
  open: 'opens the connection',
  data: 'new data',
  ack: 'acknowledges',
  fin: 'no more data',
  timer: 'sent again: timer',
  fast: 'sent again: fast',
  probe: 'probes a window of zero',
  keepAlive: 'keep-alive',
  challenge: 'challenge ACK',
  reset: 'resets',
};

function copyFields(model: TraceModel, packet: number, copy: number): [string, string | undefined][] {
  if (copy === NONE) return [];
  const { packets, events, words } = model;
  const row = packets.copyEndRow.at(copy);
  const marks = packets.copyMarks.at(copy);
  const marked = [
    (marks & MARK.corrupted) !== 0 && 'corrupted',
    (marks & MARK.duplicate) !== 0 && 'a copy',
    (marks & MARK.reordered) !== 0 && 'held back',
    (marks & MARK.late) !== 0 && 'overtaken',
  ].filter((mark) => mark !== false);
  const link: [string, string | undefined] = ['link', marked.join(', ') || undefined];
  if (row === NONE) return [link, ['arrived', 'not in this trace']];
  const t = events.time[row]!;
  const way = t - events.time[packets.row.at(packet)]!;
  const when = `${timeText(t)}${way > 0 ? ` (${timeText(way)} later)` : ''}`;
  const fate = packets.fateOf(copy);
  if (fate === 'lost') return [link, ['lost', `${when}: ${words.text(events.c[row]!)}`]];
  if (fate === 'discarded') return [link, ['dropped', `${when}: ${words.text(events.b[row]!)}`]];
  return packets.why.at(packet) === 0 ? [link] : [link, ['arrived', when]];
}
