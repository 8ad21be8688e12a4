/** Path MTU discovery: by ICMP (RFC 1191, RFC 8201, RFC 5927 section 7.2) and by what arrives (RFC 4821). */
import { describe, expect, it } from 'vitest';
import { bothWays } from '../../src/channel/config.ts';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import { restoreHost } from '../../src/tcp/snapshot.ts';
import { Random } from '../../src/time/random.ts';
import { transfer } from './pair.ts';
import { type FromHost, Peer, type PeerOptions } from './peer.ts';

/** As `Peer` has it, and without Nagle. */
const PLAIN = { timestamps: false, windowScaling: false, sack: false, nagle: false };
const V4 = { version: 4, kind: 'packetTooBig', code: 4 } as const;

/** A connection with segments of 1460 bytes, and `count` of them outstanding. */
function outstanding(count: number, options: PeerOptions = {}): { p: Peer; sent: FromHost[] } {
  const p = new Peer({ ...options, tcp: { nagle: false, ...options.tcp } }).established();
  p.write(1460 * count);
  return { p, sent: p.segments() };
}

/** A router says of the segment at this number, counted from the ISS, that it was too large. */
function tooBig(p: Peer, mtu: number, seq: number, quotedLength = 1500): void {
  const { snd } = p.connection;
  p.host.enter();
  p.connection.icmpError({ ...V4, mtu, quotedSeq: (snd.iss + seq) >>> 0, quotedLength });
  p.host.leave();
}

describe.each([
  ['compiled', compiledEngine],
  ['xstate', interpretedEngine],
])('"packet too big" (%s)', (_, engine) => {
  it('what is outstanding goes out again at once in pieces, and cwnd stays as it is [RFC 1191 3, RFC 8201 4, SHLD-6]', () => {
    const { p } = outstanding(3, { engine });
    const { cwnd } = p.connection.sender.congestion;
    tooBig(p, 1000, 1);
    expect(p.take()).toEqual([
      '. 1:961(960) ack 1',
      '. 961:1461(500) ack 1',
      '. 1461:2421(960) ack 1',
      '. 2421:2921(500) ack 1',
      '. 2921:3881(960) ack 1',
      'P. 3881:4381(500) ack 1',
    ]);
    expect([p.connection.sender.congestion.cwnd, p.connection.sender.recovery.state]).toEqual([cwnd, 'open']);
    p.write(2000);
    expect(p.take()).toEqual(['. 4381:5341(960) ack 1', '. 5341:6301(960) ack 1', 'P. 6301:6381(80) ack 1']);
    expect([p.connection.status().tcpi_pmtu, p.connection.snd.mss]).toEqual([1000, 960]);
    p.send('.', { ack: 6381 });
    expect([p.connection.sender.queue.size, p.host.timers.size]).toEqual([0, 1]);
  });

  it('the retransmission timer goes on, for the first piece', () => {
    const { p } = outstanding(1, { engine });
    p.wait(50);
    tooBig(p, 1000, 1);
    p.take();
    p.wait(149);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.take()).toEqual(['. 1:961(960) ack 1']);
  });

  it('after ten minutes a larger size is tried again, once [RFC 1191 3]', () => {
    const { p } = outstanding(1, { engine });
    tooBig(p, 1000, 1);
    p.send('.', { ack: 1461 });
    p.take();
    p.wait(599_000);
    p.write(1460);
    expect(p.segments().map(({ segment }) => segment.payloadLength)).toEqual([960, 500]);
    p.send('.', { ack: 2921 });
    p.wait(1000);
    p.write(1460);
    expect(p.segments().map(({ segment }) => segment.payloadLength)).toEqual([1460]);
  });

  it('is in the snapshot, with its timer', () => {
    const { p } = outstanding(2, { engine });
    tooBig(p, 1000, 1);
    const saved = p.host.snapshot();
    const options = {
      name: 'host',
      addresses: ['10.0.0.1'],
      output: () => {},
      random: new Random(9),
      engine,
    };
    const copy = restoreHost({ ...options, tcp: { ...PLAIN, congestion: p.host.config.congestion } }, saved);
    expect(copy.snapshot()).toEqual(saved);
    expect(copy.connections[0]?.pathMtu.state).toBe('reduced');
  });
});

describe('a word that is not believed', () => {
  const sizes = (p: Peer) => p.segments().map(({ segment }) => segment.payloadLength);

  it.each([
    ['less than any link has', 67, 1500],
    ['no less than what is used', 1500, 1600],
    ['no less than the packet that it is about', 1400, 1400],
  ])('%s', (_, mtu, quotedLength) => {
    const { p } = outstanding(2);
    tooBig(p, mtu, 1, quotedLength);
    expect([sizes(p), p.connection.snd.mss]).toEqual([[], 1460]);
  });

  it('IPv6 has no links below 1280 bytes [RFC 8201 4]', () => {
    const { p } = outstanding(2);
    const c = p.connection;
    Object.defineProperty(c.remote, 'address', { value: new Uint8Array(16) });
    p.connection.pathMtu.tooBig({
      ...V4,
      version: 6,
      code: 0,
      mtu: 1279,
      quotedSeq: c.snd.una,
      quotedLength: 1500,
    });
    expect(c.pathMtu.mtu).toBe(1500);
  });

  it('that larger packets which arrived speak against counts only if the segment does not arrive [RFC 5927 7.2]', () => {
    const { p } = outstanding(2);
    p.send('.', { ack: 1461 });
    tooBig(p, 1000, 1461);
    expect([sizes(p), p.connection.snd.mss]).toEqual([[], 1460]);
    // It arrives: forgotten
    p.send('.', { ack: 2921 });
    p.write(1460);
    expect(sizes(p)).toEqual([1460]);
    // It does not: the timer proves the router right.
    tooBig(p, 1000, 2921);
    p.wait(200);
    expect(sizes(p)).toEqual([960]);
    expect(p.connection.snd.mss).toBe(960);
  });

  it('without a size is taken for the next smaller of those in use [RFC 1191 3]', () => {
    const { p } = outstanding(1);
    tooBig(p, 0, 1);
    expect(p.connection.pathMtu.mtu).toBe(1492);
    tooBig(p, 0, 1, 1492);
    expect(p.connection.pathMtu.mtu).toBe(1006);
  });
});

describe('a path that drops large packets without a word', () => {
  const hole = bothWays({ delay: 10_000, mtu: 1300 });

  it('is found out, and the largest size that goes through is searched for [RFC 4821 7, RFC 4821 7.7]', () => {
    const pair = transfer({
      link: hole,
      tcp: { mtuProbing: 'on' },
      plans: [{ send: 400_000 }, { send: 100 }],
    });
    const { pathMtu, sender } = pair.near.connection as NonNullable<typeof pair.near.connection>;
    expect(pathMtu.mtu).toBeGreaterThan(1300 - 8);
    expect(pathMtu.mtu).toBeLessThanOrEqual(1300);
    // Three by R1, before it is found out; of the six probes that halve 475 bytes down to 8 few cost another.
    expect(pair.near.connection?.counters.timeouts).toBeLessThanOrEqual(3 + 2);
    expect(sender.congestion.cwnd).toBeGreaterThan(10_000);
  });

  it('is a dead end without probing', () => {
    const options = { link: hole, tcp: { r2: 20_000 }, plans: [{ send: 50_000 }, { send: 100 }] } as const;
    expect(() => transfer(options)).toThrow('timedOut');
  });
});
