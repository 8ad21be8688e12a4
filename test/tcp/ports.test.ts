/** Addresses, ports, listeners, and segments that belong to nobody (RFC 9293 sections 3.9.1 and 3.10.7.1). */
import { describe, expect, it } from 'vitest';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { Host, type HostOptions } from '../../src/tcp/host.ts';
import { Random } from '../../src/time/random.ts';
import {
  ACK,
  buildTcpPacket,
  FIN,
  formatFlags,
  parseTcpPacket,
  RST,
  SYN,
  type TcpPacketFields,
} from '../../src/wire/index.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const US = bytes(10, 0, 0, 1);
const THEM = bytes(10, 0, 0, 2);

/** A host, and what it has sent. */
function make(options: Partial<HostOptions> = {}): {
  host: Host;
  sent: string[];
  send(fields: Partial<TcpPacketFields>): void;
} {
  const sent: string[] = [];
  const host = new Host({
    name: 'host',
    addresses: ['10.0.0.1', '10.0.0.9', 'fd00::1'],
    random: new Random(3),
    engine: compiledEngine,
    strict: true,
    ...options,
    output: (packet) => {
      const parsed = parseTcpPacket(packet);
      if (typeof parsed === 'string') throw new Error(parsed);
      const { flags, seq, ack, destinationPort } = parsed.segment;
      sent.push(`${formatFlags(flags)} seq ${seq} ack ${ack} to ${destinationPort}`);
    },
  });
  const send = (fields: Partial<TcpPacketFields>) =>
    host.receive(
      buildTcpPacket({ source: THEM, destination: US, sourcePort: 9, destinationPort: 80, ...fields }),
    );
  return { host, sent, send };
}

describe('a segment for nobody (3.10.7.1)', () => {
  it('with ACK: a reset of that number', () => {
    const { sent, send } = make();
    send({ flags: ACK, seq: 5, ack: 77, payload: bytes(1, 2, 3) });
    expect(sent).toEqual(['R seq 77 ack 0 to 9']);
  });

  it('without ACK: a reset of zero that acknowledges it all, SYN and FIN counted', () => {
    const { sent, send } = make();
    send({ flags: SYN | FIN, seq: 0xffff_ffff, payload: bytes(1, 2, 3) });
    expect(sent).toEqual(['R. seq 0 ack 4 to 9']);
  });

  it('a reset is never answered', () => {
    const { host, sent, send } = make();
    send({ flags: RST, seq: 5 });
    send({ flags: RST | ACK, seq: 5, ack: 6 });
    expect([sent, host.counters.discarded]).toEqual([[], { noListener: 2 }]);
  });
});

describe('packets that are not for us', () => {
  it('are counted by reason and answered by nothing', () => {
    const { host, sent, send } = make();
    send({ destination: bytes(10, 0, 0, 77), flags: SYN });
    send({ source: bytes(224, 0, 0, 1), flags: SYN });
    send({ source: bytes(255, 255, 255, 255), flags: SYN });
    send({ source: bytes(0, 0, 0, 0), flags: SYN });
    const good = buildTcpPacket({ source: THEM, destination: US, flags: SYN });
    const bad = good.slice();
    bad[25]! ^= 1;
    host.receive(bad);
    for (const length of [0, 1, 19, 20, 39]) host.receive(good.subarray(0, length));
    expect(sent).toEqual([]);
    expect(host.counters.discards).toBe(10);
    expect(host.counters.discarded).toMatchObject({ notOurs: 1, badSource: 3, badChecksum: 1 });
    expect(host.connections).toEqual([]);
  });
});

