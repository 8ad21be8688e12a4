/** The network between programs in virtual time: where packets go, what the link does to them, what is told of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/app/keyValue.ts';
import { KeyValueClient } from '../../src/app/keyValueClient.ts';
import { serveKeyValue } from '../../src/app/keyValueServer.ts';
import { Network } from '../../src/app/network.ts';
import { AddressTable, classify } from '../../src/app/networkAddresses.ts';
import { seven } from '../../src/app/seven.ts';
import { Simulation } from '../../src/app/simulation.ts';
import {
  bothWays,
  type ChannelEnd,
  type DirectionConfig,
  type LinkConfig,
  MemoryChannel,
  parseFault,
  profileNamed,
} from '../../src/channel/index.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { Host } from '../../src/tcp/host.ts';
import { Random } from '../../src/time/random.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { eventLine } from '../../src/trace/json.ts';
import { Trace } from '../../src/trace/trace.ts';
import {
  ACK,
  buildIcmpPacket,
  buildTcpPacket,
  checksum,
  decodeIcmp,
  decodeIp,
  formatAddress,
  IcmpMessage,
  IpHeader,
  parseAddress,
} from '../../src/wire/index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A packet with that payload from one address to another. */
function packet(from: string, to: string, payload = 'hello'): Uint8Array {
  return buildTcpPacket({
    source: parseAddress(from),
    destination: parseAddress(to),
    sourcePort: 1000,
    destinationPort: 50,
    flags: ACK,
    payload: new TextEncoder().encode(payload),
  });
}

interface Field {
  readonly a?: number;
  readonly b?: number;
  readonly link?: LinkConfig;
  readonly seed?: number;
  readonly traced?: boolean;
  readonly blackHole?: boolean;
}

/** A network whose ports are the ends of memory channels, and what came out at each port. */
class Bench {
  readonly simulation = new Simulation();
  readonly network: Network;
  /** The other ends, by the ports' names. */
  readonly outside = new Map<string, ChannelEnd>();
  /** `port: packet in hex`, or the time too. */
  readonly arrived: string[] = [];
  readonly times: number[] = [];
  readonly events: TraceEvent[] = [];

  constructor({ a = 1, b = 1, link = bothWays({}), seed = 1, traced = false, blackHole }: Field = {}) {
    const trace = traced ? new Trace() : undefined;
    trace?.listen((event) => {
      this.events.push('bytes' in event ? { ...event, bytes: event.bytes.slice() } : event);
    });
    const channels = Array.from({ length: a + b }, () => new MemoryChannel());
    const inner = channels.map((channel) => channel.b);
    this.network = new Network({
      a: inner.slice(0, a),
      b: inner.slice(a),
      link,
      seed,
      clock: this.simulation,
      trace,
      ...(blackHole !== undefined && { blackHole }),
    });
    for (const channel of channels) this.simulation.add(channel);
    this.simulation.add(this.network);
    this.network.ports.forEach(({ name }, i) => {
      const end = channels[i]!.a;
      this.outside.set(name, end);
      end.onPacket((bytes) => {
        this.arrived.push(`${name}: ${hex(bytes)}`);
        this.times.push(this.simulation.now());
      });
    });
  }

  /** Sends at a port, runs till all is quiet, and says what came out since. */
  send(port: string, ...packets: readonly Uint8Array[]): readonly string[] {
    const before = this.arrived.length;
    for (const bytes of packets) this.outside.get(port)!.send(bytes, 0);
    this.simulation.run();
    return this.arrived.slice(before);
  }

  /** What the trace tells of packets, without what it tells of the link's charts. */
  get packets(): readonly TraceEvent[] {
    return this.events.filter(({ kind }) => ['receive', 'link', 'discard'].includes(kind));
  }

  counters(port: string) {
    return this.network.ports.find(({ name }) => name === port)!.counters;
  }
}

const A1 = '10.0.0.1';
const A2 = '10.0.0.11';
const B1 = '10.0.0.2';
const B2 = '10.0.0.22';

