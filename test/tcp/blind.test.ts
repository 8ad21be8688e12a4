/**
 * Blind attacks: somebody who knows both addresses and both ports, but none of the numbers, sends what he likes
 * (RFC 5961, RFC 5927). Nothing of it may change the connection, and what it makes us send is limited.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import { Random } from '../../src/time/random.ts';
import { buildIcmpPacket, buildTcpPacket, parseAddress } from '../../src/wire/index.ts';
import { HOST_PORT, PEER_PORT, Peer } from './peer.ts';

const HOST = parseAddress('10.0.0.1');
const PEER = parseAddress('10.0.0.2');
const LIMIT = 20;
const ATTEMPTS = 400;
const FLAGS: Readonly<Record<string, number>> = {
  RST: 4,
  'RST,ACK': 20,
  SYN: 2,
  'SYN,ACK': 18,
  ACK: 16,
  'FIN,ACK': 17,
};

/** What the attacker wants to change: all that a user, or the peer, would notice. */
function essence({ connection: c, reports }: Peer): unknown {
  const { una, nxt, wnd, mss } = c.snd;
  return {
    state: c.state,
    una,
    nxt,
    wnd,
    mss,
    rcv: c.rcv.nxt,
    available: c.available,
    reports: [...reports],
  };
}

describe.each([
  ['compiled', compiledEngine],
  ['xstate', interpretedEngine],
])('a blind attacker (%s)', (_, engine) => {
  let p: Peer;
  let random: Random;

  beforeEach(() => {
    p = new Peer({
      engine,
      tcp: { challengeAckLimit: LIMIT, invalidRateLimit: 0, nagle: false },
    }).established();
    random = new Random(5961);
    // Data outstanding, and a window of 65,535 bytes to guess
    p.write(100);
    p.take();
  });

  function forge(flags: number, seq: number, ack: number, length = 0): void {
    p.host.receive(
      buildTcpPacket({
        ...{ source: PEER, destination: HOST, sourcePort: PEER_PORT, destinationPort: HOST_PORT },
        ...{ flags, seq, ack, window: 0, payload: new Uint8Array(length).fill(66) },
      }),
    );
  }

  const anywhere = () => random.integer(0x1_0000_0000);
  /** In the window, but not at its left edge: one guess in 65,536 comes there. */
  const inWindow = () => (p.connection.rcv.nxt + 1 + random.integer(65_000)) >>> 0;
  /** Not what may be acknowledged: the attacker's chance to guess that too is one in 65,536. */
  const badAck = () => (p.connection.snd.una + 0x1000_0000 + random.integer(0xd000_0000)) >>> 0;

  it.each(Object.keys(FLAGS))(
    '%s anywhere changes nothing [RFC 5961 3.2, RFC 5961 4.2, RFC 5961 5.2]',
    (name) => {
      const before = essence(p);
      for (let i = 0; i < ATTEMPTS; i++) {
        forge(FLAGS[name] as number, anywhere(), badAck(), name === 'ACK' ? random.integer(100) : 0);
        expect(essence(p)).toEqual(before);
      }
    },
  );

  it.each(['RST', 'RST,ACK', 'SYN', 'SYN,ACK', 'ACK', 'FIN,ACK'])(
    '%s in the window changes nothing, and is answered within the limit [RFC 5961 7]',
    (name) => {
      const before = essence(p);
      for (let i = 0; i < ATTEMPTS; i++) {
        forge(FLAGS[name] as number, inWindow(), badAck(), name === 'ACK' ? 100 : 0);
        expect(essence(p)).toEqual(before);
      }
      const answers = p.take();
      expect(new Set(answers)).toEqual(new Set(['. 101:101(0) ack 1']));
      expect(answers.length).toBeGreaterThanOrEqual(LIMIT / 2);
      expect(answers.length).toBeLessThan(LIMIT * 1.5);
    },
  );

  it('cannot count on the limit: each second has another, drawn from the seed [RFC 5961 7]', () => {
    const SECONDS = 200;
    const counts: number[] = [];
    for (let second = 0; second < SECONDS; second++) {
      p.take();
      for (let i = 0; i < 2 * LIMIT; i++) forge(FLAGS.SYN as number, inWindow(), 0);
      counts.push(p.take().length);
      p.wait(1000);
    }
    // Uniform from LIMIT / 2 to LIMIT / 2 + LIMIT - 1: 20 values, each to come ten times in 200
    expect(new Set(counts).size).toBe(LIMIT);
    expect(Math.min(...counts)).toBe(LIMIT / 2);
    expect(Math.max(...counts)).toBe(LIMIT * 1.5 - 1);
    // The mean of 200 has a standard deviation of 5.8 / 14 = 0.41
    const mean = counts.reduce((sum, count) => sum + count, 0) / SECONDS;
    expect(Math.abs(mean - (LIMIT - 0.5))).toBeLessThan(4 * 0.41);
  });

  it('on one connection gets an answer in half a second, whatever it asks with [RFC 5961 7]', () => {
    const one = new Peer({ engine }).established();
    const ask = [
      () => one.send('R', { seq: one.next + 100 }),
      () => one.send('S', { seq: one.next + 100 }),
      () => one.send('.', { seq: one.next - 1 }),
      () => one.send('.', { ack: one.seen + 100 }),
    ];
    for (const [i, first] of ask.entries()) {
      first();
      for (const other of ask) other();
      one.wait(499);
      for (const other of ask) other();
      expect([i, one.take()]).toEqual([i, ['. 1:1(0) ack 1']]);
      expect(one.host.counters.acksSkipped).toBe((i + 1) * 2 * ask.length);
      one.wait(1);
    }
    // What brings text is answered each time: the peer sends it until it hears of it
    for (let i = 0; i < 3; i++) one.send('P.', { seq: one.next - 10, length: 10 });
    expect(one.take()).toHaveLength(3);
  });

  it('a RST at the very number ends the connection: the peer must be able to', () => {
    forge(FLAGS.RST as number, p.connection.rcv.nxt, 0);
    expect(p.reports).toEqual(['reset']);
  });

  it('data with a good number, and an ACK that nobody sent, is not taken [RFC 5961 5.2]', () => {
    const before = essence(p);
    forge(FLAGS.ACK as number, p.connection.rcv.nxt, badAck(), 100);
    expect(essence(p)).toEqual(before);
  });

  it('ICMP errors about what was never sent change nothing [RFC 5927 4.1]', () => {
    const before = essence(p);
    for (let i = 0; i < ATTEMPTS; i++) {
      const seq = (p.connection.snd.nxt + random.integer(0xffff_0000)) >>> 0;
      const ports = { sourcePort: HOST_PORT, destinationPort: PEER_PORT };
      const body = buildTcpPacket({ source: HOST, destination: PEER, ...ports, flags: 16, seq });
      const kind =
        (['unreachable', 'packetTooBig', 'timeExceeded'] as const)[random.integer(3)] ?? 'unreachable';
      p.host.receive(
        buildIcmpPacket({ source: PEER, destination: HOST, kind, code: random.integer(16), mtu: 68, body }),
      );
      expect(essence(p)).toEqual(before);
    }
    expect(p.host.counters.discarded).toEqual({ icmpOutsideWindow: ATTEMPTS });
    expect(p.take()).toEqual([]);
  });
});

describe('TIME_WAIT [RFC 1337 3]', () => {
  it.each(['R', 'R.', 'S', '.', 'F.'])('is ended by no old segment: %s', (flags) => {
    const p = new Peer().established();
    p.connection.close();
    p.send('F.', { ack: 2 });
    expect(p.state).toBe('TIME_WAIT');
    for (const seq of [-100_000, -1, 0, 1, 2]) p.send(flags, { seq, ack: 2 });
    // Exactly at RCV.NXT too
    p.send('R', { seq: 2 });
    expect(p.state).toBe('TIME_WAIT');
  });
});
