/**
 * What every channel must do, whatever it is made of: one list of cases, run for each adapter by `conform`. Where an
 * adapter must differ (a datagram that nobody takes is lost), its line says so and why.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Network } from '../../src/app/network.ts';
import { Runner } from '../../src/app/runner.ts';
import {
  type ChannelCounters,
  type ChannelEnd,
  LARGEST_PACKET,
  type LiveEnd,
} from '../../src/channel/channel.ts';
import { bothWays } from '../../src/channel/index.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { type Connection, Host } from '../../src/tcp/index.ts';
import { RealClock } from '../../src/time/clock.ts';
import { Random } from '../../src/time/random.ts';

export type Side = 'a' | 'b';

/** How a program elsewhere opens an end; see elsewhere.js. Plain data, or a shared memory. */
export interface Where {
  /** The folder of a build. */
  readonly dist: string;
  readonly manner: 'thread' | 'process';
  readonly kind: 'sharedMemory' | 'udp' | 'file';
  /** What the adapter's opening function takes. */
  readonly arguments: readonly unknown[];
}

/** A channel between two sides, of which neither is open yet. */
export interface Wire {
  open(side: Side): Promise<LiveEnd>;
  /** For adapters that reach out of this thread. */
  elsewhere?(side: Side): Where;
  dispose(): Promise<void>;
}

/** The cases, by name. */
export const CASES = [
  'sizes',
  'too large',
  'burst',
  'both ways',
  'lent bytes',
  'late handler',
  'event loop',
  'closing order',
  'closing with packets under way',
  'after close',
  'absent peer',
  'restart',
  'death',
  'back-pressure',
  'counters',
  'network',
  'any sequence',
] as const;

export interface Exception {
  readonly case: (typeof CASES)[number];
  /** Packets may be lost there, but no more than that; or the case makes no sense for the adapter. */
  readonly expect: 'lost' | 'not offered';
  readonly reason: string;
}

export interface Adapter {
  readonly name: string;
  /** The largest packet it takes, bytes; 65,535 unless given. */
  readonly largest?: number;
  wire(): Promise<Wire>;
  /** What is sent to an end that does not read: more than may be kept. */
  readonly flood: { readonly packets: number; readonly bytes: number };
  readonly exceptions?: readonly Exception[];
}

/** Longer is never, ms. */
const PATIENCE = 30_000;

/** So many packets and bytes are under way where nothing may be lost, and what is under way is not the question. */
const WINDOW = { packets: 64, bytes: 65_536 };

/** A packet whose bytes tell whether it is whole: the first says IPv4, the next four its number, the rest follow. */
export function packetOf(number: number, size: number): Uint8Array {
  const packet = new Uint8Array(size);
  for (let i = 1; i < size; i += 1) packet[i] = (number * 7 + i * 13 + (i >> 8)) & 255;
  packet[0] = 0x45;
  if (size >= 5) new DataView(packet.buffer).setUint32(1, number);
  return packet;
}

/** The number of a packet of at least five bytes; fails when it is not as it was sent. */
export function numberOf(packet: Uint8Array): number {
  const number = new DataView(packet.buffer, packet.byteOffset).getUint32(1);
  const expected = packetOf(number, packet.length);
  if (Buffer.compare(packet, expected) !== 0) expect(packet).toEqual(expected);
  return number;
}

/** Waits, turn by turn, until a condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await pause(1);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Numbers 0 to `count` - 1. */
function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function sum(dropped: ChannelCounters['dropped']): number {
  return Object.values(dropped).reduce((total, count) => total + count, 0);
}

/** Takes the numbers of the packets that come. */
class Numbers {
  readonly got: number[] = [];

  constructor(end: ChannelEnd) {
    end.onPacket((packet) => this.got.push(numberOf(packet)));
  }

  /** All of them, or (where packets may be lost) some: in order, none twice. */
  async expect(count: number, lossy: boolean): Promise<void> {
    if (!lossy) await until(() => this.got.length >= count, `packet ${this.got.length} of ${count}`);
    await pause(20);
    if (lossy) expectRising(this.got);
    else expect(this.got).toEqual(range(count));
  }
}