/** Two ports on each side, whose hosts have been heard: `a1` 10.0.0.1, `a2` 10.0.0.11, `b1` .2, `b2` .22. */
function learned(link?: LinkConfig): Bench {
  const bench = new Bench({ a: 2, b: 2, ...(link && { link }) });
  for (const [port, address] of Object.entries({ a1: A1, a2: A2, b1: B1, b2: B2 })) {
    bench.send(port, packet(address, '10.9.9.9'));
  }
  return bench;
}

describe('where a packet goes', () => {
  it('is the other side, as it came, with a port on each', () => {
    const bench = new Bench();
    const sent = packet(A1, B1);
    expect(bench.send('a', sent)).toEqual([`b: ${hex(sent)}`]);
    const answer = packet(B1, A1);
    expect(bench.send('b', answer)).toEqual([`a: ${hex(answer)}`]);
    expect(bench.counters('a')).toEqual({
      packetsIn: 1,
      bytesIn: sent.length,
      packetsOut: 1,
      bytesOut: answer.length,
      notIp: 0,
      local: 0,
    });
  });

  it('is every port but its own while nobody has been heard from that address', () => {
    const bench = new Bench({ a: 2, b: 2 });
    const sent = packet(A1, B1);
    expect(bench.send('a1', sent).toSorted()).toEqual(
      ['a2', 'b1', 'b2'].map((port) => `${port}: ${hex(sent)}`),
    );
  });

  it('is the one port behind which the address has been heard', () => {
    const bench = learned();
    for (const [from, to, port] of [
      [A1, B2, 'b2'],
      [A2, B1, 'b1'],
      [A1, A2, 'a2'],
    ] as const) {
      const sent = packet(from, to);
      expect(bench.send(from === A1 ? 'a1' : 'a2', sent)).toEqual([`${port}: ${hex(sent)}`]);
    }
    const back = packet(B1, A2);
    expect(bench.send('b1', back)).toEqual([`a2: ${hex(back)}`]);
  });

  it('changes with a host that moves, also to the other side', () => {
    const bench = learned();
    bench.send('b1', packet(A2, '10.9.9.9'));
    const sent = packet(A1, A2);
    expect(bench.send('a1', sent)).toEqual([`b1: ${hex(sent)}`]);
    bench.send('a2', packet(A2, '10.9.9.9'));
    expect(bench.send('a1', sent)).toEqual([`a2: ${hex(sent)}`]);
  });

  it('is nowhere for an address at the port it came from', () => {
    const bench = learned();
    bench.send('a1', packet('10.0.0.3', '10.9.9.9'));
    expect(bench.send('a1', packet('10.0.0.3', A1))).toEqual([]);
    expect(bench.counters('a1').local).toBe(1);
  });

  it('is past the link from side to side, and past nothing within a side', () => {
    const bench = learned(bothWays({ delay: 7000, corrupt: 1 }));
    const start = bench.simulation.now();
    const sent = packet(A1, A2);
    expect(bench.send('a1', sent)).toEqual([`a2: ${hex(sent)}`]);
    expect(bench.times.at(-1)).toBe(start);
    const over = bench.send('a1', packet(A1, B1));
    expect(bench.times.at(-1)).toBe(start + 7000);
    expect(over[0]).not.toContain(hex(packet(A1, B1)));
  });

  it('is known of IPv6 too', () => {
    const bench = new Bench({ a: 2, b: 2 });
    bench.send('b2', packet('fd00::2', 'fd00::99'));
    bench.send('b1', packet('fd00::3', 'fd00::99'));
    const sent = packet('fd00::1', 'fd00::2');
    expect(bench.send('a1', sent)).toEqual([`b2: ${hex(sent)}`]);
    const other = packet('fd00::1', 'fd00::3');
    expect(bench.send('a1', other, sent)).toEqual([`b1: ${hex(other)}`, `b2: ${hex(sent)}`]);
  });

  it('is every port but its own for a packet that came in with a damaged address', () => {
    const bench = learned();
    const damaged = packet(A1, B1);
    damaged[19]! ^= 20; // 10.0.0.22, which lives at b2, but the header's checksum is wrong
    const out = bench.send('a1', damaged);
    expect(out.toSorted()).toEqual(['a2', 'b1', 'b2'].map((port) => `${port}: ${hex(damaged)}`));
  });
});

