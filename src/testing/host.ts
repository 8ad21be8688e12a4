/** A host of a test's network: an address, sockets, and a life that may end and begin again. */

import type { Party } from '../app/simulation.ts';
import { compiledEngine } from '../chart/compiled.ts';
import type { Net } from '../net/createNet.ts';
import { UV } from '../net/errors.ts';
import type { HostNames } from '../net/lookup.ts';
import type { Driver } from '../net/loop.ts';
import { Loopback, ownAddresses } from '../net/loopback.ts';
import { createNet } from '../net/open.ts';
import type { StackName, TcpConfig } from '../tcp/config.ts';
import { Host } from '../tcp/host.ts';
import type { Random } from '../time/random.ts';
import type { Trace } from '../trace/trace.ts';
import { formatAddress } from '../wire/address.ts';
import { decodeIp, IpHeader } from '../wire/ip.ts';
import type { VirtualTime } from './virtualTime.ts';

export interface TestHostOptions {
  readonly name: string;
  readonly address: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly send: (to: string, packet: Uint8Array, id: number) => void;
  readonly names: () => HostNames;
  readonly knows: (address: string) => boolean;
  readonly trace: Trace | undefined;
  readonly tcp: Partial<TcpConfig>;
  readonly stack: StackName | undefined;
}

/** One life of a host: what a crash ends. */
interface Life {
  readonly host: Host;
  readonly net: Net;
  /** What of it takes part in the network's time. */
  readonly parties: readonly Party[];
}

export class TestHost {
  readonly name: string;
  readonly address: string;
  readonly #options: TestHostOptions;
  readonly #header = new IpHeader();
  #lives = 0;
  #life: Life | undefined;

  constructor(options: TestHostOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    this.#life = this.#begin();
  }

  /** node:net's object. After `restart` it is another one: sockets of the old are dead. */
  get net(): Net {
    return this.#alive().net;
  }

  /** The TCP below it. */
  get host(): Host {
    return this.#alive().host;
  }

  get crashed(): boolean {
    return this.#life === undefined;
  }

  /** Power off: nothing is sent any more, not even a reset; its sockets hear nothing. */
  crash(): void {
    const { parties } = this.#alive();
    this.#life = undefined;
    for (const party of parties) this.#options.time.remove(party);
  }

  /** Power on, with nothing left of before: what comes for old connections is answered with a reset. */
  restart(): void {
    if (this.#life !== undefined) this.crash();
    this.#life = this.#begin();
  }

  /** A packet has arrived. */
  receive(packet: Uint8Array, id: number): void {
    this.#life?.host.receive(packet, this.#options.time.now(), id);
  }

  #alive(): Life {
    if (this.#life === undefined) throw new Error(`${this.name} has crashed`);
    return this.#life;
  }

  #begin(): Life {
    const { name, address, time, random, trace, tcp, stack, names, knows } = this.#options;
    this.#lives += 1;
    const parties: Party[] = [];
    const driver: Driver = {
      now: () => time.now(),
      perform: (work) => time.perform(work),
      add(party): void {
        parties.push(party);
        time.add(party);
      },
    };
    const chance = random.fork(`life ${this.#lives}`);
    const addresses = ownAddresses([address]);
    const loopback = new Loopback(driver, undefined, chance.fork('loopback'), addresses, trace);
    const host: Host = new Host({
      name,
      addresses,
      output: (packet, id) => {
        if (this.#life?.host !== host) return;
        if (loopback.takes(packet)) loopback.send(packet, id);
        else this.#send(packet, id);
      },
      random: chance.fork('host'),
      engine: compiledEngine,
      now: time.now(),
      tcp,
      ...(stack && { stack }),
      ...(trace && { trace }),
    });
    loopback.onPacket((packet, id) => {
      if (this.#life?.host === host) host.receive(packet, time.now(), id);
    });
    driver.add(host);
    const net = createNet(host, {
      driver,
      // The dead hear nothing
      later: (work) => time.later(() => this.#life?.host === host && work()),
      holding: false,
      addresses,
      hosts: names,
      // As after an ARP request that nobody answers
      route: (other) => (knows(other) ? 0 : UV.EHOSTUNREACH),
    });
    return { host, net, parties };
  }

  #send(packet: Uint8Array, id: number): void {
    if (decodeIp(packet, this.#header) !== 'ok') return;
    this.#options.send(formatAddress(this.#header.destination()), packet, id);
  }
}
