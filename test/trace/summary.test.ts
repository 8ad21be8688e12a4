import { describe, expect, test } from 'vitest';
import { summarizePacket, summarizeSegment } from '../../src/trace/summary.ts';
import { ACK, buildTcpPacket, FIN, PSH, parseAddress, parseTcpPacket, SYN } from '../../src/wire/index.ts';

const V4 = {
  source: parseAddress('10.0.0.1'),
  destination: parseAddress('10.0.0.2'),
  sourcePort: 1234,
  destinationPort: 50,
};

describe('the summary of a segment', () => {
  test('a SYN with all its options', () => {
    const packet = buildTcpPacket({
      ...V4,
      seq: 0xffffffff,
      ack: 7,
      flags: SYN,
      window: 65_535,
      mss: 1460,
      windowScale: 0,
      sackPermitted: true,
      timestamps: [1, 0],
    });
    expect(summarizePacket(packet)).toEqual({
      source: '10.0.0.1:1234',
      destination: '10.0.0.2:50',
      flags: 'S',
      seq: 0xffffffff,
      // There is no ACK flag, so the field means nothing
      ack: 0,
      window: 65_535,
      length: 0,
      options: { mss: 1460, windowScale: 0, sackPermitted: true, timestamps: [1, 0] },
    });
  });

  test('data over IPv6 with SACK', () => {
    const packet = buildTcpPacket({
      source: parseAddress('fd00::1'),
      destination: parseAddress('fd00::2'),
      sourcePort: 1,
      destinationPort: 2,
      seq: 5,
      ack: 6,
      flags: FIN | PSH | ACK,
      sack: [
        [10, 20],
        [30, 40],
      ],
      payload: new Uint8Array(9),
    });
    const parsed = parseTcpPacket(packet);
    if (typeof parsed === 'string') throw new Error(parsed);
    const summary = summarizeSegment(parsed.segment, parsed.ip);
    packet.fill(0);
    expect(summary).toEqual({
      source: '[fd00::1]:1',
      destination: '[fd00::2]:2',
      flags: 'FP.',
      seq: 5,
      ack: 6,
      window: 0,
      length: 9,
      options: {
        sack: [
          [10, 20],
          [30, 40],
        ],
      },
    });
  });

  test('without options there is no such field', () => {
    expect(summarizePacket(buildTcpPacket(V4))).not.toHaveProperty('options');
  });

  test('a wrong TCP checksum is no hindrance, anything less readable is undefined', () => {
    const packet = buildTcpPacket({ ...V4, payload: new Uint8Array(1) });
    packet[40] = 1;
    expect(summarizePacket(packet)?.length).toBe(1);
    packet[8] = 1;
    expect(summarizePacket(packet)).toBeUndefined();
    expect(summarizePacket(buildTcpPacket({ ...V4, protocol: 17 }))).toBeUndefined();
    expect(summarizePacket(new Uint8Array(0))).toBeUndefined();
  });
});