describe('a packet that the link damaged', () => {
  it('goes where it was sent to unless its IP header is damaged, then to all ports of the side', () => {
    const bench = new Bench({ a: 1, b: 2, link: bothWays({ corrupt: 1 }) });
    // Addresses that one flipped bit makes the other
    bench.send('b1', packet('10.0.0.2', '10.9.9.9'));
    bench.send('b2', packet('10.0.0.3', '10.9.9.9'));
    const out = bench.send('a', ...Array.from({ length: 3000 }, () => packet(A1, '10.0.0.2')));
    const good = (line: string): boolean => classify(Buffer.from(line.slice(4), 'hex')) === 'good';
    const [first, second] = ['b1', 'b2'].map((port) => out.filter((line) => line.startsWith(port)));
    expect(first).toHaveLength(3000);
    expect(second!.map((line) => line.slice(4))).toEqual(
      first!.filter((line) => !good(line)).map((line) => line.slice(4)),
    );
    const named = (line: string): string => line.slice(4 + 32, 4 + 40);
    expect(second!.map(named)).toContain('0a000003');
  });
});

describe('what is learned from', () => {
  it('is no packet whose IPv4 header is damaged', () => {
    const bench = new Bench({ a: 2, b: 1 });
    const damaged = packet(A1, B1);
    damaged[15]! ^= 2; // 10.0.0.3
    bench.send('a1', damaged);
    expect(bench.send('b', packet(B1, '10.0.0.3'))).toHaveLength(2);
  });

  it('is no IPv6 packet whose TCP checksum is wrong', () => {
    const bench = new Bench({ a: 2, b: 1 });
    const damaged = packet('fd00::1', 'fd00::2');
    damaged[23]! ^= 2; // fd00::3
    bench.send('a1', damaged);
    expect(bench.send('b', packet('fd00::2', 'fd00::3'))).toHaveLength(2);
  });

  it('is no packet from a multicast address', () => {
    const bench = new Bench({ a: 2, b: 1 });
    bench.send('a1', packet('224.0.0.1', B1), packet('ff02::1', 'fd00::2'));
    expect(bench.send('b', packet(B1, '224.0.0.1'))).toHaveLength(2);
    expect(bench.send('b', packet('fd00::2', 'ff02::1'))).toHaveLength(2);
  });

  it('is a fragment, whose addresses are whole', () => {
    const bench = new Bench({ a: 2, b: 1 });
    const fragment = packet(A1, B1);
    fragment[6] = 0x20; // more fragments, in place of do not fragment
    // The sum grows by 0x2000 less than it did: the checksum by as much more
    fragment[10]! += 0x20;
    expect(classify(fragment)).toBe('good');
    bench.send('a1', fragment);
    expect(bench.send('b', packet(B1, A1))).toHaveLength(1);
  });

  it('is no more than 4096 addresses: the one learned first is forgotten', () => {
    const table = new AddressTable<string>();
    const from = (i: number): Uint8Array => packet(`10.1.${i >> 8}.${i & 255}`, B1);
    for (let i = 0; i < 5000; i += 1) table.learn(from(i), 'here');
    expect(table.size).toBe(4096);
    const to = (i: number): Uint8Array => packet(B1, `10.1.${i >> 8}.${i & 255}`);
    expect(table.destination(to(5000 - 4097))).toBeUndefined();
    expect(table.destination(to(5000 - 4096))).toBe('here');
    expect(table.destination(to(4999))).toBe('here');
  });
});

