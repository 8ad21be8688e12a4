/**
 * RFC 9293 sections 3.10.1 to 3.10.6: every state against every call of the user, as a socket makes it: OPEN is
 * connect(), CLOSE is shutdown(SHUT_WR) (half a connection) or close() (both halves), ABORT is close() with a linger
 * time of 0, STATUS is tcp_info.
 */
import { describe } from 'vitest';
import { packetdrill } from './packetdrill.ts';
import { inState, opened, type Situation, situations } from './states.ts';

function call(at: Situation, name: string, script: string, state: string): void {
  packetdrill(`${at.name}: ${name}, ${state}`, at.options, `${script}\n${inState(state)}`);
}

const { CLOSED, LISTEN, SYN_SENT, passive, active, ESTABLISHED } = situations;
const { FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT } = situations;

describe('OPEN', () => {
  call(CLOSED, 'active', '+0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) <mss 1000>', 'SYN_SENT');
  call(CLOSED, 'passive', '+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0', 'LISTEN');
  call(LISTEN, 'passive, again', '+0 listen(3, 1) = 0', 'LISTEN');
  call(LISTEN, 'at a port that is taken', '+0 socket(...) = 5\n+0 listen(5, 1) = -1 EADDRINUSE', 'LISTEN');
  for (const at of [SYN_SENT, active]) {
    call(at, 'again', '+0 connect(3, ..., ...) = -1 EALREADY', at.state);
  }
  for (const at of [ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK]) {
    call(at, 'again', `+0 connect(${at.fd}, ..., ...) = -1 EISCONN`, at.state);
  }
  call(
    ESTABLISHED,
    'a passive one beside it leaves it alone [MUST-41]',
    '+0 close(3) = 0\n+0 socket(...) = 5\n+0 bind(5, ..., ...) = 0\n+0 listen(5, 1) = 0',
    'ESTABLISHED',
  );
  call(
    passive,
    'a passive one at the same port, while a connection opens there [MUST-42]',
    '+0 close(3) = 0\n+0 socket(...) = 5\n+0 bind(5, ..., ...) = 0\n+0 listen(5, 1) = 0',
    'SYN_RECEIVED',
  );
});

describe('SEND', () => {
  call(CLOSED, 'is refused', '+0 write(3, ..., 10) = -1 EPIPE', 'CLOSED');
  call(LISTEN, 'is refused', '+0 write(3, ..., 10) = -1 EPIPE', 'LISTEN');
  for (const at of [SYN_SENT, active]) call(at, 'would block', '+0 write(3, ..., 10) = -1 EAGAIN', at.state);
  call(ESTABLISHED, 'is sent', '+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1', 'ESTABLISHED');
  call(opened, 'is sent', '+0 write(3, ..., 10) = 10\n+0 > P. 1:11(10) ack 1', 'ESTABLISHED');
  call(CLOSE_WAIT, 'is sent', '+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 2', 'CLOSE_WAIT');
  for (const at of [FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT]) {
    call(at, 'is refused: the connection is closing', '+0 write(4, ..., 10) = -1 EPIPE', at.state);
  }
});

describe('RECEIVE', () => {
  call(CLOSED, 'is refused', '+0 read(3, ..., 10) = -1 ENOTCONN', 'CLOSED');
  call(LISTEN, 'is refused', '+0 read(3, ..., 10) = -1 ENOTCONN', 'LISTEN');
  for (const at of [SYN_SENT, active]) call(at, 'would block', '+0 read(3, ..., 10) = -1 EAGAIN', at.state);
  for (const at of [ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2]) {
    call(at, 'would block', '+0 recv(4, ..., 10, MSG_DONTWAIT) = -1 EAGAIN', at.state);
  }
  for (const at of [CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT]) {
    call(at, 'says that the peer is done [MUST-12]', '+0 read(4, ..., 10) = 0', at.state);
  }
  call(
    FIN_WAIT_2,
    'gives what comes after our CLOSE',
    '+0 < P. 1:11(10) ack 2 win 65535\n+0 read(4, ..., 100) = 10\n+.04 > . 2:2(0) ack 11',
    'FIN_WAIT_2',
  );
});

