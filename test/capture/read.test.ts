import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectionsOf, isCapture, readCapture, traceOf } from '../../src/capture/index.ts';
import { eventLine, headerLine } from '../../src/trace/json.ts';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { ACK, buildTcpPacket, PSH, SYN } from '../../src/wire/index.ts';
import { ADDRESSES } from '../trace/captures.ts';
import {
  block,
  cooked,
  cooked2,
  demoRun,
  description,
  ETHERNET,
  enhanced,
  ethernet,
  loopback,
  obsolete,
  option,
  pcapFile,
  RAW_IP,
  SLL,
  SLL2,
  section,
  simple,
} from './files.ts';

const PACKET = buildTcpPacket({
  ...ADDRESSES,
  sourcePort: 40_000,
  destinationPort: 80,
  seq: 7,
  ack: 9,
  flags: ACK | PSH,
  timestamps: [5, 6],
  payload: new Uint8Array(100),
});
const V6 = { source: new Uint8Array(16).fill(1), destination: new Uint8Array(16).fill(2) };
const PACKET6 = buildTcpPacket({ ...V6, seq: 7, ack: 9, flags: ACK, payload: new Uint8Array(5) });

/** One frame of a link type as a file. */
function single(linkType: number, bytes: Uint8Array, wire = bytes.length): Buffer {
  return pcapFile({ little: true, nanoseconds: false, linkType }, [{ ns: 1_000_000_000n, bytes, wire }]);
}

