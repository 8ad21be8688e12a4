/** Flow control and when to send: RFC 9293 sections 3.8.4 to 3.8.6, RFC 7323's windows and timestamps. */
import { describe, expect, it } from 'vitest';
import { Peer } from './peer.ts';

const M = 1000;

/** A sender with segments of 1000 bytes and a peer whose window is what is given. */
function sender(win: number, tcp: object = {}): Peer {
  const p = new Peer({ tcp: { mss: M, delayedAck: 0, ...tcp } });
  p.window = win;
  return p.established({ mss: M });
}

/** A receiver of segments of 1000 bytes that reads nothing of itself. */
function receiver(receiveBuffer: number, tcp: object = {}): Peer {
  return new Peer({ tcp: { mss: M, receiveBuffer, delayedAck: 0, ...tcp } }).established({ mss: M });
}

function window(p: Peer): number {
  return p.segments().at(-1)?.segment.window ?? -1;
}

describe('the window of the peer', () => {
  it('no more is sent than fits', () => {
    const p = sender(2500);
    p.write(10_000);
    expect(p.take()).toEqual(['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1']);
    p.window = 3000;
    p.send('.');
    expect(p.take()).toEqual([
      '. 2001:3001(1000) ack 1',
      '. 3001:4001(1000) ack 1',
      '. 4001:5001(1000) ack 1',
    ]);
  });

  it('an old segment does not set it back (SND.WL1, SND.WL2)', () => {
    const p = sender(60_000);
    p.send('P.', { length: 10, win: 50_000 });
    p.send('.', { seq: 1, win: 10 });
    expect(p.connection.snd.wnd).toBe(50_000);
    p.write(500);
    p.send('.', { win: 40_000 });
    p.send('.', { ack: 1, win: 20 });
    expect(p.connection.snd.wnd).toBe(40_000);
  });

  it('one that acknowledges more counts, also with an old sequence number', () => {
    const p = sender(M);
    p.write(5000);
    p.take();
    // A segment of the peer is lost; its ACKs go on behind it, and it comes again with the newest ACK.
    p.send('.', { seq: 11, ack: 1, win: M });
    p.send('P.', { seq: 1, length: 10, ack: 1001, win: 0 });
    expect(p.connection.snd.wnd).toBe(0);
    expect(p.take().filter((line) => line.includes('(1000)'))).toEqual([]);
  });

  it('a shrunken window takes nothing back and sends nothing more', () => {
    const p = sender(3000);
    p.write(5000);
    p.take();
    p.send('.', { ack: 1001, win: 500 });
    expect(p.take()).toEqual([]);
  });

  it('RFC 7323: up to 2^30 bytes', () => {
    const p = new Peer({ tcp: { windowScaling: true } });
    p.established({ windowScale: 14 });
    p.send('.', { win: 65_535 });
    expect(p.connection.snd.wnd).toBe(65_535 * 16_384);
    p.write(100);
    expect(p.take()).toEqual(['P. 1:101(100) ack 1']);
  });
});