describe('CLOSE', () => {
  call(CLOSED, 'both ways', '+0 close(3) = 0', 'CLOSED');
  call(LISTEN, 'both ways', '+0 close(3) = 0', 'CLOSED');
  call(SYN_SENT, 'both ways', '+0 close(3) = 0', 'CLOSED');
  call(active, 'both ways', '+0 close(3) = 0\n+0 > F. 1:1(0) ack 1', 'FIN_WAIT_1');
  call(ESTABLISHED, 'one way', '+0 shutdown(4, SHUT_WR) = 0\n+0 > F. 1:1(0) ack 1', 'FIN_WAIT_1');
  call(ESTABLISHED, 'both ways', '+0 close(4) = 0\n+0 > F. 1:1(0) ack 1', 'FIN_WAIT_1');
  call(CLOSE_WAIT, 'one way', '+0 shutdown(4, SHUT_WR) = 0\n+0 > F. 1:1(0) ack 2', 'LAST_ACK');
  call(CLOSE_WAIT, 'both ways', '+0 close(4) = 0\n+0 > F. 1:1(0) ack 2', 'LAST_ACK');
  for (const at of [FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT]) {
    call(at, 'both ways, no second FIN', '+0 close(4) = 0', at.state);
  }
  for (const at of [FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK]) {
    call(at, 'one way again, no second FIN', '+0 shutdown(4, SHUT_WR) = 0', at.state);
  }
  call(
    ESTABLISHED,
    'the FIN goes after what is queued',
    `+0 write(4, ..., 2500) = 2500
     +0 > . 1:1001(1000) ack 1
     +0 > . 1001:2001(1000) ack 1
     +0 > P. 2001:2501(500) ack 1
     +0 write(4, ..., 100) = 100
     +0 shutdown(4, SHUT_WR) = 0
     +0 > FP. 2501:2601(100) ack 1`,
    'FIN_WAIT_1',
  );
  call(
    ESTABLISHED,
    'with data unread, is a reset [SHLD-3]',
    '+0 < P. 1:11(10) ack 1 win 65535\n+0 close(4) = 0\n+0 > R. 1:1(0) ack 11',
    'CLOSED',
  );
  call(
    CLOSE_WAIT,
    'both ways, after reading all',
    '+0 read(4, ..., 10) = 0\n+0 close(4) = 0\n+0 > F. 1:1(0) ack 2',
    'LAST_ACK',
  );
  for (const at of [FIN_WAIT_1, FIN_WAIT_2]) {
    call(
      at,
      'both ways: data that comes then is answered with a reset [SHLD-3]',
      `+0 close(4) = 0
       +0 < P. 1:11(10) ack ${at === FIN_WAIT_1 ? 1 : 2} win 65535
       +0 > R. 2:2(0) ack 1`,
      'CLOSED',
    );
  }
});

describe('ABORT', () => {
  const abort = (at: Situation): string =>
    `+0 setsockopt(${at.fd}, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n+0 close(${at.fd}) = 0`;
  for (const at of [CLOSED, LISTEN, SYN_SENT, CLOSING, LAST_ACK, TIME_WAIT]) {
    call(at, 'says nothing to the peer', abort(at), 'CLOSED');
  }
  for (const at of [active, ESTABLISHED, opened, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT]) {
    call(at, 'resets', `${abort(at)}\n+0 > R. ${at.nxt}:${at.nxt}(0) ack ${at.rcv}`, 'CLOSED');
  }
  call(
    ESTABLISHED,
    'throws away what is queued',
    `+0 < . 1:1(0) ack 1 win 1000
     +0 write(4, ..., 1500) = 1500
     +0 > . 1:1001(1000) ack 1
     ${abort(ESTABLISHED)}
     +0 > R. 1001:1001(0) ack 1
     +9 < . 1:1(0) ack 1001 win 1000
     +0 > R 1001:1001(0)`,
    'CLOSED',
  );
});

