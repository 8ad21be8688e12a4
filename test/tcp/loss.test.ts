/** Losses: fast retransmit and recovery (RFC 5681, 6582, 6675), the timer (RFC 6298), with and without SACK. */
import { describe, expect, it } from 'vitest';
import { Peer } from './peer.ts';

const M = 1000;

/** RFC 5681 and RFC 6675, and nothing newer. */
const classic = { rack: false, tlp: false, prr: false, frto: false, eifel: false };

/** So many segments of 1000 bytes outstanding, nothing else written. Times are 200 ms at least (RTO). */
function flight(segments: number, sack: boolean, more = 0, tcp: object = {}): Peer {
  const p = new Peer({ tcp: { mss: M, sack, initialWindow: segments, delayedAck: 0, ...classic, ...tcp } });
  p.established({ mss: M, ...(sack ? { sackPermitted: true } : {}) });
  p.write((segments + more) * M);
  expect(p.take().length).toBe(segments);
  p.wait(50);
  return p;
}

/** As flight lines are written. */
function line(i: number, last = false): string {
  return `${last ? 'P' : ''}. ${1 + i * M}:${1 + (i + 1) * M}(${M}) ack 1`;
}

/** The edges of segment i, for SACK. */
function edges(from: number, to = from): readonly [number, number] {
  return [1 + from * M, 1 + (to + 1) * M];
}

describe('fast retransmit (RFC 5681 section 3.2)', () => {
  it('without SACK: the third duplicate ACK sends the first segment again, the second does not', () => {
    const p = flight(5, false);
    p.send('.', { ack: 1 });
    p.send('.', { ack: 1 });
    expect(p.take()).toEqual([]);
    p.send('.', { ack: 1 });
    expect(p.take()).toEqual([line(0)]);
    expect(p.connection.sender.recovery.state).toBe('recovery');
    p.send('.', { ack: 1 });
    expect(p.take()).toEqual([]);
    p.send('.');
    expect(p.connection.sender.recovery.state).toBe('open');
  });

  it('RFC 5681 (4): ssthresh is half of what was outstanding', () => {
    const p = flight(10, false);
    for (let i = 0; i < 3; i++) p.send('.', { ack: 1 });
    const { congestion } = p.connection.sender;
    expect([congestion.ssthresh, congestion.cwnd]).toEqual([5000, 5000]);
    p.send('.', { ack: 1 + 10 * M });
    // RFC 6582 section 3.2 (3) option 1: nothing is outstanding, so two segments
    expect(congestion.cwnd).toBe(2000);
  });

  it('what is no duplicate: data, another window, nothing outstanding', () => {
    const p = flight(5, false);
    p.send('.', { ack: 1, win: 60_000 });
    p.send('.', { ack: 1, win: 50_000 });
    for (let i = 0; i < 5; i++) p.send('P.', { ack: 1, length: 10 });
    p.send('.', { ack: 1, win: 40_000 });
    const lines = p.take();
    expect(lines.filter((sent) => sent.includes('(1000)'))).toEqual([]);
    const q = new Peer().established();
    for (let i = 0; i < 5; i++) q.send('.');
    expect([q.take(), q.connection.sender.recovery.state]).toEqual([[], 'open']);
  });

  it('RFC 3042: the first two duplicates let one new segment go each', () => {
    for (const sack of [false, true]) {
      const p = flight(5, sack, 5);
      const blocks = (i: number) => (sack ? { sack: [edges(1, i)] } : {});
      p.send('.', { ack: 1, ...blocks(1) });
      expect(p.take()).toEqual([line(5)]);
      p.send('.', { ack: 1, ...blocks(2) });
      expect(p.take()).toEqual([line(6)]);
    }
  });

  it('dupThresh sets how many', () => {
    const p = flight(5, false, 0, { dupThresh: 1 });
    p.send('.', { ack: 1 });
    expect(p.take()).toEqual([line(0)]);
  });

  it('with SACK: plain duplicates are none (RFC 6675 section 2)', () => {
    const p = flight(5, true);
    for (let i = 0; i < 10; i++) p.send('.', { ack: 1 });
    expect([p.take(), p.connection.sender.recovery.state]).toEqual([[], 'open']);
  });

  it('with SACK: three blocks of one segment each, or of one that grows', () => {
    for (const grow of [true, false]) {
      const p = flight(7, true);
      p.send('.', { ack: 1, sack: [edges(1)] });
      p.send('.', { ack: 1, sack: grow ? [edges(1, 2)] : [edges(3), edges(1)] });
      expect(p.take()).toEqual([]);
      p.send('.', { ack: 1, sack: grow ? [edges(1, 3)] : [edges(5), edges(3), edges(1)] });
      expect(p.take()).toEqual([line(0)]);
    }
  });

  it('with SACK: one ACK that tells enough will do (RFC 6675 section 5 (2))', () => {
    const p = flight(6, true);
    p.send('.', { ack: 1, sack: [edges(1, 4)] });
    expect(p.take()).toEqual([line(0)]);
  });

  it('small segments: three duplicates count, and the segment goes again once, not twice', () => {
    const p = new Peer({ tcp: { mss: M, sack: true, nagle: false, ...classic } });
    p.established({ mss: M, sackPermitted: true });
    for (let i = 0; i < 12; i++) p.write(10);
    p.take();
    const block = (to: number) => [[11, to] as const];
    p.send('.', { ack: 1, sack: block(21) });
    p.send('.', { ack: 1, sack: block(31) });
    expect(p.take()).toEqual([]);
    p.send('.', { ack: 1, sack: block(41) });
    expect(p.take()).toEqual(['. 1:11(10) ack 1']);
    p.send('.', { ack: 1, sack: block(51) });
    p.send('.', { ack: 1, sack: [[61, 71], ...block(51)] });
    // Three runs above it: by IsLost it would be lost now, but it has been sent again already.
    p.send('.', { ack: 1, sack: [[81, 91], [61, 71], ...block(51)] });
    expect(p.take().filter((sent) => sent.startsWith('. 1:11'))).toEqual([]);
  });
});