describe('a window of zero (3.8.6.1)', () => {
  it('MUST-36, SHLD-29, SHLD-30: probes after one RTO, then twice as long each time', () => {
    const p = sender(0);
    p.write(100);
    expect(p.take()).toEqual([]);
    p.wait(7000);
    // Just outside the window: it has to be answered.
    const probe = '. 0:0(0) ack 1';
    expect(p.timeline()).toEqual([200, 600, 1400, 3000, 6200].map((at) => `${at} ${probe}`));
    p.send('.', { win: 5000 });
    expect(p.take()).toEqual(['P. 1:101(100) ack 1']);
    p.send('.');
    p.wait(100_000);
    expect(p.take()).toEqual([]);
  });

  it('MUST-37: as long as the peer answers, it may stay shut for ever', () => {
    const p = sender(0, { r2: 10_000, maximumRto: 2000 });
    p.write(100);
    for (let i = 0; i < 200; i++) {
      p.wait(1000);
      if (p.take().length > 0) p.send('.', { win: 0 });
    }
    expect(p.state).toBe('ESTABLISHED');
  });

  it('a peer that does not answer is given up', () => {
    const p = sender(0, { r2: 10_000, maximumRto: 2000 });
    p.write(100);
    p.wait(30_000);
    expect([p.state, p.reports.at(-1)]).toEqual(['CLOSED', 'timedOut']);
    expect(p.host.timers.size).toBe(0);
  });

  it('the update that opens it may be lost: the next probe finds out', () => {
    const p = sender(M);
    p.write(3 * M);
    p.take();
    p.send('.', { win: 0 });
    p.wait(200);
    expect(p.take()).toEqual(['. 1000:1000(0) ack 1']);
    p.send('.', { win: 5000 });
    expect(p.take()).toEqual(['. 1001:2001(1000) ack 1', 'P. 2001:3001(1000) ack 1']);
  });

  it('our own window of zero: a probe is answered, text in it refused, ACK and RST heard (MUST-66)', () => {
    const p = receiver(2000);
    p.send('P.', { length: 2000 });
    expect(window(p)).toBe(0);
    p.send('.', { seq: 2000 });
    expect(p.take()).toEqual(['. 1:1(0) ack 2001']);
    p.write(10);
    p.take();
    p.send('P.', { seq: 2001, length: 1, ack: 11 });
    expect([p.take(), p.connection.available]).toEqual([['. 11:11(0) ack 2001'], 2000]);
    expect(p.connection.snd.una).toBe(p.iss + 11);
    p.send('R', { seq: 2001 });
    expect(p.state).toBe('CLOSED');
  });

  it('a FIN is taken at a window of zero', () => {
    const p = receiver(2000);
    p.send('P.', { length: 2000 });
    p.take();
    p.send('F.', { seq: 2001 });
    expect([p.state, p.take()]).toEqual(['CLOSE_WAIT', ['. 1:1(0) ack 2002']]);
  });

  it('our FIN waits for no window, but for the data before it', () => {
    const p = sender(0);
    p.connection.close();
    expect(p.take()).toEqual(['F. 1:1(0) ack 1']);
    const q = sender(0);
    q.write(10);
    q.connection.close();
    expect([q.state, q.take()]).toEqual(['FIN_WAIT_1', []]);
    q.wait(200);
    q.send('.', { win: 10 });
    expect(q.take().at(-1)).toMatch(/^F?P\. 1:11\(10\)/);
  });
});

describe('our own window', () => {
  it('closes as data comes in and opens as it is read', () => {
    const p = receiver(10_000);
    p.send('P.', { length: 1000 });
    p.send('P.', { length: 1000 });
    expect(window(p)).toBe(8000);
    p.connection.receive(1000);
    p.send('P.', { length: 1000 });
    expect(window(p)).toBe(8000);
  });

  it('SHLD-14: the right edge never moves left', () => {
    const p = receiver(3000);
    p.send('P.', { length: 100 });
    const first = p.segments().at(-1)!.segment;
    expect(first.ack - p.irs + first.window).toBe(3001);
    p.connection.receive();
    p.send('P.', { length: 100 });
    const second = p.segments().at(-1)!.segment;
    expect(second.ack - p.irs + second.window).toBeGreaterThanOrEqual(3001);
  });

  it('MUST-39, SWS avoidance: the right edge stays until a segment, or half the buffer, has become free', () => {
    const p = receiver(4000);
    p.send('P.', { length: 1000 });
    p.take();
    p.connection.receive(999);
    p.send('P.', { length: 1000 });
    // 1 + 4000 is the edge from the beginning.
    expect(window(p)).toBe(4001 - 2001);
    p.connection.receive(1);
    p.send('P.', { length: 1000 });
    expect(window(p)).toBe(5001 - 3001);
  });

  it('a window that was shut is announced when enough is free, and not before', () => {
    const p = receiver(4000);
    for (let i = 0; i < 4; i++) p.send('P.', { length: 1000 });
    expect(window(p)).toBe(0);
    p.connection.receive(999);
    expect(p.take()).toEqual([]);
    p.connection.receive(1001);
    expect(p.segments().map(({ segment, line }) => [line, segment.window])).toEqual([
      ['. 1:1(0) ack 4001', 2000],
    ]);
  });

  it('what goes beyond it is cut off, what lies beyond it is answered and dropped', () => {
    const p = receiver(1500);
    p.send('P.', { length: 2000 });
    expect([p.take(), p.connection.available]).toEqual([['. 1:1(0) ack 1501'], 1500]);
    const q = receiver(1500);
    q.send('P.', { seq: 1501, length: 10 });
    expect([q.take(), q.connection.available]).toEqual([['. 1:1(0) ack 1'], 0]);
    expect(q.connection.receiver.reassembly.empty).toBe(true);
  });

  it('RFC 7323 section 2.4: rounding up does not add up to more than the buffer', () => {
    const p = new Peer({ tcp: { windowScaling: true, receiveBuffer: 70_000, delayedAck: 0 } });
    p.established({ windowScale: 0 });
    // The user reads nothing, and each piece is an odd number of bytes.
    for (let i = 0; i < 20_000; i++) p.send('P.', { length: 7 });
    expect(p.connection.available).toBeGreaterThanOrEqual(70_000);
    expect(p.connection.available).toBeLessThan(70_000 + 2);
    expect(window(p)).toBe(0);
  });

  it('the same with one byte at a time and a unit of 32', () => {
    const p = new Peer({ tcp: { windowScaling: true, receiveBuffer: (1 << 20) + 5, delayedAck: 0 } });
    p.established({ windowScale: 0 });
    for (let i = 0; i < 800; i++) p.send('P.', { length: 1400 });
    for (let i = 0; i < 500; i++) p.send('P.', { length: 1 });
    expect(p.connection.available).toBeLessThan((1 << 20) + 5 + 32);
  });
});