describe('STATUS', () => {
  for (const at of Object.values(situations)) {
    const name = at.state === 'SYN_RECEIVED' ? 'SYN_RECV' : at.state.replace(/_([12])$/, '$1');
    call(
      at,
      'tells the state',
      `+0 %{ assert tcpi_state == TCP_${name.replace('CLOSED', 'CLOSE')} }%`,
      at.state,
    );
  }
});

describe('blocking calls', () => {
  packetdrill(
    'accept() waits for a connection',
    LISTEN.options,
    `
    +0...0.5  accept(3, ..., ...) = 4
    +.2       < S 0:0(0) win 65535 <mss 1000>
    +0        > S. 0:0(0) ack 1 <mss 1000>
    +.3       < . 1:1(0) ack 1 win 65535
    `,
  );
  packetdrill(
    'connect() is refused',
    {},
    `
    0         socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
    +0...0.1  connect(3, ..., ...) = -1 ECONNREFUSED (Connection refused)
    +0        > S 0:0(0) <mss 1000>
    +.1       < R. 0:0(0) ack 1 win 0
    `,
  );
  packetdrill(
    'read() is woken by data, by a FIN, and by a reset [MUST-12]',
    ESTABLISHED.options,
    `
    +0...0.1  read(4, ..., 100) = 10
    +.1       < P. 1:11(10) ack 1 win 65535
    +0...0.02 read(4, ..., 100) = 5
    +.02      < P. 11:16(5) ack 1 win 65535
    +.02      > . 1:1(0) ack 16
    +0...0.1  read(4, ..., 100) = 0
    +.1       < F. 16:16(0) ack 1 win 65535
    +0        > . 1:1(0) ack 17
    `,
  );
  packetdrill(
    'read() is woken by a reset [MUST-12]',
    ESTABLISHED.options,
    `
    +0...0.1  read(4, ..., 100) = -1 ECONNRESET
    +.1       < R. 1:1(0) ack 1 win 0
    +0        read(4, ..., 100) = 0
    `,
  );
  packetdrill(
    'write() waits for room in the buffer',
    { ...ESTABLISHED.options, tcp: { ...ESTABLISHED.options.tcp, sendBuffer: 2000 } },
    `
    +0...0.1  write(4, ..., 3000) = 3000
    +0        > . 1:1001(1000) ack 1
    +0        > P. 1001:2001(1000) ack 1
    +.1       < . 1:1(0) ack 1001 win 65535
    +0        > P. 2001:3001(1000) ack 1
    `,
  );
  packetdrill(
    'poll() tells what can be done',
    SYN_SENT.options,
    `
    +0        poll([{fd=3, events=POLLIN|POLLOUT, revents=0}], 1, 0) = 0
    +0...0.1  poll([{fd=3, events=POLLOUT, revents=POLLOUT}], 1, 500) = 1
    +.1       < S. 0:0(0) ack 1 win 65535 <mss 1000>
    +0        > . 1:1(0) ack 1
    +0        < P. 1:11(10) ack 1 win 65535
    +0        poll([{fd=3, events=POLLIN|POLLOUT, revents=POLLIN|POLLOUT}], 1, 0) = 1
    +0        ioctl(3, SIOCINQ, [10]) = 0
    +0        recv(3, ..., 100, MSG_PEEK) = 10
    +0        read(3, ..., 4) = 4
    +0        read(3, ..., 100) = 6
    +0        read(3, ..., 100) = -1 EAGAIN
    +.04      > . 1:1(0) ack 11
    `,
  );
  packetdrill(
    'poll() gives up when its time is over',
    SYN_SENT.options,
    `
    +0...0.5  poll([{fd=3, events=POLLOUT, revents=0}], 1, 500) = 0
    +.6       getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
    `,
  );
});
