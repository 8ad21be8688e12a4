/** What a TCP asks of IP, and what it refuses (RFC 9293 sections 3.9.1.1, 3.9.1.9, 3.9.2). */
import { describe, expect, it } from 'vitest';
import { compiledEngine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { type ConnectOptions, createHost, type HostOptions } from '../../src/tcp/host.ts';
import type { SocketOptions } from '../../src/tcp/socketOptions.ts';
import { Random } from '../../src/time/random.ts';
import {
  ACK,
  buildTcpPacket,
  decodeIp,
  formatAddress,
  IpHeader,
  parseAddress,
  parseTcpPacket,
  RST,
  SYN,
} from '../../src/wire/index.ts';
import { Peer } from './peer.ts';

/** A host with several addresses, and the packets that it sends. */
function make(addresses: readonly string[], options: Partial<HostOptions> = {}) {
  const sent: Uint8Array[] = [];
  const host = createHost({
    name: 'host',
    addresses,
    output: (packet) => void sent.push(packet.slice()),
    random: new Random(1),
    engine: compiledEngine,
    strict: true,
    ...options,
  });
  const header = (at: number) => {
    const ip = new IpHeader();
    decodeIp(sent.at(at) as Uint8Array, ip);
    return ip;
  };
  return { host, sent, header };
}

/** An open connection of a host with these options, and a peer that says what it is told to. */
function open(options: SocketOptions = {}, tcp: Partial<TcpConfig> = {}, to = '10.0.0.2') {
  const made = make(['10.0.0.1', 'fd00::1'], { tcp });
  const connection = made.host.connect({ address: to, port: 80, localPort: 5000, options });
  const say = (flags: number, payload = 0) => {
    const { snd, rcv } = connection;
    const bytes = new Uint8Array(payload);
    const ports = { sourcePort: 80, destinationPort: 5000, window: 60_000 };
    const addresses = { source: parseAddress(to), destination: connection.local.address };
    const seq = (flags & SYN) !== 0 ? 0 : rcv.nxt;
    made.host.receive(buildTcpPacket({ ...addresses, ...ports, flags, seq, ack: snd.nxt, payload: bytes }));
  };
  say(SYN | ACK);
  return { ...made, connection, say };
}

describe('OPEN', () => {
  it('takes a local address of the host, and no other [MUST-43]', () => {
    const { host, header } = make(['10.0.0.1', '10.0.0.7']);
    host.connect({ address: '10.0.0.2', port: 80, localAddress: '10.0.0.7' });
    expect(formatAddress(header(-1).source())).toBe('10.0.0.7');
    const foreign: ConnectOptions = { address: '10.0.0.2', port: 80, localAddress: '10.0.0.9' };
    expect(() => host.connect(foreign)).toThrow("10.0.0.9 is not an address of host 'host'");
    expect(() => host.listen({ port: 80, address: '10.0.0.9', onConnection: () => {} })).toThrow(RangeError);
  });

  it('without one takes what the host has towards the peer [MUST-44]', () => {
    const { host, header } = make(['fd00::1', '10.0.0.1']);
    host.connect({ address: '10.0.0.2', port: 80 });
    expect(formatAddress(header(-1).source())).toBe('10.0.0.1');
    host.connect({ address: 'fd00::2', port: 80 });
    expect(formatAddress(header(-1).source())).toBe('fd00::1');
    const v4 = make(['10.0.0.1']);
    expect(() => v4.host.connect({ address: 'fd00::2', port: 80 })).toThrow('no address to reach fd00::2');
    expect(v4.sent).toEqual([]);
  });

  it('all packets of a connection have the address that it was opened from, or to [MUST-45]', () => {
    const { host, sent, header } = make(['10.0.0.1', '10.0.0.7']);
    host.listen({
      port: 80,
      onConnection: (c) => {
        c.handler = { readable: () => c.send(c.receive()) };
      },
    });
    const ports = { sourcePort: 4000, destinationPort: 80, window: 60_000 };
    const addresses = { source: parseAddress('10.0.0.2'), destination: parseAddress('10.0.0.7') };
    host.receive(buildTcpPacket({ ...addresses, ...ports, flags: SYN, seq: 0 }));
    const { iss } = (host.connections[0] as Connection).snd;
    const data = { flags: ACK, seq: 1, ack: (iss + 1) >>> 0, payload: new Uint8Array(10) };
    host.receive(buildTcpPacket({ ...addresses, ...ports, ...data }));
    host.connections[0]?.abort();
    expect(sent).toHaveLength(3);
    for (const at of sent.keys()) expect(formatAddress(header(at).source())).toBe('10.0.0.7');
  });

  it.each(['224.0.0.1', '239.1.2.3', '255.255.255.255', '0.0.0.0', '::', 'ff02::1'])(
    'is refused towards %s [MUST-46]',
    (address) => {
      const { host, sent } = make(['10.0.0.1', 'fd00::1']);
      expect(() => host.connect({ address, port: 80 })).toThrow(`cannot connect to ${address}`);
      expect([sent, host.connections]).toEqual([[], []]);
    },
  );

  it('a SYN for a broadcast or multicast address is dropped without a word [MUST-57]', () => {
    const { host, sent } = make(['10.0.0.1', 'fd00::1']);
    host.listen({ port: 80, onConnection: () => {} });
    const destinations = ['255.255.255.255', '224.0.0.1', 'ff02::1'];
    for (const to of destinations) {
      const source = parseAddress(to.includes(':') ? 'fd00::2' : '10.0.0.2');
      const addresses = { source, destination: parseAddress(to) };
      host.receive(
        buildTcpPacket({ ...addresses, sourcePort: 4000, destinationPort: 80, flags: SYN, seq: 0 }),
      );
    }
    expect([sent, host.connections, host.counters.discarded]).toEqual([[], [], { notOurs: 3 }]);
  });

  it('a SYN from an address that cannot be anyone’s is dropped without a word [MUST-63]', () => {
    const { host, sent } = make(['10.0.0.1', 'fd00::1']);
    host.listen({ port: 80, onConnection: () => {} });
    for (const from of ['255.255.255.255', '224.0.0.1', '0.0.0.0', 'ff02::1', '::']) {
      const destination = parseAddress(from.includes(':') ? 'fd00::1' : '10.0.0.1');
      const addresses = { source: parseAddress(from), destination };
      host.receive(
        buildTcpPacket({ ...addresses, sourcePort: 4000, destinationPort: 80, flags: SYN, seq: 0 }),
      );
    }
    expect([sent, host.connections, host.counters.discarded]).toEqual([[], [], { badSource: 5 }]);
  });

  it('IP options are passed over, known or not [MUST-50]', () => {
    const { host, sent } = make(['10.0.0.1']);
    const plain = buildTcpPacket({
      source: parseAddress('10.0.0.2'),
      destination: parseAddress('10.0.0.1'),
      ...{ sourcePort: 4000, destinationPort: 80, flags: SYN, seq: 7 },
    });
    // 94 is an option that nobody has assigned, four bytes long.
    const packet = Uint8Array.of(...plain.subarray(0, 20), 94, 4, 0, 0, ...plain.subarray(20));
    const view = new DataView(packet.buffer);
    packet[0] = 0x46;
    view.setUint16(2, packet.length);
    view.setUint16(10, 0);
    let sum = 0;
    for (let i = 0; i < 24; i += 2) sum += view.getUint16(i);
    view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)));
    host.receive(packet);
    const answer = parseTcpPacket(sent[0] as Uint8Array);
    expect(typeof answer === 'string' ? answer : answer.segment.flags).toBe(RST | ACK);
  });
});

