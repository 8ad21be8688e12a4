/** Opening: RFC 9293 section 3.5 and 3.7.1, segment by segment. */
import { describe, expect, it } from 'vitest';
import type { FromPeer } from './peer.ts';
import { Peer } from './peer.ts';

describe('active open', () => {
  it('figure 6: SYN, SYN,ACK, ACK', () => {
    const p = new Peer();
    p.connect();
    expect(p.state).toBe('SYN_SENT');
    expect(p.take()).toEqual(['S 0:0(0)']);
    p.send('S.', { seq: 0, ack: 1 });
    expect(p.take()).toEqual(['. 1:1(0) ack 1']);
    expect([p.state, p.reports]).toEqual(['ESTABLISHED', ['established']]);
  });

  it('an ACK of anything but our SYN is answered with a reset of its number, and changes nothing', () => {
    for (const ack of [0, 2, -5, 100]) {
      const p = new Peer();
      p.connect();
      p.take();
      p.send('S.', { seq: 0, ack });
      expect(p.take()).toEqual([`R ${ack}:${ack}(0)`]);
      p.send('R.', { seq: 0, ack });
      expect([p.take(), p.state]).toEqual([[], 'SYN_SENT']);
    }
  });

  it('a RST with an acceptable ACK refuses it, one without ACK is nothing', () => {
    const p = new Peer();
    p.connect();
    p.take();
    p.send('R', { seq: 0 });
    expect(p.state).toBe('SYN_SENT');
    p.send('R.', { seq: 0, ack: 1 });
    expect([p.state, p.reports, p.take()]).toEqual(['CLOSED', ['refused'], []]);
    expect([p.host.connections.length, p.host.timers.size]).toEqual([0, 0]);
  });

  it('an ACK without SYN is dropped', () => {
    const p = new Peer();
    p.connect();
    p.take();
    p.send('.', { seq: 1, ack: 1 });
    p.send('F.', { seq: 1, ack: 1 });
    expect([p.take(), p.state]).toEqual([[], 'SYN_SENT']);
  });

  it('data written before the handshake is done goes with it', () => {
    const p = new Peer();
    p.connect();
    expect(p.write(100)).toBe(100);
    p.take();
    p.send('S.', { seq: 0, ack: 1 });
    expect(p.take()).toEqual(['P. 1:101(100) ack 1']);
  });

  it('RFC 6298 (5.5): a SYN that is not answered is sent again after 1, 3, 7, 15, ... s', () => {
    const p = new Peer();
    p.connect();
    p.wait(130_000);
    expect(p.timeline()).toEqual([0, 1, 3, 7, 15, 31, 63, 127].map((s) => `${1000 * s} S 0:0(0)`));
  });

  it('MUST-23: it is kept up for at least 3 minutes, then given up', () => {
    const p = new Peer();
    p.connect();
    p.wait(179_999);
    expect(p.state).toBe('SYN_SENT');
    p.wait(300_000);
    expect([p.state, p.reports]).toEqual(['CLOSED', ['timedOut']]);
    expect([p.host.connections.length, p.host.timers.size]).toEqual([0, 0]);
  });

  it('RFC 6298 (5.7): after a SYN that timed out, data waits 3 s for its ACK at first', () => {
    const p = new Peer();
    p.connect();
    p.wait(1000);
    p.send('S.', { seq: 0, ack: 1 });
    p.take();
    p.write(10);
    p.wait(2999);
    expect(p.timeline()).toEqual(['1000 P. 1:11(10) ack 1']);
    p.wait(1);
    expect(p.timeline()).toEqual(['4000 P. 1:11(10) ack 1']);
  });

  it('the loss of a SYN does not make the path a slow one', () => {
    const p = new Peer();
    p.connect();
    p.wait(1000);
    p.send('S.', { seq: 0, ack: 1 });
    const { cwnd, ssthresh } = p.connection.sender.congestion;
    expect(cwnd).toBeLessThan(ssthresh);
  });

  it('closing or aborting it in SYN_SENT sends nothing', () => {
    for (const call of ['close', 'abort'] as const) {
      const p = new Peer();
      p.connect();
      p.take();
      p.connection[call]();
      expect([p.take(), p.state, p.reports, p.host.timers.size]).toEqual([[], 'CLOSED', ['aborted'], 0]);
    }
  });
});

