/** What a person reads when a script fails: the line, what was expected, what came, and the packets so far. */
import type { WireRecord } from './network.ts';
import { formatPacket, formatTime, type PacketView } from './packetView.ts';
import type { Script, ScriptEvent } from './script.ts';
import type { Timestamps } from './timestamps.ts';

/** Packets listed at most. */
const LIST = 60;

/** The whole report: `name:line: text of the line`, what is wrong, and the packets. */
export function failureReport(
  script: Script,
  event: ScriptEvent,
  problem: string,
  records: readonly WireRecord[],
  timestamps: Timestamps,
): string {
  return [
    `${script.name}:${event.place.line}: ${event.text}`,
    ...problem.split('\n').map((line) => `  ${line}`),
    'packets so far:',
    ...packetList(records, timestamps),
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

/** One line a packet: line of the script, time, packet. */
function packetList(records: readonly WireRecord[], timestamps: Timestamps): string[] {
  if (records.length === 0) return ['  none'];
  const shown = records.slice(-LIST);
  const list = shown.map(({ view, line }) => {
    const from = line === 0 ? '' : line < 0 ? 'prologue' : `line ${line}`;
    return `  ${from.padStart(9)}  ${formatTime(view.time).padStart(13)}  ${showPacket(view, timestamps)}`;
  });
  return records.length > LIST ? [`  (${records.length - LIST} before these)`, ...list] : list;
}
