/**
 * Every channel between two threads: MB/s and round trips/s of a whole TCP over it. Beside UDP, in the same run, plain
 * datagrams of the same size (what there is to be had), and a reliable stream over UDP written in C++ (udx-native).
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createSharedMemory } from '../src/channel/sharedMemory.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import { type LiveHost, liveHost, type Place } from './channelHost.ts';
import type { PeerTask } from './channelPeer.ts';
import { type Figure, median } from './figure.ts';
import { SERVER } from './pair.ts';

const MB = 1e6;
const SIZE = 64 * MB;
const TRIPS = 5_000;
const MESSAGE = 64;
/** Payload of a datagram that is as large as TCP's packets. */
const DATAGRAM = 1500;
/** The original's pieces. */
const PIECES: Partial<TcpConfig> = { mss: 5, nagle: false };

interface Peer {
  readonly worker: Worker;
  /** What it said first. */
  readonly said: unknown;
}

async function startPeer(task: PeerTask): Promise<Peer> {
  const worker = new Worker(new URL('./channelPeer.js', import.meta.url), { workerData: task });
  const [said] = await once(worker, 'message');
  return { worker, said };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Sends `size` bytes and closes; the other side does once it has taken the last. */
function sendAll({ host, runner }: LiveHost, size: number): Promise<void> {
  const chunk = new Uint8Array(65_536);
  return new Promise((resolve) => {
    runner.perform(() => {
      const connection = host.connect({ address: SERVER, port: 9 });
      let left = size;
      const fill = (): void => {
        while (left > 0) {
          const taken = connection.send(chunk.subarray(0, Math.min(chunk.length, left)));
          left -= taken;
          if (taken === 0) return;
        }
        connection.close();
      };
      connection.handler = { established: fill, writable: fill, ended: resolve };
    });
  });
}

/** 64 bytes there and back, one after the other. */
function goAndReturn({ host, runner }: LiveHost, count: number): Promise<void> {
  const message = new Uint8Array(MESSAGE);
  return new Promise((resolve) => {
    runner.perform(() => {
      const connection = host.connect({ address: SERVER, port: 7 });
      let answers = 0;
      connection.handler = {
        established: () => connection.send(message),
        readable: () => {
          answers += connection.receive().length / MESSAGE;
          if (answers < count) connection.send(message);
          else connection.close();
        },
        ended: resolve,
      };
    });
  });
}

interface Speed {
  /** MB/s */
  readonly bulk: number;
  /** a second */
  readonly trips: number;
}

/** Medians of three. */
async function speedOf(
  bulk: () => Promise<void>,
  trips: () => Promise<void>,
  size: number,
  count: number,
): Promise<Speed> {
  const [bulks, rounds]: [number[], number[]] = [[], []];
  for (let i = 0; i < 3; i += 1) {
    bulks.push(await timed(bulk));
    rounds.push(await timed(trips));
  }
  return { bulk: size / MB / median(bulks), trips: count / median(rounds) };
}

async function overTcp(
  here: Place,
  there: Place,
  size: number,
  tcp: Partial<TcpConfig> = {},
): Promise<Speed> {
  const { worker } = await startPeer({ kind: 'tcp', place: there, tcp });
  const host = await liveHost(here, 'client', '10.0.0.1', tcp);
  const speed = await speedOf(
    () => sendAll(host, size),
    () => goAndReturn(host, TRIPS),
    size,
    TRIPS,
  );
  await host.close();
  await worker.terminate();
  return speed;
}

/** What the kernel and Node take in datagrams; those that are lost do not count. */
async function overDatagrams(): Promise<Speed> {
  const { worker, said } = await startPeer({ kind: 'dgram' });
  const socket = createSocket('udp4');
  socket.connect(said as number, '127.0.0.1');
  await once(socket, 'connect');
  const payload = new Uint8Array(DATAGRAM);
  const before = await countAt(socket);
  const start = performance.now();
  for (let sent = 0; sent < SIZE; sent += DATAGRAM) {
    socket.send(payload);
    // What is not sent yet waits in memory
    if (socket.getSendQueueSize() > 65_536) await breathe();
  }
  const bytes = (await countAt(socket)) - before;
  const took = (performance.now() - start) / 1000;
  const trips = await timed(async () => {
    const message = new Uint8Array(MESSAGE);
    for (let i = 0; i < TRIPS; i += 1) {
      socket.send(message);
      await once(socket, 'message');
    }
  });
  socket.close();
  await worker.terminate();
  return { bulk: bytes / MB / took, trips: TRIPS / trips };
}

/** Bytes the peer has counted; it is asked until it answers, as any datagram may be lost. */
async function countAt(socket: Socket): Promise<number> {
  for (;;) {
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(500) }).catch(() => undefined);
    socket.send(new Uint8Array(0));
    const said = await answer;
    if (said !== undefined) return Number(String(said[0]));
  }
}

