/** Dynamic right-sizing of the receive buffer: it grows with what its user reads in a round trip. */
import { describe, expect, it } from 'vitest';
import { bothWays } from '../../src/channel/config.ts';
import { compiledEngine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { Host } from '../../src/tcp/host.ts';
import { Random } from '../../src/time/random.ts';
import { transfer } from './pair.ts';
import { Peer } from './peer.ts';

const MSS = 1000;
const TUNED = { receiveBuffer: 20_000, receiveBufferMax: 1_000_000, windowScaling: true, mss: MSS };

/** An open connection whose peer's timestamps go back 100 ms. */
function tuned(tcp: Partial<TcpConfig> = {}): Peer {
  const p = new Peer({ tcp: { ...TUNED, timestamps: true, ...tcp } });
  return p.established({ mss: MSS, windowScale: 0, timestamps: [1, p.host.timestamp()] });
}

/** The peer sends so many segments, in answer to what was sent 100 ms ago; the user reads them at once. */
function round(p: Peer, segments: number): number {
  const sent = p.connection.timestamp();
  p.wait(100);
  for (let i = 0; i < segments; i++) {
    p.send('.', { length: MSS, timestamps: [2, sent] });
    p.connection.receive();
  }
  return p.connection.receiver.tuning.limit;
}

describe('a receive buffer', () => {
  it('grows to two round trips of what is read, and ahead of a sender that speeds up', () => {
    const p = tuned();
    // A round trip is known with the first segment; the measurement began with the handshake, 100 ms before.
    round(p, 10);
    expect(p.connection.receiver.tuning.rtt).toBe(100_000);
    expect(p.connection.receiver.tuning.limit).toBe(20_000);
    // The first segment of the next round closes the measurement: 10 segments less the first, and this one.
    const limit = round(p, 15);
    expect(limit).toBe(20_000);
    // 15 segments, where 10 were the most before: 2 * 15 + 16 for what may be under way, and twice half of that ahead
    expect(round(p, 1)).toBe(46_000 + 2 * Math.floor((46_000 * 5) / 10));
  });

  it('never grows beyond its limit, nor shrinks', () => {
    const p = tuned({ receiveBufferMax: 50_000 });
    for (const segments of [10, 15, 20, 30]) round(p, segments);
    expect(round(p, 1)).toBe(50_000);
    for (const segments of [1, 2, 1]) round(p, segments);
    expect(p.connection.receiver.tuning.limit).toBe(50_000);
  });

  it('does not grow for a user who does not read', () => {
    const p = tuned();
    for (let i = 0; i < 4; i++) {
      p.wait(100);
      for (let j = 0; j < 4; j++)
        p.send('.', { length: MSS, timestamps: [2, p.connection.timestamp() - 100] });
    }
    expect(p.connection.receiver.tuning.limit).toBe(20_000);
  });

  it('that somebody has set stays as it is', () => {
    const config = (tcp: Partial<TcpConfig>) =>
      new Host({
        ...{ name: 'host', addresses: ['10.0.0.1'], output: () => {}, engine: compiledEngine },
        ...{ random: new Random(1), tcp },
      }).config.receiveBufferMax;
    expect(config({ receiveBuffer: 20_000 })).toBe(0);
    expect(config({})).toBe(6 << 20);
    const p = tuned();
    p.connection.setOptions({ receiveBuffer: 30_000 });
    for (const segments of [10, 15, 20, 30]) round(p, segments);
    expect(p.connection.receiver.tuning.limit).toBe(30_000);
  });

  it.each([true, false])('opens a long path to what it carries (timestamps: %s)', (timestamps) => {
    // 2 Mbit/s and 200 ms: 50 kB are under way; 8 kB of window carry a sixth of that.
    const run = (receiveBufferMax: number) => {
      const tcp = { receiveBuffer: 8192, receiveBufferMax, sendBuffer: 1 << 18, timestamps };
      const link = bothWays({ delay: 100_000, rate: 2_000_000 });
      return transfer({ link, tcp, plans: [{ send: 300_000 }, { send: 0, waits: true }] }).simulation.now();
    };
    const fixed = run(0);
    const grown = run(1 << 18);
    // The connections end after 2 MSL, a minute, in either case.
    expect((fixed - 60_000_000) / (grown - 60_000_000)).toBeGreaterThan(2);
  });
});
