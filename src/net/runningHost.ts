/**
 * A host that runs in real time: on a channel if there is one, and always on a loopback of its own, so that what is for
 * its own addresses comes back to it.
 */
import { Runner } from '../app/runner.ts';
import type { ChannelEnd, LiveEnd } from '../channel/channel.ts';
import { impair } from '../channel/impair.ts';
import { Link } from '../channel/link.ts';
import type { LinkConfig } from '../channel/profiles.ts';
import type { Engine } from '../chart/chart.ts';
import { compiledEngine } from '../chart/compiled.ts';
import type { StackName, TcpConfig } from '../tcp/config.ts';
import { Host } from '../tcp/host.ts';
import { RealClock } from '../time/clock.ts';
import { Random } from '../time/random.ts';
import type { Trace } from '../trace/trace.ts';
import type { Driver } from './loop.ts';
import { Loopback, ownAddresses } from './loopback.ts';

/** Of a clean loopback, as a kernel's: nothing there needs small packets. */
const LOOPBACK_MTU = 65_535;

export interface RunningHostOptions {
  /** Of the host, IPv4 or IPv6; `127.0.0.1` and `::1` are added. */
  readonly addresses?: readonly string[];
  /** As it is called in traces; its own name, too. */
  readonly name?: string;
  /** Where packets for others go; without it there are no others. */
  readonly channel?: LiveEnd | ChannelEnd;
  /** What happens to packets: on the way out and in, and on the loopback too. */
  readonly link?: LinkConfig;
  /** Chance of the host and its link. */
  readonly seed?: number;
  readonly stack?: StackName;
  readonly tcp?: Partial<TcpConfig>;
  readonly engine?: Engine;
  readonly trace?: Trace;
  /** What drives it, where several hosts run together; else a runner of its own. */
  readonly runner?: Driver & { stop?(): void };
}

/** A runner whose alarm does not keep the process alive: what does is a socket that waits (loop.ts). */
export function quietRunner(): Runner {
  const clock = new RealClock();
  return new Runner({ now: () => clock.now(), alarm: (ring) => clock.alarm(ring, false) });
}

export class RunningHost {
  readonly host: Host;
  readonly driver: Driver;
  readonly addresses: readonly string[];
  /** Is there a way out? */
  readonly connected: boolean;
  readonly #channel: LiveEnd | ChannelEnd | undefined;
  readonly #stop: () => void;

  constructor(options: RunningHostOptions = {}) {
    const { name = 'host', channel, link, seed = 1, runner = quietRunner() } = options;
    this.addresses = ownAddresses(options.addresses ?? []);
    this.driver = runner;
    this.connected = channel !== undefined;
    this.#channel = channel;
    this.#stop = () => runner.stop?.();
    const random = new Random(seed);
    const loopback = new Loopback(runner, link, random.fork('loopback'), this.addresses, options.trace);
    const out = channel === undefined ? undefined : this.#way(channel, link, random, options.trace);
    this.host = new Host({
      name,
      addresses: this.addresses,
      output: (packet, id) => {
        if (loopback.takes(packet)) loopback.send(packet, id);
        else out?.send(packet, id);
      },
      random: random.fork('host'),
      engine: options.engine ?? compiledEngine,
      now: runner.now(),
      tcp: { ...(channel === undefined && link === undefined && { mtu: LOOPBACK_MTU }), ...options.tcp },
      ...(options.stack && { stack: options.stack }),
      ...(options.trace && { trace: options.trace }),
    });
    loopback.onPacket((packet, id) => this.host.receive(packet, runner.now(), id));
    out?.onPacket((packet, id) => {
      runner.perform(() => this.host.receive(packet, runner.now(), id));
    });
    runner.add(this.host);
  }

  /** Nothing more is sent or taken. */
  async close(): Promise<void> {
    this.#stop();
    await this.#channel?.close();
  }

  #way(channel: ChannelEnd, link: LinkConfig | undefined, random: Random, trace?: Trace): ChannelEnd {
    if (link === undefined) return channel;
    const way = new Link({
      config: link,
      seed: random.fork('link').integer(0x1_0000_0000),
      clock: this.driver,
      trace,
    });
    this.driver.add(way);
    const performed: ChannelEnd = {
      send: (packet, id) => channel.send(packet, id),
      onPacket: (handler) => {
        channel.onPacket((packet, id) => this.driver.perform(() => handler(packet, id)));
      },
      close: () => void channel.close(),
    };
    return impair(performed, way);
  }
}
