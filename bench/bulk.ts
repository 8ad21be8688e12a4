/** Bulk transfer and round trips in process, checksums computed and verified, with node:net on loopback beside. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { TcpConfig } from '../src/tcp/config.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { type Figure, heapUsed, median, seconds } from './figure.ts';
import { BenchPair, pour, SERVER } from './pair.ts';

const MB = 1e6;

export interface BulkResult {
  readonly seconds: number;
  readonly segments: number;
}

/** Sends `size` bytes one way as fast as it goes. */
export function bulk(size: number, tcp: Partial<TcpConfig> = {}): BulkResult {
  const pair = new BenchPair(tcp);
  let received = 0;
  pair.server.listen({
    port: 5001,
    onConnection: (connection: Connection) => {
      connection.handler = { readable: () => (received += connection.receive().length) };
    },
  });
  const connection = pair.client.connect({ address: SERVER, port: 5001 });
  pour(connection, size);
  const took = seconds(() => {
    while (received < size) pair.step();
  });
  return { seconds: took, segments: connection.counters.segmentsOut };
}

/** The same through the kernel, on loopback. */
async function bulkNodeNet(size: number): Promise<number> {
  const server = createServer();
  let received = 0;
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  server.on('connection', (socket) => {
    socket.on('data', (data) => {
      received += data.length;
      if (received >= size) done();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const chunk = new Uint8Array(65_536);
  const start = performance.now();
  for (let sent = 0; sent < size; sent += chunk.length) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
  await all;
  const took = (performance.now() - start) / 1000;
  socket.destroy();
  server.close();
  return took;
}

/** 64 bytes there and back, one after the other. */
function roundTrips(count: number): number {
  const pair = new BenchPair();
  const message = new Uint8Array(64);
  pair.server.listen({
    port: 7,
    onConnection: (connection: Connection) => {
      connection.handler = { readable: () => connection.send(connection.receive()) };
    },
  });
  const connection = pair.client.connect({ address: SERVER, port: 7 });
  let answers = 0;
  connection.handler = {
    established: () => connection.send(message),
    readable: () => {
      answers += connection.receive().length / 64;
      if (answers < count) connection.send(message);
    },
  };
  return seconds(() => {
    while (answers < count) pair.step();
  });
}

/** The same through the kernel, on loopback. */
async function roundTripsNodeNet(count: number): Promise<number> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (data) => socket.write(data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  const message = new Uint8Array(64);
  let bytes = 0;
  const start = performance.now();
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      bytes += data.length;
      if (bytes >= 64 * count) resolve();
      else if (bytes % 64 === 0) socket.write(message);
    });
    socket.write(message);
  });
  const took = (performance.now() - start) / 1000;
  socket.destroy();
  server.close();
  return took;
}

/** Request and response, one after the other. */
export async function benchTrips(count = 200_000): Promise<Figure[]> {
  roundTrips(50_000);
  const trips = count / median([1, 2, 3].map(() => roundTrips(count)));
  const net = count / 10 / (await roundTripsNodeNet(count / 10));
  return [
    {
      name: '64-byte request and response',
      value: trips,
      unit: 'round trips/s',
      ratio: trips / net,
      beside: `node:net on loopback, ${Math.round(net)}/s`,
    },
  ];
}

export async function benchBulk(size = 256 * MB): Promise<Figure[]> {
  bulk(32 * MB);
  const before = heapUsed();
  const runs = [bulk(size), bulk(size), bulk(size)];
  const grown = heapUsed() - before;
  const took = median(runs.map((run) => run.seconds));
  const net = median([await bulkNodeNet(size), await bulkNodeNet(size), await bulkNodeNet(size)]);
  const beside = `node:net on loopback, ${Math.round(size / MB / net)} MB/s`;
  return [
    {
      name: `bulk, ${size / MB} MB, MSS 1460`,
      value: size / MB / took,
      unit: 'MB/s',
      ratio: net / took,
      beside,
    },
    { name: 'bulk, segments', value: (runs[0] as BulkResult).segments / took, unit: 'segments/s' },
    { name: `heap grown by 3 x ${size / MB} MB`, value: grown / MB, unit: 'MB' },
  ];
}
