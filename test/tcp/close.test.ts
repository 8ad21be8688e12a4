/** Closing: RFC 9293 section 3.6, 3.10.4 and 3.10.5, TIME_WAIT, and resets in every state. */
import { describe, expect, it } from 'vitest';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { Pair } from './pair.ts';
import { Peer } from './peer.ts';

/** Our FIN is out, the peer's is not. */
function finWait1(tcp: Partial<TcpConfig> = {}): Peer {
  const p = new Peer({ tcp }).established();
  p.connection.close();
  p.take();
  return p;
}

function finWait2(tcp: Partial<TcpConfig> = {}): Peer {
  const p = finWait1(tcp);
  p.send('.');
  return p;
}

function timeWait(tcp: Partial<TcpConfig> = {}): Peer {
  const p = finWait2(tcp);
  p.send('F.');
  p.take();
  return p;
}

function closing(tcp: Partial<TcpConfig> = {}): Peer {
  const p = finWait1(tcp);
  p.send('F.', { ack: 1 });
  p.take();
  return p;
}

function closeWait(tcp: Partial<TcpConfig> = {}): Peer {
  const p = new Peer({ tcp }).established();
  p.send('F.');
  p.take();
  return p;
}

function lastAck(tcp: Partial<TcpConfig> = {}): Peer {
  const p = closeWait(tcp);
  p.connection.close();
  p.take();
  return p;
}

function synReceived(tcp: Partial<TcpConfig> = {}): Peer {
  const p = new Peer({ tcp });
  p.connect();
  p.send('S', { seq: 0 });
  p.take();
  return p;
}

const makers = {
  SYN_RECEIVED: synReceived,
  ESTABLISHED: (tcp: Partial<TcpConfig> = {}) => new Peer({ tcp }).established(),
  FIN_WAIT_1: finWait1,
  FIN_WAIT_2: finWait2,
  CLOSE_WAIT: closeWait,
  CLOSING: closing,
  LAST_ACK: lastAck,
  TIME_WAIT: timeWait,
};
type State = keyof typeof makers;
const states = Object.keys(makers) as State[];

function gone(p: Peer): void {
  expect([p.state, p.host.connections.length, p.host.timers.size]).toEqual(['CLOSED', 0, 0]);
}

describe('the makers of this file', () => {
  for (const state of states) {
    it(`bring a connection to ${state}`, () => {
      const p = makers[state]();
      expect([p.state, p.take()]).toEqual([state, []]);
    });
  }
});

