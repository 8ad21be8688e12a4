import { describe, expect, it } from 'vitest';
import { compiledEngine } from '../../src/chart/index.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { createHost } from '../../src/tcp/host.ts';
import { distance, seq } from '../../src/tcp/seq.ts';
import { Random } from '../../src/time/random.ts';
import {
  ACK,
  buildTcpPacket,
  CWR,
  ECE,
  FIN,
  parseTcpPacket,
  type Segment,
  SYN,
} from '../../src/wire/index.ts';
import { Peer } from './peer.ts';

const OURS = Uint8Array.of(10, 0, 0, 1);
const PEER = Uint8Array.of(10, 0, 0, 2);

describe('a handler that throws', () => {
  it('is its own problem: the host goes on', () => {
    const p = new Peer().established();
    p.connection.handler = {
      readable: () => {
        throw new Error('the application is broken');
      },
    };
    expect(() => p.send('.', { length: 10 })).toThrow('the application is broken');
    p.connection.handler = p.handler;
    p.send('.', { length: 10 });
    expect(p.reports).toEqual(['readable']);
    expect(p.connection.available).toBe(20);
    p.wait(40);
    expect(p.take()).toEqual(['. 1:1(0) ack 21']);
  });
});

describe('a reset', () => {
  it('leaves nothing more to be told but the end', () => {
    const p = new Peer().established();
    p.connection.handler = { ...p.handler, readable: () => p.connection.abort() };
    p.send('F.', { length: 10 });
    expect(p.reports).toEqual(['aborted']);
  });
});

describe('reopening from TIME_WAIT (RFC 9293 section 3.6.1, MAY-2)', () => {
  it('gives the new connection numbers beyond those of the old, however fast that one was', () => {
    const sent: Segment[] = [];
    const host = createHost({
      name: 'host',
      addresses: ['10.0.0.1'],
      output: (packet) => {
        const parsed = parseTcpPacket(packet.slice());
        if (typeof parsed !== 'string') sent.push(parsed.segment);
      },
      random: new Random(1),
      engine: compiledEngine,
      strict: true,
    });
    const got: Connection[] = [];
    host.listen({ port: 80, onConnection: (connection) => void got.push(connection) });
    const say = (flags: number, number: number, payload = 0) => {
      const last = sent[sent.length - 1];
      const ack = last === undefined ? 0 : (last.seq + last.length) >>> 0;
      host.receive(
        buildTcpPacket({
          source: PEER,
          destination: OURS,
          sourcePort: 4000,
          destinationPort: 80,
          seq: number,
          ack: (flags & ACK) === 0 ? 0 : ack,
          flags,
          window: 65_535,
          mss: (flags & SYN) === 0 ? 0 : 1460,
          payload: new Uint8Array(payload),
        }),
      );
    };
    say(SYN, 100);
    say(ACK, 101);
    // 300,000 bytes in no time: the clock behind ISNs (one number every 4 us) stands still meanwhile.
    const [connection] = got as [Connection];
    connection.send(new Uint8Array(300_000));
    while (connection.snd.una !== connection.sender.dataEnd) say(ACK, 101);
    connection.close();
    say(ACK | FIN, 101);
    expect(connection.state).toBe('TIME_WAIT');
    const end = connection.snd.nxt;
    say(SYN, 5000);
    const answer = sent[sent.length - 1] as Segment;
    expect(answer.flags).toBe(SYN | ACK);
    expect(distance(seq(answer.seq), end)).toBeGreaterThan(0);
  });
});

describe('a SYN that offers ECN (RFC 3168 section 6.1.1)', () => {
  it('is taken as a SYN by a host without, and answered without', () => {
    const p = new Peer({ tcp: { ecn: 'off' } });
    p.listen();
    p.host.receive(
      buildTcpPacket({
        source: PEER,
        destination: OURS,
        sourcePort: 4000,
        destinationPort: 80,
        seq: 5000,
        flags: SYN | ECE | CWR,
        window: 65_535,
      }),
    );
    expect(p.take()).toEqual(['S. 0:0(0) ack 1']);
  });
});

