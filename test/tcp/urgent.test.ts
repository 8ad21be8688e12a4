import { describe, expect, it } from 'vitest';
import { buildTcpPacket } from '../../src/wire/index.ts';
import { HOST_PORT, PEER_PORT, Peer } from './peer.ts';

/** A segment with urgent data: the pointer counts from the segment's first number. */
function urgent(p: Peer, seq: number, length: number, pointer: number, window = 65_535): void {
  p.host.receive(
    buildTcpPacket({
      source: Uint8Array.of(10, 0, 0, 2),
      destination: Uint8Array.of(10, 0, 0, 1),
      sourcePort: PEER_PORT,
      destinationPort: HOST_PORT,
      seq: p.irs + seq,
      ack: p.iss + p.seen,
      flags: 0x30,
      window,
      urgentPointer: pointer,
      payload: new Uint8Array(length),
    }),
  );
}

function watched(tcp = {}): Peer {
  const p = new Peer({ tcp }).established();
  p.connection.handler = { ...p.handler, urgent: () => void p.reports.push('urgent') };
  return p;
}

describe('urgent data (RFC 9293 section 3.8.5)', () => {
  it('[MUST-32] [MUST-33] tells the user at once, and how much is to come', () => {
    const p = watched();
    urgent(p, 1, 10, 50);
    expect(p.reports).toEqual(['urgent', 'readable']);
    expect(p.connection.urgentRemaining).toBe(50);
    p.connection.receive();
    expect(p.connection.urgentRemaining).toBe(40);
  });

  it('[MUST-32] tells again only when it goes further', () => {
    const p = watched();
    urgent(p, 1, 10, 50);
    urgent(p, 11, 10, 40);
    expect(p.reports.filter((report) => report === 'urgent')).toHaveLength(1);
    urgent(p, 21, 10, 31);
    expect(p.reports.filter((report) => report === 'urgent')).toHaveLength(2);
  });

  it('[MUST-66] counts at a window of zero', () => {
    const p = watched({ receiveBuffer: 10 });
    p.send('.', { length: 10 });
    p.take();
    urgent(p, 11, 1, 5);
    expect(p.reports).toContain('urgent');
    expect(p.connection.available).toBe(10);
  });

  it('[MUST-30] [MUST-31] [MUST-62] sends the pointer to the number after the urgent data', () => {
    const p = new Peer({ tcp: { nagle: false } }).established({ mss: 1000 });
    p.connection.send(new Uint8Array(2500), { urgent: true });
    const sent = p.segments().map(({ line, segment }) => `${line} urg ${segment.urgentPointer}`);
    expect(sent).toEqual([
      '.U 1:1001(1000) ack 1 urg 2500',
      '.U 1001:2001(1000) ack 1 urg 1500',
      'P.U 2001:2501(500) ack 1 urg 500',
    ]);
    p.connection.send(new Uint8Array(10));
    expect(p.take()).toEqual(['P. 2501:2511(10) ack 1']);
  });
});
