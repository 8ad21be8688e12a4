/** The adapters, one line each, and what the lines need. The cases are in conformance.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type ChannelCounters, type LiveEnd, newCounters } from '../../src/channel/channel.ts';
import { openFileChannel } from '../../src/channel/file.ts';
import { MemoryChannel } from '../../src/channel/index.ts';
import { createSharedMemory, openSharedMemory } from '../../src/channel/sharedMemory.ts';
import { LARGEST_UDP_IPV4, LARGEST_UDP_IPV6, openUdpChannel, type UdpSpec } from '../../src/channel/udp.ts';
import { Build } from './build.ts';
import { conform, type Exception, type Side, type Wire } from './conformance.ts';
import { freePorts } from './ports.ts';

const build = new Build();
beforeAll(() => build.make());
afterAll(() => build.remove());

/** A memory channel whose clock is the event loop: polled once a turn while something is under way. */
class MemoryWire implements Wire {
  readonly #channel = new MemoryChannel();
  #due = false;

  async open(side: Side): Promise<LiveEnd> {
    const end = this.#channel[side];
    const counters: ChannelCounters = newCounters();
    let closed = false;
    return {
      name: `memory:${side}`,
      counters,
      send: (packet, id) => {
        const { dropped } = this.#channel;
        if (!closed) end.send(packet, id);
        const reason = closed ? 'closed' : this.#channel.dropped > dropped ? 'full' : undefined;
        if (reason !== undefined) counters.dropped[reason] = (counters.dropped[reason] ?? 0) + 1;
        else {
          counters.packetsOut += 1;
          counters.bytesOut += packet.length;
        }
        this.#poll();
      },
      onPacket: (handler) => {
        end.onPacket((packet, id) => {
          if (closed) return;
          counters.packetsIn += 1;
          counters.bytesIn += packet.length;
          handler(packet, id);
        });
        this.#poll();
      },
      onError: () => {},
      close: async () => {
        closed = true;
        end.close();
      },
    };
  }

  async dispose(): Promise<void> {}

  #poll(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      this.#channel.poll(0);
      if (this.#channel.nextTimeout === 0) this.#poll();
    });
  }
}

async function sharedMemoryWire(): Promise<Wire> {
  const memory = createSharedMemory();
  return {
    open: async (side) => openSharedMemory(memory, side),
    elsewhere: (side) => ({
      dist: build.dist,
      manner: 'thread',
      kind: 'sharedMemory',
      arguments: [memory, side],
    }),
    dispose: async () => {},
  };
}

async function udpWire(address: string): Promise<Wire> {
  const [a, b] = (await freePorts(address, 2)).map((port) => ({ address, port }));
  const spec = (side: Side): UdpSpec => (side === 'a' ? { local: a!, peer: b! } : { local: b!, peer: a! });
  return {
    open: (side) => openUdpChannel(spec(side)),
    elsewhere: (side) => ({ dist: build.dist, manner: 'process', kind: 'udp', arguments: [spec(side)] }),
    dispose: async () => {},
  };
}

/** A directory of its own; more than 16 MiB that are not read are dropped. */
async function fileWire(): Promise<Wire> {
  const directory = mkdtempSync(join(tmpdir(), 'statewire-wire-'));
  const options = { unreadBytes: 16_777_216 };
  return {
    open: () => openFileChannel(directory, options),
    elsewhere: () => ({
      dist: build.dist,
      manner: 'process',
      kind: 'file',
      arguments: [directory, options],
    }),
    dispose: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

const IN_VIRTUAL_TIME: readonly Exception[] = [
  { case: 'too large', expect: 'not offered', reason: 'memory takes a packet of any size' },
  {
    case: 'event loop',
    expect: 'not offered',
    reason: 'who polls it decides when the event loop has its turn',
  },
  { case: 'closing with packets under way', expect: 'not offered', reason: 'closed ends are closed at once' },
  { case: 'restart', expect: 'not offered', reason: 'an end is opened once' },
  { case: 'death', expect: 'not offered', reason: 'both ends are in one thread' },
];

const DATAGRAMS: readonly Exception[] = [
  { case: 'burst', expect: 'lost', reason: "what exceeds the kernel's socket buffer is lost" },
  { case: 'absent peer', expect: 'lost', reason: 'a datagram to a port that nobody has is lost' },
  { case: 'restart', expect: 'lost', reason: 'a datagram to a port that nobody has is lost' },
  { case: 'back-pressure', expect: 'lost', reason: "what exceeds the kernel's socket buffer is lost" },
];

const BUS: readonly Exception[] = [
  {
    case: 'absent peer',
    expect: 'lost',
    reason: 'a wire does not remember: who joins gets what comes after',
  },
  { case: 'restart', expect: 'lost', reason: 'a wire does not remember: who joins gets what comes after' },
];

const flood = { packets: 4000, bytes: 10_000 };

conform({
  name: 'memory',
  wire: async () => new MemoryWire(),
  flood: { packets: 70_000, bytes: 40 },
  exceptions: IN_VIRTUAL_TIME,
});
conform({ name: 'sharedMemory', wire: sharedMemoryWire, flood });
conform({
  name: 'udp (IPv4)',
  wire: () => udpWire('127.0.0.1'),
  largest: LARGEST_UDP_IPV4,
  flood,
  exceptions: DATAGRAMS,
});
conform({
  name: 'udp (IPv6)',
  wire: () => udpWire('::1'),
  largest: LARGEST_UDP_IPV6,
  flood,
  exceptions: DATAGRAMS,
});
conform({ name: 'file', wire: fileWire, flood, exceptions: BUS });
