/** Where the channels of a demo's three programs are, for each kind of channel: made before they start, removed after. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSharedMemory } from '../src/channel/sharedMemory.ts';
import type { DemoChannel } from './demoFlags.ts';
import type { ThreadTask } from './threads.ts';

type Memories = ThreadTask['memories'];

/** What each program is given as its channel. */
export interface Wiring {
  readonly client: string;
  readonly a: string;
  readonly b: string;
  readonly server: string;
  /** What `sharedMemory:NAME` is for each of them. */
  readonly memories: Readonly<Record<'client' | 'network' | 'server', Memories>>;
  remove(): void;
}

const NOTHING = { client: {}, network: {}, server: {} };

/** Makes the channels. */
export async function wire(kind: Exclude<DemoChannel, 'memory'>): Promise<Wiring> {
  if (kind === 'sharedMemory') return wireMemory();
  return kind === 'file' ? wireFiles() : wireUdp();
}

function wireMemory(): Wiring {
  const [left, right] = [createSharedMemory(), createSharedMemory()];
  return {
    client: 'sharedMemory:left',
    a: 'sharedMemory:left',
    b: 'sharedMemory:right',
    server: 'sharedMemory:right',
    memories: {
      client: { left: { memory: left, side: 'a' } },
      network: { left: { memory: left, side: 'b' }, right: { memory: right, side: 'a' } },
      server: { right: { memory: right, side: 'b' } },
    },
    remove() {},
  };
}

function wireFiles(): Wiring {
  const folder = mkdtempSync(join(tmpdir(), 'statewire-demo-'));
  const [left, right] = [`file:${join(folder, 'left')}`, `file:${join(folder, 'right')}`];
  return {
    client: left,
    a: left,
    b: right,
    server: right,
    memories: NOTHING,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function wireUdp(): Promise<Wiring> {
  const [client, a, b, server] = (await freePorts(4)).map((port) => `127.0.0.1:${port}`);
  return {
    client: `udp:${client},${a}`,
    a: `udp:${a},${client}`,
    b: `udp:${b},${server}`,
    server: `udp:${server},${b}`,
    memories: NOTHING,
    remove() {},
  };
}

/** Ports on loopback that nobody has at the moment. */
async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const ports: number[] = [];
  for (const socket of sockets) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    ports.push(socket.address().port);
  }
  for (const socket of sockets) socket.close();
  return ports;
}
