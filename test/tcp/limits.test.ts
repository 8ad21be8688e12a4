/** Connections that no user looks after any more: how many a host keeps (RFC 9293 section 3.6.1, Linux's limits). */
import { describe, expect, it } from 'vitest';
import { compiledEngine } from '../../src/chart/index.ts';
import { restoreHost } from '../../src/tcp/snapshot.ts';
import { Random } from '../../src/time/random.ts';
import { Peer } from './peer.ts';

/** `count` connections of a listener, established, from ports 1, 2, ... */
function established(count: number, tcp: Peer['host']['config'] | object): Peer {
  const p = new Peer({ tcp });
  p.listen();
  for (let port = 1; port <= count; port++) {
    p.send('S', { seq: 0, port });
    p.send('.', { seq: 1, ack: 1, port });
  }
  p.take();
  return p;
}

const states = (p: Peer): string[] => p.host.connections.map(({ state }) => state);

describe('orphans', () => {
  it('above maxOrphans are reset at once; those that are over make room', () => {
    const p = established(3, { maxOrphans: 1 });
    const [first, second, third] = p.host.connections as [never, never, never] as Peer['connection'][];
    first?.detach();
    expect(p.take()).toEqual(['F. 1:1(0) ack 1']);
    second?.detach();
    expect(p.take()).toEqual(['R. 1:1(0) ack 1']);
    expect([second?.reason, p.host.counters.orphansReset]).toEqual(['aborted', 1]);
    // In TIME_WAIT it is no orphan any more.
    p.send('F.', { seq: 1, ack: 2, port: 1 });
    expect(states(p)).toEqual(['TIME_WAIT', 'ESTABLISHED']);
    third?.detach();
    expect(states(p)).toEqual(['TIME_WAIT', 'FIN_WAIT_1']);
    expect(p.host.limits.orphans).toBe(1);
    third?.detach();
    expect(states(p)).toEqual(['TIME_WAIT', 'FIN_WAIT_1']);
    p.send('R', { seq: 1, port: 3 });
    expect(p.host.limits.orphans).toBe(0);
  });
});

describe('TIME_WAIT', () => {
  it('is kept by maxTimeWait connections: the oldest makes room, and each FIN has its ACK', () => {
    const p = established(3, { maxTimeWait: 2 });
    for (const [i, connection] of p.host.connections.entries()) {
      connection.close();
      p.take();
      p.send('F.', { seq: 1, ack: 2, port: i + 1 });
      expect(p.take()).toEqual(['. 2:2(0) ack 2']);
    }
    expect(p.host.connections.map(({ remote }) => remote.port)).toEqual([2, 3]);
    expect([p.host.limits.timeWait, p.host.counters.timeWaitOverflow]).toEqual([2, 1]);
  });

  it('the order in which they came is in the snapshot', () => {
    const p = established(3, { maxTimeWait: 2 });
    const [first, second, third] = p.host.connections;
    for (const [connection, port] of [
      [second, 2],
      [first, 1],
    ] as const) {
      connection?.close();
      p.send('F.', { seq: 1, ack: 2, port });
    }
    third?.close();
    const host = restoreHost(
      {
        name: 'host',
        addresses: ['10.0.0.1'],
        output: () => {},
        random: new Random(1),
        engine: compiledEngine,
        tcp: { maxTimeWait: 2 },
      },
      p.host.snapshot(),
    );
    expect(host.limits.snapshot()).toEqual({ timeWait: [second?.id, first?.id] });
    const last = host.connections.find(({ remote }) => remote.port === 3);
    host.limits.enterTimeWait(last as NonNullable<typeof last>);
    expect(host.connections.map(({ remote }) => remote.port)).toEqual([1, 3]);
  });
});
