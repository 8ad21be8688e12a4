/** What a program says of its connections and listeners: `struct tcp_info`, and what `ss` shows beside it. */
import type { Connection } from '../src/tcp/connection.ts';
import type { Host } from '../src/tcp/host.ts';
import type { TcpInfo } from '../src/tcp/info.ts';
import type { Listener } from '../src/tcp/listener.ts';
import { formatEndpoint } from '../src/wire/address.ts';

export interface SocketRecord {
  /** RFC 9293's, upper case. */
  readonly state: string;
  /** Bytes that the user has not read; of a listener: connections half open. */
  readonly recvQ: number;
  /** Bytes that the peer has not acknowledged; of a listener: how many may be half open. */
  readonly sendQ: number;
  readonly local: string;
  /** `*` of a listener. */
  readonly peer: string;
  readonly congestion?: string;
  /** us, bytes, segments. */
  readonly info?: TcpInfo;
}

export interface ProgramRecord {
  readonly statewire: 1;
  readonly pid: number;
  readonly name: string;
  readonly sockets: readonly SocketRecord[];
}

/** A program's listeners and connections as they are now. */
export function recordOf(name: string, host: Host): ProgramRecord {
  const sockets = [...host.listeners.map(listening), ...host.connections.map(connected)];
  return { statewire: 1, pid: process.pid, name, sockets };
}

function listening({ address, port, opening, backlog }: Listener): SocketRecord {
  const local = address === undefined ? `*:${port}` : formatEndpoint(address, port);
  return { state: 'LISTEN', recvQ: opening, sendQ: backlog, local, peer: '*:*' };
}

function connected(connection: Connection): SocketRecord {
  const { state, available, sender, local, remote } = connection;
  return {
    state,
    recvQ: available,
    sendQ: sender.buffered,
    local: formatEndpoint(local.address, local.port),
    peer: formatEndpoint(remote.address, remote.port),
    congestion: sender.congestion.name,
    info: connection.status(),
  };
}
