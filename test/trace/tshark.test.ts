/** What we write, read by Wireshark's own dissectors. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PcapngWriter, pcapngSink } from '../../src/trace/pcapng.ts';
import {
  buildTcpPacket,
  formatAddress,
  parseAddress,
  parseTcpPacket,
  SYN,
  type TcpPacketFields,
} from '../../src/wire/index.ts';
import { requireTool } from '../tools.ts';
import { type FullFields, packetFields } from '../wire/arbitraries.ts';
import { ADDRESSES, link, receive, recorder, send, trace } from './captures.ts';

/** What tshark makes of a capture: a record of fields for each packet. */
function dissect(tshark: string, file: Uint8Array, fields: readonly string[]): Record<string, string[]>[] {
  const folder = mkdtempSync(join(tmpdir(), 'statewire-'));
  try {
    const path = join(folder, 'capture.pcapng');
    writeFileSync(path, file);
    const preferences = [
      'ip.check_checksum:TRUE',
      'tcp.check_checksum:TRUE',
      'tcp.relative_sequence_numbers:FALSE',
    ];
    // Ports and payloads are random: no other protocol shall be found in them, and found malformed
    const protocols = ['-d', 'tcp.port==0-65535,data'];
    const args = [
      '-n',
      '-r',
      path,
      ...protocols,
      ...preferences.flatMap((text) => ['-o', text]),
      '-T',
      'json',
    ];
    const output = execFileSync(tshark, [...args, ...fields.flatMap((field) => ['-e', field])], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const records = JSON.parse(output) as { _source: { layers: Record<string, string[]> } }[];
    return records.map((record) => record._source.layers);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const FIELDS = [
  '_ws.malformed',
  'ip.checksum.status',
  'tcp.checksum.status',
  'ip.src',
  'ip.dst',
  'ip.ttl',
  'ip.id',
  'ip.flags.df',
  'ip.dsfield',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.hlim',
  'ipv6.flow',
  'ipv6.tclass',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.flags',
  'tcp.window_size_value',
  'tcp.urgent_pointer',
  'tcp.len',
  'tcp.options.mss_val',
  'tcp.options.wscale.shift',
  'tcp.options.sack_perm',
  'tcp.options.sack_le',
  'tcp.options.sack_re',
  'tcp.options.timestamp.tsval',
  'tcp.options.timestamp.tsecr',
] as const;

/** What tshark should say of a packet built from these fields. */
function expectedDissection(fields: FullFields): Record<string, (string | number)[]> {
  const syn = (fields.flags & SYN) !== 0;
  return {
    'tcp.checksum.status': [1],
    ...(fields.source.length === 4 ? expectedIpv4(fields) : expectedIpv6(fields)),
    'tcp.srcport': [fields.sourcePort!],
    'tcp.dstport': [fields.destinationPort!],
    'tcp.seq_raw': [fields.seq!],
    'tcp.ack_raw': [fields.ack!],
    'tcp.flags': [fields.flags],
    'tcp.window_size_value': [fields.window!],
    'tcp.urgent_pointer': [fields.urgentPointer!],
    'tcp.len': [fields.payload.length],
    ...(fields.mss !== undefined && { 'tcp.options.mss_val': [fields.mss] }),
    ...(fields.windowScale !== undefined && { 'tcp.options.wscale.shift': [fields.windowScale] }),
    ...(fields.sackPermitted && { 'tcp.options.sack_perm': ['present'] }),
    ...(!syn &&
      fields.sack && {
        'tcp.options.sack_le': fields.sack.map(([left]) => left),
        'tcp.options.sack_re': fields.sack.map(([, right]) => right),
      }),
    ...(fields.timestamps && {
      'tcp.options.timestamp.tsval': [fields.timestamps[0]],
      'tcp.options.timestamp.tsecr': [fields.timestamps[1]],
    }),
  };
}

function expectedIpv4(fields: TcpPacketFields): Record<string, (string | number)[]> {
  return {
    'ip.checksum.status': [1],
    'ip.src': [formatAddress(fields.source)],
    'ip.dst': [formatAddress(fields.destination)],
    'ip.ttl': [fields.ttl!],
    'ip.id': [fields.identification!],
    'ip.flags.df': [fields.dontFragment ? 1 : 0],
    'ip.dsfield': [(fields.dscp! << 2) | fields.ecn!],
  };
}

function expectedIpv6(fields: TcpPacketFields): Record<string, (string | number)[]> {
  return {
    'ipv6.src': [formatAddress(fields.source)],
    'ipv6.dst': [formatAddress(fields.destination)],
    'ipv6.hlim': [fields.ttl!],
    'ipv6.flow': [fields.flowLabel!],
    'ipv6.tclass': [(fields.dscp! << 2) | fields.ecn!],
  };
}

/** tshark writes some numbers in decimal and some in hexadecimal, and addresses in its own manner. */
function normalise(dissection: Record<string, string[]>): Record<string, (string | number)[]> {
  const result: Record<string, (string | number)[]> = {};
  for (const [field, values] of Object.entries(dissection)) {
    if (/^ip.*\.(src|dst)$/.test(field))
      result[field] = values.map((text) => formatAddress(parseAddress(text)));
    else if (field === 'tcp.options.sack_perm') result[field] = ['present'];
    else result[field] = values.map(Number);
  }
  return result;
}

describe('tshark', () => {
  test('decodes what we write, all options, without a malformed or bad-checksum note', (context) => {
    const tshark = requireTool('tshark', context);
    const samples = [...fc.sample(packetFields(4), 150), ...fc.sample(packetFields(16), 150)];
    const file = recorder();
    const writer = new PcapngWriter(file.write);
    const number = writer.addInterface('client');
    samples.forEach((fields, i) => {
      writer.packet(number, i, buildTcpPacket(fields), 'outbound');
    });
    const dissections = dissect(tshark, file.bytes(), FIELDS);
    expect(dissections.map(normalise)).toEqual(samples.map(expectedDissection));
  });

  test('would tell of a wrong checksum', (context) => {
    const tshark = requireTool('tshark', context);
    const file = recorder();
    const writer = new PcapngWriter(file.write);
    const packet = buildTcpPacket({ ...ADDRESSES, payload: Uint8Array.of(1, 2, 3) });
    packet[41] = 9;
    expect(parseTcpPacket(packet)).toBe('badChecksum');
    writer.packet(writer.addInterface('client'), 0, packet, 'outbound');
    expect(dissect(tshark, file.bytes(), FIELDS).map(normalise)).toMatchObject([
      { 'ip.checksum.status': [1], 'tcp.checksum.status': [0] },
    ]);
  });

  test('shows interface, time, direction and comment', (context) => {
    const tshark = requireTool('tshark', context);
    const file = recorder();
    const { sink, end } = pcapngSink(file.write);
    const events = trace(
      ['client', 1_500_000, send(1)],
      ['link', 1_500_000, link(1, { what: 'lost', reason: 'loss' })],
      ['server', 5_000_000_000_000_001, receive(1, 1)],
    );
    for (const event of events) sink(event);
    end();
    const fields = [
      'frame.interface_name',
      'frame.time_epoch',
      'frame.packet_flags_direction',
      'frame.comment',
    ];
    const [sent, received] = dissect(tshark, file.bytes(), fields);
    expect(sent).toMatchObject({
      'frame.interface_name': ['client'],
      'frame.time_epoch': ['1.500000000'],
      'frame.comment': ['link: dropped (loss)'],
    });
    expect(received).toMatchObject({
      'frame.interface_name': ['server'],
      'frame.time_epoch': ['5000000000.000001000'],
    });
    const direction = 'frame.packet_flags_direction';
    expect([Number(sent![direction]), Number(received![direction])]).toEqual([2, 1]);
  });
});