describe('recovery with SACK (RFC 6675)', () => {
  it('only the holes are sent again, lowest first', () => {
    const p = flight(10, true);
    // 0, 2 and 5 are lost
    p.send('.', { ack: 1, sack: [edges(1)] });
    p.send('.', { ack: 1, sack: [edges(3), edges(1)] });
    p.send('.', { ack: 1, sack: [edges(3, 4), edges(1)] });
    p.send('.', { ack: 1, sack: [edges(6), edges(3, 4), edges(1)] });
    p.send('.', { ack: 1, sack: [edges(6, 7), edges(3, 4), edges(1)] });
    p.send('.', { ack: 1, sack: [edges(6, 8), edges(3, 4), edges(1)] });
    p.send('.', { ack: 1, sack: [edges(6, 9), edges(3, 4), edges(1)] });
    expect(p.take()).toEqual([line(0), line(2), line(5)]);
    p.send('.', { ack: 1 + 2 * M, sack: [edges(6, 9), edges(3, 4)] });
    p.send('.', { ack: 1 + 5 * M, sack: [edges(6, 9)] });
    p.send('.', { ack: 1 + 10 * M });
    expect([p.take(), p.connection.sender.recovery.state]).toEqual([[], 'open']);
    expect(p.connection.counters.retransmitsFast).toBe(3);
  });

  it('no more is in flight than cwnd while it lasts', () => {
    const p = flight(20, true, 20);
    // 0 to 9 are lost
    p.send('.', { ack: 1, sack: [edges(10, 12)] });
    const { sender } = p.connection;
    expect(sender.congestion.cwnd).toBe(10 * M);
    let sent = p.take().length;
    for (let i = 13; i < 20; i++) {
      p.send('.', { ack: 1, sack: [edges(10, i)] });
      expect(sender.marked[1]).toBeLessThanOrEqual(10 * M);
      sent += p.take().length;
    }
    // The first regardless of the window (section 5 (4.3)); then pipe falls by one with each of the seven.
    expect(sent).toBeGreaterThanOrEqual(8);
    expect(sent).toBeLessThanOrEqual(11);
  });

  it('NextSeg (2): when nothing is lost, new data goes', () => {
    const p = flight(5, true, 3);
    p.send('.', { ack: 1, sack: [edges(1, 3)] });
    p.take();
    p.send('.', { ack: 1, sack: [edges(1, 4)] });
    // pipe = 1000 (the one sent again) against cwnd = 2500
    expect(p.take()).toEqual([line(5)]);
  });

  it('NextSeg (3): with nothing lost and nothing new, what lies below the highest SACK, one for each ACK', () => {
    const p = flight(12, true);
    // 0 is lost for certain, 6 to 9 are only late
    p.send('.', { ack: 1, sack: [edges(1, 5)] });
    expect(p.take()).toEqual([line(0)]);
    p.send('.', { ack: 1, sack: [edges(10), edges(1, 5)] });
    expect(p.take().length).toBeLessThanOrEqual(1);
    p.send('.', { ack: 1, sack: [edges(10, 11), edges(1, 5)] });
    expect(p.take().length).toBeLessThanOrEqual(1);
  });

  it('a retransmission that is lost again is left to the timer', () => {
    const p = flight(6, true);
    p.send('.', { ack: 1, sack: [edges(1, 3)] });
    expect(p.take()).toEqual([line(0)]);
    p.send('.', { ack: 1, sack: [edges(1, 4)] });
    p.send('.', { ack: 1, sack: [edges(1, 5)] });
    expect(p.take()).toEqual([]);
    p.wait(200);
    expect(p.timeline()).toEqual([`200 ${line(0)}`]);
  });
});

