import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { END, LARGEST_RECORD, RecordCodec } from '../../src/channel/fileRecord.ts';
import {
  buildTcpPacket,
  formatAddress,
  parseAddress,
  parseTcpPacket,
  type TcpPacketFields,
  writeIpHeader,
} from '../../src/wire/index.ts';

const writer = new RecordCodec();
const reader = new RecordCodec();
const buffer = Buffer.alloc(LARGEST_RECORD + 100);

/** The record of a packet, with what comes before it in a log. */
function recordOf(packet: Uint8Array, offset = 0): Buffer {
  const end = writer.write(packet, buffer, offset);
  return Buffer.from(buffer.subarray(offset, end));
}

/** Reads a record that ends in END. */
function read(record: Buffer): string {
  return reader.read(record, 0, record.length - END.length);
}

/** The lines by name. */
function linesOf(packet: Uint8Array): Record<string, string> {
  const text = recordOf(packet).toString('utf8');
  expect(text.endsWith('\n%%EOP\n')).toBe(true);
  const lines = text.slice(0, -END.length).split('\n');
  const pairs = lines.map((line) => /^(\w+): (.*)$/s.exec(line)!.slice(1) as [string, string]);
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return Object.fromEntries(pairs);
}

/** The bytes that a `data` line stands for. */
function bytesOf(text: string): Buffer {
  const letters: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  const parts = text.match(/\\x[0-9a-f]{2}|\\[nrt\\]|[^\\]+/g) ?? [];
  expect(parts.join('')).toBe(text);
  return Buffer.concat(
    parts.map((part) => {
      if (part.startsWith('\\x')) return Buffer.from(part.slice(2), 'hex');
      return Buffer.from(part.startsWith('\\') ? letters[part[1]!]! : part, 'utf8');
    }),
  );
}

const port = fc.integer({ min: 0, max: 65_535 });
const word = fc.integer({ min: 0, max: 0xffffffff });
const text = fc.string({ unit: 'binary', maxLength: 80 }).map((value) => new TextEncoder().encode(value));
const payload = fc.oneof(fc.uint8Array({ maxLength: 200 }), text);
const addresses = fc.oneof(
  fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 4, maxLength: 4 })),
  fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
);
const fields: fc.Arbitrary<TcpPacketFields> = fc
  .record({
    addresses,
    sourcePort: port,
    destinationPort: port,
    seq: word,
    ack: word,
    flags: fc.integer({ min: 0, max: 511 }),
    window: port,
    urgentPointer: port,
    mss: port,
    windowScale: fc.integer({ min: -1, max: 14 }),
    sackPermitted: fc.boolean(),
    sack: fc.array(fc.tuple(word, word), { maxLength: 4 }),
    stamps: fc.option(fc.tuple(word, word)),
    ttl: fc.integer({ min: 0, max: 255 }),
    dscp: fc.integer({ min: 0, max: 63 }),
    ecn: fc.integer({ min: 0, max: 3 }),
    identification: port,
    dontFragment: fc.boolean(),
    flowLabel: fc.integer({ min: 0, max: 0xfffff }),
    payload,
  })
  .map(({ addresses: [source, destination], stamps, ...rest }) => ({
    ...rest,
    source,
    destination,
    ...(stamps !== null && { timestamps: stamps }),
  }));

const base: TcpPacketFields = {
  source: parseAddress('10.0.0.1'),
  destination: parseAddress('10.0.0.2'),
  sourcePort: 49_152,
  destinationPort: 50,
};
const withData = (data: Uint8Array | string): Uint8Array =>
  buildTcpPacket({ ...base, payload: typeof data === 'string' ? Buffer.from(data) : data });