describe('bytes', () => {
  const headed = fc
    .tuple(fc.constantFrom(0x45, 0x4f, 0x60, 0x00, 0xff), fc.uint8Array({ maxLength: 120 }))
    .map(([first, rest]) => Uint8Array.of(first, ...rest));

  it('of any kind come out as they went in, or are counted as no IP', () => {
    fc.assert(
      fc.property(fc.array(headed, { maxLength: 20 }), (packets) => {
        const bench = new Bench();
        const long = (bytes: Uint8Array): boolean =>
          (bytes[0]! >> 4 === 4 && bytes.length >= 20) || (bytes[0]! >> 4 === 6 && bytes.length >= 40);
        const out = bench.send('a', ...packets);
        const { notIp, local } = bench.counters('a');
        expect(notIp).toBe(packets.filter((bytes) => !long(bytes)).length);
        expect(out.length + notIp + local).toBe(packets.length);
        if (local === 0) expect(out).toEqual(packets.filter(long).map((bytes) => `b: ${hex(bytes)}`));
      }),
    );
  });

  it('are only lent: what comes out does not change when the sender uses its buffer again', () => {
    const bench = new Bench({ link: bothWays({ delay: 1000 }) });
    const sent = packet(A1, B1);
    const expected = `b: ${hex(sent)}`;
    bench.outside.get('a')!.send(sent, 0);
    bench.simulation.run(500);
    sent.fill(0);
    bench.send('a', packet(A2, B1, 'other'));
    expect(bench.arrived[0]).toBe(expected);
  });

  it('keep their TTL', () => {
    const bench = new Bench();
    const sent = buildTcpPacket({ source: parseAddress(A1), destination: parseAddress(B1), ttl: 1 });
    expect(bench.send('a', sent)).toEqual([`b: ${hex(sent)}`]);
  });
});

