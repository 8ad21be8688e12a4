/** Files over TCP: a link that loses, corrupts and reorders, a receiver with a slow disk, an end that dies. */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/app/simulation.ts';
import { TRANSFER_PORT } from '../../src/app/transferFrames.ts';
import { bothWays, type DirectionConfig } from '../../src/channel/config.ts';
import { Link } from '../../src/channel/link.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host } from '../../src/tcp/host.ts';
import { Random } from '../../src/time/random.ts';
import { bytesOf, MemorySink, MemorySource, receiveOn, type SourceOptions, sendOn } from './transferEnds.ts';

const COMPLETE = { what: 'complete', why: '' };

/** Two hosts and a link between them, in virtual time; a file is on its way from one to the other. */
class Network {
  readonly simulation = new Simulation();
  readonly link: Link;
  readonly sender: Host;
  readonly receiver: Host;
  readonly sink: MemorySink;
  readonly sending: ReturnType<typeof sendOn>;
  readonly connection: Connection;
  receiving: ReturnType<typeof receiveOn> | undefined;
  accepted: Connection | undefined;

  constructor(
    bytes: Uint8Array,
    link: DirectionConfig,
    seed = 1,
    options: SourceOptions & { slow?: boolean } = {},
  ) {
    const engine = compiledEngine;
    this.link = new Link({ config: bothWays(link), seed, clock: this.simulation, engine });
    const { a, b } = this.link;
    const random = new Random(seed);
    const host = (name: string, address: string, end: typeof a): Host => {
      const host = new Host({
        name,
        addresses: [address],
        output: (packet, id) => end.send(packet, id),
        random: random.fork(name),
        engine,
        strict: true,
      });
      end.onPacket((packet, id) => host.receive(packet, this.simulation.now(), id));
      return host;
    };
    this.sender = host('sender', '10.0.0.1', a);
    this.receiver = host('receiver', '10.0.0.2', b);
    for (const party of [this.link, this.sender, this.receiver]) this.simulation.add(party);
    this.sink = new MemorySink(options.slow);
    this.receiver.listen({
      port: TRANSFER_PORT,
      onConnection: (connection) => {
        this.accepted = connection;
        this.receiving = receiveOn(connection, this.sink);
      },
    });
    this.connection = this.sender.connect({ address: '10.0.0.2', port: TRANSFER_PORT });
    this.sending = sendOn(this.connection, new MemorySource(bytes, { piece: 1 << 16, ...options }));
  }

  run(until?: number): void {
    this.simulation.run(until);
  }
}

