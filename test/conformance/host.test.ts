/**
 * What the tables of transitions cannot say in a row: listeners, which outlive the connections they make, the lengths of
 * timers, and what was put off until the connection is established.
 */
import { describe, expect, test } from 'vitest';
import { compiledEngine, engineNamed } from '../../src/chart/index.ts';
import { Bench, expected } from './driver.ts';
import { type Opening, STATES } from './row.ts';

const SYN = '<SEQ=IRS><CTL=SYN>';
const ACK_OF_ALL = '<SEQ=RCV.NXT><ACK=SND.NXT><CTL=ACK>';
const SYN_ACK = '<SEQ=ISS><ACK=SEG.SEQ+1><CTL=SYN,ACK>';
const REFUSAL = '<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>';
const FIN_AGAIN = '<SEQ=RCV.NXT-1><ACK=SND.NXT><CTL=FIN,ACK>';
const OPENINGS: readonly Opening[] = ['passive', 'active'];
const SECOND = 1_000_000;

describe('a listener (RFC 9293 section 3.9.1.1)', () => {
  test('that is closed is CLOSED: a SYN is answered by a reset (3.10.4)', () => {
    const bench = new Bench();
    bench.listen().close();
    const variables = bench.happen(SYN);
    expect(bench.sent).toEqual(expected(REFUSAL, variables));
    expect(bench.host.connections).toEqual([]);
  });

  test('leaves its connections alone when it is closed', () => {
    const bench = new Bench();
    const listener = bench.listen();
    bench.happen(SYN);
    listener.close();
    bench.happen(ACK_OF_ALL);
    expect(bench.state).toBe('ESTABLISHED');
  });

  test.each(['<SEQ=RCV.NXT><CTL=RST>', '<SEQ=RCV.NXT><CTL=SYN>'] as const)(
    'is still in LISTEN when %s ends a connection in SYN_RECEIVED (3.10.7.4) [MUST-11]',
    (segment) => {
      const bench = new Bench().reach('SYN_RECEIVED', 'passive');
      bench.happen(segment);
      expect(bench.host.connections).toEqual([]);
      const variables = bench.happen(SYN);
      expect(bench.sent).toEqual(expected(SYN_ACK, variables));
      expect(bench.state).toBe('SYN_RECEIVED');
    },
  );

  test('lets its port be the local end of an active OPEN (3.10.2), and goes on listening', () => {
    const bench = new Bench();
    bench.listen();
    bench.connection = bench.host.connect({ address: '10.0.0.2', port: 4001, localPort: 80 });
    expect(bench.state).toBe('SYN_SENT');
    bench.forget();
    const variables = bench.happen(SYN);
    expect(bench.sent).toEqual(expected(SYN_ACK, variables));
  });

  test.each([
    ['SYN_SENT', 'active'],
    ['SYN_RECEIVED', 'active'],
    ['ESTABLISHED', 'active'],
  ] as const)(
    'may be made on the port of a connection in %s, and leaves it alone [MUST-41] [MUST-42]',
    (state, opening) => {
      const bench = new Bench().reach(state, opening);
      bench.listen();
      expect(bench.state).toBe(state);
      expect(bench.sent).toEqual([]);
      expect(bench.taken).toEqual([]);
    },
  );
});

describe.each(OPENINGS)('a connection opened in the way: %s', (opening: Opening) => {
  test('stays in TIME_WAIT for twice the MSL, and no longer (3.6.1) [MUST-13]', () => {
    const { host, state } = timeWait(opening);
    expect(state()).toBe('TIME_WAIT');
    host.poll(60 * SECOND - 1);
    expect(state()).toBe('TIME_WAIT');
    host.poll(60 * SECOND);
    expect(state()).toBe('CLOSED');
  });

  test('stays for all of it again after a FIN that is repeated (3.10.7.4) [MUST-13]', () => {
    const { bench, host, state } = timeWait(opening);
    host.poll(40 * SECOND);
    bench.happen(FIN_AGAIN);
    host.poll(100 * SECOND - 1);
    expect(state()).toBe('TIME_WAIT');
    host.poll(100 * SECOND);
    expect(state()).toBe('CLOSED');
  });

  test('closes once established when CLOSE came before, behind the data that waited (3.10.4)', () => {
    const bench = new Bench().reach('SYN_RECEIVED', opening);
    bench.happen('SEND 10');
    bench.happen('CLOSE');
    expect(() => bench.connection?.send(new Uint8Array(1))).toThrow('connection closing');
    bench.happen(ACK_OF_ALL);
    expect(bench.taken.map(({ to }) => to)).toEqual(['ESTABLISHED', 'FIN_WAIT_1']);
    expect(bench.sent).toEqual(
      expected('<SEQ=ISS+1><ACK=IRS+1><CTL=FIN,PSH,ACK><LEN=10>', bench.variables()),
    );
  });

  test('starts with data at three seconds, without backoff, when its SYN was repeated (RFC 6298 section 5.7)', () => {
    const bench = new Bench().reach(opening === 'active' ? 'SYN_SENT' : 'SYN_RECEIVED', opening);
    for (let i = 0; i < 3; i++) bench.happen('RETRANSMISSION');
    bench.happen(opening === 'active' ? '<SEQ=IRS><ACK=SND.NXT><CTL=SYN,ACK>' : ACK_OF_ALL);
    bench.happen('SEND 10');
    expect(bench.host.nextTimeout - bench.host.now()).toBe(3 * SECOND);
  });

  test('repeats a SYN for three minutes at the least before it gives up [MUST-23]', () => {
    const bench = new Bench().reach(opening === 'active' ? 'SYN_SENT' : 'SYN_RECEIVED', opening);
    bench.host.poll(180 * SECOND - 1);
    expect(bench.connection?.reason).toBeUndefined();
    // Doubled each time from one second on: at 1, 3, 7, 15, 31, 63 and 127 s (RFC 6298 section 5)
    expect(bench.sent).toHaveLength(7);
    bench.happen('TIMEOUT');
    expect(bench.state).toBe('CLOSED');
    expect(bench.told).toBe('timedOut');
  });

  /** In TIME_WAIT since the time 0. */
  function timeWait(way: Opening) {
    const bench = new Bench().reach('TIME_WAIT', way);
    expect(bench.host.now()).toBe(0);
    return { bench, host: bench.host, state: () => bench.state };
  }
});

test('RST is never answered by RST, in no state and with no sequence number (3.10.7)', () => {
  const places = STATES.flatMap((state) => OPENINGS.map((opening) => [state, opening] as const));
  for (const [state, opening] of places) {
    for (const seq of [0, 1, 0x7fff_ffff, 0xffff_fffc, 0xffff_ffff]) {
      const bench = new Bench().reach(state, opening);
      bench.happen(`<SEQ=${seq}><ACK=7><CTL=RST,ACK>`);
      expect(bench.sent.filter((text) => text.includes('RST'))).toEqual([]);
    }
  }
});

test('the two engines answer alike', () => {
  const play = (name: 'compiled' | 'xstate') => {
    const bench = new Bench({}, engineNamed(name)).reach('FIN_WAIT_1', 'active');
    bench.happen('<SEQ=RCV.NXT><ACK=SND.NXT><CTL=FIN,ACK>');
    return [...bench.sent, ...bench.taken];
  };
  expect(engineNamed('compiled')).toBe(compiledEngine);
  expect(play('xstate')).toEqual(play('compiled'));
});
