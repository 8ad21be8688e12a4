/** Two hosts joined by a clean memory channel, for measuring what the stack itself costs. */
import { MemoryChannel } from '../src/channel/memory.ts';
import { compiledEngine } from '../src/chart/compiled.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { Host } from '../src/tcp/host.ts';
import { Random } from '../src/time/random.ts';

/** Sends `size` bytes as fast as the connection takes them. */
export function pour(connection: Connection, size: number): void {
  const chunk = new Uint8Array(65_536);
  let sent = 0;
  const fill = (): void => {
    while (sent < size) {
      const taken = connection.send(chunk.subarray(0, Math.min(chunk.length, size - sent)));
      sent += taken;
      if (taken === 0) return;
    }
  };
  connection.handler = { established: fill, writable: fill };
}

export const SERVER = '10.0.0.2';

/** No packet without data is longer. */
const HEADERS = 100;

export class BenchPair {
  readonly channel = new MemoryChannel();
  readonly client: Host;
  readonly server: Host;
  /** Data packets of the client still to be lost. */
  losing = 0;
  #now = 0;

  constructor(tcp: Partial<TcpConfig> = {}) {
    this.client = this.#host('client', '10.0.0.1', this.channel.a, tcp);
    this.server = this.#host('server', SERVER, this.channel.b, tcp);
  }

  #host(name: string, address: string, end: MemoryChannel['a'], tcp: Partial<TcpConfig>): Host {
    const host = new Host({
      name,
      addresses: [address],
      output: (packet, id) => {
        if (this.losing > 0 && name === 'client' && packet.length > HEADERS) this.losing -= 1;
        else end.send(packet, id);
      },
      random: new Random(1).fork(name),
      engine: compiledEngine,
      tcp,
    });
    end.onPacket((packet, id) => host.receive(packet, this.#now, id));
    return host;
  }

  /** Hands over what waits; then `us` of virtual time pass. */
  step(us = 1): void {
    this.channel.poll(this.#now);
    this.#now += us;
    this.client.poll(this.#now);
    this.server.poll(this.#now);
  }
}