describe('a file over TCP', () => {
  const bad = {
    loss: 0.05,
    corrupt: 0.1,
    reorder: { probability: 0.1, by: 5000 },
    duplicate: 0.02,
    delay: 5000,
  };

  it.each([1, 2, 3, 4, 5])('arrives whole over a bad link, seed %i', (seed) => {
    const bytes = bytesOf(200_000);
    const network = new Network(bytes, bad, seed);
    network.run();
    expect(network.sending.ends).toEqual([COMPLETE]);
    expect(network.receiving?.ends).toEqual([COMPLETE]);
    expect(Buffer.compare(network.sink.bytes, bytes)).toBe(0);
    const { retransmitsByTimer, retransmitsFast } = network.connection.counters;
    expect(retransmitsByTimer + retransmitsFast).toBeGreaterThan(0);
    expect([network.sender.connections.length, network.receiver.connections.length]).toEqual([0, 0]);
  });

  it('is there for its receiver before its answer has arrived, and whatever becomes of that', () => {
    const network = new Network(bytesOf(1000), { delay: 5000 });
    while (network.receiving?.ends.length !== 1 && network.simulation.step());
    expect(network.receiving?.ends).toEqual([COMPLETE]);
    expect([network.sink.state, network.sending.ends]).toEqual(['kept', []]);
    network.link.cut();
    network.run();
    expect(network.accepted?.reason).toBe('timedOut');
    expect(network.receiving?.ends).toEqual([COMPLETE]);
  });

  it('fills a fast link: no segment waits for the next piece', () => {
    const bytes = bytesOf(20_000_000);
    const network = new Network(bytes, { rate: 100_000_000, delay: 1000 });
    let done = 0;
    const { sender } = network.sending;
    while (network.sending.ends.length === 0 && network.simulation.step()) done = network.simulation.now();
    expect(sender.digest).toBe(network.receiving?.receiver.digest);
    // 20 MB at 100 Mbit/s with headers are 1.65 s
    expect(done).toBeLessThan(1_900_000);
  });

  it('is slowed down by a slow disk, with bounded memory, and arrives', () => {
    const bytes = bytesOf(5_000_000);
    const network = new Network(bytes, { delay: 100 }, 1, { slow: true });
    let turns = 0;
    while (network.simulation.step()) {
      turns += 1;
      if (turns % 50 === 0) network.sink.step();
    }
    // Window probes go on for ever: here they are, until the disk is done
    while (network.sink.step()) network.run(network.simulation.now() + 1_000_000);
    network.run();
    expect(network.receiving?.ends).toEqual([COMPLETE]);
    expect(Buffer.compare(network.sink.bytes, bytes)).toBe(0);
    expect(network.sink.most).toBeLessThan((1 << 20) + (1 << 17));
  });

  it('says how much the other end has', () => {
    const network = new Network(bytesOf(3_000_000), { rate: 50_000_000, delay: 2000, loss: 0.01 });
    const { sender } = network.sending;
    const acknowledged = (): number => sender.acknowledged(network.connection.sender.buffered);
    let halfway = false;
    while (network.sending.ends.length === 0 && network.simulation.step()) {
      const received = network.receiving?.receiver.received ?? 0;
      const inBuffer = network.accepted?.available ?? 0;
      expect(acknowledged()).toBeLessThanOrEqual(received + inBuffer);
      halfway ||= acknowledged() > 1_000_000 && acknowledged() < 2_000_000;
    }
    expect(halfway).toBe(true);
    expect(acknowledged()).toBe(3_000_000);
  });

  it('is reset by its sender: nothing is kept', () => {
    const network = new Network(bytesOf(3_000_000), { rate: 50_000_000, delay: 2000 });
    network.run(200_000);
    expect(network.receiving?.receiver.received).toBeGreaterThan(0);
    network.connection.abort();
    network.run();
    expect(network.sending.ends).toEqual([{ what: 'aborted', why: '' }]);
    expect(network.receiving?.ends).toEqual([{ what: 'reset', why: '' }]);
    expect(network.sink.state).toBe('discarded');
  });

  it.each([0, 1_000, 20_000, 100_000, 400_000])('is stopped in order by its sender after %i us', (after) => {
    const network = new Network(bytesOf(3_000_000), { rate: 50_000_000, delay: 2000, loss: 0.02 });
    network.run(after);
    network.sending.sender.stop('stopped');
    network.run();
    expect(network.sending.ends).toEqual([{ what: 'failed', why: 'stopped' }]);
    if (after > 10_000) {
      expect(network.receiving?.ends).toEqual([{ what: 'failed', why: 'the sender says: stopped' }]);
    }
    expect(network.sink.state).not.toBe('kept');
    // Before there is a connection RFC 9293 section 3.10.4 only forgets it
    expect(network.connection.reason).toBe(after > 10_000 ? 'closed' : 'aborted');
  });

  it.each([20_000, 100_000, 400_000])('is stopped in order by its receiver after %i us', (after) => {
    const network = new Network(bytesOf(3_000_000), { rate: 50_000_000, delay: 2000, loss: 0.02 });
    network.run(after);
    network.receiving?.receiver.stop('stopped');
    network.run();
    expect(network.sending.ends).toEqual([{ what: 'failed', why: 'the receiver says: stopped' }]);
    expect(network.receiving?.ends).toEqual([{ what: 'failed', why: 'stopped' }]);
    expect([network.connection.reason, network.accepted?.reason]).toEqual(['closed', 'closed']);
    expect(network.sink.state).toBe('discarded');
  });

  it('is refused where nobody listens', () => {
    const network = new Network(bytesOf(10), {});
    const sending = sendOn(
      network.sender.connect({ address: '10.0.0.2', port: 9 }),
      new MemorySource(bytesOf(10)),
    );
    network.run();
    expect(sending.ends).toEqual([{ what: 'refused', why: '' }]);
  });
});