describe('passive open', () => {
  it('SYN, SYN,ACK, ACK; the user hears of it only then', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    expect(p.take()).toEqual(['S. 0:0(0) ack 1']);
    expect(p.connection).toBeUndefined();
    p.send('.');
    expect([p.state, p.reports, p.take()]).toEqual(['ESTABLISHED', ['established'], []]);
  });

  it('LISTEN: a RST is dropped, an ACK reset, anything else dropped', () => {
    const p = new Peer();
    p.listen();
    p.send('R', { seq: 0 });
    p.send('R.', { seq: 0, ack: 5 });
    p.send('F', { seq: 0 });
    p.send('P', { seq: 0, length: 5 });
    expect(p.take()).toEqual([]);
    p.send('.', { seq: 0, ack: 77 });
    p.send('S.', { seq: 0, ack: 78 });
    expect(p.take()).toEqual(['R 77:77(0)', 'R 78:78(0)']);
    expect(p.host.connections).toEqual([]);
  });

  it('a RST in SYN_RECEIVED brings the listener back to LISTEN, unheard by the user', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    p.take();
    p.send('R', { seq: 1 });
    expect([p.host.connections.length, p.host.timers.size, p.take()]).toEqual([0, 0, []]);
    p.next = 0;
    p.send('S', { seq: 0 });
    expect(p.take()).toEqual(['S. 0:0(0) ack 1']);
  });

  it('an ACK of what was not sent is reset in SYN_RECEIVED, which stays', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    p.take();
    for (const ack of [0, 2]) {
      p.send('.', { ack });
      expect(p.take()).toEqual([`R ${ack}:${ack}(0)`]);
    }
    p.send('.', { ack: 1 });
    expect(p.state).toBe('ESTABLISHED');
  });

  it('the SYN,ACK is sent again, and a repeated SYN is acknowledged', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    p.wait(3000);
    expect(p.timeline()).toEqual(['0 S. 0:0(0) ack 1', '1000 S. 0:0(0) ack 1', '3000 S. 0:0(0) ack 1']);
    p.send('S', { seq: 0 });
    expect(p.take()).toEqual(['. 1:1(0) ack 1']);
    p.send('.', { seq: 1 });
    expect(p.state).toBe('ESTABLISHED');
  });

  it('a new SYN inside the window in SYN_RECEIVED: back to LISTEN (3.10.7.4, fourth)', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    p.take();
    p.send('S', { seq: 100 });
    expect([p.host.connections.length, p.take()]).toEqual([0, []]);
  });

  it('the ACK of the handshake may bring data and FIN at once', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    p.take();
    p.send('FP.', { length: 10 });
    expect(p.reports).toEqual(['established', 'readable', 'ended']);
    expect(p.take()).toEqual(['. 1:1(0) ack 12']);
    expect([p.state, p.reads(1, 10)]).toEqual(['CLOSE_WAIT', true]);
  });

  it('data in the SYN is kept until the handshake is done (3.10.7.2), not acknowledged before', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0, length: 10 });
    expect(p.take()).toEqual(['S. 0:0(0) ack 1']);
    p.send('.', { seq: 11 });
    expect(p.reports).toEqual(['established', 'readable']);
    const data = p.connection.receive();
    expect(data.length).toBe(10);
    p.wait(500);
    expect(p.take()).toEqual(['. 1:1(0) ack 11']);
  });

  it('a SYN with data that comes again does not end the handshake: its SYN lies before the window', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0, length: 10 });
    p.send('S', { seq: 0, length: 10 });
    expect(p.host.connections.length).toBe(1);
    p.send('.', { seq: 11 });
    expect(p.state).toBe('ESTABLISHED');
  });

  it('data in the SYN,ACK is taken', () => {
    const p = new Peer();
    p.connect();
    p.take();
    p.send('S.', { seq: 0, ack: 1, length: 10 });
    expect(p.take()).toEqual(['. 1:1(0) ack 11']);
    expect(p.connection.receive().length).toBe(10);
  });

  it('a SYN with FIN: the FIN counts when the handshake is done', () => {
    const p = new Peer();
    p.listen();
    p.send('SF', { seq: 0 });
    expect(p.take()).toEqual(['S. 0:0(0) ack 1']);
    p.send('.', { seq: 2 });
    expect([p.state, p.reports]).toEqual(['CLOSE_WAIT', ['established', 'ended']]);
  });

  it('no more half-open connections than the backlog; one that is established makes room', () => {
    const p = new Peer({ tcp: { synCookies: 'off' } });
    p.listen(2);
    const syn = (port: number) => p.send('S', { seq: 0, port });
    for (const port of [1, 2, 3]) syn(port);
    expect([p.take().length, p.host.counters.discarded]).toEqual([2, { backlogFull: 1 }]);
    p.send('.', { seq: 1, ack: 1, port: 1 });
    syn(3);
    expect(p.take()).toEqual(['S. 0:0(0) ack 1']);
    // One that gives up makes room too.
    p.send('R', { seq: 1, port: 2 });
    syn(4);
    expect(p.take()).toEqual(['S. 0:0(0) ack 1']);
  });

  it('a half-open connection is not kept for ever', () => {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    p.wait(400_000);
    expect([p.host.connections.length, p.host.timers.size]).toEqual([0, 0]);
  });
});