describe.each([
  ['IPv4', '10.0.0.2'],
  ['IPv6', 'fd00::2'],
])('%s', (_, to) => {
  it('the user chooses the DSCP, which goes out as it is [MUST-48, SHLD-22]', () => {
    const { connection, header } = open({ dscp: 46 }, {}, to);
    expect(header(0).dscp).toBe(46);
    connection.send(new Uint8Array(10));
    expect(header(-1).dscp).toBe(46);
  });

  it('and may change it, or the TTL, while the connection is open [SHLD-21]', () => {
    const { connection, header } = open({}, {}, to);
    expect([header(-1).dscp, header(-1).ttl]).toEqual([0, 64]);
    connection.setOptions({ dscp: 10, ttl: 3 });
    connection.send(new Uint8Array(10));
    expect([header(-1).dscp, header(-1).ttl]).toEqual([10, 3]);
  });

  it('the TTL is a setting of the host, and of a connection [MUST-49]', () => {
    const { header } = open({}, { ttl: 9 }, to);
    expect(header(-1).ttl).toBe(9);
    expect(open({ ttl: 12 }, { ttl: 9 }, to).header(-1).ttl).toBe(12);
  });
});

describe('a soft error', () => {
  it('is told only to a user who wants to hear of it, and who may change that [SHLD-20]', () => {
    const p = new Peer().established();
    const told: string[] = [];
    const error = { version: 4, kind: 'timeExceeded', code: 0, mtu: 0, quotedLength: 40 } as const;
    const arrives = () => p.connection.icmpError({ ...error, quotedSeq: p.connection.snd.una });
    p.write(10);
    const hear = (): void => {
      p.host.enter();
      expect(arrives()).toBeUndefined();
      p.host.leave();
    };
    hear();
    expect(told).toEqual([]);
    p.connection.handler = { unreachable: ({ kind }) => void told.push(kind) };
    hear();
    expect(told).toEqual(['timeExceeded']);
    p.connection.handler = {};
    hear();
    expect([told.length, p.state]).toEqual([1, 'ESTABLISHED']);
  });
});