describe('orderly close', () => {
  it('figure 12: FIN, ACK, FIN, ACK, 2 MSL', () => {
    const p = new Peer({ tcp: { msl: 30_000 } }).established();
    p.connection.close();
    expect([p.state, p.take()]).toEqual(['FIN_WAIT_1', ['F. 1:1(0) ack 1']]);
    p.send('.');
    expect([p.state, p.take()]).toEqual(['FIN_WAIT_2', []]);
    p.send('F.');
    expect([p.state, p.take()]).toEqual(['TIME_WAIT', ['. 2:2(0) ack 2']]);
    expect(p.reports).toEqual(['ended', 'closed']);
    p.wait(59_999);
    expect(p.state).toBe('TIME_WAIT');
    p.wait(1);
    gone(p);
    expect([p.reports, p.take()]).toEqual([['ended', 'closed'], []]);
  });

  it('figure 12, the other side', () => {
    const p = new Peer().established();
    p.send('F.');
    expect([p.state, p.take(), p.reports]).toEqual(['CLOSE_WAIT', ['. 1:1(0) ack 2'], ['ended']]);
    p.connection.close();
    expect([p.state, p.take()]).toEqual(['LAST_ACK', ['F. 1:1(0) ack 2']]);
    p.send('.');
    gone(p);
    expect(p.reports).toEqual(['ended', 'closed']);
  });

  it('figure 13: simultaneous close', () => {
    const p = finWait1();
    p.send('F.', { ack: 1 });
    expect([p.state, p.take()]).toEqual(['CLOSING', ['. 2:2(0) ack 2']]);
    p.send('.', { ack: 2 });
    expect([p.state, p.take()]).toEqual(['TIME_WAIT', []]);
    expect(p.reports).toEqual(['ended', 'closed']);
  });

  it('FIN and ACK of our FIN in one segment: FIN_WAIT_1 to TIME_WAIT', () => {
    const p = finWait1();
    p.send('F.');
    expect([p.state, p.take()]).toEqual(['TIME_WAIT', ['. 2:2(0) ack 2']]);
  });

  it('the FIN goes behind all data that waits, with the last of it', () => {
    const p = new Peer({ tcp: { mss: 1000, initialWindow: 2 } }).established();
    p.write(2500);
    p.connection.close();
    expect([p.state, p.take()]).toEqual(['FIN_WAIT_1', ['. 1:1001(1000) ack 1', '. 1001:2001(1000) ack 1']]);
    expect(() => p.write(10)).toThrow('connection closing');
    p.send('.', { ack: 2001 });
    expect(p.take()).toEqual(['FP. 2001:2501(500) ack 1']);
    p.send('.');
    expect(p.state).toBe('FIN_WAIT_2');
  });

  it('half-close: what the peer goes on sending is delivered and acknowledged', () => {
    const p = finWait2({ delayedAck: 0 });
    for (let i = 0; i < 5; i++) {
      p.send('P.', { length: 100 });
      expect(p.take()).toEqual([`. 2:2(0) ack ${101 + 100 * i}`]);
      expect(p.reads(1 + 100 * i, 100)).toBe(true);
    }
    p.send('FP.', { length: 50 });
    expect([p.state, p.take()]).toEqual(['TIME_WAIT', ['. 2:2(0) ack 552']]);
    // What came with the FIN is still there to be read.
    expect(p.reads(501, 50)).toBe(true);
  });

  it('half-close the other way: in CLOSE_WAIT we go on sending', () => {
    const p = closeWait();
    p.write(100);
    expect(p.take()).toEqual(['P. 1:101(100) ack 2']);
    p.send('.');
    p.connection.close();
    expect([p.state, p.take()]).toEqual(['LAST_ACK', ['F. 101:101(0) ack 2']]);
  });

  it('a half-closed transfer of any size works both ways', () => {
    const pair = new Pair({ plans: [{ send: 0 }, { send: 100_000, waits: true }], tcp: { msl: 1000 } }).run();
    pair.check();
    expect(pair.near.got).toBe(100_000);
  });

  it('a FIN ahead of a gap waits until the gap is filled', () => {
    const p = new Peer().established();
    p.send('FP.', { seq: 101, length: 100 });
    expect([p.state, p.take(), p.reports]).toEqual(['ESTABLISHED', ['. 1:1(0) ack 1'], []]);
    p.send('.', { seq: 1, length: 100 });
    expect([p.state, p.take()]).toEqual(['CLOSE_WAIT', ['. 1:1(0) ack 202']]);
    expect(p.reports).toEqual(['readable', 'ended']);
    expect(p.reads(1, 200)).toBe(true);
  });

  it('a lost FIN is sent again', () => {
    const p = finWait1();
    p.wait(1000);
    expect(p.timeline()).toEqual(['200 F. 1:1(0) ack 1', '600 F. 1:1(0) ack 1']);
  });

  it('nothing after the FIN counts: no text beyond it, no second FIN', () => {
    const p = new Peer().established();
    p.send('F.', { seq: 11 });
    p.send('P.', { seq: 11, length: 50 });
    p.send('F.', { seq: 40 });
    p.take();
    p.send('P.', { seq: 1, length: 30 });
    expect([p.state, p.take()]).toEqual(['CLOSE_WAIT', ['. 1:1(0) ack 12']]);
    expect(p.reads(1, 10)).toBe(true);
  });

  it('a FIN below what has been received is not believed', () => {
    const p = new Peer().established();
    p.send('P.', { seq: 11, length: 50 });
    p.send('F.', { seq: 21 });
    p.send('P.', { seq: 1, length: 10 });
    expect([p.state, p.reads(1, 60)]).toEqual(['ESTABLISHED', true]);
  });

  it('orphanTimeout: FIN_WAIT_2 is not kept for ever when the user has closed both ways', () => {
    const p = finWait2({ orphanTimeout: 60_000 });
    p.wait(100_000);
    expect(p.state).toBe('FIN_WAIT_2');
    p.connection.detach();
    p.wait(59_999);
    expect(p.state).toBe('FIN_WAIT_2');
    p.wait(1);
    gone(p);
  });
});

