/**
 * The tun channel under the suite that all channels pass. The kernel only carries what is IP: each packet of the suite
 * goes in one of IPv4's, and the kernel forwards it from one interface to the other.
 */
import { test } from 'vitest';
import { type ChannelCounters, LARGEST_PACKET, type LiveEnd } from '../../src/channel/channel.ts';
import { openTunChannel } from '../../src/channel/tun.ts';
import { parseAddress, writeIpHeader } from '../../src/wire/index.ts';
import { conform, type Side, type Wire } from '../channel/conformance.ts';
import { enterNamespace, ip, sysctl } from './namespace.ts';

const problem = enterNamespace();
const HEADER = 20;
/** IANA: for experiments. */
const PROTOCOL = 253;
/** What the interface keeps till it is read. */
const QUEUE = 20_000;

let wires = 0;

class Carried implements LiveEnd {
  readonly name: string;
  readonly #end: LiveEnd;
  readonly #packet = new Uint8Array(LARGEST_PACKET + 1);
  readonly #fields: {
    readonly source: Uint8Array;
    readonly destination: Uint8Array;
    readonly protocol: number;
  };

  constructor(end: LiveEnd, from: string, to: string) {
    this.#end = end;
    this.name = end.name;
    this.#fields = { source: parseAddress(from), destination: parseAddress(to), protocol: PROTOCOL };
  }

  /** Without the headers around. */
  get counters(): ChannelCounters {
    const { packetsOut, bytesOut, packetsIn, bytesIn, dropped } = this.#end.counters;
    return {
      packetsOut,
      bytesOut: bytesOut - HEADER * packetsOut,
      packetsIn,
      bytesIn: bytesIn - HEADER * packetsIn,
      dropped: dropped as ChannelCounters['dropped'],
    };
  }

  send(packet: Uint8Array, id: number): void {
    const length = HEADER + packet.length;
    if (length > LARGEST_PACKET) {
      this.#end.send(new Uint8Array(LARGEST_PACKET + 1), id);
      return;
    }
    writeIpHeader(this.#packet, 0, this.#fields, packet.length);
    this.#packet.set(packet, HEADER);
    this.#end.send(this.#packet.subarray(0, length), id);
  }

  onPacket(handler: (packet: Uint8Array, id: number) => void): void {
    this.#end.onPacket((packet, id) => handler(packet.subarray(HEADER), id));
  }

  onError(handler: (error: Error) => void): void {
    this.#end.onError(handler);
  }

  close(): Promise<void> {
    return this.#end.close();
  }
}

/** Two interfaces that stay while their ends are opened and closed; all but IPv4 is silent. */
async function wire(): Promise<Wire> {
  const number = wires % 200;
  wires += 1;
  const device = (side: Side): string => `sw${side}${number}`;
  const address = (side: Side): string => `10.${side === 'a' ? 100 : 101}.${number}.2`;
  for (const side of ['a', 'b'] as const) {
    ip(`tuntap add dev ${device(side)} mode tun`);
    ip(`link set ${device(side)} addrgenmode none`);
    ip(`link set ${device(side)} up mtu ${LARGEST_PACKET} txqueuelen ${QUEUE}`);
    ip(`route add ${address(side)}/32 dev ${device(side)}`);
  }
  return {
    open: async (side) => {
      const end = await openTunChannel(device(side));
      await carrier(device(side));
      return new Carried(end, address(side), address(side === 'a' ? 'b' : 'a'));
    },
    dispose: async () => {
      for (const side of ['a', 'b'] as const) ip(`link del ${device(side)}`);
    },
  };
}

/** Who opens an interface plugs it in; the kernel takes note of that within a second. */
async function carrier(device: string): Promise<void> {
  for (let i = 0; i < 1000 && ip(`-o link show dev ${device}`).includes('state DOWN'); i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

if (problem !== undefined) test.skip(`the tun channel: ${problem}`, () => {});
else {
  sysctl('ip_forward', 1);
  conform({
    name: 'tun',
    largest: LARGEST_PACKET - HEADER,
    wire,
    flood: { packets: 30_000, bytes: 1000 },
    exceptions: [
      { case: 'absent peer', expect: 'lost', reason: 'an interface that nobody holds has no carrier' },
      { case: 'restart', expect: 'lost', reason: 'an interface that nobody holds has no carrier' },
      { case: 'death', expect: 'not offered', reason: 'a process elsewhere would not be in the namespace' },
      { case: 'back-pressure', expect: 'lost', reason: 'what exceeds the interface’s queue is lost' },
    ],
  });
}