describe('formats', () => {
  test.each([
    [true, false],
    [false, false],
    [true, true],
    [false, true],
  ])('pcap: little-endian %s, nanoseconds %s', (little, nanoseconds) => {
    const frames = [1_500_000_999n, 4_000_000_000_123_456_789n].map((ns) => ({ ns, bytes: PACKET }));
    const file = pcapFile({ little, nanoseconds, linkType: RAW_IP }, frames);
    expect(isCapture(file)).toBe(true);
    const { format, packets, warnings } = readCapture(file);
    expect([format, warnings]).toEqual(['pcap', []]);
    expect(packets.map(({ frame, t }) => [frame, t])).toEqual([
      [1, 1_500_000],
      [2, 4_000_000_000_123_456],
    ]);
    expect(packets[0]!.segment).toEqual({
      source: '10.0.0.1:40000',
      destination: '10.0.0.2:80',
      flags: 'P.',
      seq: 7,
      ack: 9,
      window: 0,
      length: 100,
      options: { timestamps: [5, 6] },
    });
    expect(packets[0]!.checksum).toBe('right');
  });

  test.each([true, false])(
    'pcapng: every kind of packet block, sections, unknown blocks; little-endian %s',
    (little) => {
      const file = Buffer.concat([
        section(little),
        description(little, RAW_IP, 0),
        block(little, 0xbad, Buffer.from('whatever')),
        enhanced(little, 0, 1_500_000n, PACKET),
        obsolete(little, 0, 2_500_000n, PACKET),
        simple(little, PACKET),
        // The other byte order, and interfaces counted anew
        section(!little),
        description(!little, ETHERNET, 0),
        description(!little, SLL, 0),
        enhanced(!little, 1, 3_500_000n, cooked(PACKET)),
        enhanced(!little, 0, 4_500_000n, ethernet(PACKET6)),
      ]);
      expect(isCapture(file)).toBe(true);
      const { packets, warnings, frames } = readCapture(file);
      expect(packets.map(({ t, point, segment }) => [t, point, segment.length])).toEqual([
        [1_500_000, 0, 100],
        [2_500_000, 0, 100],
        [2_500_000, 0, 100],
        [3_500_000, 1, 100],
        [4_500_000, 2, 5],
      ]);
      expect(frames).toBe(5);
      expect(warnings.map(({ reason }) => reason)).toEqual([
        'packets without a time: given that of the packet before',
      ]);
    },
  );

  test.each<[string, number, bigint, bigint, number]>([
    ['milliseconds', 3, 0n, 1_234n, 1_234_000],
    ['nanoseconds', 9, 0n, 1_700_000_000_123_456_789n, 1_700_000_000_123_456],
    ['2^-20 s', 0x80 | 20, 0n, 3n << 19n, 1_500_000],
    ['microseconds, an hour later', 6, 3600n, 5n, 3_600_000_005],
    ['microseconds, before 1970', 6, -1n, 5n, -999_995],
    ['10^-127 s', 127, 0n, 0xffffffffffffffffn, 0],
    ['2^0 s, for ever', 0x80, 0n, 0xffffffffffffffffn, 2 ** 52],
  ])('times in %s', (_name, resolution, offset, units, t) => {
    const seconds = Buffer.alloc(8);
    seconds.writeBigInt64LE(offset);
    const options = [option(true, 9, Uint8Array.of(resolution)), option(true, 14, seconds)];
    const file = [section(true), description(true, RAW_IP, 0, ...options), enhanced(true, 0, units, PACKET)];
    expect(readCapture(Buffer.concat(file)).packets.map((packet) => packet.t)).toEqual([t]);
  });

  test('directions: of pcapng, and of Linux cooked captures', () => {
    const flags = (value: number) => option(true, 2, Uint8Array.of(value, 0, 0, 0));
    const file = [
      section(true),
      description(true, RAW_IP, 0),
      description(true, SLL, 0),
      description(true, SLL2, 0),
      ...[0, 1, 2].map((value) => enhanced(true, 0, 0n, PACKET, flags(value))),
      ...[0, 3, 4].map((type) => enhanced(true, 1, 0n, cooked(PACKET, type))),
      ...[0, 4].map((type) => enhanced(true, 2, 0n, cooked2(PACKET, type, 7 + type))),
    ];
    const { packets } = readCapture(Buffer.concat(file));
    expect(packets.map(({ direction, point }) => [direction, point])).toEqual([
      [undefined, 0],
      ['inbound', 0],
      ['outbound', 0],
      ['inbound', 1],
      [undefined, 1],
      ['outbound', 1],
      ['inbound', 2],
      ['outbound', 3],
    ]);
  });

  test.each<[string, number, Uint8Array]>([
    ['Ethernet', ETHERNET, ethernet(PACKET)],
    ['Ethernet, padded', ETHERNET, ethernet(PACKET, [], 6)],
    ['a VLAN', ETHERNET, ethernet(PACKET, [0x8100])],
    ['QinQ', ETHERNET, ethernet(PACKET, [0x88a8, 0x8100])],
    ['Linux cooked', SLL, cooked(PACKET)],
    ['Linux cooked with a VLAN', SLL, cooked(PACKET, 0, [0x8100])],
    ['Linux cooked 2', SLL2, cooked2(PACKET)],
    ['loopback, little-endian', 0, loopback(PACKET, true)],
    ['loopback, big-endian', 0, loopback(PACKET, false)],
    ['OpenBSD loopback', 108, loopback(PACKET, false)],
    ['raw IP', 101, PACKET],
    ['raw IP 12', 12, PACKET],
    ['raw IP 14', 14, PACKET],
    ['raw IPv4', 228, PACKET],
  ])('%s', (_name, linkType, frame) => {
    const { packets, notShown } = readCapture(single(linkType, frame));
    expect(notShown).toEqual({});
    expect(packets.map(({ segment, bytes }) => [segment.length, bytes.length])).toEqual([
      [100, PACKET.length],
    ]);
  });

  test.each<[string, number, Uint8Array]>([
    ['Ethernet', ETHERNET, ethernet(PACKET6, [0x8100], 9)],
    ['loopback of macOS', 0, loopback(PACKET6, true)],
    ['raw IPv6', 229, PACKET6],
  ])('IPv6: %s', (_name, linkType, frame) => {
    expect(readCapture(single(linkType, frame)).packets.map(({ segment }) => segment.length)).toEqual([5]);
  });
});