describe('NewReno without SACK (RFC 6582)', () => {
  it('a partial ACK sends the next hole at once and stays in recovery', () => {
    const p = flight(8, false);
    for (let i = 0; i < 3; i++) p.send('.', { ack: 1 });
    expect(p.take()).toEqual([line(0)]);
    // 3 is lost as well
    p.send('.', { ack: 1 + 3 * M });
    expect(p.take()).toEqual([line(3)]);
    expect(p.connection.sender.recovery.state).toBe('recovery');
    p.send('.', { ack: 1 + 8 * M });
    expect([p.take(), p.connection.sender.recovery.state]).toEqual([[], 'open']);
  });

  it('more duplicates in recovery let new data go: each stands for one that has arrived', () => {
    const p = flight(10, false, 10);
    for (let i = 0; i < 9; i++) p.send('.', { ack: 1 });
    // Two by limited transmit, one again; then pipe = 12 - dups against cwnd = 6 (half of 12).
    const lines = p.take();
    expect(lines.slice(0, 3)).toEqual([line(10), line(11), line(0)]);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.slice(3)).toEqual([line(12), line(13), line(14)].slice(0, lines.length - 3));
  });

  it('section 3.2 (2): duplicates of what the recovery covered start no other', () => {
    const p = flight(4, false, 0);
    p.wait(150);
    // The timer gave up everything, though only the ACKs were lost: the peer has it all and answers each with the same.
    expect(p.take()).toEqual([line(0)]);
    p.send('.', { ack: 1 + 4 * M });
    p.write(4 * M);
    p.take();
    for (let i = 0; i < 4; i++) p.send('.', { ack: 1 + 4 * M });
    expect(p.take().filter((sent) => sent.includes(` ${1 + 4 * M}:`) && !sent.startsWith('P'))).toEqual([]);
    expect(p.connection.sender.recovery.state).toBe('open');
    // Beyond it they count again.
    p.send('.', { ack: 1 + 5 * M });
    p.write(4 * M);
    p.take();
    for (let i = 0; i < 3; i++) p.send('.', { ack: 1 + 5 * M });
    expect(p.connection.sender.recovery.state).toBe('recovery');
  });
});

