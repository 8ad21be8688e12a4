/**
 * SYN cookies (RFC 4987 section 3.6): a SYN flood, and what a connection made from a cookie still knows.
 * `FLOOD=1000000 npx vitest run test/tcp/synCookies.test.ts` for a million SYNs; the suite sends a share.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compiledEngine, type Engine, interpretedEngine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { createHost, type Host } from '../../src/tcp/host.ts';
import { restoreHost } from '../../src/tcp/snapshot.ts';
import { optionsOf, rebuildSyn, SynCookies, stampOptions } from '../../src/tcp/synCookies.ts';
import { Random } from '../../src/time/random.ts';
import { ACK, buildTcpPacket, parseTcpPacket, RST, Segment, SYN } from '../../src/wire/index.ts';

const FLOOD = Number(process.env.FLOOD ?? 5000);
const SERVER = Uint8Array.of(10, 0, 0, 1);
const CLIENT = Uint8Array.of(10, 0, 0, 2);

interface From {
  readonly source?: Uint8Array;
  readonly port?: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack?: number;
  readonly window?: number;
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  readonly timestamps?: readonly [number, number];
  readonly payload?: Uint8Array;
}

/** A server that listens at port 80, and what it says. */
class Server {
  readonly host: Host;
  readonly connections: Connection[] = [];
  readonly sent: Segment[] = [];

  constructor(tcp: Partial<TcpConfig> = {}, engine: Engine = compiledEngine) {
    this.host = createHost({
      name: 'server',
      addresses: ['10.0.0.1'],
      output: (packet) => {
        const parsed = parseTcpPacket(packet.slice());
        if (typeof parsed !== 'string') this.sent.push(parsed.segment);
      },
      random: new Random(3),
      engine,
      strict: true,
      tcp: { backlog: 1, ...tcp },
    });
    this.host.listen({ port: 80, onConnection: (connection) => void this.connections.push(connection) });
  }

  receive({ source = CLIENT, port = 4000, ...fields }: From): void {
    this.host.receive(
      buildTcpPacket({
        ...{ source, destination: SERVER, sourcePort: port, destinationPort: 80, window: 1000 },
        ...fields,
      }),
    );
  }

  /** One SYN that takes the only place. */
  fill(): this {
    this.receive({ port: 9, flags: SYN, seq: 1, mss: 1460 });
    this.sent.length = 0;
    return this;
  }

  /** What was said last. */
  get answer(): Segment {
    return this.sent[this.sent.length - 1] as Segment;
  }
}

const OFFER = { mss: 1400, windowScale: 7, sackPermitted: true, timestamps: [777, 0] as const };