describe('what is not shown is counted', () => {
  const notShown = (linkType: number, bytes: Uint8Array) => readCapture(single(linkType, bytes)).notShown;
  const changed = (packet: Uint8Array, at: number, ...values: number[]) => {
    const copy = packet.slice();
    copy.set(values, at);
    return copy;
  };

  test.each<[string, number, Uint8Array, object]>([
    ['ARP', ETHERNET, Buffer.concat([Buffer.alloc(12), Buffer.from([8, 6]), Buffer.alloc(40)]), { notIp: 1 }],
    ['a link type that is not known', 105, PACKET, { unknownLink: 1 }],
    ['UDP', RAW_IP, changed(PACKET, 9, 17), { notTcp: 1 }],
    ['a later fragment', RAW_IP, changed(PACKET, 6, 0, 20), { fragment: 1 }],
    ['an empty frame', RAW_IP, new Uint8Array(0), { cutShort: 1 }],
    ['half an IP header', RAW_IP, PACKET.subarray(0, 12), { cutShort: 1 }],
    ['half a TCP header', RAW_IP, PACKET.subarray(0, 30), { malformed: 1 }],
    ['an IP header of 16 bytes', RAW_IP, changed(PACKET, 0, 0x44), { malformed: 1 }],
    ['a TCP header of 16 bytes', RAW_IP, changed(PACKET, 32, 0x40), { malformed: 1 }],
    [
      'a TCP header longer than its packet',
      RAW_IP,
      changed(PACKET.subarray(0, 52), 32, 0xf0),
      { malformed: 1 },
    ],
    ['version 5', RAW_IP, changed(PACKET, 0, 0x55), { notIp: 1 }],
  ])('%s', (_name, linkType, bytes, expected) => {
    expect(notShown(linkType, bytes)).toEqual(expected);
  });

  test('cut short by the snap length before TCP', () => {
    expect(readCapture(single(RAW_IP, PACKET.subarray(0, 30), PACKET.length)).notShown).toEqual({
      cutShort: 1,
    });
  });

  test('the first fragment has ports, and no checksum that means anything', () => {
    const [packet] = readCapture(single(RAW_IP, changed(PACKET, 6, 0x20, 0))).packets;
    expect([packet!.segment.source, packet!.checksum]).toEqual(['10.0.0.1:40000', 'unknown']);
  });
});

describe('packets as cards and snap lengths leave them', () => {
  test('headers are enough: the length is that of the IP header', () => {
    for (const captured of [40, 41, 47, 52, 60]) {
      const [packet] = readCapture(single(RAW_IP, PACKET.subarray(0, captured), PACKET.length)).packets;
      expect([packet!.segment.length, packet!.segment.flags, packet!.checksum]).toEqual([
        100,
        'P.',
        'unknown',
      ]);
      // Timestamps are whole, or not there
      expect(packet!.segment.options?.timestamps).toEqual(captured < 52 ? undefined : [5, 6]);
    }
  });

  test('an IP length of 0 is that of the frame (segmentation offload)', () => {
    const four = PACKET.slice();
    four.fill(0, 2, 4);
    const six = PACKET6.slice();
    six.fill(0, 4, 6);
    expect(readCapture(single(RAW_IP, four)).packets[0]!.segment.length).toBe(100);
    expect(readCapture(single(RAW_IP, six)).packets[0]!.segment.length).toBe(5);
  });

  test('wrong checksums are shown, and said to be wrong', () => {
    const packet = PACKET.slice();
    packet[60]! ^= 1;
    expect(readCapture(single(RAW_IP, packet)).packets[0]!.checksum).toBe('wrong');
    packet[60]! ^= 1;
    packet[8]! ^= 1;
    expect(readCapture(single(RAW_IP, packet)).packets[0]!.checksum).toBe('wrong');
  });

  test('IPv6 extension headers, and a first fragment', () => {
    const tcp = PACKET6.subarray(40);
    const v6 = (next: number, ...extensions: number[][]) => {
      const rest = Buffer.concat([Buffer.from(extensions.flat()), tcp]);
      const packet = Buffer.concat([PACKET6.subarray(0, 40), rest]);
      packet[6] = next;
      packet.writeUInt16BE(rest.length, 4);
      return readCapture(single(RAW_IP, packet));
    };
    const zeros = (count: number) => new Array<number>(count).fill(0);
    expect(
      v6(0, [43, 0, ...zeros(6)], [60, 0, 0, 1, ...zeros(4)], [6, 1, ...zeros(14)]).packets,
    ).toHaveLength(1);
    expect(v6(51, [6, 1, ...zeros(10)]).packets).toHaveLength(1);
    const first = v6(44, [6, 0, 0, 1, ...zeros(4)]).packets;
    expect(first.map(({ checksum }) => checksum)).toEqual(['unknown']);
    expect(v6(44, [6, 0, 0, 0, ...zeros(4)]).packets.map(({ checksum }) => checksum)).toEqual(['right']);
    expect(v6(44, [6, 0, 0, 8, ...zeros(4)]).notShown).toEqual({ fragment: 1 });
    expect(v6(59).notShown).toEqual({ notTcp: 1 });
    expect(v6(60, [6, 200, ...zeros(6)]).notShown).toEqual({ malformed: 1 });
  });
});