describe('simultaneous open (MUST-10)', () => {
  it('figure 7: both SYNs cross, both SYN,ACKs cross', () => {
    const p = new Peer();
    p.connect();
    expect(p.take()).toEqual(['S 0:0(0)']);
    p.send('S', { seq: 0 });
    expect([p.state, p.take()]).toEqual(['SYN_RECEIVED', ['S. 0:0(0) ack 1']]);
    p.send('S.', { seq: 0, ack: 1 });
    expect([p.state, p.reports]).toEqual(['ESTABLISHED', ['established']]);
    p.write(5);
    expect(p.take().at(-1)).toBe('P. 1:6(5) ack 1');
  });

  it('an ACK instead of the SYN,ACK does too', () => {
    const p = new Peer();
    p.connect();
    p.send('S', { seq: 0 });
    p.take();
    p.send('.', { seq: 1, ack: 1 });
    expect([p.state, p.take()]).toEqual(['ESTABLISHED', []]);
  });

  it('a RST refuses it', () => {
    const p = new Peer();
    p.connect();
    p.send('S', { seq: 0 });
    p.send('R', { seq: 1 });
    expect([p.state, p.reports]).toEqual(['CLOSED', ['refused']]);
  });

  it('CLOSE in SYN_RECEIVED: a FIN if nothing waits, later if something does (3.10.4)', () => {
    const quick = new Peer();
    quick.connect();
    quick.send('S', { seq: 0 });
    quick.take();
    quick.connection.close();
    expect([quick.state, quick.take()]).toEqual(['FIN_WAIT_1', ['F. 1:1(0) ack 1']]);
    const slow = new Peer();
    slow.connect();
    slow.write(10);
    slow.send('S', { seq: 0 });
    slow.take();
    slow.connection.close();
    expect([slow.state, slow.take()]).toEqual(['SYN_RECEIVED', []]);
    slow.send('.', { seq: 1, ack: 1 });
    expect([slow.state, slow.take()]).toEqual(['FIN_WAIT_1', ['FP. 1:11(10) ack 1']]);
  });
});