describe('when to send (3.7.4, 3.8.6.2.1)', () => {
  it("Nagle's rule: what is small waits while something is outstanding", () => {
    const p = sender(60_000);
    p.write(10);
    p.write(20);
    p.write(30);
    expect(p.take()).toEqual(['P. 1:11(10) ack 1']);
    p.send('.');
    expect(p.take()).toEqual(['P. 11:61(50) ack 1']);
  });

  it('a full segment does not wait', () => {
    const p = sender(60_000);
    p.write(10);
    p.write(999);
    p.write(1);
    expect(p.take()).toEqual(['P. 1:11(10) ack 1', 'P. 11:1011(1000) ack 1']);
  });

  it('nor does the last of what is closed', () => {
    const p = sender(60_000);
    p.write(10);
    p.write(20);
    p.connection.close();
    expect(p.take()).toEqual(['P. 1:11(10) ack 1', 'FP. 11:31(20) ack 1']);
  });

  it('without Nagle everything goes at once', () => {
    const p = sender(60_000, { nagle: false });
    p.write(10);
    p.write(20);
    expect(p.take()).toEqual(['P. 1:11(10) ack 1', 'P. 11:31(20) ack 1']);
  });

  it('MUST-38: a silly window is not filled, unless it is half the largest', () => {
    const p = sender(4000);
    p.write(10_000);
    p.take();
    p.send('.', { win: 999 });
    expect(p.take()).toEqual([]);
    // The override: after the persist time what fits goes after all.
    p.wait(200);
    expect(p.take()).toEqual(['. 4001:5000(999) ack 1']);
    const q = sender(1500);
    q.write(10_000);
    q.take();
    q.send('.', { win: 750 });
    expect(q.take()).toEqual(['. 1001:1751(750) ack 1']);
  });

  it('MUST-60, MUST-61: PSH on the last of what was written, on no other', () => {
    const p = sender(60_000);
    p.write(2500);
    expect(p.take()).toEqual(['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1', 'P. 2001:2501(500) ack 1']);
  });

  it('the send buffer takes what fits, and says when there is room again', () => {
    const p = sender(60_000, { sendBuffer: 1500 });
    expect([p.write(1000), p.write(1000), p.write(1000)]).toEqual([1000, 500, 0]);
    expect(p.reports).toEqual([]);
    p.send('.', { ack: 1001 });
    expect(p.reports).toEqual(['writable']);
    expect(p.write(2000)).toBe(1000);
  });
});

