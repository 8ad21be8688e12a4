/** ICMP and UDP at a host: echoes, port unreachable, and errors about a connection (RFC 9293 section 3.9.2.2). */
import { describe, expect, it } from 'vitest';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host, type HostOptions } from '../../src/tcp/host.ts';
import type { IcmpError } from '../../src/tcp/icmpError.ts';
import { restoreHost } from '../../src/tcp/snapshot.ts';
import { Random } from '../../src/time/random.ts';
import {
  ACK,
  buildIcmpPacket,
  buildTcpPacket,
  checksum,
  decodeIcmp,
  decodeIp,
  type IcmpFields,
  IcmpMessage,
  IpHeader,
  PROTOCOL_UDP,
  parseAddress,
  pseudoHeaderSum,
  SYN,
  writeIpHeader,
} from '../../src/wire/index.ts';

const V4 = { us: parseAddress('10.0.0.1'), them: parseAddress('10.0.0.2') };
const V6 = { us: parseAddress('fd00::1'), them: parseAddress('fd00::2') };
const families = [
  ['IPv4', V4],
  ['IPv6', V6],
] as const;

type Family = typeof V4;

interface Sent {
  readonly ip: IpHeader;
  readonly icmp: IcmpMessage | undefined;
  readonly bytes: Uint8Array;
}

function make(options: Partial<HostOptions> = {}) {
  const sent: Sent[] = [];
  const hostOptions: HostOptions = {
    name: 'host',
    addresses: ['10.0.0.1', '10.0.0.9', 'fd00::1'],
    random: new Random(3),
    engine: compiledEngine,
    strict: true,
    ...options,
    output: (packet) => {
      const [ip, icmp, bytes] = [new IpHeader(), new IcmpMessage(), packet.slice()];
      expect(decodeIp(bytes, ip)).toBe('ok');
      if (ip.protocol === 6) sent.push({ ip, icmp: undefined, bytes });
      else {
        expect(decodeIcmp(bytes, ip, icmp)).toBe('ok');
        sent.push({ ip, icmp, bytes });
      }
    },
  };
  return { host: new Host(hostOptions), sent, hostOptions };
}

/** A UDP datagram of the peer's. */
function datagram({ us, them }: Family, length = 4, sum = true): Uint8Array {
  const header = us.length === 4 ? 20 : 40;
  const udp = 8 + length;
  const packet = new Uint8Array(header + udp);
  writeIpHeader(packet, 0, { source: them, destination: us, protocol: PROTOCOL_UDP }, udp);
  packet.set([0x12, 0x34, 0, 53, udp >> 8, udp & 255], header);
  if (!sum) return packet;
  const check = checksum(packet, header, udp, pseudoHeaderSum(them, us, PROTOCOL_UDP) + udp);
  packet.set([check >> 8, check & 255], header + 6);
  return packet;
}

