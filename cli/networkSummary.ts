/** How a network's run ended, for people and as JSON: what the link did each way, what passed each port. */
import type { Network, Port } from '../src/app/network.ts';
import type { LiveEnd } from '../src/channel/channel.ts';
import type { DirectionStatistics, LossReason } from '../src/channel/statistics.ts';
import { totalLost } from '../src/channel/statistics.ts';
import { oneLine } from './failure.ts';
import type { Paint } from './paint.ts';
import { seconds } from './summary.ts';
import { numberTable } from './table.ts';

/** A port with the channel behind it. */
export interface Plug {
  readonly port: Port;
  readonly channel: LiveEnd;
}

/** The ports in order, each with its channel, given in the same order. */
export function plugs(network: Network, channels: readonly LiveEnd[]): Plug[] {
  return network.ports.map((port, i) => ({ port, channel: channels[i]! }));
}

/** The last line of `--json`; `time` in us. */
export function networkRecord(network: Network, channels: readonly LiveEnd[], time: number): object {
  const { forward, backward } = network.link.statistics;
  const ports = plugs(network, channels).map(({ port, channel }) => ({
    name: port.name,
    channel: channel.name,
    ...port.counters,
    dropped: { ...channel.counters.dropped },
  }));
  return { kind: 'summary', 'a>b': forward, 'b>a': backward, ports, time };
}

/** The same as lines of text. */
export function networkLines(
  network: Network,
  channels: readonly LiveEnd[],
  time: number,
  paint: Paint,
): string[] {
  const { forward, backward } = network.link.statistics;
  return [
    ...numberTable(linkRows(forward, backward), paint),
    '',
    ...numberTable(portRows(plugs(network, channels)), paint),
    '',
    `time: ${seconds(time)}`,
  ];
}

type Row = readonly (string | number)[];

/** Why packets were lost, in words; those that never happened are not told, but for the queue. */
const LOSSES: readonly (readonly [LossReason, string])[] = [
  ['queue', '  dropped by the queue'],
  ['loss', '  by chance'],
  ['mtu', '  larger than the MTU'],
  ['outage', '  while the link was down'],
  ['fault', '  by --fault'],
];

function linkRows(there: DirectionStatistics, back: DirectionStatistics): Row[] {
  const row = (label: string, key: Exclude<keyof DirectionStatistics, 'lost'>): Row => {
    return [label, there[key], back[key]];
  };
  const losses = LOSSES.filter(
    ([reason]) => reason === 'queue' || there.lost[reason] + back.lost[reason] > 0,
  );
  return [
    ['packets', 'a > b', 'b > a'],
    row('in', 'sent'),
    row('delivered', 'delivered'),
    ['lost', totalLost(there), totalLost(back)],
    ...losses.map(([reason, label]): Row => [label, there.lost[reason], back.lost[reason]]),
    row('corrupted', 'corrupted'),
    row('marked (ECN)', 'marked'),
    row('duplicated', 'duplicated'),
    row('overtaken by a later one', 'reordered'),
    row('on the wire at the end', 'inFlight'),
  ];
}

function portRows(all: readonly Plug[]): Row[] {
  const heading = ['port', 'packets in', 'bytes in', 'packets out', 'bytes out', 'dropped'];
  const rows = all.map(({ port, channel }): Row => {
    const { packetsIn, bytesIn, packetsOut, bytesOut, notIp, local } = port.counters;
    const refused = Object.values(channel.counters.dropped).reduce(
      (sum, count) => sum + count,
      notIp + local,
    );
    return [`${port.name} ${oneLine(channel.name)}`, packetsIn, bytesIn, packetsOut, bytesOut, refused];
  });
  return [heading, ...rows];
}
