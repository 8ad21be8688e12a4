/** What it costs to have many: connections, and segments outstanding. */
import type { Connection } from '../src/tcp/connection.ts';
import { type Figure, heapUsed, median, seconds } from './figure.ts';
import { BenchPair, SERVER } from './pair.ts';

const PORT = 7;
const LAST_PORT = 65_535;

/** Opens connections until there are `count`; each echoes. */
function openMany(pair: BenchPair, from: number, count: number): Connection[] {
  const opened: Connection[] = [];
  for (let i = from; i < count; i++) {
    // 60,000 local ports for each port listened at.
    const port = PORT + Math.floor(i / 60_000);
    opened.push(pair.client.connect({ address: SERVER, port, localPort: LAST_PORT - (i % 60_000) }));
    if (i % 64 === 0) pair.step();
  }
  for (let i = 0; i < 4; i++) pair.step();
  return opened;
}

function listen(pair: BenchPair): void {
  for (const port of [PORT, PORT + 1]) {
    pair.server.listen({
      port,
      onConnection: (connection) => {
        connection.handler = { readable: () => connection.send(connection.receive()) };
      },
    });
  }
}

/** Round trips on one connection after the other, us each. */
function roundTripCost(pair: BenchPair, connections: readonly Connection[], rounds: number): number {
  const message = new Uint8Array(64);
  return (
    seconds(() => {
      for (let i = 0; i < rounds; i++) {
        const connection = connections[(i * 7919) % connections.length] as Connection;
        connection.send(message);
        pair.step();
        connection.receive();
      }
    }) *
    (1e6 / rounds)
  );
}

/** Memory and cost with 1, 100, 10,000 and 100,000 connections. */
export function benchConnections(most = 100_000): Figure[] {
  const pair = new BenchPair();
  listen(pair);
  const figures: Figure[] = [];
  const all: Connection[] = [];
  const before = heapUsed();
  let first = 0;
  for (const count of [1, 100, 10_000, most]) {
    all.push(...openMany(pair, all.length, count));
    roundTripCost(pair, all, 2000);
    const cost = median([1, 2, 3].map(() => roundTripCost(pair, all, 10_000)));
    if (count === 1) first = cost;
    figures.push({
      name: `round trip with ${count} connections`,
      value: cost,
      unit: 'us',
      ratio: cost / first,
      beside: 'with 1',
    });
  }
  const bytes = (heapUsed() - before) / (2 * all.length);
  figures.push({
    name: 'an established connection (one end, buffers of a used one included)',
    value: bytes,
    unit: 'bytes',
  });
  return figures;
}

/** Memory of connections that were opened and never used. */
export function benchIdle(count = 20_000): Figure[] {
  const pair = new BenchPair();
  listen(pair);
  const before = heapUsed();
  openMany(pair, 0, count);
  return [
    {
      name: 'an idle established connection (one end)',
      value: (heapUsed() - before) / (2 * count),
      unit: 'bytes',
    },
  ];
}

/** Connections opened and closed, both ends to CLOSED, a second. */
export function benchOpenClose(count = 20_000): Figure[] {
  const pair = new BenchPair({ msl: 0 });
  pair.server.listen({
    port: PORT,
    onConnection: (connection) => {
      connection.handler = { ended: () => connection.close() };
    },
  });
  const cycle = (): void => {
    const connection = pair.client.connect({ address: SERVER, port: PORT });
    pair.step();
    connection.close();
    pair.step();
    pair.step();
  };
  for (let i = 0; i < 2000; i++) cycle();
  const took = seconds(() => {
    for (let i = 0; i < count; i++) cycle();
  });
  if (pair.client.connections.length > 0) throw new Error('connections are left');
  return [{ name: 'connections opened and closed', value: count / took, unit: 'connections/s' }];
}

/** Cost of a segment with so many outstanding, the first of each window lost: SACK all along, us. */
function segmentCost(outstanding: number, segments: number): number {
  const mss = 200;
  const pair = new BenchPair({
    mss: mss + 12,
    initialWindow: 1000,
    receiveBuffer: 1 << 24,
    sendBuffer: 1 << 24,
    delayedAck: 0,
  });
  let received = 0;
  pair.server.listen({
    port: PORT,
    onConnection: (connection) => {
      connection.handler = { readable: () => (received += connection.receive().length) };
    },
  });
  const connection = pair.client.connect({ address: SERVER, port: PORT });
  pair.step();
  connection.sender.congestion.cwnd = outstanding * mss;
  const data = new Uint8Array(outstanding * mss);
  let sent = 0;
  return (
    seconds(() => {
      while (sent < segments) {
        pair.losing = 1;
        connection.send(data);
        sent += outstanding;
        while (received < sent * mss) pair.step(1000);
        connection.sender.congestion.cwnd = outstanding * mss;
      }
    }) *
    (1e6 / sent)
  );
}

/** Does a segment cost the same with 10 and with 10,000 outstanding? */
export function benchWindow(): Figure[] {
  const figures: Figure[] = [];
  segmentCost(100, 50_000);
  let first = 0;
  for (const outstanding of [10, 100, 1000, 10_000]) {
    const cost = median([1, 2, 3].map(() => segmentCost(outstanding, 100_000)));
    if (outstanding === 10) first = cost;
    figures.push({
      name: `a segment with ${outstanding} outstanding`,
      value: cost,
      unit: 'us',
      ratio: cost / first,
      beside: 'with 10',
    });
  }
  return figures;
}
