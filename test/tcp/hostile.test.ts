/**
 * Hostile input: random and mutated packets at hosts in every state. `HOSTILE=1000000 npx vitest run
 * test/tcp/hostile.test.ts` for the full million; the suite runs a share.
 */
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/tcp/connection.ts';
import { distance } from '../../src/tcp/seq.ts';
import { Random } from '../../src/time/random.ts';
import { buildTcpPacket, parseAddress } from '../../src/wire/index.ts';
import { Bench } from '../conformance/driver.ts';
import type { Opening, State } from '../conformance/row.ts';

const TOTAL = Number(process.env.HOSTILE ?? 40_000);
/** Packets that one host gets before the next one takes its place. */
const SALVO = 200;

const OURS = parseAddress('10.0.0.1');
const PEER = parseAddress('10.0.0.2');

const cases: readonly (readonly [State, Opening])[] = [
  ['LISTEN', 'passive'],
  ['SYN_SENT', 'active'],
  ['SYN_RECEIVED', 'passive'],
  ['SYN_RECEIVED', 'active'],
  ['ESTABLISHED', 'passive'],
  ['ESTABLISHED', 'active'],
  ['FIN_WAIT_1', 'active'],
  ['FIN_WAIT_2', 'active'],
  ['CLOSE_WAIT', 'passive'],
  ['CLOSING', 'active'],
  ['LAST_ACK', 'passive'],
  ['TIME_WAIT', 'active'],
  ['CLOSED', 'active'],
];

/** One of several. */
function pick<T>(random: Random, ...values: readonly T[]): T {
  return values[random.integer(values.length)] as T;
}

/** A number near one that means something, or any. */
function near(random: Random, at: number): number {
  const off = pick(random, 0, 0, 0, 1, -1, 2, random.integer(3000) - 1500, random.integer(0x1_0000_0000));
  return (at + off) >>> 0;
}

/** A well-formed packet with a right checksum whose fields lie near, or far from, what the host expects. */
function crafted(random: Random, c: Connection | undefined, ports: readonly [number, number]): Uint8Array {
  const { nxt, edge } = c?.rcv ?? { nxt: random.integer(0x1_0000_0000), edge: 0 };
  const snd = c?.snd ?? { una: random.integer(0x1_0000_0000), nxt: 0 };
  const block = () => {
    const left = near(random, pick(random, snd.una, snd.nxt));
    return [left, near(random, left + 100)] as const;
  };
  const options = random.chance(0.3)
    ? { rawOptions: random.bytes(4 * random.integer(11)) }
    : {
        mss: pick(random, 0, 0, 1, 536, 65_535),
        windowScale: pick(random, -1, -1, 0, 14, 200),
        sackPermitted: random.chance(0.5),
        sack: Array.from({ length: pick(random, 0, 0, 1, 2) }, block),
        ...(random.chance(0.3)
          ? { timestamps: [random.integer(1 << 30), random.integer(1 << 30)] as const }
          : {}),
      };
  return buildTcpPacket({
    source: random.chance(0.02) ? parseAddress(pick(random, '224.0.0.1', '0.0.0.0', '10.9.9.9')) : PEER,
    destination: random.chance(0.02) ? parseAddress(pick(random, '224.0.0.1', '10.0.0.7')) : OURS,
    sourcePort: random.chance(0.05) ? random.integer(65_536) : ports[0],
    destinationPort: random.chance(0.05) ? random.integer(65_536) : ports[1],
    seq: near(random, pick(random, nxt, nxt, edge)),
    ack: near(random, pick(random, snd.una, snd.nxt)),
    // Mostly one that gets past the first checks
    flags: pick(random, 16, 16, 24, 17, 2, 18, 4, 20, 48, random.integer(512)),
    window: pick(random, 0, 1, 100, 65_535, random.integer(65_536)),
    urgentPointer: random.integer(65_536),
    payload: random.bytes(pick(random, 0, 0, 1, 5, 100, 1460)),
    ...options,
  });
}