describe('a cookie', () => {
  const local = { address: SERVER, port: 80 };
  const remote = { address: CLIENT, port: 4000 };
  const cookies = new SynCookies(new Uint8Array(32).fill(9));
  const MINUTE = 60_000_000;

  function ack(iss: number, peerIsn: number): Segment {
    const segment = new Segment();
    segment.seq = (peerIsn + 1) >>> 0;
    segment.ack = (iss + 1) >>> 0;
    return segment;
  }

  it('says the largest size in the table that is not above what the peer takes [RFC 4987 3.6]', () => {
    const said = (mss: number) =>
      cookies.mss(local, remote, ack(cookies.iss(local, remote, 5, mss, 0), 5), 0);
    expect([1, 63, 64, 536, 1219, 1220, 1459, 1460, 1461, 65_535].map(said)).toEqual([
      1, 1, 64, 536, 536, 1220, 1440, 1460, 1460, 8960,
    ]);
  });

  it('is good for at least a minute, and for less than two [RFC 4987 3.6]', () => {
    const good = (made: number, used: number) =>
      cookies.mss(local, remote, ack(cookies.iss(local, remote, 5, 1460, made), 5), used) > 0;
    fc.assert(
      fc.property(fc.nat(1_000_000_000_000), fc.nat(MINUTE), (made, later) => {
        expect(good(made, made + later)).toBe(true);
        expect(good(made, made + later + 2 * MINUTE)).toBe(false);
      }),
      { numRuns: 50 },
    );
    // The minute is counted in 8 bits: the same number four hours later is one hash in 2^24.
    expect(good(0, 256 * MINUTE)).toBe(false);
  });

  it('is good between these sockets, from this ISN, under this key, and not one off [RFC 4987 3.6]', () => {
    const iss = cookies.iss(local, remote, 5, 1460, 0);
    const at = (l: typeof local, r: typeof remote, from = cookies, cookie: number = iss, isn = 5) =>
      from.mss(l, r, ack(cookie, isn), 0);
    expect(at(local, remote)).toBe(1460);
    expect(at({ ...local, port: 81 }, remote)).toBe(0);
    expect(at(local, { ...remote, port: 4001 })).toBe(0);
    expect(at(local, { ...remote, address: Uint8Array.of(10, 0, 0, 3) })).toBe(0);
    expect(at(local, remote, new SynCookies(new Uint8Array(32).fill(8)))).toBe(0);
    expect(at(local, remote, cookies, iss, 6)).toBe(0);
    expect(at(local, remote, cookies, iss + 9)).toBe(0);
  });

  it('grows with the ISN of the peer, but for 24 bits, so that numbers of one pair of sockets do not come back', () => {
    const iss = (isn: number) => cookies.iss(local, remote, isn, 1460, 0);
    for (let step = 1; step < 20; step++) {
      const grown = (iss(5 + (step << 26)) - iss(5 + ((step - 1) << 26))) >>> 0;
      expect(Math.abs(grown - (1 << 26))).toBeLessThan(1 << 24);
    }
  });

  it('keeps window scale, SACK and ECN in the low bits of a timestamp that is never ahead of the clock', () => {
    const options = fc.record({
      windowScale: fc.integer({ min: -1, max: 14 }),
      sackPermitted: fc.boolean(),
      ecnFlags: fc.constantFrom(0, 0xc0),
    });
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), options, (now, offer) => {
        const stamp = stampOptions(now, offer);
        const echo = new Segment();
        echo.hasTimestamps = true;
        echo.tsEcr = stamp;
        expect(optionsOf(echo)).toEqual(offer);
        expect((now - stamp) | 0).toBeGreaterThanOrEqual(0);
        expect((now - stamp) | 0).toBeLessThan(64);
      }),
    );
    expect(optionsOf(new Segment())).toEqual({ windowScale: -1, sackPermitted: false, ecnFlags: 0 });
  });

  it('is a SYN again in full', () => {
    const from = ack(99, 5);
    from.window = 300;
    const syn = new Segment();
    rebuildSyn(syn, from, 1220);
    expect([syn.seq, syn.mss, syn.flags, syn.window, syn.hasTimestamps]).toEqual([5, 1220, SYN, 300, false]);
  });
});

describe.each([
  ['compiled', compiledEngine],
  ['xstate', interpretedEngine],
])('a full backlog (%s)', (_name, engine) => {
  it('keeps nothing of a SYN, and the ACK makes the connection that it would have made [RFC 4987 3.6]', () => {
    const server = new Server({}, engine).fill();
    server.receive({ flags: SYN, seq: 500, ...OFFER });
    expect([server.host.connections.length, server.host.counters.synCookiesSent]).toEqual([1, 1]);
    const { seq: iss, flags, ack, tsVal, tsEcr, windowScale, sackPermitted } = server.answer;
    expect([flags, ack, tsEcr, windowScale >= 0, sackPermitted]).toEqual([SYN | ACK, 501, 777, true, true]);
    server.receive({
      flags: ACK,
      seq: 501,
      ack: iss + 1,
      timestamps: [800, tsVal],
      payload: new Uint8Array(10),
    });
    expect(server.host.counters.synCookiesReceived).toBe(1);
    const [c] = server.connections as [Connection];
    expect(c.state).toBe('ESTABLISHED');
    // 1220 is the next size below 1400; 12 bytes are the timestamps'
    expect([c.snd.mss, c.snd.scale, c.sackOk, c.timestampsOk]).toEqual([1208, 7, true, true]);
    expect([c.snd.wnd, c.available, c.snd.una]).toEqual([1000 << 7, 10, iss + 1]);
    // The low bits of the echo were options: no time is measured by them.
    expect(c.sender.rtt.srtt).toBe(0);
    c.send(new Uint8Array(5000));
    expect(server.sent.filter(({ payloadLength }) => payloadLength === 1208)).toHaveLength(4);
  });

  it('a peer without timestamps gets neither SACK nor a scaled window by a cookie', () => {
    const server = new Server({}, engine).fill();
    server.receive({ flags: SYN, seq: 500, mss: 1400, windowScale: 7, sackPermitted: true });
    const { seq: iss, windowScale, sackPermitted, hasTimestamps } = server.answer;
    expect([windowScale, sackPermitted, hasTimestamps]).toEqual([-1, false, false]);
    server.receive({ flags: ACK, seq: 501, ack: iss + 1 });
    const [c] = server.connections as [Connection];
    expect([c.snd.scale, c.rcv.scale, c.sackOk, c.timestampsOk]).toEqual([0, 0, false, false]);
  });
});

