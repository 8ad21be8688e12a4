/** Captures read by us and by Wireshark's own dissectors, in formats that its programs write: both must see the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CapturedSegment, connectionsOf, readCapture } from '../../src/capture/index.ts';
import {
  buildTcpPacket,
  formatAddress,
  PROTOCOL_TCP,
  parseAddress,
  pseudoHeaderSum,
  sealTcp,
} from '../../src/wire/index.ts';
import { requireTool } from '../tools.ts';
import { packetFields } from '../wire/arbitraries.ts';
import {
  cooked,
  cooked2,
  demoRun,
  ETHERNET,
  ethernet,
  type FileFrame,
  loopback,
  type PcapFormat,
  pcapFile,
  RAW_IP,
  SLL,
  SLL2,
} from './files.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'statewire-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A file in the folder. */
function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const FIELDS = [
  'frame.number',
  'frame.time_epoch',
  'ip.src',
  'ipv6.src',
  'tcp.srcport',
  'ip.dst',
  'ipv6.dst',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.flags',
  'tcp.len',
  'tcp.window_size_value',
  'tcp.options.mss_val',
  'tcp.options.wscale.shift',
  'tcp.options.timestamp.tsval',
  'tcp.options.timestamp.tsecr',
  'tcp.options.sack_le',
  'tcp.options.sack_re',
  'tcp.stream',
];

/** What tshark sees of each TCP segment, and of which of its streams it is. */
function dissected(tshark: string, path: string): { lines: string[]; streams: number[] } {
  const preferences = ['tcp.relative_sequence_numbers:FALSE', 'ip.defragment:FALSE', 'ipv6.defragment:FALSE'];
  const output = execFileSync(
    tshark,
    [
      ...['-n', '-r', path, '-Y', 'tcp', '-d', 'tcp.port==0-65535,data', '-T', 'fields', '-E', 'separator=|'],
      ...preferences.flatMap((text) => ['-o', text]),
      ...FIELDS.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const streams: number[] = [];
  const lines = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const cells = line.split('|');
      streams.push(Number(cells.pop()));
      return normal(cells);
    });
  return { lines, streams };
}

/** tshark's cells as ours are written: times cut to us, addresses joined with ports, flags as a number. */
function normal(cells: readonly string[]): string {
  const [frame, time, four, six, port, fourTo, sixTo, portTo, seq, ack, flags, ...rest] = cells as string[];
  const [seconds, fraction = ''] = time!.split('.');
  return [
    frame,
    `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}`,
    endpoint(four!, six!, port!),
    endpoint(fourTo!, sixTo!, portTo!),
    seq,
    (Number(flags) & 16) === 0 ? '0' : ack,
    Number(flags) & 0x1ff,
    ...rest,
  ].join(' ');
}

/** tshark writes IPv6 addresses in a manner of its own. */
function endpoint(four: string, six: string, port: string): string {
  return four === '' ? `[${formatAddress(parseAddress(six))}]:${port}` : `${four}:${port}`;
}

const LETTERS = 'FSRP.UEWA';

/** A segment as we read it, in the same words. */
function ours({ frame, t, segment }: CapturedSegment): string {
  const { source, destination, seq, ack, flags, length, window, options = {} } = segment;
  const bits = [...flags].reduce(
    (sum, letter) => sum | (letter === '-' ? 0 : 1 << LETTERS.indexOf(letter)),
    0,
  );
  const seconds = `${Math.floor(t / 1_000_000)}.${String(t % 1_000_000).padStart(6, '0')}`;
  return [
    ...[frame, seconds, source, destination, seq, ack, bits, length, window],
    ...[options.mss, options.windowScale, options.timestamps?.[0], options.timestamps?.[1]],
    options.sack?.map(([left]) => left).join(','),
    options.sack?.map(([, right]) => right).join(','),
  ].join(' ');
}

/** Compares both on a file, and returns how many segments they saw. */
function compare(tshark: string, path: string): number {
  const { lines } = dissected(tshark, path);
  const capture = readCapture(readFileSync(path));
  expect(capture.warnings).toEqual([]);
  expect(capture.packets.map(ours)).toEqual(lines);
  return lines.length;
}

describe('a run of our demo', () => {
  const { file } = demoRun(5, { delay: 20_000, loss: 0.1, duplicate: 0.05 }, { mss: 60, dsack: false });

  test.for<[string, string[]]>([
    ['pcapng', []],
    ['pcap', []],
    ['nsecpcap', []],
    ['pcap', ['-s', '40']],
    ['pcapng', ['-s', '61']],
    ['pcap', ['-t', '1700000000.25']],
  ])('as editcap writes it again: %s %j', ([format, options], context) => {
    const [tshark, editcap] = [requireTool('tshark', context), requireTool('editcap', context)];
    const path = fileOf('demo.pcapng', file);
    const again = join(folder, `again.${format}`);
    execFileSync(editcap, ['-F', format, ...options, path, again], { stdio: 'ignore' });
    expect(compare(tshark, again)).toBe(readCapture(file).packets.length);
  });

  test('as tshark and mergecap write it: some packets only, two files as one', (context) => {
    const [tshark, mergecap] = [requireTool('tshark', context), requireTool('mergecap', context)];
    const path = fileOf('demo.pcapng', file);
    const part = join(folder, 'part.pcapng');
    execFileSync(tshark, ['-r', path, '-Y', 'frame.interface_id==1', '-w', part], { stdio: 'ignore' });
    expect(compare(tshark, part)).toBeGreaterThan(10);
    const both = join(folder, 'both.pcapng');
    execFileSync(mergecap, ['-a', '-w', both, part, path], { stdio: 'ignore' });
    expect(compare(tshark, both)).toBeGreaterThan(30);
  });
});