describe('TIME_WAIT', () => {
  it('a repeated FIN is acknowledged and starts the 2 MSL again', () => {
    const p = timeWait({ msl: 1000 });
    p.wait(1500);
    p.send('F.', { seq: 1 });
    expect(p.take()).toEqual(['. 2:2(0) ack 2']);
    p.wait(1999);
    expect(p.state).toBe('TIME_WAIT');
    p.wait(1);
    gone(p);
  });

  it('other old segments are acknowledged but restart nothing', () => {
    const p = timeWait({ msl: 1000 });
    p.wait(1500);
    p.send('.', { seq: 0 });
    expect(p.take()).toEqual(['. 2:2(0) ack 2']);
    p.wait(500);
    gone(p);
  });

  it('RFC 1337: a RST does not end it, unless so configured', () => {
    const p = timeWait();
    p.send('R', { seq: 2 });
    expect([p.state, p.take()]).toEqual(['TIME_WAIT', []]);
    const q = timeWait({ rfc1337: false });
    q.send('R', { seq: 2 });
    gone(q);
  });

  /** TIME_WAIT at a listener's port. */
  function served(): Peer {
    const p = new Peer();
    p.listen();
    p.send('S', { seq: 0 });
    p.send('.');
    p.connection.close();
    p.send('F.');
    p.take();
    expect(p.state).toBe('TIME_WAIT');
    return p;
  }

  it('MAY-2: a SYN beyond the old numbers opens a new connection', () => {
    const p = served();
    const old = p.connection;
    p.send('S', { seq: 1000 });
    expect(p.take()).toEqual(['S. 0:0(0) ack 1001']);
    expect(old.state).toBe('CLOSED');
    p.send('.', { seq: 1001, ack: 1 });
    expect([p.state, p.connection === old]).toEqual(['ESTABLISHED', false]);
  });

  it('an old SYN does not: it is answered with an ACK', () => {
    const p = served();
    for (const seq of [0, -1000]) {
      p.send('S', { seq });
      expect([p.take(), p.state]).toEqual([['. 2:2(0) ack 2'], 'TIME_WAIT']);
      p.wait(500);
    }
  });

  it('without a listener a newer SYN opens nothing', () => {
    const p = timeWait();
    p.send('S', { seq: 1000 });
    expect([p.take(), p.state]).toEqual([['. 2:2(0) ack 2'], 'TIME_WAIT']);
  });

  it('keeps the ports taken until it is over', () => {
    const p = timeWait({ msl: 1000 });
    expect(() => p.connect()).toThrow(RangeError);
    p.wait(2000);
    expect(() => p.connect()).not.toThrow();
  });
});

describe('a RST', () => {
  for (const state of states) {
    if (state === 'TIME_WAIT') continue;
    it(`ends ${state} if it is exactly at RCV.NXT, and is answered by nothing`, () => {
      const p = makers[state]();
      p.send('R', { seq: p.next });
      gone(p);
      expect(p.take()).toEqual([]);
      expect(p.reports.at(-1)).toBe(state === 'SYN_RECEIVED' ? 'refused' : 'reset');
    });

    it(`in the window of ${state} is challenged, outside it dropped (RFC 5961 section 3.2)`, () => {
      const p = makers[state]();
      const { next, seen } = p;
      p.send('R', { seq: next + 1 });
      expect([p.state, p.take()]).toEqual([state, [`. ${seen}:${seen}(0) ack ${next}`]]);
      p.send('R', { seq: next - 1 });
      p.send('R', { seq: next + 10_000_000 });
      expect([p.state, p.take()]).toEqual([state, []]);
    });

    it(`anywhere in the window ends ${state} before RFC 5961`, () => {
      const p = makers[state]({ rfc5961: false });
      p.send('R', { seq: p.next + 1000 });
      gone(p);
    });
  }
});

describe('a SYN in the window', () => {
  for (const state of states) {
    it(`is challenged in ${state} (RFC 5961 section 4.2)`, () => {
      const p = makers[state]();
      const { next, seen } = p;
      p.send('S', { seq: next + 10 });
      expect([p.state, p.take()]).toEqual([state, [`. ${seen}:${seen}(0) ack ${next}`]]);
    });

    it(`resets ${state} before RFC 5961`, () => {
      const p = makers[state]({ rfc5961: false });
      p.send('S', { seq: p.next + 10 });
      gone(p);
      expect(p.take()).toEqual([`R. ${p.seen}:${p.seen}(0) ack ${p.next}`]);
    });
  }
});

describe('segments that count for nothing', () => {
  for (const state of states) {
    it(`without ACK in ${state}: dropped`, () => {
      const p = makers[state]();
      p.send('P', { length: 10 });
      p.send('F', { seq: p.next });
      expect([p.state, p.take()]).toEqual([state, []]);
    });

    it(`outside the window in ${state}: acknowledged, nothing else`, () => {
      const p = makers[state]();
      const { next, seen } = p;
      for (const seq of [next - 100, next + 20_000_000]) {
        p.send('P.', { seq, length: 50 });
        expect([p.state, p.take()]).toEqual([state, [`. ${seen}:${seen}(0) ack ${next}`]]);
      }
    });

    if (state !== 'SYN_RECEIVED') {
      it(`that acknowledge what was never sent in ${state}: an ACK`, () => {
        const p = makers[state]();
        const { next, seen } = p;
        p.send('P.', { ack: seen + 1, length: 10 });
        expect([p.state, p.take()]).toEqual([state, [`. ${seen}:${seen}(0) ack ${next}`]]);
        expect(p.connection.available).toBe(0);
      });
    }
  }

  it('RFC 5961 section 5.2: an ACK older than the largest window is challenged, its text dropped', () => {
    const p = new Peer().established();
    p.send('P.', { seq: 1, ack: 1 - 65_536, length: 10 });
    expect([p.take(), p.connection.available]).toEqual([['. 1:1(0) ack 1'], 0]);
    p.send('P.', { seq: 1, ack: 1 - 65_535, length: 10 });
    expect(p.connection.available).toBe(10);
  });
});

