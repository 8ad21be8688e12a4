/** The three ways to repeat, on the same wire: what each sends again, and what its receiver keeps. */
import { describe, expect, it } from 'vitest';
import { bothWays } from '../../src/channel/config.ts';
import type { Arq } from '../../src/tcp/config.ts';
import { transfer } from './pair.ts';
import { Peer } from './peer.ts';

const M = 1000;

function flight(arq: Arq, window: number, write: number, tcp: object = {}): Peer {
  const p = new Peer({ tcp: { mss: M, arq, window, delayedAck: 0, ...tcp } });
  p.established({ mss: M, sackPermitted: true });
  p.write(write * M);
  expect(p.take().length).toBe(Math.min(window, write));
  return p;
}

function line(i: number, last = false): string {
  return `${last ? 'P' : ''}. ${1 + i * M}:${1 + (i + 1) * M}(${M}) ack 1`;
}

function edges(from: number, to = from): readonly [number, number] {
  return [1 + from * M, 1 + (to + 1) * M];
}

describe('selective repeat', () => {
  it('keeps so many segments outstanding, no more, whatever is lost', () => {
    const p = flight('selective-repeat', 4, 10);
    p.send('.', { ack: 1 + M });
    expect(p.take()).toEqual([line(4)]);
    p.send('.', { ack: 1 + 3 * M });
    expect(p.take()).toEqual([line(5), line(6)]);
  });

  it('duplicate ACKs repeat nothing: there is no fast retransmit', () => {
    const p = flight('selective-repeat', 4, 10);
    for (let i = 0; i < 20; i++) p.send('.', { ack: 1 });
    expect(p.take()).toEqual([]);
  });

  it('each segment has its own timer, from its own last transmission', () => {
    const p = new Peer({ tcp: { mss: M, arq: 'selective-repeat', window: 3, nagle: false } });
    p.established({ mss: M });
    for (let i = 0; i < 3; i++) {
      p.write(M);
      p.wait(50);
    }
    p.take();
    p.wait(250);
    expect(p.timeline()).toEqual([`200 ${line(0)}`, `250 ${line(1)}`, `300 ${line(2, true)}`]);
    // And each its own backoff: 400 ms later they come again.
    p.wait(299);
    expect(p.timeline()).toEqual([`600 ${line(0)}`, `650 ${line(1)}`]);
  });

  it('only what timed out is sent again: what is reported received has no timer', () => {
    const p = flight('selective-repeat', 4, 4, { sack: true });
    p.send('.', { ack: 1, sack: [edges(1), edges(3)] });
    p.wait(200);
    expect(p.take()).toEqual([line(0), line(2)]);
    p.send('.', { ack: 1 + 2 * M, sack: [edges(3)] });
    p.wait(400);
    expect(p.take()).toEqual([line(2)]);
  });

  it('a cumulative ACK leaves the timers of the others alone', () => {
    const p = new Peer({ tcp: { mss: M, arq: 'selective-repeat', window: 3, nagle: false } });
    p.established({ mss: M });
    p.write(M);
    p.wait(50);
    p.write(M);
    p.take();
    p.wait(100);
    p.send('.', { ack: 1 + M });
    p.wait(150);
    // Sent at 50 ms with an RTO of 200 ms.
    expect(p.timeline()).toEqual([`250 ${line(1, true)}`]);
  });

  it('a receiver that takes its report back gets the segment again (RFC 2018 section 8)', () => {
    const p = flight('selective-repeat', 2, 2, { sack: true });
    p.send('.', { ack: 1, sack: [edges(1)] });
    p.send('.', { ack: 1 + M });
    p.wait(1000);
    expect(p.take()[0]).toBe(line(1, true));
  });

  it('the receiver keeps what comes early', () => {
    const p = flight('selective-repeat', 2, 1);
    p.send('.', { seq: 1001, length: M });
    p.send('.', { seq: 1, length: M });
    expect(p.take().at(-1)).toContain('ack 2001');
  });

  it('gives up after R2 all the same', () => {
    const p = flight('selective-repeat', 2, 2, { r2: 5000, maximumRto: 1000 });
    p.wait(20_000);
    expect([p.state, p.reports, p.host.timers.size]).toEqual(['CLOSED', ['timedOut'], 0]);
    const before = p.take().length;
    p.wait(100_000);
    expect([before > 4, p.take()]).toEqual([true, []]);
  });
});

describe('go-back-n', () => {
  it('asks for no SACK', () => {
    const p = new Peer({ tcp: { arq: 'go-back-n', sack: true } });
    p.connect();
    expect(p.segments()[0]!.segment.sackPermitted).toBe(false);
  });

  it('a timeout sends everything outstanding again', () => {
    const p = flight('go-back-n', 4, 10);
    p.wait(200);
    expect(p.take()).toEqual([line(0), line(1), line(2), line(3)]);
    p.wait(400);
    expect(p.take()).toEqual([line(0), line(1), line(2), line(3)]);
    p.send('.', { ack: 1 + 2 * M });
    expect(p.take()).toEqual([line(4), line(5)]);
  });

  it('duplicate ACKs repeat nothing', () => {
    const p = flight('go-back-n', 4, 10);
    for (let i = 0; i < 20; i++) p.send('.', { ack: 1 });
    expect(p.take()).toEqual([]);
  });

  it('its receiver keeps nothing out of order, and says at once what it waits for', () => {
    const p = flight('go-back-n', 2, 1);
    p.send('.', { seq: 1001, length: M });
    expect([p.take(), p.connection.available]).toEqual([['. 1001:1001(0) ack 1'], 0]);
    p.send('.', { seq: 1, length: M });
    expect(p.take()).toEqual(['. 1001:1001(0) ack 1001']);
    expect(p.connection.receiver.reassembly.empty).toBe(true);
  });

  it('a FIN out of order is not kept either', () => {
    const p = flight('go-back-n', 2, 1);
    p.send('F.', { seq: 1001 });
    p.send('.', { seq: 1, length: M });
    expect(p.state).toBe('ESTABLISHED');
    p.send('F.', { seq: 1001 });
    expect(p.state).toBe('CLOSE_WAIT');
  });
});

describe('all three over the same bad link', () => {
  const link = bothWays({ loss: 0.1, delay: 10_000, jitter: 5000 });
  const tcp = { mss: 500, window: 8, r2: 3_600_000, maximumRto: 5000, msl: 60_000 };
  const run = (arq: Arq, seed: number) =>
    transfer({ seed, link, tcp: { ...tcp, arq }, plans: [{ send: 50_000 }, { send: 0 }] });

  it('deliver the same, each with its own kind of repeats', () => {
    const payload = { tcp: 0, 'selective-repeat': 0, 'go-back-n': 0 };
    for (const arq of ['tcp', 'selective-repeat', 'go-back-n'] as const) {
      for (let seed = 1; seed <= 5; seed++) {
        const pair = run(arq, seed);
        const { counters } = pair.near.connection!;
        expect(counters.retransmitsByTimer + counters.retransmitsFast).toBeGreaterThan(0);
        if (arq !== 'tcp') expect(counters.retransmitsFast).toBe(0);
        payload[arq] += pair.clientWatch.payload;
      }
    }
    // Go-back-n repeats what has arrived: that is what it is known for.
    expect(payload['go-back-n']).toBeGreaterThan(1.3 * payload.tcp);
    expect(payload['selective-repeat']).toBeLessThan(payload['go-back-n']);
  });
});
