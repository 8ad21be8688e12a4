/**
 * The pairs of ports that a script talks about, and the sequence spaces of each.
 *
 * A script's SYN carries its ISN as it is, every other packet is relative to the ISNs: first data byte 1, both ways,
 * also in ACK and SACK. The stack is given the script's ISS, so that only the offset is left; before there is a
 * connection the offsets are 0.
 */
import type { Connection } from '../tcp/connection.ts';
import type { Host } from '../tcp/host.ts';
import { ScriptUnsupported } from './errors.ts';
import { MOST_CONNECTIONS } from './limits.ts';

/** Modulo 2^32. */
export function wrap(value: number): number {
  return value >>> 0;
}

export class Flow {
  readonly localPort: number;
  readonly remotePort: number;
  /** The newest connection between these ports; kept when it is gone. */
  connection: Connection | undefined;
  localIsn = 0;
  remoteIsn = 0;

  constructor(localPort: number, remotePort: number) {
    this.localPort = localPort;
    this.remotePort = remotePort;
  }

  /** The ISNs of a connection that there is not yet: a SYN cookie says them. */
  foretell(localIsn: number, remoteIsn: number): void {
    this.connection = undefined;
    this.localIsn = localIsn;
    this.remoteIsn = remoteIsn;
  }

  /** Takes in what a connection is by now. */
  follow(connection: Connection): void {
    this.connection = connection;
    const { state } = connection;
    if (state === 'CLOSED' || state === 'LISTEN') return;
    this.localIsn = connection.snd.iss;
    this.remoteIsn = state === 'SYN_SENT' ? 0 : connection.rcv.irs;
  }
}

/** All flows of a run; `current` is where packets without ports belong. */
export class Flows {
  current: Flow;
  readonly #host: () => Host;
  readonly #flows = new Map<string, Flow>();

  constructor(host: () => Host, localPort: number, remotePort: number) {
    this.#host = host;
    this.current = this.at(localPort, remotePort);
  }

  at(localPort: number, remotePort: number): Flow {
    const key = `${localPort} ${remotePort}`;
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    const flow = new Flow(localPort, remotePort);
    this.#flows.set(key, flow);
    return flow;
  }

  /**
   * Notes which connections there are now.
   * @throws ScriptUnsupported when there are too many
   */
  sync(): void {
    const { connections } = this.#host();
    if (connections.length > MOST_CONNECTIONS) {
      throw new ScriptUnsupported(`more than ${MOST_CONNECTIONS} connections`);
    }
    for (const connection of connections) {
      this.at(connection.local.port, connection.remote.port).follow(connection);
    }
  }
}
