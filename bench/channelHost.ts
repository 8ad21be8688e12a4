/** A host on a live channel, driven in real time: what the programs have, without their words. */
import { Arrivals } from '../src/app/arrivals.ts';
import { Runner } from '../src/app/runner.ts';
import type { LiveEnd } from '../src/channel/channel.ts';
import { openFileChannel } from '../src/channel/file.ts';
import { openSharedMemory, type SharedMemory } from '../src/channel/sharedMemory.ts';
import { openUdpChannel, parseUdpSpec } from '../src/channel/udp.ts';
import { compiledEngine } from '../src/chart/compiled.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import { Host } from '../src/tcp/host.ts';
import { RealClock } from '../src/time/clock.ts';
import { Random } from '../src/time/random.ts';

/** Where an end's channel is; to be passed to a thread. */
export type Place =
  | { readonly kind: 'sharedMemory'; readonly memory: SharedMemory; readonly side: 'a' | 'b' }
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'udp'; readonly spec: string };

export function open(place: Place): LiveEnd | Promise<LiveEnd> {
  switch (place.kind) {
    case 'sharedMemory':
      return openSharedMemory(place.memory, place.side);
    case 'file':
      return openFileChannel(place.directory);
    case 'udp':
      return openUdpChannel(parseUdpSpec(place.spec));
  }
}

export interface LiveHost {
  readonly host: Host;
  readonly runner: Runner;
  close(): Promise<void>;
}

export async function liveHost(
  place: Place,
  name: string,
  address: string,
  tcp: Partial<TcpConfig>,
): Promise<LiveHost> {
  const channel = await open(place);
  const clock = new RealClock();
  const runner = new Runner(clock);
  const host = new Host({
    name,
    addresses: [address],
    output: (packet, id) => channel.send(packet, id),
    random: new Random(1).fork(name),
    engine: compiledEngine,
    tcp,
  });
  runner.add(host);
  const arrivals = new Arrivals(host, runner, clock);
  channel.onPacket((packet, id) => arrivals.take(packet, id));
  return {
    host,
    runner,
    close: () => {
      runner.stop();
      return channel.close();
    },
  };
}
