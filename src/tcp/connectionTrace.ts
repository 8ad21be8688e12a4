/** What a connection tells the trace: its charts, the user's calls, what the user is told, and its variables. */
import { formatEndpoint } from '../wire/address.ts';
import { ChartTrace } from './chartTrace.ts';
import type { Connection } from './connection.ts';

export class ConnectionTrace extends ChartTrace {
  readonly #c: Connection;
  /** As last recorded. */
  readonly #values: Record<string, number> = {};

  constructor(connection: Connection, strict: boolean) {
    super(connection.host, connection.id, strict);
    this.#c = connection;
  }

  /** Records a user call, `given` its particulars (both ends when not given), and lets what follows follow from it. */
  call(call: string, given?: string): void {
    const { local, remote } = this.#c;
    const detail =
      given ?? `${formatEndpoint(local.address, local.port)} ${formatEndpoint(remote.address, remote.port)}`;
    this.follow({ kind: 'call', connection: this.connection, call, detail });
  }

  report(report: string, detail?: string): void {
    const more = detail === undefined ? {} : { detail };
    this.add({ kind: 'report', connection: this.connection, report, ...more });
  }

  /** The variables as they are now have been recorded before. */
  resume(): void {
    Object.assign(this.#values, variablesOf(this.#c));
  }

  /** Records those variables that have changed. */
  variables(): void {
    const values: Record<string, number> = {};
    for (const [name, value] of Object.entries(variablesOf(this.#c))) {
      if (this.#values[name] === value) continue;
      values[name] = value;
      this.#values[name] = value;
    }
    if (Object.keys(values).length > 0) this.add({ kind: 'variables', connection: this.connection, values });
  }
}

/** The numbers that pictures are drawn from: bytes, us, sequence numbers. */
function variablesOf({ snd, rcv, sender, receiver }: Connection): Record<string, number> {
  const { pacingRate } = sender;
  return {
    cwnd: sender.congestion.cwnd,
    ssthresh: sender.congestion.ssthresh,
    flight: sender.flight,
    srtt: sender.rtt.srtt,
    rttvar: sender.rtt.rttvar,
    rto: sender.rtt.backedOff(sender.backoff),
    'snd.una': snd.una,
    'snd.nxt': snd.nxt,
    'snd.wnd': snd.wnd,
    'rcv.nxt': rcv.nxt,
    'rcv.wnd': receiver.openWindow(),
    // Bytes a second, of a connection of which segments leave at a rate
    ...(pacingRate > 0 && { pacingRate: Math.floor(pacingRate), deliveryRate: sender.queue.rate.last }),
  };
}
