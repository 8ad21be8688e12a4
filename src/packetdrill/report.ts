/** What a person reads when a script fails: the line, what was expected, what came, and the packets so far. */
import { shorten } from './errors.ts';
import type { WireRecord } from './network.ts';
import { formatPacket, formatTime, type PacketView } from './packetView.ts';
import type { Timestamps } from './timestamps.ts';

/** Packets listed at most where a script fails. */
const LIST = 60;

/** The whole report: `place` is `name:line: text of the line`; what is wrong, and the packets. */
export function failureReport(
  place: string,
  problem: string,
  records: readonly WireRecord[],
  timestamps: Timestamps,
): string {
  return [
    shorten(place),
    ...problem.split('\n').map((line) => `  ${line}`),
    'packets so far:',
    ...packetList(records, timestamps, LIST),
  ].join('\n');
}

/** As a script would write it, timestamps included. */
export function showPacket(view: PacketView, timestamps: Timestamps): string {
  const options = view.options.map((option) => {
    if (option.kind !== 'TS' || option.val === undefined) return option;
    if (view.inbound) return { ...option, ecr: option.ecr === 0 ? 0 : timestamps.toScript(option.ecr) };
    return { ...option, val: timestamps.toScript(option.val) };
  });
  return formatPacket({ ...view, options });
}

/** The last `most` packets, a line each: line of the script, time, packet. */
export function packetList(records: readonly WireRecord[], timestamps: Timestamps, most: number): string[] {
  if (records.length === 0) return ['  none'];
  const hidden = Math.max(records.length - most, 0);
  const list = records.slice(hidden).map(({ view, line }) => {
    const from = line === 0 ? '' : line < 0 ? 'prologue' : `line ${line}`;
    return `  ${from.padStart(9)}  ${formatTime(view.time).padStart(13)}  ${showPacket(view, timestamps)}`;
  });
  return hidden > 0 ? [`  (${hidden} before these)`, ...list] : list;
}