describe.each(families)('%s: what is not TCP', (_, family) => {
  const { us, them } = family;

  it('an echo request is answered with its own data', () => {
    const { host, sent } = make();
    const body = Uint8Array.of(1, 2, 3, 4, 5);
    const echo = { identifier: 77, sequence: 3, body };
    host.receive(buildIcmpPacket({ kind: 'echoRequest', source: them, destination: us, ...echo }));
    expect(sent.length).toBe(1);
    expect(sent[0]!.icmp).toMatchObject({ kind: 'echoReply', code: 0, identifier: 77, sequence: 3 });
    expect(sent[0]!.icmp!.body()).toEqual(body);
    expect([sent[0]!.ip.source(), sent[0]!.ip.destination()]).toEqual([us, them]);
    expect(host.counters).toMatchObject({ icmpIn: 1, icmpOut: 1, discards: 0 });
  });

  it('UDP is told that its port is unreachable, and gets its datagram quoted', () => {
    const { host, sent } = make();
    host.receive(datagram(family));
    const code = us.length === 4 ? 3 : 4;
    expect(sent.map(({ icmp }) => [icmp!.kind, icmp!.code])).toEqual([['unreachable', code]]);
    expect(sent[0]!.icmp!.body()).toEqual(datagram(family));
    expect(host.counters.discarded).toEqual({ noUdp: 1 });
  });

  it('a damaged one, or one for somebody else, is answered by nothing', () => {
    const { host, sent } = make();
    const bad = datagram(family);
    bad[bad.length - 1]! ^= 1;
    host.receive(bad);
    const echo = buildIcmpPacket({ kind: 'echoRequest', source: them, destination: us });
    echo[echo.length - 1]! ^= 1;
    host.receive(echo);
    host.receive(buildIcmpPacket({ kind: 'echoRequest', source: them, destination: them }));
    host.receive(datagram({ us, them: us.map(() => 255) }));
    expect(sent).toEqual([]);
    expect(host.counters.discarded).toEqual({
      udpBadChecksum: 1,
      icmpBadChecksum: 1,
      notOurs: 1,
      badSource: 1,
    });
  });

  it('other protocols are told so', () => {
    const { host, sent } = make();
    const packet = new Uint8Array((us.length === 4 ? 20 : 40) + 8);
    writeIpHeader(packet, 0, { source: them, destination: us, protocol: 132 }, 8);
    host.receive(packet);
    expect(sent.map(({ icmp }) => [icmp!.kind, icmp!.code, icmp!.pointer])).toEqual([
      us.length === 4 ? ['unreachable', 2, 0] : ['parameterProblem', 1, 6],
    ]);
  });

  it('is answered no more often than so many times a second, errors and echoes each', () => {
    const { host, sent } = make({ tcp: { icmpLimit: 5 } });
    const echo = buildIcmpPacket({ kind: 'echoRequest', source: them, destination: us });
    for (let i = 0; i < 20; i++) {
      host.receive(datagram(family));
      host.receive(echo);
    }
    // A second has from half the limit to one and a half times as many, and each kind its own number
    for (const kind of ['unreachable', 'echoReply']) {
      const count = sent.filter(({ icmp }) => icmp!.kind === kind).length;
      expect([kind, count >= 3 && count <= 7]).toEqual([kind, true]);
    }
    const before = sent.length;
    expect(host.counters.discarded.icmpLimit).toBe(40 - before);
    host.receive(echo, 1_000_000);
    expect(sent.length).toBe(before + 1);
  });

  it('an ICMP error is never answered, whatever it quotes', () => {
    const { host, sent } = make();
    for (const kind of ['unreachable', 'packetTooBig', 'timeExceeded', 'parameterProblem'] as const) {
      for (const body of [new Uint8Array(0), new Uint8Array(3), datagram(family)]) {
        host.receive(buildIcmpPacket({ kind, source: them, destination: us, body }));
      }
    }
    expect(sent).toEqual([]);
  });
});

it('UDP without a checksum is fine in IPv4 only', () => {
  const { host, sent } = make();
  host.receive(datagram(V4, 4, false));
  host.receive(datagram(V6, 4, false));
  expect(sent.length).toBe(1);
  expect(host.counters.discarded).toEqual({ noUdp: 1, udpBadChecksum: 1 });
});

/** A connection that opens (or stands), and errors about the last segment it sent. */
function connected({ us, them }: Family, established: boolean) {
  const { host, sent, hostOptions } = make();
  const told: (string | IcmpError)[] = [];
  const to = them.length === 4 ? '10.0.0.2' : 'fd00::2';
  const connection = host.connect({
    address: to,
    port: 80,
    localPort: 5000,
    handler: {
      closed: (reason) => void told.push(reason),
      unreachable: (error) => void told.push(error),
    },
  });
  if (established) {
    const ports = { sourcePort: 80, destinationPort: 5000, window: 60_000 };
    const ack = (connection.snd.iss + 1) >>> 0;
    host.receive(buildTcpPacket({ source: them, destination: us, ...ports, flags: SYN | ACK, seq: 1, ack }));
    connection.send(new Uint8Array(100));
  }
  const body = () => sent.at(-1)!.bytes;
  const error = (fields: Partial<IcmpFields> & Pick<IcmpFields, 'kind'>) =>
    host.receive(buildIcmpPacket({ source: them, destination: us, body: body(), ...fields }));
  return { host, hostOptions, sent, told, connection, error, body };
}