describe('segment sizes (RFC 9293 section 3.7.1)', () => {
  /** Payload of the first full segment with these settings and this SYN,ACK. */
  function first(tcp: object, fields: FromPeer): number {
    const p = new Peer({ tcp: { nagle: false, ...tcp } });
    p.connect();
    p.take();
    p.send('S.', { seq: 0, ack: 1, ...fields });
    p.take();
    p.write(10_000);
    return p.segments()[0]?.segment.payloadLength ?? 0;
  }

  it('MUST-14, SHLD-5: our SYN says what we take: MTU less 40', () => {
    for (const [tcp, mss] of [
      [{}, 1460],
      [{ mtu: 9000 }, 8960],
      [{ mss: 5 }, 5],
      [{ mss: 1000 }, 1000],
      [{ mtu: 576, mss: 1000 }, 536],
    ] as const) {
      const p = new Peer({ tcp });
      p.connect();
      expect(p.segments()[0]?.segment.mss).toBe(mss);
    }
  });

  it('MUST-15: without the option of the peer it is 536', () => {
    expect(first({}, {})).toBe(536);
  });

  it('MUST-16: the least of what the peer takes and what we send', () => {
    expect(first({}, { mss: 1000 })).toBe(1000);
    expect(first({}, { mss: 9000 })).toBe(1460);
    expect(first({ mss: 300 }, { mss: 1000 })).toBe(300);
    expect(first({}, { mss: 1 })).toBe(1);
  });

  it('MUST-16: less the options, which are in every segment (RFC 6691)', () => {
    expect(first({ timestamps: true }, { mss: 1460, timestamps: [1, 0] })).toBe(1448);
    expect(first({ timestamps: true }, { mss: 1460 })).toBe(1460);
    expect(first({ timestamps: true }, { mss: 20, timestamps: [1, 0] })).toBe(20);
  });

  it('SHLD-5: a SYN,ACK says it too', () => {
    const p = new Peer({ tcp: { mss: 700 } });
    p.listen();
    p.send('S', { seq: 0, mss: 100 });
    expect(p.segments()[0]?.segment.mss).toBe(700);
  });
});

describe('options are used only if both ends offer them', () => {
  const asked = { sack: true, timestamps: true, windowScaling: true };

  it('an active open offers all it may use', () => {
    const p = new Peer({ tcp: asked });
    p.connect();
    const { segment } = p.segments()[0]!;
    expect([segment.sackPermitted, segment.hasTimestamps, segment.windowScale]).toEqual([true, true, 7]);
    const plain = new Peer();
    plain.connect();
    const bare = plain.segments()[0]!.segment;
    expect([bare.sackPermitted, bare.hasTimestamps, bare.windowScale]).toEqual([false, false, -1]);
  });

  it('a SYN,ACK answers only what the SYN offers', () => {
    const p = new Peer({ tcp: asked });
    p.listen();
    p.send('S', { seq: 0, mss: 1460 });
    const bare = p.segments()[0]!.segment;
    expect([bare.sackPermitted, bare.hasTimestamps, bare.windowScale]).toEqual([false, false, -1]);
    p.send('S', { seq: 0, mss: 1460, port: 2, sackPermitted: true, timestamps: [9, 0], windowScale: 3 });
    const { segment } = p.segments()[0]!;
    expect([segment.sackPermitted, segment.hasTimestamps, segment.windowScale]).toEqual([true, true, 7]);
    expect(segment.tsEcr).toBe(9);
  });

  it('RFC 7323 section 2.2: the window of a SYN is not scaled, that of all others is', () => {
    const p = new Peer({ tcp: { windowScaling: true } });
    p.connect();
    expect(p.segments()[0]!.segment.window).toBe(65_535);
    p.send('S.', { seq: 0, ack: 1, windowScale: 4, win: 1000 });
    expect(p.connection.snd.wnd).toBe(1000);
    expect(p.segments()[0]!.segment.window).toBe((1 << 20) >> 7);
    p.send('.', { win: 1000 });
    expect(p.connection.snd.wnd).toBe(16_000);
  });

  it('RFC 7323 section 2.3: a shift above 14 is 14', () => {
    const p = new Peer({ tcp: { windowScaling: true } });
    p.established({ windowScale: 200 });
    p.send('.', { win: 1 });
    expect(p.connection.snd.wnd).toBe(1 << 14);
  });
});
