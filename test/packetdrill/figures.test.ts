/**
 * The exchanges that RFC 9293 draws, figures 6 to 13: each end of each, with the RFC's numbers (A's ISN is 100, B's 300).
 * All but SYNs are relative to these: the RFC's 101 is 1 here.
 */
import { describe } from 'vitest';
import { connected, established, listening, packetdrill } from './packetdrill.ts';

const connecting = `
  0   socket(..., SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP) = 3
  +0  connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
`;

describe('figure 6: the three-way handshake', () => {
  packetdrill(
    'A opens',
    {},
    `
    0         socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
    +0...0.5  connect(3, ..., ...) = 0
    +0        > S 100:100(0) <mss 1000>
    +0        %{ assert chart.connection == "SYN_SENT" }%
    +.5       < S. 300:300(0) ack 101 win 1000 <mss 1000>
    +0        > . 1:1(0) ack 1
    +0        %{ assert chart.connection == "ESTABLISHED" }%
    +0        write(3, ..., 10) = 10
    +0        > P. 1:11(10) ack 1
    `,
  );

  packetdrill(
    'B listens',
    {},
    `${listening}
    +0   %{ assert chart.connection == "LISTEN" }%
    +0   < S 100:100(0) win 1000 <mss 1000>
    +0   > S. 300:300(0) ack 101 <mss 1000>
    +0   %{ assert chart.connection == "SYN_RECEIVED" }%
    +.5  < . 1:1(0) ack 1 win 1000
    +0   %{ assert chart.connection == "ESTABLISHED" }%
    +0   accept(3, ..., ...) = 4
    +0   < P. 1:11(10) ack 1 win 1000
    +0   read(4, ..., 100) = 10
    +.04 > . 1:1(0) ack 11
    `,
  );
});

packetdrill(
  'figure 7: simultaneous open [MUST-10]',
  {},
  `${connecting}
  +0   > S 100:100(0) <mss 1000>
  +.1  < S 300:300(0) win 1000 <mss 1000>
  +0   > S. 100:100(0) ack 301 <mss 1000>
  +0   %{ assert chart.connection == "SYN_RECEIVED" }%
  +.1  < S. 300:300(0) ack 101 win 1000 <mss 1000>
  +0   > . 1:1(0) ack 1
  +0   %{ assert chart.connection == "ESTABLISHED" }%
  +0   getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
  `,
);

describe('figure 8: recovery from an old duplicate SYN', () => {
  packetdrill(
    'A, whose old SYN it was, resets what answers it',
    {},
    `${connecting}
    +0  > S 100:100(0) <mss 1000>
    +.1 < S. 300:300(0) ack 91 win 1000 <mss 1000>
    +0  > R 91:91(0)!
    +0  %{ assert chart.connection == "SYN_SENT" }%
    +.1 < S. 400:400(0) ack 101 win 1000 <mss 1000>
    +0  > . 1:1(0) ack 1
    +0  %{ assert chart.connection == "ESTABLISHED" }%
    `,
  );

  packetdrill(
    'B goes back to LISTEN, then opens to the real one [MUST-11]',
    {},
    `${listening}
    +0  < S 90:90(0) win 1000 <mss 1000>
    +0  > S. 300:300(0) ack 91 <mss 1000>
    +.1 < R 1:1(0) win 0
    +0  %{ assert chart.connection == "LISTEN" }%
    +0  < S 100:100(0) win 1000 <mss 1000>
    +0  > S. 400:400(0) ack 101 <mss 1000>
    +.1 < . 1:1(0) ack 1 win 1000
    +0  accept(3, ..., ...) = 4
    +0  %{ assert chart.connection == "ESTABLISHED" }%
    `,
  );
});

