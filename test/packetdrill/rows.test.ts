/**
 * Rows of the state table that time or CLOSE brings, in each state that has them: R2 (RFC 9293 section 3.8.3),
 * keep-alive that gets no answer (3.8.4), CLOSE with data unread (3.6.1). segments.test.ts has the segments,
 * calls.test.ts the calls, timers.test.ts the timers themselves; docs/conformance.md names the rows without a wire form.
 */
import { describe, expect, test } from 'vitest';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { Trace } from '../../src/trace/trace.ts';
import { type Preparation, packetdrill, play } from './packetdrill.ts';
import { inState, type Situation, situations } from './states.ts';

const { passive, active, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK } = situations;

/** The way to a state, with these knobs. */
function given({ options }: Situation, tcp: Partial<TcpConfig>): Preparation {
  return { ...options, tcp: { ...options.tcp, ...tcp } };
}

/** What the user of the socket is told. */
function timedOut(fd: number): string {
  return `+0 getsockopt(${fd}, SOL_SOCKET, SO_ERROR, [ETIMEDOUT], [4]) = 0`;
}

describe('R2 is reached: given up without a word to the peer', () => {
  /** The first RTO is 1 s, so that R2 passes at the timeout after 1 + 2 s. */
  const synR2 = { synR2: 3000 };
  const synAck = '> S. 0:0(0) ack 1 <mss 1000>';

  packetdrill(
    'SYN_RECEIVED (passive): CLOSED, the listener stays (RFC 9293 section 3.8.3) [MUST-20, MUST-22]',
    given(passive, synR2),
    `
    +1         ${synAck}
    +1.999999  ${inState('SYN_RECEIVED').slice(3)}
    +.000001   ${inState('CLOSED').slice(3)}
    +0         < . 1:1(0) ack 1 win 65535
    +0         > R 1:1(0)
    +0         < S 0:0(0) win 65535 <mss 1000>
    +0         ${synAck}
    `,
  );

  packetdrill(
    'SYN_RECEIVED (active): CLOSED, ETIMEDOUT (RFC 9293 section 3.8.3) [MUST-20, MUST-22]',
    given(active, synR2),
    `
    +1         ${synAck}
    +1.999999  ${inState('SYN_RECEIVED').slice(3)}
    +.000001   ${inState('CLOSED').slice(3)}
    ${timedOut(3)}
    +0         < . 1:1(0) ack 1 win 65535
    +0         > R 1:1(0)
    `,
  );

  /** RTO is 200 ms after a handshake in no time: R2 passes at the timeout after .2 + .4 + .8 + 1.6 s. */
  function givesUp(at: Situation, segment: string, first = ''): void {
    const { state, fd, rcv } = at;
    packetdrill(
      `${state}: CLOSED, ETIMEDOUT (RFC 9293 section 3.8.3) [MUST-20]`,
      given(at, { r2: 3000 }),
      `
      ${first}
      +.2        > ${segment}
      +.4        > ${segment}
      +.8        > ${segment}
      +1.599999  ${inState(state).slice(3)}
      +.000001   ${inState('CLOSED').slice(3)}
      ${timedOut(fd)}
      +0         < . ${rcv}:${rcv}(0) ack 2 win 65535
      +0         > R 2:2(0)
      `,
    );
  }

  givesUp(FIN_WAIT_1, 'F. 1:1(0) ack 1');
  givesUp(CLOSE_WAIT, 'P. 1:11(10) ack 2', '+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 2');
  givesUp(CLOSING, 'F. 1:1(0) ack 2');
  givesUp(LAST_ACK, 'F. 1:1(0) ack 2');
});

describe('keep-alive gets no answer: reset', () => {
  const tcp = { keepAlive: true, keepAliveIdle: 1000, keepAliveInterval: 1000, keepAliveProbes: 2 };

  for (const at of [FIN_WAIT_2, CLOSE_WAIT]) {
    const { state, fd, nxt, rcv } = at;
    packetdrill(
      `${state}: one silence says nothing, two end it: CLOSED, ETIMEDOUT (RFC 9293 section 3.8.4) [MUST-27, MUST-29]`,
      given(at, tcp),
      `
      +1        > . ${nxt - 1}:${nxt - 1}(0) ack ${rcv}
      +1        > . ${nxt - 1}:${nxt - 1}(0) ack ${rcv}
      +.999999  ${inState(state).slice(3)}
      +.000001  > R. ${nxt}:${nxt}(0) ack ${rcv}
      ${inState('CLOSED')}
      ${timedOut(fd)}
      `,
    );
  }
});

describe('CLOSE with data unread', () => {
  const unread = `
    +0  < P. 1:11(10) ack 1 win 65535
    +0  < F. 11:11(0) ack 1 win 65535
    +0  > . 1:1(0) ack 12
    ${inState('CLOSE_WAIT')}
  `;

  packetdrill(
    'CLOSE_WAIT: both ways is a reset, CLOSED (RFC 9293 section 3.6.1) [SHLD-3]',
    situations.ESTABLISHED.options,
    `${unread}
    +0  read(4, ..., 4) = 4
    +0  close(4) = 0
    +0  > R. 1:1(0) ack 12
    ${inState('CLOSED')}
    `,
  );

  packetdrill(
    'CLOSE_WAIT: one way is a FIN, and the data can be read (RFC 9293 section 3.6)',
    situations.ESTABLISHED.options,
    `${unread}
    +0  shutdown(4, SHUT_WR) = 0
    +0  > F. 1:1(0) ack 12
    +0  read(4, ..., 100) = 10
    ${inState('LAST_ACK')}
    `,
  );
});

describe('OPEN passive', () => {
  test('CLOSED: to LISTEN, and on by the SYN; the trace shows it (RFC 9293 section 3.10.1)', () => {
    const trace = new Trace();
    const passed: string[] = [];
    trace.listen((event) => {
      if (event.kind === 'transition' && event.chart === 'connection')
        passed.push(`${event.from} ${event.to}`);
    });
    play(inState('SYN_RECEIVED'), { ...passive.options, trace });
    expect(passed).toEqual(['CLOSED LISTEN', 'LISTEN SYN_RECEIVED']);
  });
});