/** The same with a few bits or its length changed, or no packet at all. */
function mutated(random: Random, packet: Uint8Array): Uint8Array {
  const kind = random.integer(4);
  if (kind === 0) return random.bytes(random.integer(100));
  if (kind === 1) return packet.subarray(0, random.integer(packet.length + 1));
  const copy = packet.slice();
  const flips = 1 + random.integer(4);
  for (let i = 0; i < flips; i++) {
    const bit = random.integer(8 * copy.length);
    copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  return copy;
}

/** What may never be otherwise, whatever arrived. */
function checkInvariants(c: Connection): void {
  expect(distance(c.snd.nxt, c.snd.una)).toBeGreaterThanOrEqual(0);
  const marked = c.sender.queue.marked;
  for (const count of marked) expect(count).toBeGreaterThanOrEqual(0);
  expect(c.receiver.available).toBeLessThanOrEqual(c.config.receiveBuffer + (1 << 14));
  expect(c.receiver.reassembly.count).toBeLessThanOrEqual(256);
  expect(c.sender.congestion.cwnd).toBeGreaterThan(0);
  expect(Number.isSafeInteger(c.sender.rtt.rto)).toBe(true);
}

/** What the host's own user does meanwhile. */
function call(random: Random, c: Connection): void {
  const mayWrite = c.state === 'ESTABLISHED' || c.state === 'CLOSE_WAIT';
  if (random.chance(0.02) && mayWrite) c.send(random.bytes(random.integer(3000)));
  if (random.chance(0.02)) c.receive(random.integer(2000));
  if (random.chance(0.002)) c.close();
  if (random.chance(0.001)) c.detach();
  if (random.chance(0.001)) c.setKeepAlive(random.chance(0.5), 1 + random.integer(5000));
}

function salvo(random: Random, state: State, opening: Opening, count: number): void {
  const bench = new Bench({ backlog: 16, keepAlive: random.chance(0.2) });
  bench.reach(state, opening);
  const { host } = bench;
  const first = bench.connection;
  const ports = [first?.remote.port ?? 4000, first?.local.port ?? 80] as const;
  const before = host.counters.packetsIn;
  for (let i = 0; i < count; i++) {
    const target = pick(random, ...(host.connections.length > 0 ? host.connections : [first]));
    const packet = crafted(random, target, ports);
    host.receive(random.chance(0.3) ? mutated(random, packet) : packet, host.now());
    bench.forget();
    if (random.chance(0.1))
      host.poll(host.now() + random.integer(pick(random, 1000, 1_000_000, 100_000_000)));
    for (const connection of host.connections) {
      if (random.chance(0.3)) call(random, connection);
      checkInvariants(connection);
    }
    expect(host.connections.length).toBeLessThanOrEqual(40);
    expect(host.timers.size).toBeLessThanOrEqual(20 * (host.connections.length + 1));
  }
  expect(host.counters.packetsIn - before).toBe(count);
}

describe('hostile packets', () => {
  const each = Math.ceil(TOTAL / cases.length);
  for (const [state, opening] of cases) {
    it(`do no harm in ${state} (${opening})`, { timeout: 600_000 }, () => {
      const random = new Random(20_261_122).fork(`${state} ${opening}`);
      for (let done = 0; done < each; done += SALVO)
        salvo(random, state, opening, Math.min(SALVO, each - done));
    });
  }

  it('are counted by why they were dropped', () => {
    const bench = new Bench();
    bench.reach('ESTABLISHED', 'passive');
    const { host } = bench;
    const base = { source: PEER, destination: OURS, sourcePort: 4000, destinationPort: 9, flags: 2 };
    const good = buildTcpPacket(base);
    const damaged = good.slice();
    damaged[24] = (damaged[24] as number) ^ 1;
    host.receive(new Uint8Array(0));
    host.receive(good.subarray(0, 10));
    host.receive(damaged);
    host.receive(good);
    host.receive(buildTcpPacket({ ...base, protocol: 132 }));
    host.receive(buildTcpPacket({ ...base, destination: parseAddress('10.0.0.9') }));
    host.receive(buildTcpPacket({ ...base, source: parseAddress('224.0.0.1') }));
    expect(host.counters.discarded).toEqual({
      truncated: 2,
      badChecksum: 1,
      noListener: 1,
      notTcp: 1,
      notOurs: 1,
      badSource: 1,
    });
  });

  it('a flood of SYNs opens no more than the backlog', () => {
    const bench = new Bench({ backlog: 16, synCookies: 'off' });
    bench.listen();
    for (let i = 0; i < 5000; i++) {
      const source = Uint8Array.of(10, 1, i >> 8, i & 255);
      bench.host.receive(
        buildTcpPacket({ source, destination: OURS, sourcePort: 1000, destinationPort: 80, flags: 2 }),
      );
    }
    expect(bench.host.connections.length).toBe(16);
    expect(bench.host.counters.discarded.backlogFull).toBe(5000 - 16);
  });

  it('gaps without end are kept up to a limit', () => {
    const bench = new Bench({ sack: true });
    bench.reach('ESTABLISHED', 'passive');
    const c = bench.connection as Connection;
    for (let i = 1; i < 2000; i++) {
      bench.host.receive(
        buildTcpPacket({
          source: PEER,
          destination: OURS,
          sourcePort: c.remote.port,
          destinationPort: c.local.port,
          flags: 16,
          seq: (c.rcv.nxt + 2 * i) >>> 0,
          ack: c.snd.nxt,
          window: 1000,
          payload: Uint8Array.of(1),
        }),
      );
    }
    expect(c.receiver.reassembly.count).toBe(256);
    expect(c.receiver.available).toBe(0);
  });
});
