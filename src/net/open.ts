/** The ways to a `net` object: for a host that somebody drives, or with a host of its own. */
import type { Host } from '../tcp/host.ts';
import { type Net, netOf } from './createNet.ts';
import { UV } from './errors.ts';
import { type HostNames, type Lookup, tableLookup } from './lookup.ts';
import { type Driver, EventLoop, type Later, nextTurn } from './loop.ts';
import { quietRunner, RunningHost, type RunningHostOptions } from './runningHost.ts';
import { Stack } from './stack.ts';

export interface CreateNetOptions {
  /** What drives the host (a `Runner`, to which it has been added); by default a runner of its own, in real time. */
  readonly driver?: Driver;
  /** The host's addresses, where it is not a `RunningHost`, which knows them. */
  readonly addresses?: readonly string[];
  /** Names and their addresses; `localhost` and the host's own are known. */
  readonly hosts?: HostNames | (() => HostNames);
  /** Finds addresses, in place of `hosts`: `dns.lookup`'s signature. */
  readonly lookup?: Lookup;
  /** Why there is no way to an address: libuv's number, such as -113 (EHOSTUNREACH), or 0 where there is one. */
  readonly route?: (address: string) => number;
  /** How an event gets a turn of the event loop; for networks in virtual time. */
  readonly later?: Later;
  /** Sockets that wait keep the process alive; true by default. */
  readonly holding?: boolean;
}

/** node:net's object on a host of its own. */
export type StatewireNet = Net & {
  readonly host: Host;
  /** Nothing more is sent or taken, also of what is under way; its sockets do not keep the process alive any more. */
  stop(): Promise<void>;
};

/** The sockets of `host`, under the names of node:net. */
export function createNet(host: Host | RunningHost, options: CreateNetOptions = {}): Net {
  return withLoop(host, options).net;
}

function withLoop(host: Host | RunningHost, options: CreateNetOptions): { net: Net; loop: EventLoop } {
  const running = host instanceof RunningHost ? host : undefined;
  const driver = running?.driver ?? options.driver ?? ownDriver(host as Host);
  const later = options.later ?? nextTurn;
  const tcp = running?.host ?? (host as Host);
  const addresses = running?.addresses ?? options.addresses ?? tcp.addresses;
  const loop = new EventLoop(driver, later, options.holding ?? true);
  const lookup = options.lookup ?? tableLookup(() => namesOf(tcp, addresses, options.hosts), later);
  const route = options.route ?? (running?.connected === false ? () => UV.ENETUNREACH : undefined);
  return { net: netOf(new Stack({ host: tcp, loop, lookup, addresses, ...(route && { route }) })), loop };
}

function ownDriver(host: Host): Driver {
  const runner = quietRunner();
  runner.add(host);
  return runner;
}

function namesOf(host: Host, addresses: readonly string[], hosts: CreateNetOptions['hosts']): HostNames {
  const loopbacks = addresses.filter((address) => address.startsWith('127.') || address === '::1');
  const others = addresses.filter((address) => !loopbacks.includes(address));
  return {
    localhost: loopbacks,
    [host.name]: others.length > 0 ? others : loopbacks,
    ...(typeof hosts === 'function' ? hosts() : hosts),
  };
}

/** A host in real time with its sockets: `openNet({ addresses: ['10.0.0.1'], channel })`. */
export function openNet(options: RunningHostOptions & CreateNetOptions = {}): StatewireNet {
  const running = new RunningHost(options);
  const { net, loop } = withLoop(running, options);
  const stop = (): Promise<void> => {
    loop.release();
    return running.close();
  };
  return Object.assign(net, { host: running.host, stop });
}