function expectRising(numbers: readonly number[]): void {
  const wrong = numbers.findIndex((number, i) => i > 0 && number <= numbers[i - 1]!);
  expect(numbers.slice(Math.max(0, wrong - 1), wrong + 1)).toEqual([]);
}

/** Sends so that nothing is lost for want of room: the next when `got` says that those before have come. */
async function sendGently(end: ChannelEnd, packets: readonly Uint8Array[], got: () => number): Promise<void> {
  const before = got();
  let bytes = 0;
  let first = 0;
  for (const [i, packet] of packets.entries()) {
    if (i - first >= WINDOW.packets || bytes + packet.length > WINDOW.bytes) {
      await until(() => got() - before >= i, `packet ${got() - before} of ${i}`);
      first = i;
      bytes = 0;
    }
    end.send(packet, 0);
    bytes += packet.length;
  }
  await until(() => got() - before >= packets.length, `packet ${got() - before} of ${packets.length}`);
}

/** Sends packets with the same number until one arrives. */
async function sendUntilHeard(from: ChannelEnd, number: number, got: readonly number[]): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!got.includes(number)) {
    if (performance.now() > end) throw new Error(`never: packet ${number}`);
    from.send(packetOf(number, 50), 0);
    await pause(5);
  }
}

/** Runs elsewhere.js; resolves when its end is open. */
async function startElsewhere(where: Where, from: number): Promise<() => Promise<unknown>> {
  const script = fileURLToPath(new URL('elsewhere.js', import.meta.url));
  const workerData = { ...where, from };
  if (where.manner === 'thread') {
    const worker = new Worker(script, { workerData });
    await once(worker, 'message');
    return () => worker.terminate();
  }
  const child = fork(script, [JSON.stringify(workerData)], { execArgv: [] });
  await once(child, 'message');
  return () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    return ended;
  };
}