describe.each(families)('%s: errors about a connection', (_, family) => {
  const v4 = family.us.length === 4;
  const hard: readonly (readonly [IcmpFields['kind'], number])[] = v4
    ? [
        ['unreachable', 2],
        ['unreachable', 3],
      ]
    : [
        ['unreachable', 1],
        ['unreachable', 4],
        ['parameterProblem', 1],
      ];
  const soft: readonly (readonly [IcmpFields['kind'], number])[] = v4
    ? [
        ['unreachable', 0],
        ['unreachable', 1],
        ['unreachable', 5],
        ['timeExceeded', 0],
        ['timeExceeded', 1],
        ['parameterProblem', 0],
      ]
    : [
        ['unreachable', 0],
        ['unreachable', 3],
        ['timeExceeded', 0],
        ['parameterProblem', 0],
      ];

  it.each(hard)('[MUST-54] [SHLD-26] a hard one ends a connection that opens: %s %i', (kind, code) => {
    const { host, told, error } = connected(family, false);
    error({ kind, code });
    expect(told.at(-1)).toBe('unreachable');
    expect(host.connections).toEqual([]);
  });

  it.each([...hard, ...soft])('[MUST-47, RFC 5927 5.2] none ends one that stands: %s %i', (kind, code) => {
    const { told, connection, error } = connected(family, true);
    error({ kind, code });
    expect(connection.state).toBe('ESTABLISHED');
    expect(told).toMatchObject([{ kind, code }]);
    expect(connection.softError).toMatchObject({ kind, code });
  });

  it.each(soft)('[MUST-56] [SHLD-25] a soft one ends none, and its user is told: %s %i', (kind, code) => {
    const { told, connection, error } = connected(family, false);
    error({ kind, code });
    expect(connection.state).toBe('SYN_SENT');
    expect(told).toMatchObject([{ kind, code, version: v4 ? 4 : 6, quotedSeq: connection.snd.iss }]);
  });

  it('[RFC 5927 4.1] one that quotes nothing outstanding is dropped', () => {
    const { host, told, connection, error, body } = connected(family, false);
    const at = (v4 ? 20 : 40) + 4;
    for (const off of [-1, 1, 0x8000_0000]) {
      const quote = body().slice();
      new DataView(quote.buffer).setUint32(at, (connection.snd.iss + off) >>> 0);
      error({ kind: 'unreachable', code: v4 ? 3 : 4, body: quote });
    }
    expect([connection.state, told, host.counters.discarded]).toEqual([
      'SYN_SENT',
      [],
      { icmpOutsideWindow: 3 },
    ]);
  });

  it('one about another connection, or no TCP of ours, is dropped', () => {
    const { host, told, connection, error, body } = connected(family, false);
    const at = v4 ? 20 : 40;
    for (const place of [at + 1, at + 3, at - 1, at - (v4 ? 5 : 17)]) {
      const quote = body().slice();
      quote[place]! ^= 1;
      error({ kind: 'unreachable', code: v4 ? 3 : 4, body: quote });
    }
    error({ kind: 'unreachable', code: v4 ? 3 : 4, body: datagram(family) });
    error({ kind: 'unreachable', code: v4 ? 3 : 4, body: body().subarray(0, at + 7) });
    expect([connection.state, told]).toEqual(['SYN_SENT', []]);
    expect(host.counters.discarded).toEqual({ icmpNoConnection: 4, icmpOther: 1, icmpTruncated: 1 });
  });

  it('what was told is in the snapshot', () => {
    const { host, hostOptions, connection, error } = connected(family, true);
    error({ kind: 'timeExceeded' });
    const copy = restoreHost({ ...hostOptions, random: new Random(9) }, host.snapshot());
    expect((copy.connections[0] as Connection).softError).toEqual(connection.softError);
    expect(copy.snapshot()).toEqual(host.snapshot());
  });
});

it('[MUST-55] source quench is dropped silently', () => {
  const { host, sent, told, connection, error } = connected(V4, true);
  const before = [sent.length, connection.status()];
  error({ kind: 'sourceQuench' });
  expect([sent.length, connection.status(), told]).toEqual([...before, []]);
  expect(host.counters.discarded).toEqual({ sourceQuench: 1 });
});