describe('delayed ACKs (3.8.6.3, RFC 5681 section 4.2)', () => {
  function delaying(tcp: object = {}): Peer {
    return new Peer({ tcp: { mss: M, delayedAck: 40, ...tcp } }).established({ mss: M });
  }

  it('every second full-sized segment is acknowledged at once', () => {
    const p = delaying();
    const acks = Array.from({ length: 6 }, () => {
      p.send('.', { length: M });
      return p.take();
    });
    expect(acks).toEqual([[], ['. 1:1(0) ack 2001'], [], ['. 1:1(0) ack 4001'], [], ['. 1:1(0) ack 6001']]);
  });

  it('MUST-40: a single one after 40 ms', () => {
    const p = delaying();
    p.send('P.', { length: 10 });
    p.wait(39);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.timeline()).toEqual(['40 . 1:1(0) ack 11']);
    p.wait(1000);
    expect(p.take()).toEqual([]);
  });

  it('our own data carries it', () => {
    const p = delaying();
    p.send('P.', { length: 10 });
    p.write(5);
    expect(p.take()).toEqual(['P. 1:6(5) ack 11']);
    p.wait(100);
    expect(p.take()).toEqual([]);
  });

  it('what is out of order, and what fills a gap, is acknowledged at once', () => {
    const p = delaying();
    p.send('.', { seq: 1001, length: M });
    expect(p.take()).toEqual(['. 1:1(0) ack 1']);
    p.send('.', { seq: 2001, length: M });
    expect(p.take()).toEqual(['. 1:1(0) ack 1']);
    p.send('.', { seq: 1, length: 500 });
    expect(p.take()).toEqual(['. 1:1(0) ack 501']);
    p.send('.', { seq: 501, length: 500 });
    expect(p.take()).toEqual(['. 1:1(0) ack 3001']);
    p.send('.', { seq: 1, length: M });
    expect(p.take()).toEqual(['. 1:1(0) ack 3001']);
  });

  it('a FIN is acknowledged at once', () => {
    const p = delaying();
    p.send('FP.', { length: 10 });
    expect(p.take()).toEqual(['. 1:1(0) ack 12']);
  });

  it('an ACK is never answered', () => {
    const p = delaying();
    for (let i = 0; i < 5; i++) p.send('.');
    p.wait(1000);
    expect(p.take()).toEqual([]);
  });
});

describe('what we report received (RFC 2018 section 4)', () => {
  function reporting(tcp: object = {}): Peer {
    const p = new Peer({ tcp: { mss: M, sack: true, ...tcp } });
    const stamps = 'timestamps' in tcp ? { timestamps: [1, 0] as const } : {};
    return p.established({ mss: M, sackPermitted: true, ...stamps });
  }

  it('the newest block first, up to four', () => {
    const p = reporting();
    for (const i of [2, 4, 6, 8, 10]) p.send('.', { seq: 1 + i * 100, length: 100 });
    expect(p.take().at(-1)).toBe('. 1:1(0) ack 1 sack 1001:1101 801:901 601:701 401:501');
    p.send('.', { seq: 501, length: 100 });
    expect(p.take()).toEqual(['. 1:1(0) ack 1 sack 401:701 1001:1101 801:901 201:301']);
    p.send('.', { seq: 1, length: 200 });
    expect(p.take()).toEqual(['. 1:1(0) ack 301 sack 401:701 1001:1101 801:901']);
    p.send('.', { seq: 301, length: 800 });
    // RFC 2883 section 4.2.3: of what has come twice, the first piece
    expect(p.take()).toEqual(['. 1:1(0) ack 1101 sack 401:701']);
  });

  it('up to three with timestamps', () => {
    const p = reporting({ timestamps: true });
    for (const i of [2, 4, 6, 8]) {
      p.send('.', { seq: 1 + i * 100, length: 100, timestamps: [2, 0] });
    }
    expect(p.take().at(-1)).toBe('. 1:1(0) ack 1 sack 801:901 601:701 401:501');
  });

  it('not to a peer that did not permit it', () => {
    const p = new Peer({ tcp: { sack: true } }).established();
    p.send('.', { seq: 101, length: 100 });
    expect(p.take()).toEqual(['. 1:1(0) ack 1']);
  });

  it('data in order is taken though there are too many gaps already', () => {
    const p = reporting();
    for (let i = 0; i < 300; i++) p.send('.', { seq: 101 + 2 * i, length: 1 });
    expect(p.connection.receiver.reassembly.count).toBe(256);
    p.take();
    for (let i = 0; i < 100; i++) {
      p.send('.', { seq: 1 + i, length: 1 });
      expect(p.take()[0]).toContain(` ack ${i === 99 ? 102 : 2 + i}`);
    }
    expect(p.connection.available).toBe(101);
  });
});