describe('the link', () => {
  it('takes faults of client>server from a to b', () => {
    const faults = ['drop client>server data 2', 'drop server>client any 1'].map(parseFault);
    const bench = new Bench({ link: { ...bothWays({}), faults } });
    const there = ['one', 'two', 'three'].map((text) => packet(A1, B1, text));
    expect(bench.send('a', ...there)).toEqual([there[0], there[2]].map((bytes) => `b: ${hex(bytes!)}`));
    const back = ['one', 'two'].map((text) => packet(B1, A1, text));
    expect(bench.send('b', ...back)).toEqual([`a: ${hex(back[1]!)}`]);
    const { forward, backward } = bench.network.link.statistics;
    expect([forward.lost.fault, backward.lost.fault]).toEqual([1, 1]);
  });

  it('does the same with the same seed, and something else with another', () => {
    const lossy: DirectionConfig = { loss: 0.3, corrupt: 0.3, delay: 5000, jitter: 4000, duplicate: 0.2 };
    const run = (seed: number): readonly string[] => {
      const bench = new Bench({ link: bothWays(lossy), seed, traced: true });
      bench.send('a', ...Array.from({ length: 50 }, (_, i) => packet(A1, B1, `packet ${i}`)));
      return bench.events.map(eventLine);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it('needs two sides, and settings that make sense', () => {
    expect(() => new Bench({ a: 0 })).toThrow('a network needs a port on side a');
    expect(() => new Bench({ b: 0 })).toThrow('a network needs a port on side b');
    expect(() => new Bench({ link: bothWays({ loss: 2 }) })).toThrow(RangeError);
  });
});

/** A host on a channel of its own, plugged into a port of the network. */
function plugHost(
  bench: Bench,
  port: string,
  address: string,
  tcp: Partial<TcpConfig> = profileNamed('classroom').endpoint,
): Host {
  const end = bench.outside.get(port)!;
  const host = new Host({
    name: port,
    addresses: [address],
    output: (bytes, id) => end.send(bytes, id),
    random: new Random(7).fork(port),
    engine: compiledEngine,
    tcp: { ...tcp, r2: 86_400_000, synR2: 86_400_000 },
  });
  end.onPacket((bytes, id) => host.receive(bytes, bench.simulation.now(), id));
  bench.simulation.add(host);
  return host;
}

describe('TCP over it', () => {
  it.each(['classroom', 'lossy', 'perfect'])('two clients get all seven answers over %s', (profile) => {
    const bench = new Bench({ a: 2, link: profileNamed(profile).link });
    const server = plugHost(bench, 'b', B1);
    server.listen({
      port: 50,
      onConnection: (connection) => void serveKeyValue(connection, new MemoryStore()),
    });
    const answers = [A1, A2].map((address, i) => {
      const host = plugHost(bench, `a${i + 1}`, address);
      const connection = host.connect({ address: B1, port: 50 });
      const got: string[] = [];
      const client = new KeyValueClient(connection, {
        engine: compiledEngine,
        scope: connection.scope,
        instance: host.nextInstance(),
        commands: seven.map(({ command }) => command),
        onAnswer: (_, answer) => got.push(answer),
      });
      client.finish();
      return got;
    });
    bench.simulation.run();
    const right = seven.map(({ answer }) => answer);
    expect(answers).toEqual([right, right]);
  });
});

/** Sends so much from a to b over a link that takes `mtu` bytes; what arrived, and the sender's connection. */
function throughNarrow(
  mtu: number,
  [from, to]: readonly [string, string],
  field: Field = {},
  tcp: Partial<TcpConfig> = {},
) {
  const bench = new Bench({ link: bothWays({ delay: 10_000, mtu }), ...field });
  const data = Uint8Array.from({ length: 20_000 }, (_, i) => i * 7);
  const got: number[] = [];
  plugHost(bench, 'b', to, tcp).listen({
    port: 50,
    onConnection: (peer) => {
      peer.handler = { readable: () => void got.push(...peer.receive()), ended: () => peer.close() };
    },
  });
  const connection = plugHost(bench, 'a', from, tcp).connect({ address: to, port: 50 });
  connection.send(data);
  connection.handler = { established: () => connection.close() };
  bench.simulation.run(20_000_000);
  const pmtu = connection.status().tcpi_pmtu;
  const { timeouts } = connection.counters;
  return { bench, pmtu, timeouts, whole: Buffer.from(got).equals(data) };
}

const V6 = ['fd00::1', 'fd00::2'] as const;

describe('a link with an MTU', () => {
  it.each([
    [1000, [A1, B1]],
    [1280, V6],
  ] as const)(
    'of %i tells who sends more, who then sends less at once: path MTU discovery [RFC 1191 4, RFC 4443 3.2]',
    (mtu, ends) => {
      const { whole, pmtu, timeouts } = throughNarrow(mtu, ends);
      expect([whole, pmtu, timeouts]).toEqual([true, mtu, 0]);
    },
  );

  it('says in the name of whom the packet was for how much it takes, and quotes the packet', () => {
    const bench = new Bench({ link: bothWays({ mtu: 100 }), traced: true });
    const sent = packet(A1, B1, 'x'.repeat(61));
    const [answer, ...more] = bench.send('a', sent);
    expect(more).toEqual([]);
    const bytes = Buffer.from(answer!.slice('a: '.length), 'hex');
    const header = new IpHeader();
    expect(decodeIp(bytes, header)).toBe('ok');
    expect([formatAddress(header.source()), formatAddress(header.destination())]).toEqual([B1, A1]);
    const message = new IcmpMessage();
    expect(decodeIcmp(bytes, header, message)).toBe('ok');
    expect([message.kind, message.mtu]).toEqual(['packetTooBig', 100]);
    expect(hex(message.body())).toBe(hex(sent));
    expect(bench.network.link.statistics.forward.lost.mtu).toBe(1);
    // It came of the packet, as the trace has it
    expect(chain(bench.events, bench.events.at(-1)!)).toEqual(['a receive', 'a receive']);
    expect(bench.send('a', packet(A1, B1, 'x'.repeat(60)))).toHaveLength(1);
  });

  it('tells nobody who lets routers fragment, nobody of an error, nobody who is nobody', () => {
    const bench = new Bench({ link: bothWays({ mtu: 100 }) });
    const fragmentable = packet(A1, B1, 'x'.repeat(80));
    fragmentable.set([0, 0, fragmentable[8]!, fragmentable[9]!, 0, 0], 6);
    const check = checksum(fragmentable, 0, 20);
    fragmentable.set([check >>> 8, check & 255], 10);
    const [source, destination] = [parseAddress(A1), parseAddress(B1)];
    const body = new Uint8Array(100);
    const error = buildIcmpPacket({ source, destination, kind: 'unreachable', body });
    const ping = buildIcmpPacket({ source, destination, kind: 'echoRequest', body });
    const [v6, v6To] = V6.map(parseAddress) as [Uint8Array, Uint8Array];
    const error6 = buildIcmpPacket({ source: v6, destination: v6To, kind: 'unreachable', body });
    const multicast = packet(A1, '224.0.0.1', 'x'.repeat(80));
    const unspecified = packet('0.0.0.0', B1, 'x'.repeat(80));
    expect(bench.send('a', fragmentable, error, error6, multicast, unspecified)).toEqual([]);
    expect(bench.network.link.statistics.forward.lost.mtu).toBe(5);
    expect(bench.send('a', ping)).toHaveLength(1);
  });

  it('tells no more than about 1000 times a second', () => {
    const bench = new Bench({ link: bothWays({ mtu: 100 }) });
    const large = packet(A1, B1, 'x'.repeat(80));
    const told = bench.send('a', ...Array.from({ length: 2000 }, () => large)).length;
    // Drawn, and so not to be counted out: half as many to one and a half times
    expect(told).toBeGreaterThanOrEqual(500);
    expect(told).toBeLessThan(1500);
  });

  it('is a black hole where it is to be one, out of which only probing leads [RFC 4821 7.7]', () => {
    const hole = { blackHole: true };
    expect(throughNarrow(1100, [A1, B1], hole)).toMatchObject({ whole: false, pmtu: 1500 });
    const probing = throughNarrow(1100, [A1, B1], hole, { mtuProbing: 'on' });
    expect(probing.whole).toBe(true);
    expect(probing.bench.network.link.statistics.forward.lost.mtu).toBeGreaterThan(0);
  });
});

/** The events from this one back to the first, by what caused what: kinds and ends. */
function chain(events: readonly TraceEvent[], last: TraceEvent): string[] {
  const steps: string[] = [];
  for (let event: TraceEvent | undefined = last; event !== undefined; event = events[event.cause - 1]) {
    steps.unshift(`${event.end} ${event.kind === 'link' ? event.what : event.kind}`);
  }
  return steps;
}

describe('the trace', () => {
  it('has each packet as it comes in, what the link did, and as it goes out, in a chain', () => {
    const bench = new Bench({ link: bothWays({ corrupt: 1, delay: 1000 }), traced: true });
    bench.send('a', packet(A1, B1));
    const [first, ...rest] = bench.packets;
    const { n } = first!;
    expect(first).toMatchObject({ t: 0, end: 'a', cause: 0, kind: 'receive', packet: 0 });
    expect(first).toMatchObject({ segment: { source: '10.0.0.1:1000', length: 5 } });
    expect(rest.map((event) => 'packet' in event && event.packet)).toEqual([n, n, n, n]);
    const last = bench.events.at(-1)!;
    expect(chain(bench.events, last)).toEqual([
      'a receive',
      'link corrupted',
      'link delayed',
      'link delivered',
      'b receive',
    ]);
    expect(last).toMatchObject({ end: 'b', t: 1000, kind: 'receive', packet: n });
    expect(`b: ${hex((last as TraceEvent & { kind: 'receive' }).bytes)}`).toBe(bench.arrived[0]);
    expect(bench.events.find(({ kind }) => kind === 'link')).toMatchObject({ direction: 'a>b' });
  });

  it('has packets between ports of one side without the link', () => {
    const bench = new Bench({ a: 2, traced: true });
    bench.send('a2', packet(A2, '10.9.9.9'));
    const before = bench.events.length;
    bench.send('a1', packet(A1, A2));
    const [came, went, ...more] = bench.events.slice(before);
    expect(more).toEqual([]);
    expect(went).toMatchObject({ end: 'a2', kind: 'receive', packet: came!.n, cause: came!.n });
  });

  it('has what is not passed on, and why', () => {
    const bench = new Bench({ traced: true });
    bench.send('a', Uint8Array.of(1, 2, 3), packet(A1, B1), packet(A2, A1));
    const came = bench.packets.filter((event) => event.kind === 'receive' && event.packet === 0);
    const [bad, , local] = came.map(({ n }) => n);
    expect(bench.packets.filter(({ kind }) => kind === 'discard')).toMatchObject([
      { end: 'a', packet: bad, cause: bad, reason: 'notIp' },
      { end: 'a', packet: local, cause: local, reason: 'local' },
    ]);
  });
});