describe('segments that come together', () => {
  /** `count` segments of the peer as packets, in order. */
  function burst(connection: Connection, count: number, from = 0): Uint8Array[] {
    return Array.from({ length: count }, (_, i) =>
      buildTcpPacket({
        source: parseAddress('10.0.0.2'),
        destination: parseAddress('10.0.0.1'),
        ...{ sourcePort: connection.remote.port, destinationPort: connection.local.port, flags: ACK },
        seq: (connection.rcv.nxt + 1000 * (from + i)) >>> 0,
        ack: connection.snd.nxt,
        window: 60_000,
        payload: new Uint8Array(1000),
      }),
    );
  }

  it.each([1, 2, 5])(
    '%i are all handled before an ACK goes out, one for all of them [MUST-58, MUST-59]',
    (count) => {
      const p = new Peer().established();
      p.host.receiveAll(burst(p.connection, count));
      expect(p.take()).toEqual(count === 1 ? [] : [`. 1:1(0) ack ${1 + 1000 * count}`]);
      expect(p.connection.available).toBe(1000 * count);
    },
  );

  it('an ACK rides on the answer, if there is one [MUST-58]', () => {
    const p = new Peer().established();
    p.connection.handler = { readable: () => void p.connection.send(p.connection.receive().subarray(0, 10)) };
    p.host.receiveAll(burst(p.connection, 4));
    expect(p.take()).toEqual(['P. 1:11(10) ack 4001']);
  });

  it('a gap among them is told once [MUST-59]', () => {
    const p = new Peer({ tcp: { sack: true } }).established({ sackPermitted: true });
    p.host.receiveAll(burst(p.connection, 3, 1));
    expect(p.take()).toEqual(['. 1:1(0) ack 1 sack 1001:4001']);
  });
});

it('windows are 32-bit quantities, beyond what a field of 16 bits holds [REC-1]', () => {
  const p = new Peer({ tcp: { windowScaling: true, receiveBuffer: 1 << 28 } });
  p.established({ windowScale: 14, win: 65_535 });
  p.send('.', { win: 65_535 });
  expect(p.connection.snd.wnd).toBe(65_535 << 14);
  expect(p.connection.status().tcpi_snd_wnd).toBe(1_073_725_440);
});