describe('timestamps and PAWS (RFC 7323)', () => {
  /** Without a tolerance, or with that of the stack `linux`. */
  function stamped(tolerance: object = { pawsTolerance: 0 }): Peer {
    return new Peer({ tcp: { timestamps: true, delayedAck: 0, ...tolerance } }).established({
      timestamps: [1000, 0],
    });
  }

  it('every segment has them, and echoes the newest one of what was acknowledged', () => {
    const p = stamped();
    p.send('P.', { length: 10, timestamps: [1005, 0] });
    const [ack] = p.segments();
    expect([ack!.segment.hasTimestamps, ack!.segment.tsEcr]).toEqual([true, 1005]);
  });

  it('section 4.3: an early segment is not echoed, the one that fills the gap is', () => {
    const p = stamped();
    p.send('P.', { seq: 11, length: 10, timestamps: [1010, 0] });
    expect(p.segments()[0]!.segment.tsEcr).toBe(1000);
    p.send('P.', { seq: 1, length: 10, timestamps: [1009, 0] });
    expect(p.segments()[0]!.segment.tsEcr).toBe(1009);
  });

  it('section 5.3 (R1): an older one is acknowledged and dropped', () => {
    const p = stamped();
    p.send('P.', { length: 10, timestamps: [2000, 0] });
    p.take();
    p.connection.receive();
    p.send('P.', { length: 10, timestamps: [1999, 0] });
    expect([p.take(), p.connection.available]).toEqual([['. 1:1(0) ack 11'], 0]);
    expect(p.host.counters.badTimestamp).toBe(1);
  });

  it('one that is older by one tick is taken, as Linux does, and not echoed', () => {
    const p = stamped({});
    p.send('P.', { length: 10, timestamps: [2000, 0] });
    p.send('P.', { seq: 11, length: 10, timestamps: [1999, 0] });
    expect(p.connection.available).toBe(20);
    expect(p.segments().map(({ segment }) => segment.tsEcr)).toEqual([2000, 2000]);
    p.send('P.', { seq: 21, length: 10, timestamps: [1998, 0] });
    expect(p.connection.available).toBe(20);
    expect(p.host.counters.badTimestamp).toBe(1);
  });

  it('they wrap', () => {
    const p = new Peer({ tcp: { timestamps: true, delayedAck: 0 } }).established({
      timestamps: [0xffff_fff0, 0],
    });
    p.send('P.', { length: 10, timestamps: [5, 0] });
    expect(p.connection.available).toBe(10);
  });

  it('a RST is not held against its timestamp', () => {
    const p = stamped();
    p.send('R', { timestamps: [1, 0] });
    expect(p.state).toBe('CLOSED');
  });

  it('(R2) before (R3): what is outside the window leaves no timestamp', () => {
    const p = stamped();
    p.send('P.', { seq: -50_000, length: 10, timestamps: [1_000_000_000, 0] });
    expect(p.take().length).toBe(1);
    p.send('P.', { seq: 1, length: 10, timestamps: [1001, 0] });
    expect(p.connection.available).toBe(10);
  });

  it('our clock ticks in ms and says how long a round trip took', () => {
    const p = stamped();
    p.write(10);
    const first = p.segments()[0]!.segment.tsVal;
    p.wait(77);
    p.send('.', { timestamps: [1001, first] });
    expect(p.connection.sender.rtt.latest).toBe(77_000);
  });
});