describe('listeners', () => {
  const onConnection = () => {};

  it('a port is listened on once, at all addresses or at each', () => {
    const { host } = make();
    host.listen({ port: 80, onConnection });
    expect(() => host.listen({ port: 80, onConnection })).toThrow('port 80 is in use');
    host.listen({ port: 81, address: '10.0.0.1', onConnection });
    host.listen({ port: 81, address: '10.0.0.9', onConnection });
    expect(() => host.listen({ port: 81, address: '10.0.0.9', onConnection })).toThrow('in use');
    expect(() => host.listen({ port: 82, address: '10.0.0.5', onConnection })).toThrow(
      '10.0.0.5 is not an address',
    );
    for (const port of [0, 65_536, 1.5, Number.NaN]) {
      expect(() => host.listen({ port, onConnection })).toThrow(`port ${port}`);
    }
  });

  it('MUST-43: one at an address goes before one at all', () => {
    const { host, send } = make();
    const took: string[] = [];
    host.listen({ port: 80, onConnection: () => took.push('all') });
    host.listen({ port: 80, address: '10.0.0.9', onConnection: () => took.push('one') });
    for (const [destination, port] of [
      [bytes(10, 0, 0, 9), 1],
      [US, 2],
    ] as const) {
      send({ destination, flags: SYN, sourcePort: port, seq: 1 });
      const connection = host.connections.at(-1)!;
      send({ destination, flags: ACK, sourcePort: port, seq: 2, ack: (connection.snd.iss + 1) >>> 0 });
    }
    expect(took).toEqual(['one', 'all']);
  });

  it('one that is closed takes no more, what it has made goes on, and its port is free', () => {
    const { host, sent, send } = make();
    const listener = host.listen({ port: 80, onConnection });
    send({ flags: SYN, seq: 1 });
    listener.close();
    const [connection] = host.connections;
    send({ flags: ACK, seq: 2, ack: (connection!.snd.iss + 1) >>> 0 });
    expect(connection!.state).toBe('ESTABLISHED');
    sent.length = 0;
    send({ flags: SYN, seq: 1, sourcePort: 10 });
    expect(sent).toEqual(['R. seq 0 ack 2 to 10']);
    host.listen({ port: 80, onConnection });
  });

  it('connections from the same port of different addresses are told apart', () => {
    const { host, send } = make();
    host.listen({ port: 80, onConnection });
    for (const last of [2, 3, 4]) send({ source: bytes(10, 0, 0, last), flags: SYN, seq: last });
    expect(host.connections.map(({ rcv }) => rcv.irs)).toEqual([2, 3, 4]);
    send({ source: bytes(10, 0, 0, 3), flags: RST, seq: 4 });
    expect(host.connections.map(({ rcv }) => rcv.irs)).toEqual([2, 4]);
  });
});

describe('connect', () => {
  it('chooses ephemeral ports of its own, from 49152 on, never one that is taken', () => {
    const { host } = make();
    const ports = new Set<number>();
    for (let i = 0; i < 200; i++) ports.add(host.connect({ address: '10.0.0.2', port: 80 }).local.port);
    expect(ports.size).toBe(200);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(49_152);
    // RFC 6056: not one after the other
    const [a, b, c] = ports;
    expect(b! - a! === 1 && c! - b! === 1).toBe(false);
  });

  it('the same local port may be used towards another host, not towards the same', () => {
    const { host } = make();
    const to = { port: 80, localPort: 5000 };
    host.connect({ ...to, address: '10.0.0.2' });
    host.connect({ ...to, address: '10.0.0.3' });
    host.connect({ ...to, address: '10.0.0.2', port: 81 });
    host.connect({ ...to, address: '10.0.0.2', localAddress: '10.0.0.9' });
    expect(() => host.connect({ ...to, address: '10.0.0.2' })).toThrow('connected to 10.0.0.2 already');
  });

  it('MUST-44: the local address is of the same family; none is a clear error', () => {
    const { host } = make();
    expect(host.connect({ address: 'fd00::2', port: 80 }).local.address.length).toBe(16);
    const { host: old } = make({ addresses: ['10.0.0.1'] });
    expect(() => old.connect({ address: 'fd00::2', port: 80 })).toThrow(
      "host 'host' has no address to reach fd00::2 from",
    );
  });

  it('MUST-46: not to a broadcast, multicast or no address, and not to port 0', () => {
    const { host } = make();
    for (const address of ['255.255.255.255', '224.0.0.1', '0.0.0.0', 'ff02::1', '::']) {
      expect(() => host.connect({ address, port: 80 })).toThrow(RangeError);
    }
    expect(() => host.connect({ address: '10.0.0.2', port: 0 })).toThrow('port 0');
    expect(() => host.connect({ address: 'nonsense', port: 80 })).toThrow('nonsense');
    expect(host.connections).toEqual([]);
  });

  it('a host needs an address', () => {
    expect(() => make({ addresses: [] })).toThrow("host 'host' has no address");
  });

  it('a port that was used is free again when its connection is gone', () => {
    const { host } = make();
    const connection = host.connect({ address: '10.0.0.2', port: 80, localPort: 5000 });
    connection.abort();
    host.connect({ address: '10.0.0.2', port: 80, localPort: 5000 });
    expect(host.connections.length).toBe(1);
  });
});
