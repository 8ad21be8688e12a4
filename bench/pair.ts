/** Two hosts joined by a clean memory channel, for measuring what the stack itself costs. */
import { MemoryChannel } from '../src/channel/memory.ts';
import { compiledEngine } from '../src/chart/compiled.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import { Host } from '../src/tcp/host.ts';
import { Random } from '../src/time/random.ts';

export const SERVER = '10.0.0.2';

export class BenchPair {
  readonly channel = new MemoryChannel();
  readonly client: Host;
  readonly server: Host;
  #now = 0;

  constructor(tcp: Partial<TcpConfig> = {}) {
    this.client = this.#host('client', '10.0.0.1', this.channel.a, tcp);
    this.server = this.#host('server', SERVER, this.channel.b, tcp);
  }

  #host(name: string, address: string, end: MemoryChannel['a'], tcp: Partial<TcpConfig>): Host {
    const host = new Host({
      name,
      addresses: [address],
      output: (packet, id) => end.send(packet, id),
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
