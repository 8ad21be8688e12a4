import { describe, expect, it } from 'vitest';
import { Peer } from './peer.ts';

const TWO_HOURS = 7_200_000;
const on = { tcp: { keepAlive: true } };

/** A probe: no data (SHLD-12), the number before the next. */
const PROBE = '. 0:0(0) ack 1';

describe('keep-alive (RFC 9293 section 3.8.4)', () => {
  it('[MUST-25] is off by default: an idle connection has no timer', () => {
    const p = new Peer().established();
    expect(p.host.timers.size).toBe(0);
  });

  it('[MUST-28] [SHLD-12] probes after two idle hours, without data', () => {
    const p = new Peer(on).established();
    p.wait(TWO_HOURS - 1);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.timeline()).toEqual([`${TWO_HOURS} ${PROBE}`]);
  });

  it('watches a connection too that was closed before its SYN was answered', () => {
    const p = new Peer({ tcp: { keepAlive: true } });
    p.listen(1);
    p.send('S', { seq: 0 });
    const connection = p.host.connections[0]!;
    connection.close();
    p.take();
    p.send('.', { ack: 1 });
    p.send('.', { ack: 2 });
    expect(connection.state).toBe('FIN_WAIT_2');
    p.take();
    p.wait(TWO_HOURS);
    expect(p.take().length).toBeGreaterThan(0);
    p.wait(9 * 75_000);
    expect(p.host.connections).toEqual([]);
  });

  it('[MUST-26] not while data is outstanding', () => {
    const p = new Peer({
      tcp: { keepAlive: true, keepAliveIdle: 5000, minimumRto: 60_000, maximumRto: 60_000 },
    });
    p.established();
    p.wait(4000);
    p.write(10);
    p.take();
    p.wait(30_000);
    expect(p.take()).toEqual([]);
  });

  it('[MUST-27] counts the idle time from the last segment of the peer, as long as wanted', () => {
    const p = new Peer(on).established();
    p.connection.setKeepAlive(true, 5000);
    p.wait(3000);
    p.send('.', { length: 1 });
    p.wait(100);
    p.take();
    p.wait(4899);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.timeline()).toEqual(['8000 . 0:0(0) ack 2']);
  });

  it('[MUST-29] an unanswered probe says nothing; nine, 75 s apart, end it', () => {
    const p = new Peer(on).established();
    p.wait(TWO_HOURS);
    for (let probe = 2; probe <= 9; probe++) p.wait(75_000);
    expect(p.take()).toEqual(Array.from({ length: 9 }, () => PROBE));
    expect(p.reports).toEqual([]);
    p.wait(75_000);
    expect(p.take()).toEqual(['R. 1:1(0) ack 1']);
    expect(p.reports).toEqual(['timedOut']);
  });

  it('an answer starts the idle time anew', () => {
    const p = new Peer(on).established();
    p.wait(TWO_HOURS + 75_000);
    expect(p.take()).toEqual([PROBE, PROBE]);
    p.send('.');
    p.wait(TWO_HOURS - 1);
    expect(p.take()).toEqual([]);
    p.wait(1);
    expect(p.take()).toEqual([PROBE]);
  });

  it('stops probing when the user sends: the data is the probe', () => {
    const p = new Peer({
      tcp: { keepAlive: true, keepAliveIdle: 1000, keepAliveInterval: 1000, keepAliveProbes: 2 },
    });
    p.established();
    p.wait(1000);
    expect(p.take()).toEqual([PROBE]);
    p.write(10);
    p.send('.', { ack: 11 });
    p.wait(900);
    expect(p.reports).toEqual([]);
    expect(p.connection.keepAlive.state).toBe('watching');
  });

  it('[MUST-24] is switched on and off for one connection', () => {
    const p = new Peer().established();
    p.connection.setKeepAlive(true, 1000);
    p.wait(1000);
    expect(p.take()).toEqual([PROBE]);
    p.connection.setKeepAlive(false);
    expect(p.host.timers.size).toBe(0);
    expect(() => p.connection.setKeepAlive(true, 0)).toThrow('keep-alive idle time is 0');
  });

  it('a probe is answered by our own end', () => {
    const p = new Peer().established();
    p.send('.', { seq: 0, ack: 1 });
    expect(p.take()).toEqual(['. 1:1(0) ack 1']);
  });
});