/** The C++ stream; undefined where it is not installed. */
async function overUdx(): Promise<Speed | undefined> {
  const { default: Udx } = await import('udx-native' as string).catch(() => ({ default: undefined }));
  if (Udx === undefined) return undefined;
  const { worker, said } = await startPeer({ kind: 'udx' });
  const udx = new Udx();
  const socket = udx.createSocket();
  socket.bind(0, '127.0.0.1');
  let id = 0;
  const stream = async (echo: boolean) => {
    id += 2;
    worker.postMessage({ peer: socket.address().port, id: id, echo, size: SIZE });
    await once(worker, 'message');
    const made = udx.createStream(id + 1);
    made.connect(socket, id, said, '127.0.0.1');
    made.on('error', () => {});
    return made;
  };
  const speed = await speedOf(
    async () => {
      const made = await stream(false);
      const chunk = new Uint8Array(65_536);
      const answer = once(made, 'data');
      for (let left = SIZE; left > 0; left -= chunk.length) {
        if (!made.write(chunk.subarray(0, Math.min(left, chunk.length)))) await once(made, 'drain');
      }
      await answer;
      made.destroy();
    },
    async () => {
      const made = await stream(true);
      const message = new Uint8Array(MESSAGE);
      for (let i = 0; i < TRIPS; i += 1) {
        made.write(message);
        await once(made, 'data');
      }
      made.destroy();
    },
    SIZE,
    TRIPS,
  );
  await socket.close();
  await worker.terminate();
  return speed;
}

function figures(name: string, { bulk, trips }: Speed, beside?: readonly [string, Speed]): Figure[] {
  const ratio = (value: number, of: (speed: Speed) => number) =>
    beside === undefined ? {} : { ratio: value / of(beside[1]), beside: beside[0] };
  return [
    { name: `${name}: one way`, value: bulk, unit: 'MB/s', ...ratio(bulk, (speed) => speed.bulk) },
    {
      name: `${name}: ${MESSAGE} bytes there and back`,
      value: trips,
      unit: '/s',
      ...ratio(trips, (speed) => speed.trips),
    },
  ];
}

/** `npm run bench -- channels` */
export async function benchChannels(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'statewire-bench-'));
  try {
    const memory = createSharedMemory();
    const shared = await overTcp(
      { kind: 'sharedMemory', memory, side: 'a' },
      { kind: 'sharedMemory', memory, side: 'b' },
      SIZE,
    );
    const file: Place = { kind: 'file', directory: join(folder, 'wire') };
    const files = await overTcp(file, file, SIZE / 4);
    const small: Place = { kind: 'file', directory: join(folder, 'pieces') };
    const pieces = await overTcp(small, small, 200_000, PIECES);
    const udp = await overTcp(
      { kind: 'udp', spec: '127.0.0.1:47001,127.0.0.1:47002' },
      { kind: 'udp', spec: '127.0.0.1:47002,127.0.0.1:47001' },
      SIZE,
    );
    const datagrams = await overDatagrams();
    const udx = await overUdx();
    return [
      ...figures('sharedMemory', shared),
      ...figures('file', files),
      { name: 'file, in pieces of 5 bytes', value: pieces.bulk * MB, unit: 'bytes/s' },
      ...figures('node:dgram alone, the ceiling of udp', datagrams),
      ...figures('udp', udp, ['node:dgram', datagrams]),
      ...(udx === undefined ? [] : figures('udx-native', udx)),
      ...(udx === undefined ? [] : figures('udp', udp, ['udx-native', udx])),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