describe('figure 9: half-open connection discovery', () => {
  packetdrill(
    'A, which has crashed, resets the old connection and asks again',
    {},
    `${connecting}
    +0  > S 400:400(0) <mss 1000>
    +.1 < . 300:300(0)! ack 4294966996 win 1000
    +0  > R 100:100(0)!
    +0  %{ assert chart.connection == "SYN_SENT" }%
    +.9 > S 400:400(0) <mss 1000>
    +0  < S. 500:500(0) ack 401 win 1000 <mss 1000>
    +0  > . 1:1(0) ack 1
    `,
  );

  packetdrill(
    'B, which is established, answers the SYN with what it expects, and believes the reset',
    established({ iss: 300, irs: 100 }),
    `
    +.1 < S 400:400(0) win 1000 <mss 1000>
    +0  > . 1:1(0) ack 1
    +0  %{ assert chart.connection == "ESTABLISHED" }%
    +.1 < R 1:1(0) win 0
    +0  %{ assert chart.connection == "CLOSED" }%
    +0  read(4, ..., 100) = -1 ECONNRESET (Connection reset by peer)
    `,
  );
});

describe('figure 10: the active side finds out about a half-open connection', () => {
  packetdrill(
    'A, which has crashed, knows of no connection',
    {},
    `
    0  < P. 300:310(10) ack 100 win 1000
    +0 > R 100:100(0)
    `,
  );

  packetdrill(
    'B sends, and is reset',
    established({ iss: 300, irs: 100 }),
    `
    +.1 write(4, ..., 10) = 10
    +0  > P. 1:11(10) ack 1
    +.1 < R 1:1(0) win 0
    +0  %{ assert chart.connection == "CLOSED" }%
    +0  getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0
    +0  write(4, ..., 10) = -1 EPIPE (Broken pipe)
    `,
  );
});

describe('figure 11: an old duplicate SYN resets two passive sockets', () => {
  packetdrill(
    'B answers it, is reset, and listens again',
    {},
    `${listening}
    +0  < S 90:90(0) win 1000 <mss 1000>
    +0  > S. 300:300(0) ack 91 <mss 1000>
    +0  < R 91:91(0)! win 0
    +0  %{ assert chart.connection == "LISTEN" }%
    +9  %{ assert chart.connection == "LISTEN" }%
    `,
  );

  packetdrill(
    'A, which listens too, resets the answer',
    {},
    `${listening}
    +0  < S. 300:300(0) ack 91 win 1000 <mss 1000>
    +0  > R 91:91(0)
    +0  %{ assert chart.connection == "LISTEN" }%
    `,
  );
});

describe('figure 12: normal close', () => {
  packetdrill(
    'A closes first, and waits for 2 MSL [MUST-13]',
    connected({ iss: 99, irs: 299 }),
    `
    +.1 shutdown(3, SHUT_WR) = 0
    +0  > F. 1:1(0) ack 1
    +0  %{ assert chart.connection == "FIN_WAIT_1" }%
    +.1 < . 1:1(0) ack 2 win 1000
    +0  %{ assert chart.connection == "FIN_WAIT_2" }%
    +.1 < F. 1:1(0) ack 2 win 1000
    +0  > . 2:2(0) ack 2
    +0  %{ assert chart.connection == "TIME_WAIT" }%
    +0  read(3, ..., 100) = 0
    +59.999999 %{ assert chart.connection == "TIME_WAIT" }%
    +.000001   %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'B is told, and closes in its own time',
    established({ iss: 299, irs: 99 }),
    `
    +.1 < F. 1:1(0) ack 1 win 1000
    +0  > . 1:1(0) ack 2
    +0  %{ assert chart.connection == "CLOSE_WAIT" }%
    +0  read(4, ..., 100) = 0
    +.1 close(4) = 0
    +0  > F. 1:1(0) ack 2
    +0  %{ assert chart.connection == "LAST_ACK" }%
    +.1 < . 2:2(0) ack 2 win 1000
    +0  %{ assert chart.connection == "CLOSED" }%
    `,
  );
});

packetdrill(
  'figure 13: simultaneous close',
  established({ iss: 99, irs: 299 }),
  `
  +.1 shutdown(4, SHUT_WR) = 0
  +0  > F. 1:1(0) ack 1
  +.1 < F. 1:1(0) ack 1 win 1000
  +0  > . 2:2(0) ack 2
  +0  %{ assert chart.connection == "CLOSING" }%
  +.05 < . 2:2(0) ack 2 win 1000
  +0  %{ assert chart.connection == "TIME_WAIT" }%
  +59.999999 %{ assert chart.connection == "TIME_WAIT" }%
  +.000001   %{ assert chart.connection == "CLOSED" }%
  `,
);