describe('damaged files', () => {
  const frames = [1n, 2n, 3n].map((s) => ({ ns: s * 1_000_000_000n, bytes: PACKET }));
  const pcap = pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, frames);
  const record = 16 + PACKET.length;

  test.each<[string, Uint8Array, number, number, string]>([
    ['nothing', new Uint8Array(0), 0, 0, 'the file is empty'],
    ['another file', Buffer.from('{"statewire":1}'), 0, 0, 'neither .pcap nor .pcapng'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 0, 0, 'unpack it first'],
    ['half a header', pcap.subarray(0, 20), 0, 20, '20 of 24 bytes'],
    [
      'half a record header',
      pcap.subarray(0, 24 + record + 9),
      1,
      24 + record,
      'within the header of record 2',
    ],
    ['half a record', pcap.subarray(0, 24 + record + 30), 1, 24 + record, `14 of ${PACKET.length} bytes`],
  ])('%s', (_name, file, packets, offset, reason) => {
    const result = readCapture(file);
    expect(result.packets).toHaveLength(packets);
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]!.offset).toBe(offset);
    expect(result.warnings[0]!.reason).toContain(reason);
  });

  test('a length that cannot be ends the reading of a pcap', () => {
    const file = Buffer.from(pcap);
    file.writeUInt32LE(0x7fffffff, 24 + record + 8);
    const { packets, warnings } = readCapture(file);
    expect(packets).toHaveLength(1);
    expect(warnings).toEqual([
      { offset: 24 + record, reason: 'record 2 claims 2147483647 bytes: the file is damaged from here on' },
    ]);
  });

  test('blocks of pcapng: what is wrong in one is left out, where the next begins is not known after some', () => {
    const good = enhanced(true, 0, 5n, PACKET);
    const start = Buffer.concat([section(true), description(true, RAW_IP, 0)]);
    const stranger = enhanced(true, 3, 5n, PACKET);
    const tooLong = Buffer.from(good);
    tooLong.writeUInt32LE(5000, 20);
    const unequal = Buffer.from(good);
    unequal.writeUInt32LE(12, unequal.length - 4);
    const odd = Buffer.from(good);
    odd.writeUInt32LE(13, 4);
    const file = Buffer.concat([start, good, stranger, tooLong, unequal, good, odd, good]);
    const { packets, warnings } = readCapture(file);
    expect(packets).toHaveLength(3);
    const at = (count: number) => start.length + count * good.length;
    expect(warnings).toEqual([
      { offset: at(1), reason: 'packet 2 is of interface 3, which is not described' },
      { offset: at(2), reason: 'packet 3 is longer than its block' },
      { offset: at(3), reason: 'the block gives another length at its end than at its start' },
      { offset: at(5), reason: 'a block of 13 bytes cannot be: the file is damaged from here on' },
    ]);
    const cut = readCapture(Buffer.concat([start, good, good.subarray(0, 50)]));
    expect(cut.packets).toHaveLength(1);
    expect(cut.warnings[0]).toEqual({
      offset: at(1),
      reason: `the file ends within a block (50 of ${good.length} bytes)`,
    });
  });

  test('a block without interface, or with one that says nothing', () => {
    const file = Buffer.concat([
      section(true),
      simple(true, PACKET),
      block(true, 1, Buffer.alloc(4)),
      simple(true, PACKET),
    ]);
    const { packets, warnings } = readCapture(file);
    expect(packets).toHaveLength(1);
    expect(warnings.map(({ reason }) => reason)).toEqual([
      'packet 1 is of interface 0, which is not described',
      'an interface without link type: its packets are taken as raw IP',
      'packets without a time: given that of the packet before',
    ]);
  });

  test('a simple packet block is as long as the snap length of its interface', () => {
    const file = Buffer.concat([section(true), description(true, RAW_IP, 61), simple(true, PACKET, 61)]);
    expect(readCapture(file).packets.map(({ bytes, segment }) => [bytes.length, segment.length])).toEqual([
      [61, 100],
    ]);
  });

  test('warnings are limited, and segments, with a notice', () => {
    const start = Buffer.concat([section(true), description(true, RAW_IP, 0)]);
    const strangers = new Array<Buffer>(1000).fill(enhanced(true, 9, 0n, PACKET));
    const { warnings } = readCapture(Buffer.concat([start, ...strangers]));
    expect(warnings).toHaveLength(51);
    expect(warnings.at(-1)!.reason).toBe('950 more warnings after this place');
    const limited = readCapture(pcap, { limit: 2 });
    expect(limited.packets).toHaveLength(2);
    expect(limited.frames).toBe(2);
    expect(limited.warnings).toEqual([
      { offset: 24 + 2 * record, reason: 'only the first 2 TCP segments are read, up to frame 2' },
    ]);
    expect(readCapture(pcap, { limit: 3 }).warnings).toEqual([]);
  });

  test('offsets are those of the file, wherever its bytes lie', () => {
    const inside = Buffer.concat([Buffer.alloc(1000), pcap]).subarray(1000, 1000 + 24 + record + 9);
    expect(readCapture(inside).warnings[0]!.offset).toBe(24 + record);
  });
});

