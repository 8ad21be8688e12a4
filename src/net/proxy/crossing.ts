/** Two Statewire hosts and the link between them, for one connection of a proxy: in real time, and gone with it. */

import type { Runner } from '../../app/runner.ts';
import type { LinkConfig } from '../../channel/config.ts';
import { Link } from '../../channel/link.ts';
import { compiledEngine } from '../../chart/compiled.ts';
import type { TcpConfig } from '../../tcp/config.ts';
import { Host } from '../../tcp/host.ts';
import type { Random } from '../../time/random.ts';
import type { Net } from '../createNet.ts';
import { createNet } from '../open.ts';
import { quietRunner } from '../runningHost.ts';

export const CLIENT = '10.0.0.1';
export const SERVER = '10.0.0.2';

export class Crossing {
  readonly client: Net;
  readonly server: Net;
  readonly #runner: Runner;
  readonly #hosts: readonly [Host, Host];
  readonly #random: Random;
  #link: Link;

  constructor(config: LinkConfig, random: Random, tcp: Partial<TcpConfig>) {
    this.#runner = quietRunner();
    this.#random = random;
    const host = (name: string, address: string, end: 'a' | 'b'): Host =>
      new Host({
        name,
        addresses: [address],
        output: (packet, id) => this.#link[end].send(packet, id),
        random: random.fork(name),
        engine: compiledEngine,
        tcp,
      });
    this.#hosts = [host('client', CLIENT, 'a'), host('server', SERVER, 'b')];
    this.#link = this.#make(config);
    for (const one of this.#hosts) this.#runner.add(one);
    // What keeps the process alive are the kernel's sockets at both ends
    const net = (one: Host): Net => createNet(one, { driver: this.#runner, holding: false });
    this.client = net(this.#hosts[0]);
    this.server = net(this.#hosts[1]);
  }

  /** Packets are treated so from now on; those under way go on as they were. */
  set(config: LinkConfig): void {
    this.#runner.perform(() => {
      this.#link = this.#make(config);
    });
  }

  close(): void {
    this.#runner.stop();
  }

  #make(config: LinkConfig): Link {
    const link = new Link({ config, seed: this.#random.integer(0x1_0000_0000), clock: this.#runner });
    const [client, server] = this.#hosts;
    link.a.onPacket((packet, id) => client.receive(packet, this.#runner.now(), id));
    link.b.onPacket((packet, id) => server.receive(packet, this.#runner.now(), id));
    this.#runner.add(link);
    return link;
  }
}