describe('the retransmission timer (RFC 6298 section 5)', () => {
  it('(5.1) to (5.6): the oldest again after RTO, then after twice that, and so on', () => {
    const p = new Peer().established();
    p.write(10);
    p.take();
    p.wait(13_000);
    // The handshake took no time: RTO is its least, 200 ms.
    const times = [200, 600, 1400, 3000, 6200, 12_600];
    expect(p.timeline()).toEqual(times.map((at) => `${at} P. 1:11(10) ack 1`));
  });

  it('(2.5): no longer than the maximum', () => {
    const p = new Peer({ tcp: { maximumRto: 1000 } }).established();
    p.write(10);
    p.take();
    p.wait(4500);
    expect(p.segments().map(({ at }) => at)).toEqual([200, 600, 1400, 2400, 3400, 4400]);
  });

  it('(5.3): an ACK of new data starts it again, (5.2) the last one stops it', () => {
    const p = flight(3, false);
    p.wait(100);
    p.send('.', { ack: 1 + M });
    // 0 ms for the handshake, then 150 ms: RTTVAR 37.5, SRTT 18.75 ms, so that RTO is the least, 200 ms
    expect(p.connection.sender.rtt.rto).toBe(200_000);
    p.wait(199);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.take()).toEqual([line(1)]);
    p.send('.', { ack: 1 + 3 * M });
    p.wait(100_000);
    expect([p.take(), p.host.timers.size]).toEqual([[], 0]);
  });

  it('a partial ACK of a segment starts it again too, and only the rest is sent again', () => {
    const p = flight(1, false);
    p.send('.', { ack: 401 });
    const { rto } = p.connection.sender.rtt;
    p.wait(rto / 1000 - 1);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.take()).toEqual(['P. 401:1001(600) ack 1']);
  });

  it('RFC 5681 section 3.1: the timeout leaves one segment for a window, and half the flight for ssthresh', () => {
    const p = flight(8, false, 8);
    p.wait(150);
    expect(p.timeline()).toEqual([`200 ${line(0)}`]);
    const { congestion } = p.connection.sender;
    expect([congestion.cwnd, congestion.ssthresh]).toEqual([M, 4 * M]);
    // A second timeout leaves ssthresh where it is.
    p.wait(400);
    expect([congestion.cwnd, congestion.ssthresh]).toEqual([M, 4 * M]);
    // Slow start over what is sent again: one acknowledged, two go.
    p.take();
    p.send('.', { ack: 1 + M });
    expect(p.take()).toEqual([line(1), line(2)]);
    p.send('.', { ack: 1 + 3 * M });
    expect(p.take()).toEqual([line(3), line(4), line(5)]);
  });

  it('after the timeout SACK still tells what need not be sent again', () => {
    const p = flight(6, true);
    p.send('.', { ack: 1, sack: [edges(2, 3)] });
    p.wait(200);
    p.take();
    p.send('.', { ack: 1 + M, sack: [edges(2, 3)] });
    p.send('.', { ack: 1 + 4 * M });
    expect(p.take()).toEqual([line(1), line(4), line(5, true)]);
  });

  it("Karn's rule (section 3): what was sent twice measures nothing, and the backoff stays", () => {
    const p = new Peer().established();
    const { rtt } = p.connection.sender;
    const before = rtt.srtt;
    p.write(10);
    p.wait(200);
    p.wait(100);
    p.send('.');
    expect(rtt.srtt).toBe(before);
    p.write(10);
    p.take();
    p.wait(399);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.take()).toEqual(['P. 11:21(10) ack 1']);
  });

  it('nor does what was acknowledged together with it: it may have waited for the other', () => {
    const p = flight(2, false);
    p.wait(150);
    expect(p.take()).toEqual([line(0)]);
    const { latest } = p.connection.sender.rtt;
    p.wait(50);
    p.send('.', { ack: 1 + 2 * M });
    expect(p.connection.sender.rtt.latest).toBe(latest);
  });

  it('with timestamps it does measure (RFC 7323 section 4)', () => {
    const p = new Peer({ tcp: { timestamps: true } }).established({ timestamps: [1, 0] });
    const { rtt } = p.connection.sender;
    p.write(10);
    p.wait(200);
    const [, again] = p.segments();
    p.wait(100);
    p.send('.', { timestamps: [2, again!.segment.tsVal] });
    expect(rtt.latest).toBe(100_000);
    expect(p.connection.sender.backoff).toBe(0);
  });

  it('a last segment that is full and carries the FIN is sent again though it exceeds the loss window', () => {
    const p = new Peer({ tcp: { mss: 1, initialWindow: 1 } }).established({ mss: 1 });
    p.write(2);
    p.connection.close();
    expect(p.take()).toEqual(['. 1:2(1) ack 1']);
    p.send('.');
    expect(p.take()).toEqual(['FP. 2:3(1) ack 1']);
    p.wait(200);
    expect(p.take()).toEqual(['FP. 2:3(1) ack 1']);
  });

  it('RFC 2018 section 8: a receiver that takes its reports back gets everything again', () => {
    const p = flight(4, true);
    p.send('.', { ack: 1, sack: [edges(1, 2)] });
    p.send('.', { ack: 1 + M });
    // By its own report the oldest has arrived; it says nothing more.
    expect(p.connection.sender.queue.oldest?.mark).toBe(2);
    p.wait(10_000);
    const lines = p.take();
    expect(lines[0]).toBe(line(1));
    expect(p.connection.sender.marked[2]).toBe(0);
    p.send('.', { ack: 1 + 2 * M });
    expect(p.take()).toContain(line(2));
  });
});

describe('what is lost goes before what is new (RFC 6675 NextSeg)', () => {
  it('also when the new would fit into the window and the lost does not', () => {
    const p = new Peer({ tcp: { mss: M, sack: true, nagle: false, initialWindow: 10, ...classic } });
    p.established({ mss: M, sackPermitted: true });
    p.write(100);
    p.write(M);
    p.take();
    // The timer: all is lost, one segment's worth may go (RFC 5681 section 3.1)
    p.wait(200);
    expect(p.take()).toEqual(['. 1:101(100) ack 1']);
    p.write(500);
    expect(p.take()).toEqual([]);
    p.send('.', { ack: 101 });
    expect(p.take()).toEqual(['. 101:1101(1000) ack 1']);
    p.send('.', { ack: 1101 });
    expect(p.take()).toEqual(['P. 1101:1601(500) ack 1']);
  });
});