describe('any bytes', () => {
  const rough = { delay: 20_000, loss: 0.1, duplicate: 0.1, corrupt: 0.1, jitter: 15_000 };
  const { file } = demoRun(3, rough, { mss: 20 });
  const good = [
    file,
    pcapFile({ little: false, nanoseconds: true, linkType: ETHERNET }, [
      { ns: 5n, bytes: ethernet(PACKET, [0x8100]) },
      { ns: 6n, bytes: ethernet(PACKET6) },
    ]),
    Buffer.concat([section(false), description(false, SLL2, 0), enhanced(false, 0, 3n, cooked2(PACKET))]),
  ];

  /** Reads it, makes a trace of it, and sees that this could be written and read again. */
  function survives(bytes: Uint8Array): void {
    const capture = readCapture(bytes);
    const { header, events } = traceOf(capture);
    let before = 0;
    for (const { n, t, cause } of events) {
      expect(cause).toBeLessThan(n);
      expect(t).toBeGreaterThanOrEqual(before);
      before = t;
    }
    const lines = [headerLine(header), ...events.map(eventLine)];
    expect(parseTrace(lines).events).toEqual(events);
  }

  test('after a magic number never throw', () => {
    const starts = good.map((each) => each.subarray(0, 28));
    fc.assert(
      fc.property(
        fc.constantFrom(Buffer.alloc(0), ...starts),
        fc.uint8Array({ maxLength: 300 }),
        (start, rest) => survives(Buffer.concat([start, rest])),
      ),
      { numRuns: 500 },
    );
  });

  test('of a capture with some changed, some cut off, never throw', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(change, { maxLength: 20 }),
        fc.nat(),
        (bytes, changes, cut) => {
          const copy = Buffer.from(bytes);
          for (const [at, value] of changes) copy[at % copy.length] = value;
          survives(copy.subarray(0, cut % 3 === 0 ? cut % copy.length : copy.length));
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('100,000 segments of many connections are read, and made a trace', { timeout: 20_000 }, () => {
  const frames = Array.from({ length: 100_000 }, (_, i) => {
    const fields = { ...ADDRESSES, sourcePort: 1024 + (i % 100), destinationPort: 80, seq: 1000 + i * 10 };
    return {
      ns: BigInt(i) * 1000n,
      bytes: buildTcpPacket({
        ...fields,
        flags: i < 100 ? SYN : ACK,
        payload: new Uint8Array(i < 100 ? 0 : 10),
      }),
    };
  });
  const capture = readCapture(pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, frames));
  expect(capture.packets).toHaveLength(100_000);
  expect(connectionsOf(capture)).toHaveLength(100);
  const { events } = traceOf(capture);
  expect(events.filter(({ kind }) => kind === 'receive')).toHaveLength(100_000);
});
