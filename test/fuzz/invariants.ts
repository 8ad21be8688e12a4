/** What must hold of one host at all times, whatever has happened. */
import type { Variables } from '../../src/check/properties.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Host } from '../../src/tcp/host.ts';
import { Mark } from '../../src/tcp/record.ts';
import { distance } from '../../src/tcp/seq.ts';

/** What scaling may round the buffer up by. */
const ROUNDING = 1 << 14;

/** A connection's variables as they are now. */
export function copyOf({ snd, rcv }: Variables): Variables {
  return { snd: { ...snd }, rcv: { ...rcv } };
}

/** Memory is bounded, what is counted is there, and whatever is outstanding has a timer. */
export function limitsFlaw(host: Host): string | undefined {
  if (host.connections.length > 40) return `${host.connections.length} connections`;
  for (const connection of host.connections) {
    const flaw = sizesFlaw(connection) ?? outstandingFlaw(connection) ?? owedFlaw(connection);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function sizesFlaw({ config, receiver, sender, host }: Connection): string | undefined {
  if (receiver.available > config.receiveBuffer + ROUNDING) return `${receiver.available} bytes unread`;
  if (receiver.reassembly.count > 256) return `${receiver.reassembly.count} ranges kept`;
  if (sender.buffered > config.sendBuffer) return `${sender.buffered} bytes to be sent`;
  if (!(sender.congestion.cwnd > 0)) return `cwnd ${sender.congestion.cwnd}`;
  const most = 10 * host.connections.length + sender.queue.size;
  return host.timers.size > most ? `${host.timers.size} timers` : undefined;
}

function outstandingFlaw({ snd, sender, config }: Connection): string | undefined {
  const { marked, oldest } = sender.queue;
  const sum = marked[Mark.inFlight] + marked[Mark.sacked] + marked[Mark.lost];
  const outstanding = distance(snd.nxt, snd.una);
  if (sum !== outstanding) return `marked ${marked.join()}, outstanding ${outstanding}`;
  if (oldest === undefined || config.arq !== 'tcp') return undefined;
  return oldest.chart.in('timed') ? undefined : `the oldest segment has no timer: ${oldest.chart.state}`;
}

/** What has come in order is acknowledged, or will be when a timer runs out. */
function owedFlaw({ rcv, receiver, state }: Connection): string | undefined {
  if (rcv.acked === rcv.nxt || state === 'SYN_RECEIVED' || receiver.chart.state === 'pending')
    return undefined;
  return `received to ${rcv.nxt}, acknowledged to ${rcv.acked}, and nothing will come of it`;
}