describe('any packets', () => {
  const samples = [...fc.sample(packetFields(4), 100), ...fc.sample(packetFields(16), 100)].map(
    buildTcpPacket,
  );

  /** Frames of the packets, each at a time of its own. */
  function frames(wrap: (packet: Uint8Array, i: number) => Uint8Array): FileFrame[] {
    return samples.map((packet, i) => ({ ns: BigInt(i) * 1_234_567_891n, bytes: wrap(packet, i) }));
  }

  test.for<[string, PcapFormat, (packet: Uint8Array, i: number) => Uint8Array]>([
    ['raw IP', { little: true, nanoseconds: false, linkType: RAW_IP }, (packet) => packet],
    ['raw IP, big-endian ns', { little: false, nanoseconds: true, linkType: RAW_IP }, (packet) => packet],
    [
      'Ethernet: plain, VLAN, QinQ, padded',
      { little: true, nanoseconds: true, linkType: ETHERNET },
      (packet, i) => ethernet(packet, [[], [0x8100], [0x88a8, 0x8100]][i % 3], i % 2 === 0 ? 0 : 9),
    ],
    [
      'Linux cooked',
      { little: false, nanoseconds: false, linkType: SLL },
      (packet, i) => cooked(packet, i % 5),
    ],
    [
      'Linux cooked 2',
      { little: true, nanoseconds: false, linkType: SLL2 },
      (packet, i) => cooked2(packet, i % 5),
    ],
    ['loopback', { little: true, nanoseconds: false, linkType: 0 }, (packet) => loopback(packet, true)],
    [
      'OpenBSD loopback',
      { little: true, nanoseconds: false, linkType: 108 },
      (packet) => loopback(packet, false),
    ],
  ])('in %s', ([name, format, wrap], context) => {
    const tshark = requireTool('tshark', context);
    const path = fileOf(`${name.replaceAll(/[^a-z]/gi, '')}.pcap`, pcapFile(format, frames(wrap)));
    expect(compare(tshark, path)).toBe(samples.length);
  });

  test('with snap lengths: as far as the header goes', (context) => {
    const tshark = requireTool('tshark', context);
    const cut = frames((packet) => packet).map(({ ns, bytes }, i) => {
      const header = bytes[0]! >>> 4 === 4 ? 40 : 60;
      return { ns, bytes: bytes.subarray(0, header + (i % 12)), wire: bytes.length };
    });
    const path = fileOf('cut.pcap', pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, cut));
    const withoutOptions = (lines: string[]) => lines.map((line) => line.split(' ').slice(0, 9).join(' '));
    const { packets } = readCapture(readFileSync(path));
    const seen = dissected(tshark, path).lines;
    expect(withoutOptions(packets.map(ours))).toEqual(withoutOptions(seen));
    expect(seen).toHaveLength(samples.length);
  });
});

test('connections are tshark’s streams', (context) => {
  const tshark = requireTool('tshark', context);
  const of = (seed: number) => readCapture(demoRun(seed, { delay: 1000 }).file).packets;
  // The same ports again and again, with other sequence numbers, and other ports between
  const runs = [of(1), of(2), of(1), of(3)].map((packets) => packets.filter(({ point }) => point === 0));
  const again = runs[0]!.map(({ bytes }) => moved(bytes));
  const frames = [...runs.flat().map(({ bytes }) => bytes), ...again].map((bytes, i) => {
    return { ns: BigInt(i) * 1_000_000n, bytes };
  });
  const path = fileOf(
    'streams.pcap',
    pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, frames),
  );
  const { streams } = dissected(tshark, path);
  const found: number[] = [];
  for (const { number, passed } of connectionsOf(readCapture(readFileSync(path)))) {
    for (const { packet } of passed) found[packet.frame - 1] = number - 1;
  }
  expect(found).toEqual(streams);
  expect(new Set(streams).size).toBe(4);
});

/** A packet of another connection between the same ports: all its sequence numbers are others. */
function moved(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE((copy.readUInt32BE(24) + 0x12345678) >>> 0, 24);
  if ((copy[33]! & 16) !== 0) copy.writeUInt32BE((copy.readUInt32BE(28) + 0x12345678) >>> 0, 28);
  const pseudo = pseudoHeaderSum(copy.subarray(12, 16), copy.subarray(16, 20), PROTOCOL_TCP);
  sealTcp(copy, 20, copy.length - 20, pseudo);
  return copy;
}