describe('an ACK that is no cookie', () => {
  it('is answered with a reset, and counted', () => {
    const server = new Server().fill();
    server.receive({ flags: SYN, seq: 500, ...OFFER });
    server.receive({ flags: ACK, seq: 501, ack: server.answer.seq + 77 });
    expect([server.answer.flags, server.host.counters.synCookiesFailed]).toEqual([RST, 1]);
    expect(server.connections).toHaveLength(0);
  });

  it('is not even looked at while no cookie is out', () => {
    const server = new Server();
    server.receive({ flags: ACK, seq: 501, ack: 77 });
    expect([server.answer.flags, server.host.counters.synCookiesFailed]).toEqual([RST, 0]);
  });

  it('a cookie is not good for ever', () => {
    const server = new Server({ synR2: 600_000 }).fill();
    server.receive({ flags: SYN, seq: 500, ...OFFER });
    const { seq: iss } = server.answer;
    server.host.poll(130_000_000);
    server.receive({ flags: ACK, seq: 501, ack: iss + 1 });
    expect([server.connections.length, server.answer.flags]).toEqual([0, RST]);
  });
});

it('synCookies: always keeps nothing even of the first SYN', () => {
  const server = new Server({ synCookies: 'always' });
  server.receive({ flags: SYN, seq: 500, ...OFFER });
  expect(server.host.connections).toHaveLength(0);
  server.receive({
    flags: ACK,
    seq: 501,
    ack: server.answer.seq + 1,
    timestamps: [800, server.answer.tsVal],
  });
  expect(server.connections[0]?.state).toBe('ESTABLISHED');
});

it('cookies that are out are good at a host restored from a snapshot', () => {
  const server = new Server().fill();
  server.receive({ flags: SYN, seq: 500, ...OFFER });
  const saved = server.host.snapshot();
  const again: Connection[] = [];
  const host = restoreHost(
    {
      name: 'server',
      addresses: ['10.0.0.1'],
      output: () => {},
      random: new Random(0),
      engine: compiledEngine,
    },
    saved,
    { listeners: [{ port: 80, backlog: 1, onConnection: (connection) => void again.push(connection) }] },
  );
  const { seq: iss, tsVal } = server.answer;
  const fields = { source: CLIENT, destination: SERVER, sourcePort: 4000, destinationPort: 80, window: 9 };
  host.receive(buildTcpPacket({ ...fields, flags: ACK, seq: 501, ack: iss + 1, timestamps: [800, tsVal] }));
  expect(again[0]?.state).toBe('ESTABLISHED');
  expect(host.snapshot().cookiesSent).toEqual(saved.cookiesSent);
});

describe('a SYN flood', () => {
  it(`of ${FLOOD} from distinct sources takes no memory, and honest clients still connect [RFC 4987 3.6]`, {
    timeout: 600_000,
  }, () => {
    const server = new Server({ backlog: 64 });
    let honest = 0;
    for (let i = 0; i < FLOOD; i++) {
      const source = Uint8Array.of(11, i >>> 16, i >>> 8, i);
      server.receive({ source, port: 1024 + (i & 0x7fff), flags: SYN, seq: i, mss: 1460 });
      if (i % 1000 !== 999) continue;
      expect(server.host.connections.length).toBeLessThanOrEqual(64 + honest);
      expect(server.host.timers.size).toBeLessThanOrEqual(64);
      server.sent.length = 0;
      server.receive({ port: 5000 + honest, flags: SYN, seq: i, ...OFFER });
      const { seq: iss, tsVal } = server.answer;
      server.receive({
        port: 5000 + honest,
        flags: ACK,
        seq: i + 1,
        ack: (iss + 1) >>> 0,
        timestamps: [800, tsVal],
      });
      honest += 1;
      server.host.poll(server.host.now() + 10_000);
    }
    expect(honest).toBe(Math.floor(FLOOD / 1000));
    expect(server.connections.map(({ state }) => state)).toEqual(Array(honest).fill('ESTABLISHED'));
    expect(server.host.counters.synCookiesSent).toBe(FLOOD - 64 + honest);
    expect(Object.keys(server.host.counters.discarded)).toEqual([]);
  });

  it('over several listeners keeps no more half-open connections than the host may have', () => {
    const server = new Server({ backlog: 64, maxSynBacklog: 100 });
    server.host.listen({ port: 81, onConnection: () => {} });
    for (let i = 0; i < 200; i++) {
      const fields = { source: CLIENT, destination: SERVER, sourcePort: 1000 + i, flags: SYN, seq: i };
      for (const destinationPort of [80, 81])
        server.host.receive(buildTcpPacket({ ...fields, destinationPort }));
    }
    expect(server.host.connections).toHaveLength(100);
    expect(server.host.opening).toBe(100);
  });
});