/** All cases for one adapter. */
export function conform(adapter: Adapter): void {
  const { largest = LARGEST_PACKET } = adapter;
  let wire: Wire;
  let ends: LiveEnd[];

  async function open(side: Side): Promise<LiveEnd> {
    const end = await wire.open(side);
    ends.push(end);
    return end;
  }
  const both = async () => [await open('a'), await open('b')] as const;

  function check(name: Exception['case'], work: (lossy: boolean) => Promise<void>): void {
    const exception = adapter.exceptions?.find((one) => one.case === name);
    const title = exception === undefined ? name : `${name} (${exception.expect}: ${exception.reason})`;
    if (exception?.expect === 'not offered') test.skip(title, () => {});
    else test(title, () => work(exception?.expect === 'lost'));
  }

  describe(`the ${adapter.name} channel`, () => {
    beforeEach(async () => {
      ends = [];
      wire = await adapter.wire();
    });
    afterEach(async () => {
      await Promise.all(ends.map((end) => end.close()));
      await wire.dispose();
    });

    check('sizes', async () => {
      const [a, b] = await both();
      const got: Uint8Array[] = [];
      b.onPacket((packet) => got.push(Uint8Array.from(packet)));
      const sizes = [
        1, 2, 3, 4, 5, 7, 8, 9, 19, 20, 40, 63, 64, 65, 255, 256, 257, 576, 1280, 1499, 1500, 1501,
      ];
      sizes.push(4095, 4096, 4097, 9000, 16_384, 32_767, 32_768, 65_000, largest - 1, largest, 1);
      const packets = sizes.map((size, i) => packetOf(i, size));
      await sendGently(a, packets, () => got.length);
      expect(got.map(({ length }) => length)).toEqual(sizes);
      for (const [i, packet] of packets.entries()) expect(Buffer.compare(got[i]!, packet)).toBe(0);
    });

    check('too large', async () => {
      const [a, b] = await both();
      const { got } = new Numbers(b);
      a.send(packetOf(0, largest + 1), 0);
      a.send(packetOf(1, 1_000_000), 0);
      await sendGently(a, [packetOf(2, 100)], () => got.length);
      expect(got).toEqual([2]);
      expect(a.counters).toMatchObject({ packetsOut: 1, bytesOut: 100, dropped: { tooLarge: 2 } });
    });

    check('burst', async (lossy) => {
      const [a, b] = await both();
      const numbers = new Numbers(b);
      for (const i of range(10_000)) a.send(packetOf(i, 5 + (i % 200)), 0);
      await numbers.expect(10_000, lossy);
      await sendUntilHeard(a, 10_000, numbers.got);
    });

    check('both ways', async () => {
      const [a, b] = await both();
      const [atA, atB] = [new Numbers(a), new Numbers(b)];
      const packets = range(2000).map((i) => packetOf(i, 5 + ((i * 37) % 6000)));
      await Promise.all([
        sendGently(a, packets, () => atB.got.length),
        sendGently(b, packets, () => atA.got.length),
      ]);
      await Promise.all([atA.expect(2000, false), atB.expect(2000, false)]);
    });

    check('lent bytes', async () => {
      const [a, b] = await both();
      const { got } = new Numbers(b);
      const lent = Buffer.alloc(1000);
      for (let i = 0; i < 100; i += 1) {
        lent.set(packetOf(i, 1000));
        a.send(i % 2 === 0 ? lent : new Uint8Array(lent.buffer, lent.byteOffset, 1000), 0);
        lent.fill(255);
        if (i % 40 === 39) await until(() => got.length === i + 1, `packet ${got.length} of ${i + 1}`);
      }
      await until(() => got.length === 100, 'the last packet');
      expect(got).toEqual(range(100));
    });

    check('late handler', async () => {
      const [a, b] = await both();
      for (const i of range(60)) a.send(packetOf(i, 100), 0);
      await pause(50);
      let within = true;
      const got: number[] = [];
      b.onPacket((packet) => {
        expect(within).toBe(false);
        got.push(numberOf(packet));
      });
      within = false;
      await until(() => got.length === 60, `packet ${got.length} of 60`);
      await sendGently(a, [packetOf(60, 100)], () => got.length - 60);
      expect(got).toEqual(range(61));
    });

    check('event loop', async () => {
      const [a, b] = await both();
      let sending = false;
      let turns = 0;
      const got: number[] = [];
      const send = (end: LiveEnd, packet: Uint8Array): void => {
        sending = true;
        end.send(packet, 0);
        sending = false;
      };
      // The peer answers from within its handler; each handler takes its time
      for (const end of [a, b]) {
        end.onPacket((packet) => {
          expect(sending).toBe(false);
          const busy = performance.now() + 0.2;
          while (performance.now() < busy);
          if (end === b) send(b, packet);
          else got.push(numberOf(packet));
        });
      }
      const ticking = setInterval(() => {
        turns += 1;
      }, 1);
      for (const i of range(200)) send(a, packetOf(i, 60));
      await until(() => got.length === 200, `answer ${got.length} of 200`);
      clearInterval(ticking);
      expect(got).toEqual(range(200));
      expect(turns).toBeGreaterThan(3);
    });

    check('closing order', async () => {
      for (const order of ['ab', 'ba', 'aabb', 'baba'] as const) {
        const other = await adapter.wire();
        const pair = { a: await other.open('a'), b: await other.open('b') };
        pair.a.onPacket(() => {});
        const { got } = new Numbers(pair.b);
        await sendGently(pair.a, [packetOf(0, 10)], () => got.length);
        for (const side of order) await pair[side as Side].close();
        pair.a.send(packetOf(1, 10), 0);
        expect(pair.a.counters.dropped.closed).toBe(1);
        await other.dispose();
      }
      const [a, b] = await both();
      await Promise.all([a.close(), b.close(), a.close(), b.close()]);
    });

    check('closing with packets under way', async (lossy) => {
      const [a, b] = await both();
      const numbers = new Numbers(b);
      for (const i of range(150)) a.send(packetOf(i, 200), 0);
      await a.close();
      await numbers.expect(150, lossy);
      await b.close();
    });

    check('after close', async () => {
      const [a, b] = await both();
      const got: number[] = [];
      let closing: Promise<void> | undefined;
      b.onPacket((packet) => {
        got.push(numberOf(packet));
        closing = b.close();
      });
      for (const i of range(50)) a.send(packetOf(i, 100), 0);
      await until(() => closing !== undefined, 'the first packet');
      await closing;
      for (const i of range(50)) a.send(packetOf(i, 100), 0);
      b.send(packetOf(0, 100), 0);
      await pause(30);
      expect(got).toEqual([0]);
      expect(b.counters.dropped).toEqual({ closed: 1 });
      await a.close();
      const before = { ...a.counters, dropped: sum(a.counters.dropped) };
      for (const i of range(10)) a.send(packetOf(i, 100), 0);
      expect({ ...a.counters, dropped: sum(a.counters.dropped) - 10 }).toEqual(before);
    });

    check('absent peer', async (lossy) => {
      const a = await open('a');
      for (const i of range(50)) a.send(packetOf(i, 300), 0);
      await pause(20);
      const b = await open('b');
      const numbers = new Numbers(b);
      await numbers.expect(50, lossy);
      await sendUntilHeard(a, 1000, numbers.got);
      const back = new Numbers(a);
      await sendUntilHeard(b, 1000, back.got);
    });

    check('restart', async (lossy) => {
      const [a, first] = await both();
      const before = new Numbers(first);
      await sendGently(
        a,
        range(20).map((i) => packetOf(i, 100)),
        () => before.got.length,
      );
      await first.close();
      for (const i of range(20)) a.send(packetOf(i, 100), 0);
      await pause(20);
      const second = await open('b');
      const after = new Numbers(second);
      await after.expect(20, lossy);
      await sendUntilHeard(a, 1000, after.got);
      expect(before.got).toEqual(range(20));
      const back = new Numbers(a);
      await sendUntilHeard(second, 7, back.got);
    });

    check('death', async () => {
      const a = await open('a');
      const { got } = new Numbers(a);
      for (let life = 0; life < 3; life += 1) {
        const from = life * 1_000_000_000;
        const kill = await startElsewhere(wire.elsewhere!('b'), from);
        const seen = (count: number) => got.filter((number) => number >= from).length > count;
        await until(() => seen(500), 'packets from elsewhere');
        for (const i of range(50)) a.send(packetOf(i, 100), 0);
        await kill();
      }
      await pause(50);
      expectRising(got);
      const b = await open('b');
      await sendUntilHeard(b, 4_000_000_000, got);
      const there = new Numbers(b);
      await sendUntilHeard(a, 4_000_000_000, there.got);
    });

    check('back-pressure', async (lossy) => {
      const { packets, bytes } = adapter.flood;
      const [a, b] = await both();
      const before = process.memoryUsage().rss;
      for (let i = 0; i < packets; i += 1) {
        a.send(packetOf(i, bytes), 0);
        if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
      }
      await pause(20);
      expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
      const numbers = new Numbers(b);
      const dropped = () => (a.counters.dropped.full ?? 0) + (b.counters.dropped.full ?? 0);
      if (!lossy) {
        await until(() => numbers.got.length + dropped() === packets, 'all that was kept');
        expect(dropped()).toBeGreaterThan(0);
        await numbers.expect(packets - dropped(), false);
      } else await numbers.expect(packets, true);
      // What was kept is gone, and there is room again
      await sendUntilHeard(a, packets, numbers.got);
    });

    check('counters', async () => {
      const [a, b] = await both();
      const { got } = new Numbers(b);
      const packets = range(100).map((i) => packetOf(i, 5 + i));
      await sendGently(a, packets, () => got.length);
      const bytes = packets.reduce((total, { length }) => total + length, 0);
      await until(() => a.counters.packetsOut === 100, 'the count');
      const none = { packetsOut: 0, bytesOut: 0, packetsIn: 0, bytesIn: 0, dropped: {} };
      expect(a.counters).toEqual({ ...none, packetsOut: 100, bytesOut: bytes });
      expect(b.counters).toEqual({ ...none, packetsIn: 100, bytesIn: bytes });
    });

    check('network', async () => {
      const [client, left] = await both();
      const far = await adapter.wire();
      const [right, server] = [await far.open('a'), await far.open('b')];
      const data = packetOf(1, 150_000);
      const got = await transfer({ client, left, right, server }, data);
      expect(Buffer.compare(got, data)).toBe(0);
      await Promise.all([right.close(), server.close()]);
      await far.dispose();
    });

    check('any sequence', async () => {
      const [a, b] = await both();
      const pair = { a, b };
      const sent: Record<Side, Buffer[]> = { a: [], b: [] };
      const got: Record<Side, Buffer[]> = { a: [], b: [] };
      a.onPacket((packet) => got.b.push(Buffer.from(packet)));
      b.onPacket((packet) => got.a.push(Buffer.from(packet)));
      const arrived = () => got.a.length === sent.a.length && got.b.length === sent.b.length;
      const size = fc.oneof(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: largest }),
      );
      const step = fc.record({ from: fc.constantFrom<Side>('a', 'b'), size, wait: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          for (const side of ['a', 'b'] as const) {
            sent[side].length = 0;
            got[side].length = 0;
          }
          let bytes = 0;
          for (const { from, size, wait } of steps) {
            bytes += size;
            if (wait || bytes > WINDOW.bytes) {
              await until(arrived, 'what is under way');
              bytes = size;
            }
            const packet = packetOf(sent[from].length, size);
            pair[from].send(packet, 0);
            sent[from].push(Buffer.from(packet));
          }
          await until(arrived, 'the last packets');
          for (const side of ['a', 'b'] as const) {
            expect(got[side].findIndex((packet, i) => !packet.equals(sent[side][i]!))).toBe(-1);
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}

/** The ends of two wires, each between an endpoint and the network. */
interface Joined {
  readonly client: LiveEnd;
  readonly left: LiveEnd;
  readonly right: LiveEnd;
  readonly server: LiveEnd;
}

/** Sends data by TCP from a host at one end to one at the other, with a bad network between; resolves with what arrived. */
async function transfer(ends: Joined, data: Uint8Array): Promise<Uint8Array> {
  const [clients, servers, between] = [0, 0, 0].map(() => new Runner(new RealClock())) as [
    Runner,
    Runner,
    Runner,
  ];
  const network = new Network({
    a: [ends.left],
    b: [ends.right],
    link: bothWays({ loss: 0.02, corrupt: 0.02, duplicate: 0.02, delay: 500, jitter: 400 }),
    seed: 7,
    clock: between,
    perform: (work) => between.perform(work),
  });
  between.add(network);
  const client = attach('client', '10.0.0.1', clients, inTurnOf(clients, ends.client));
  const server = attach('server', '10.0.0.2', servers, inTurnOf(servers, ends.server));
  const pieces: Uint8Array[] = [];
  const done = new Promise<string>((resolve) => {
    const take = (connection: Connection) => () => pieces.push(connection.receive());
    const onConnection = (connection: Connection): void => {
      const readable = take(connection);
      connection.handler = { readable, ended: () => connection.close(), closed: resolve };
      readable();
    };
    servers.perform(() => server.listen({ port: 80, onConnection }));
  });
  clients.perform(() => {
    let sent = 0;
    const connection = client.connect({ address: '10.0.0.2', port: 80 });
    const push = (): void => {
      sent += connection.send(data.subarray(sent));
      if (sent === data.length) connection.close();
    };
    connection.handler = { established: push, writable: push };
  });
  expect(await done).toBe('closed');
  expect(network.link.statistics.forward.lost.loss).toBeGreaterThan(0);
  for (const runner of [clients, servers, between]) runner.stop();
  return Buffer.concat(pieces);
}

/** An end whose packets are inputs of a runner's. */
function inTurnOf(runner: Runner, end: ChannelEnd): ChannelEnd {
  return {
    send: (packet, id) => end.send(packet, id),
    onPacket: (handler) => end.onPacket((packet, id) => runner.perform(() => handler(packet, id))),
    close: () => void end.close(),
  };
}

function attach(name: string, address: string, runner: Runner, end: ChannelEnd): Host {
  const host = new Host({
    name,
    addresses: [address],
    output: (packet, id) => end.send(packet, id),
    random: new Random(1).fork(name),
    engine: compiledEngine,
  });
  end.onPacket((packet, id) => host.receive(packet, runner.now(), id));
  runner.add(host);
  return host;
}