describe('a SYN in TIME_WAIT (RFC 6191, SHLD-4)', () => {
  /** A connection that the host has closed, both ends with timestamps; the peer's last one is 100. */
  function closed(): Peer {
    const p = new Peer({ tcp: { timestamps: true } });
    p.listen();
    p.send('S', { seq: 0, timestamps: [100, 0], mss: 1460 });
    p.send('.', { timestamps: [100, 0] });
    p.connection.close();
    p.send('F.', { timestamps: [100, 0] });
    expect(p.state).toBe('TIME_WAIT');
    p.take();
    return p;
  }

  it('opens a new connection by a newer timestamp, though its number is old', () => {
    const p = closed();
    p.send('S', { seq: -5000, timestamps: [101, 0] });
    expect(p.take()).toEqual(['S. 0:0(0) ack -4999']);
  });

  it('does not by an old timestamp and an old number', () => {
    const p = closed();
    p.send('S', { seq: -5000, timestamps: [100, 0] });
    expect(p.state).toBe('TIME_WAIT');
  });
});

describe('a window that was nearly shut', () => {
  it('is told of as soon as one segment fits: the peer need not probe', () => {
    const p = new Peer({ tcp: { receiveBuffer: 3000, mss: 1000 } }).established({ mss: 1000 });
    for (let i = 0; i < 3; i++) p.send('.', { length: 1000 });
    p.wait(40);
    p.take();
    p.connection.receive(999);
    expect(p.take()).toEqual([]);
    p.connection.receive(1);
    expect(p.segments().map(({ segment }) => segment.window)).toEqual([1000]);
  });
});

describe('OPEN of a connection that exists (RFC 9293 section 3.10.1)', () => {
  it('is an error, and so is one of a connection that is over', () => {
    const p = new Peer().established();
    expect(() => p.connection.open()).toThrow('connection already exists');
    expect([p.state, p.take()]).toEqual(['ESTABLISHED', []]);
    p.connection.abort();
    p.take();
    expect(() => p.connection.open()).toThrow('connection does not exist');
    expect([p.state, p.take()]).toEqual(['CLOSED', []]);
  });
});

describe('a peer that shuts its window on what is outstanding', () => {
  it('[SHLD-17] is not given up while it answers, but R2 after it falls silent', () => {
    const p = new Peer({ tcp: { r2: 3000, maximumRto: 1000 } }).established({ mss: 1000 });
    p.write(2000);
    for (let second = 0; second < 10; second++) {
      p.wait(1000);
      p.send('.', { ack: 1, win: 0 });
    }
    expect([p.state, p.reports]).toEqual(['ESTABLISHED', []]);
    // Three seconds, and what is left of the retransmission timer of one
    p.wait(4000);
    expect([p.state, p.reports]).toEqual(['CLOSED', ['timedOut']]);
  });
});

describe('packets that are only lent', () => {
  it.each([
    ['Uint8Array', (packet: Uint8Array) => packet.slice()],
    ['Buffer, whose slice is a view', (packet: Uint8Array) => Buffer.from(packet)],
  ])('a connection keeps nothing of a %s that is used again', (_, lend) => {
    const sent: Uint8Array[] = [];
    const host = createHost({
      name: 'host',
      addresses: ['10.0.0.1'],
      output: (packet) => sent.push(packet.slice()),
      random: new Random(1),
      engine: compiledEngine,
    });
    host.listen({ port: 80, onConnection: () => {} });
    const syn = lend(
      buildTcpPacket({
        source: PEER,
        destination: OURS,
        sourcePort: 4000,
        destinationPort: 80,
        seq: 7,
        flags: SYN,
      }),
    );
    host.receive(syn, 0);
    syn.fill(0xff);
    // The SYN,ACK is repeated to where the SYN came from
    host.poll(host.nextTimeout);
    expect(sent).toHaveLength(2);
    // IPv4: source and destination address
    expect([...sent[1]!.subarray(12, 20)]).toEqual([...OURS, ...PEER]);
    const [{ local, remote }] = host.connections as [Connection];
    expect([...local.address, ...remote.address]).toEqual([...OURS, ...PEER]);
  });
});