describe('abort (3.10.5)', () => {
  const sends = new Set(['SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT']);
  for (const state of states) {
    it(`in ${state}: ${sends.has(state) ? 'a reset at SND.NXT' : 'nothing is sent'}`, () => {
      const p = makers[state]();
      const { next, seen } = p;
      p.connection.abort();
      gone(p);
      expect(p.take()).toEqual(sends.has(state) ? [`R. ${seen}:${seen}(0) ack ${next}`] : []);
      // TIME_WAIT has told its end already.
      expect(p.reports.at(-1)).toBe(state === 'TIME_WAIT' ? 'closed' : 'aborted');
      p.connection.abort();
      p.connection.close();
      p.connection.detach();
      expect(() => p.write(5)).toThrow('connection does not exist');
      expect(p.take()).toEqual([]);
    });
  }

  it('throws away what was not sent', () => {
    const p = new Peer({ tcp: { mss: 100, initialWindow: 1 } }).established();
    p.write(1000);
    p.take();
    p.connection.abort();
    expect(p.take()).toEqual(['R. 101:101(0) ack 1']);
    p.wait(100_000);
    expect(p.take()).toEqual([]);
  });
});

describe('close with data unread (SHLD-3)', () => {
  for (const state of ['ESTABLISHED', 'CLOSE_WAIT'] as const) {
    it(`in ${state}: a reset`, () => {
      const p = new Peer().established();
      p.send(state === 'ESTABLISHED' ? 'P.' : 'FP.', { length: 10 });
      p.take();
      p.connection.detach();
      gone(p);
      expect(p.take()).toEqual([`R. 1:1(0) ack ${p.next}`]);
    });
  }

  it('nothing unread: an orderly close', () => {
    const p = new Peer({ tcp: { delayedAck: 0 } }).established();
    p.send('P.', { length: 10 });
    p.connection.receive();
    p.take();
    p.connection.detach();
    expect([p.state, p.take()]).toEqual(['FIN_WAIT_1', ['F. 1:1(0) ack 11']]);
  });

  for (const state of ['FIN_WAIT_1', 'FIN_WAIT_2'] as const) {
    it(`data that comes in ${state} after both ways are closed: a reset`, () => {
      const p = makers[state]();
      p.connection.detach();
      p.send('P.', { length: 10, ack: state === 'FIN_WAIT_1' ? 1 : 2 });
      gone(p);
      expect(p.take()).toEqual(['R. 2:2(0) ack 1']);
    });
  }

  it('may be called in every state, with data unread too', () => {
    for (const state of states) {
      const p = makers[state]();
      p.connection.detach();
      p.connection.detach();
    }
    const p = new Peer().established();
    p.connection.close();
    p.send('FP.', { length: 10 });
    expect(p.state).toBe('TIME_WAIT');
    p.connection.detach();
    expect(p.state).toBe('TIME_WAIT');
  });
});

describe('giving up', () => {
  it('R2: data without an answer is sent again for so long, then the connection is gone', () => {
    const p = new Peer({ tcp: { r2: 100_000, maximumRto: 60_000 } }).established();
    p.write(10);
    p.wait(99_000);
    expect(p.state).toBe('ESTABLISHED');
    p.wait(120_000);
    gone(p);
    expect(p.reports).toEqual(['timedOut']);
  });

  it('the user timeout ends it to the moment (3.10.8)', () => {
    const p = new Peer({ tcp: { userTimeout: 5000 } }).established();
    p.wait(10);
    p.write(10);
    p.wait(4999);
    expect(p.state).toBe('ESTABLISHED');
    p.wait(1);
    gone(p);
    expect(p.reports).toEqual(['timedOut']);
  });

  it('an answer stops the user timeout', () => {
    const p = new Peer({ tcp: { userTimeout: 5000 } }).established();
    p.write(10);
    p.wait(4000);
    p.send('.');
    p.wait(100_000);
    expect(p.state).toBe('ESTABLISHED');
  });
});