describe('a record', () => {
  it('reads like this', () => {
    const packet = buildTcpPacket({
      ...base,
      seq: 1000,
      ack: 2000,
      flags: 24,
      window: 65_535,
      timestamps: [7, 8],
      payload: Buffer.from('PUT,city,서울\n'),
    });
    expect(recordOf(packet).toString()).toBe(
      `source: 10.0.0.1
destination: 10.0.0.2
protocol: TCP
length: 68
ttl: 64
dscp: 0
ecn: 0
identification: 0
DF_bit: 1
source_port: 49152
dest_port: 50
seq_num: 1000
ACK_num: 2000
ACK_bit: 1
SYN_bit: 0
FIN_bit: 0
RST_bit: 0
PSH_bit: 1
URG_bit: 0
ECE_bit: 0
CWR_bit: 0
AE_bit: 0
receive_window: 65535
checksum: 0x${Buffer.from(packet.subarray(36, 38)).toString('hex')} (right)
urgent_pointer: 0
options: timestamps 7 8
data: PUT,city,서울\\n
packet: ${Buffer.from(packet).toString('hex')}
%%EOP
`,
    );
  });

  it('brings back any bytes, up to the largest packet', () => {
    const large = fc.uint8Array({ minLength: 60_000, maxLength: 65_535, size: 'max' });
    const any = fc.oneof(
      { weight: 20, arbitrary: fc.uint8Array({ maxLength: 100 }) },
      { weight: 10, arbitrary: fc.uint8Array({ maxLength: 3000, size: 'max' }) },
      { weight: 1, arbitrary: large },
    );
    const check = (packet: Uint8Array, offset: number): void => {
      const record = recordOf(packet, offset);
      expect(record.indexOf(END)).toBe(record.length - END.length);
      expect(read(record)).toBe('ok');
      expect(Buffer.compare(reader.packet, packet)).toBe(0);
    };
    fc.assert(fc.property(any, fc.integer({ min: 0, max: 100 }), check), { numRuns: 300 });
    for (const length of [0, 1, 65_534, 65_535]) check(new Uint8Array(length).fill(0x45), 0);
  });

  it('has room for the largest packet whose bytes are all escapes', () => {
    const packet = buildTcpPacket({
      ...base,
      source: parseAddress('2001:db80:1111:2222:3333:4444:5555:6666'),
      destination: parseAddress('2001:db80:1111:2222:3333:4444:5555:7777'),
      sack: Array.from({ length: 4 }, () => [4_000_000_000, 4_000_000_001]),
      payload: new Uint8Array(65_535 - 40 - 56).fill(0xff),
    });
    expect(packet.length).toBe(65_535);
    const record = recordOf(packet);
    expect(record.length).toBeLessThanOrEqual(LARGEST_RECORD);
    expect(read(record)).toBe('ok');
    expect(Buffer.compare(reader.packet, packet)).toBe(0);
  });

  it('says of every TCP packet what a parser finds in it', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const packet = buildTcpPacket(given);
        const parsed = parseTcpPacket(packet);
        if (typeof parsed === 'string') throw new Error(parsed);
        const { ip, segment } = parsed;
        const lines = linesOf(packet);
        expect(lines).toMatchObject({
          source: formatAddress(ip.source()),
          destination: formatAddress(ip.destination()),
          protocol: 'TCP',
          length: `${packet.length}`,
          ttl: `${given.ttl}`,
          dscp: `${given.dscp}`,
          ecn: `${given.ecn}`,
          source_port: `${segment.sourcePort}`,
          dest_port: `${segment.destinationPort}`,
          seq_num: `${segment.seq}`,
          ACK_num: `${segment.ack}`,
          receive_window: `${segment.window}`,
          urgent_pointer: `${segment.urgentPointer}`,
          packet: Buffer.from(packet).toString('hex'),
        });
        if (ip.version === 6) expect(lines.flow_label).toBe(`${given.flowLabel}`);
        else {
          expect(lines.identification).toBe(`${given.identification}`);
          expect(lines.DF_bit).toBe(given.dontFragment ? '1' : '0');
        }
        const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE'];
        const flags = names.reduce((sum, name, i) => sum + Number(lines[`${name}_bit`]) * 2 ** i, 0);
        expect(flags).toBe(segment.flags);
        expect(lines.checksum).toMatch(/^0x[0-9a-f]{4} \(right\)$/);
        expect(bytesOf(lines.data!)).toEqual(Buffer.from(segment.payload()));
        expect(lines.data).not.toMatch(/[\p{Cc}\u202e\u2028\u2029\u200b\ufeff]/u);
        const words: string[] = [];
        if (segment.mss > 0) words.push(`mss ${segment.mss}`);
        if (segment.sackPermitted) words.push('SACK permitted');
        if (segment.hasTimestamps) words.push(`timestamps ${segment.tsVal} ${segment.tsEcr}`);
        if (segment.windowScale >= 0) words.push(`window scale ${segment.windowScale}`);
        for (let i = 0; i < segment.sackCount; i += 1) {
          words.push(`SACK ${segment.sackBlocks[2 * i]}-${segment.sackBlocks[2 * i + 1]}`);
        }
        expect(lines.options).toBe(words.length === 0 ? undefined : words.join(', '));
      }),
      { numRuns: 500 },
    );
  });

  it('is never taken for another packet when a character of it is changed', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fields, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, place, change) => {
        const packet = buildTcpPacket(given);
        const record = recordOf(packet);
        const at = place % (record.length - END.length);
        record[at] = record[at]! ^ change;
        const outcome = read(record);
        outcomes.add(outcome);
        if (outcome === 'ok') {
          // A digit in the other case: the same packet
          expect(change).toBe(32);
          expect(Buffer.compare(reader.packet, packet)).toBe(0);
        }
      }),
      { numRuns: 3000 },
    );
    expect([...outcomes].sort()).toEqual(expect.arrayContaining(['badRecord', 'disagrees']));
  });

  it('tells a damaged packet from a whole one, and keeps it as it is', () => {
    const packet = withData('abc');
    packet[42]! ^= 1;
    expect(linesOf(packet).checksum).toMatch(/ \(wrong\)$/);
    expect(linesOf(packet).data).toBe('abb');
    packet[3]! ^= 1;
    expect(Object.keys(linesOf(packet))).toEqual(['unreadable', 'packet']);
    expect(linesOf(packet).unreadable).toBe('badHeaderChecksum');
    expect(read(recordOf(packet))).toBe('ok');
    expect(Buffer.compare(reader.packet, packet)).toBe(0);
  });

  it('shows of other protocols what they have', () => {
    const other = (protocol: number, data: readonly number[]): Record<string, string> => {
      const packet = new Uint8Array(20 + data.length);
      writeIpHeader(packet, 0, { ...base, protocol }, data.length);
      packet.set(data, 20);
      expect(read(recordOf(packet))).toBe('ok');
      return linesOf(packet);
    };
    const udp = other(17, [0, 53, 1, 0, 0, 10, 0, 0, 0x68, 0x69]);
    expect(udp).toMatchObject({ protocol: 'UDP', source_port: '53', dest_port: '256', data: 'hi' });
    expect(other(1, [3, 4, 0, 0])).toMatchObject({ protocol: 'ICMP', type: '3', code: '4' });
    expect(other(1, [3])).not.toHaveProperty('type');
    expect(other(17, [0, 53])).not.toHaveProperty('source_port');
    expect(other(132, [1, 2])).toMatchObject({ protocol: '132' });
    expect(other(6, [1, 2])).toMatchObject({ protocol: 'TCP', unreadable: 'truncated' });
  });

  it.each([
    ['a line feed', '\n%%EOP\n', '\\n%%EOP\\n'],
    ['the end of a record alone', '%%EOP', '%%EOP'],
    ['an escape sequence', '\u001b[31m', '\\x1b[31m'],
    ['a C1 control', '\u009b31m', '\\xc2\\x9b31m'],
    ['a backslash', 'a\\n', 'a\\\\n'],
    ['reversed writing', 'a\u202eb', 'a\\xe2\\x80\\xaeb'],
    ['other scripts', 'é서울😀', 'é서울😀'],
    ['blanks', ' \t\r', ' \\t\\r'],
  ])('escapes only what must be: %s', (_, data, shown) => {
    expect(linesOf(withData(data)).data).toBe(shown);
  });

  it.each([
    ['half a character', [0xec, 0x84], '\\xec\\x84'],
    ['a longer way to write "/"', [0xc0, 0xaf], '\\xc0\\xaf'],
    ['a longer way, in three bytes', [0xe0, 0x80, 0xaf], '\\xe0\\x80\\xaf'],
    ['half a surrogate pair', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
    ['a byte that begins nothing', [0xff, 0x41], '\\xffA'],
  ])('escapes what is no UTF-8: %s', (_, data, shown) => {
    expect(linesOf(withData(Uint8Array.from(data))).data).toBe(shown);
  });

  it('is refused, with the reason, when it is none', () => {
    const good = recordOf(withData('abc')).toString('latin1');
    const outcome = (record: string): string => read(Buffer.from(record, 'latin1'));
    expect(outcome(good)).toBe('ok');
    expect(outcome(good.replace('seq_num: 0', 'seq_num: 1'))).toBe('disagrees');
    expect(outcome(good.replace('data: abc', 'data: abd'))).toBe('disagrees');
    expect(outcome(good.replace('data: abc\n', ''))).toBe('disagrees');
    expect(outcome(good.replace('length: 43', 'length: 44'))).toBe('disagrees');
    expect(outcome(`note: mine\n${good}`)).toBe('disagrees');
    expect(outcome(good.replace(/^.*\n(?=packet)/s, ''))).toBe('disagrees');
    expect(outcome(good.replace('packet: 45', 'packet: 4g'))).toBe('badRecord');
    expect(outcome(good.replace('packet: 45', 'packet: 5'))).toBe('badRecord');
    expect(outcome(good.replace('packet: ', 'Packet: '))).toBe('badRecord');
    expect(outcome(`packet: ${'00'.repeat(65_536)}\n%%EOP\n`)).toBe('tooLarge');
    expect(outcome('\n%%EOP\n')).toBe('badRecord');
    expect(outcome('unreadable: truncated\npacket: \n%%EOP\n')).toBe('ok');
    expect(reader.packet.length).toBe(0);
  });

  it('may be any bytes at all', () => {
    const anywhere = fc.tuple(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(100));
    fc.assert(
      fc.property(anywhere, ([bytes, from, to]) => {
        const end = Math.min(to, bytes.length);
        expect(['ok', 'badRecord', 'disagrees']).toContain(
          reader.read(Buffer.from(bytes), Math.min(from, end), end),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
