/**
 * Everything that happens because time passes. The times are those of the `linux` stack where a test does not set its
 * own: first RTO 1 s, RTO at least 200 ms, delayed ACK 40 ms, MSL 30 s; and of RFC 6298's formulas.
 */
import { describe } from 'vitest';
import { connected, established, listening, packetdrill } from './packetdrill.ts';
import { situations } from './states.ts';

describe('the retransmission timer', () => {
  packetdrill(
    'a SYN is sent again after 1, 2, 4, ... s, and given up after more than 3 minutes [MUST-19, MUST-22, MUST-23]',
    {},
    `
    0         socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
    +0...247  connect(3, ..., ...) = -1 ETIMEDOUT (Connection timed out)
    +0        > S 0:0(0) <mss 1000>
    +1        > S 0:0(0) <mss 1000>
    +2        > S 0:0(0) <mss 1000>
    +4        > S 0:0(0) <mss 1000>
    +8        > S 0:0(0) <mss 1000>
    +16       > S 0:0(0) <mss 1000>
    +32       > S 0:0(0) <mss 1000>
    +64       > S 0:0(0) <mss 1000>
    +119.9    %{ assert chart.connection == "SYN_SENT" }%
    +.1       %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'a SYN,ACK is sent again too [MUST-22]',
    {},
    `${listening}
    +0  < S 0:0(0) win 65535 <mss 1000>
    +0  > S. 0:0(0) ack 1 <mss 1000>
    +1  > S. 0:0(0) ack 1 <mss 1000>
    +2  > S. 0:0(0) ack 1 <mss 1000>
    +1  < . 1:1(0) ack 1 win 65535
    +9  %{ assert chart.connection == "ESTABLISHED" }%
    `,
  );

  packetdrill(
    'data is sent again after RTO, doubled each time, until R2 [MUST-19, MUST-20, SHLD-11]',
    established({ tcp: { r2: 100_000, maximumRto: 60_000 } }),
    `
    +0    write(4, ..., 10) = 10
    +0    > P. 1:11(10) ack 1
    +.2   > P. 1:11(10) ack 1
    +0    %{ assert chart.recovery == "loss" and tcpi_backoff == 1 }%
    +.4   > P. 1:11(10) ack 1
    +.8   > P. 1:11(10) ack 1
    +1.6  > P. 1:11(10) ack 1
    +3.2  > P. 1:11(10) ack 1
    +6.4  > P. 1:11(10) ack 1
    +12.8 > P. 1:11(10) ack 1
    +25.6 > P. 1:11(10) ack 1
    +51.2 %{ assert chart.connection == "CLOSED" }%
    +0    getsockopt(4, SOL_SOCKET, SO_ERROR, [ETIMEDOUT], [4]) = 0
    `,
  );

  packetdrill(
    'RTO is SRTT + 4 RTTVAR: R + 2 R after the first measurement [MUST-18]',
    established({ rtt: 0.1 }),
    `
    +0  %{ assert tcpi_rtt == 100000 and tcpi_rttvar == 50000 and tcpi_rto == 300000 }%
    +0  write(4, ..., 10) = 10
    +0  > P. 1:11(10) ack 1
    +.3 > P. 1:11(10) ack 1
    `,
  );

  packetdrill(
    'the second measurement moves SRTT by an eighth and RTTVAR by a quarter [MUST-18]',
    established({ rtt: 0.1 }),
    `
    +0   write(4, ..., 10) = 10
    +0   > P. 1:11(10) ack 1
    +.18 < . 1:1(0) ack 11 win 65535
    // RTTVAR = 3/4 * 50 + 1/4 * |100 - 180| = 57.5; SRTT = 7/8 * 100 + 1/8 * 180 = 110; RTO = 110 + 4 * 57.5
    +0   %{ assert tcpi_rtt == 110000 and tcpi_rttvar == 57500 and tcpi_rto == 340000 }%
    +0   write(4, ..., 10) = 10
    +0   > P. 11:21(10) ack 1
    +.34 > P. 11:21(10) ack 1
    `,
  );

  packetdrill(
    'what was sent twice is not measured, and the backed off RTO stays until something is (Karn) [MUST-18]',
    established({ rtt: 0.1 }),
    `
    +0  write(4, ..., 10) = 10
    +0  > P. 1:11(10) ack 1
    +.3 > P. 1:11(10) ack 1
    +.1 < . 1:1(0) ack 11 win 65535
    +0  %{ assert tcpi_rtt == 100000 and tcpi_rto == 600000 }%
    +0  write(4, ..., 10) = 10
    +0  > P. 11:21(10) ack 1
    +.1 < . 1:1(0) ack 21 win 65535
    +0  %{ assert tcpi_rtt == 100000 and tcpi_backoff == 0 }%
    `,
  );

  packetdrill(
    'a SYN that was lost makes the first RTO for data 3 s (RFC 6298 (5.7))',
    {},
    `
    0       socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
    +0...1  connect(3, ..., ...) = 0
    +0      > S 0:0(0) <mss 1000>
    +1      > S 0:0(0) <mss 1000>
    +0      < S. 0:0(0) ack 1 win 65535 <mss 1000>
    +0      > . 1:1(0) ack 1
    +0      write(3, ..., 10) = 10
    +0      > P. 1:11(10) ack 1
    +3      > P. 1:11(10) ack 1
    `,
  );

  packetdrill(
    'an ACK of new data restarts it (RFC 6298 (5.3))',
    established(),
    `
    +0  write(4, ..., 2000) = 2000
    +0  > . 1:1001(1000) ack 1
    +0  > P. 1001:2001(1000) ack 1
    +.1 < . 1:1(0) ack 1001 win 65535
    // SRTT = 1/8 * 100 ms, RTTVAR = 1/4 * 100 ms (from 1 us and 0): RTO is the minimum of 200 ms, from now
    +.2 > P. 1001:2001(1000) ack 1
    `,
  );

  packetdrill(
    'a FIN is sent again',
    established(),
    `
    +0  shutdown(4, SHUT_WR) = 0
    +0  > F. 1:1(0) ack 1
    +.2 > F. 1:1(0) ack 1
    +.4 > F. 1:1(0) ack 1
    +.1 < . 1:1(0) ack 2 win 65535
    +9  %{ assert chart.connection == "FIN_WAIT_2" }%
    `,
  );

  packetdrill(
    'after a timeout everything outstanding is sent again, from a window of one segment [MUST-19]',
    established(),
    `
    +0  write(4, ..., 4000) = 4000
    +0  > . 1:1001(1000) ack 1
    +0  > . 1001:2001(1000) ack 1
    +0  > . 2001:3001(1000) ack 1
    +0  > P. 3001:4001(1000) ack 1
    +.2 > . 1:1001(1000) ack 1
    +0  %{ assert chart.recovery == "loss" and chart.growth == "slowStart" and tcpi_snd_cwnd == 1 }%
    +0  %{ assert tcpi_snd_ssthresh == 2 }%
    +.1 < . 1:1(0) ack 1001 win 65535
    +0  > . 1001:2001(1000) ack 1
    +0  > . 2001:3001(1000) ack 1
    +0  %{ assert tcpi_snd_cwnd == 2 }%
    +.1 < . 1:1(0) ack 4001 win 65535
    +0  %{ assert chart.recovery == "open" }%
    `,
  );

  packetdrill(
    'the user timeout ends the connection [MUST-21]',
    established({ tcp: { userTimeout: 1000 } }),
    `
    +0  write(4, ..., 10) = 10
    +0  > P. 1:11(10) ack 1
    +.2 > P. 1:11(10) ack 1
    +.4 > P. 1:11(10) ack 1
    +.399999 %{ assert chart.connection == "ESTABLISHED" }%
    +.000001 %{ assert chart.connection == "CLOSED" }%
    +0  read(4, ..., 10) = -1 ETIMEDOUT
    `,
  );
});

describe('delayed ACKs', () => {
  packetdrill(
    'one segment is acknowledged after 40 ms [MUST-40, SHLD-18]',
    established(),
    `
    +0   < P. 1:11(10) ack 1 win 65535
    +0   %{ assert chart.delayedAck == "pending" }%
    +.04 > . 1:1(0) ack 11
    +0   %{ assert chart.delayedAck == "idle" }%
    `,
  );

  packetdrill(
    'the second full-sized segment is acknowledged at once [SHLD-19]',
    established(),
    `
    +0   < . 1:1001(1000) ack 1 win 65535
    +.01 < . 1001:2001(1000) ack 1 win 65535
    +0   > . 1:1(0) ack 2001
    +0   < . 2001:3001(1000) ack 1 win 65535
    +.04 > . 1:1(0) ack 3001
    `,
  );

  packetdrill(
    'data of our own carries the ACK',
    established(),
    `
    +0   < P. 1:11(10) ack 1 win 65535
    +.03 write(4, ..., 10) = 10
    +0   > P. 1:11(10) ack 11
    +.02 < . 11:11(0) ack 11 win 65535
    +9   %{ assert chart.delayedAck == "idle" }%
    `,
  );

  packetdrill(
    'what is out of order, and what fills a gap, is acknowledged at once [MAY-13, SHLD-31]',
    established(),
    `
    +0  < . 1001:2001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 1
    +0  < . 2001:3001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 1
    +0  < . 1:1001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 3001
    +0  read(4, ..., 9000) = 3000
    `,
  );

  packetdrill(
    'a FIN is acknowledged at once',
    established(),
    `
    +0  < P. 1:11(10) ack 1 win 65535
    +0  < F. 11:11(0) ack 1 win 65535
    +0  > . 1:1(0) ack 12
    `,
  );

  packetdrill(
    'switched off, everything is acknowledged at once',
    established({ tcp: { delayedAck: 0 } }),
    `
    +0  < P. 1:11(10) ack 1 win 65535
    +0  > . 1:1(0) ack 11
    `,
  );
});

describe('2 MSL', () => {
  packetdrill(
    'a repeated FIN is acknowledged and starts the time again [MUST-13]',
    situations.TIME_WAIT.options,
    `
    +50        < F. 1:1(0) ack 2 win 65535
    +0         > . 2:2(0) ack 2
    +59.999999 %{ assert chart.connection == "TIME_WAIT" }%
    +.000001   %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'an old segment is acknowledged and does not',
    situations.TIME_WAIT.options,
    `
    +50        < . 1:1(0) ack 2 win 65535
    +0         > . 2:2(0) ack 2
    +9.999999  %{ assert chart.connection == "TIME_WAIT" }%
    +.000001   %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'is as long as configured',
    { ...situations.TIME_WAIT.options, tcp: { msl: 1000 } },
    `
    +1.999999  %{ assert chart.connection == "TIME_WAIT" }%
    +.000001   %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'FIN_WAIT_2 without a user lasts 60 s',
    situations.FIN_WAIT_2.options,
    `
    +9         close(4) = 0
    +59.999999 %{ assert chart.connection == "FIN_WAIT_2" }%
    +.000001   %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'FIN_WAIT_2 with a user lasts',
    situations.FIN_WAIT_2.options,
    `
    +9000      %{ assert chart.connection == "FIN_WAIT_2" }%
    `,
  );
});

/** The peer has closed its window, and 10 bytes wait. */
const closedWindow = `
  +0   < . 1:1(0) ack 1 win 0
  +0   write(4, ..., 10) = 10
  +0   %{ assert chart.persist == "probing" }%
`;

describe('the persist timer', () => {
  packetdrill(
    'probes after one RTO, then doubles [MUST-35, MUST-36, SHLD-29, SHLD-30]',
    established(),
    `${closedWindow}
    +.2  > . 0:0(0) ack 1
    +.4  > . 0:0(0) ack 1
    +.8  > . 0:0(0) ack 1
    +1.6 > . 0:0(0) ack 1
    `,
  );

  packetdrill(
    'a window that opens lets the data go',
    established(),
    `${closedWindow}
    +.2  > . 0:0(0) ack 1
    +.1  < . 1:1(0) ack 1 win 1000
    +0   > P. 1:11(10) ack 1
    +0   %{ assert chart.persist == "idle" }%
    `,
  );

  packetdrill(
    'a peer that answers may keep its window shut as long as it likes [MUST-37, MAY-8]',
    established({ tcp: { userTimeout: 1000 } }),
    `${closedWindow}
    +.2  > . 0:0(0) ack 1
    +0   < . 1:1(0) ack 1 win 0
    +.4  > . 0:0(0) ack 1
    +0   < . 1:1(0) ack 1 win 0
    +.8  > . 0:0(0) ack 1
    +0   < . 1:1(0) ack 1 win 0
    +1.6 > . 0:0(0) ack 1
    +0   %{ assert chart.connection == "ESTABLISHED" }%
    `,
  );

  packetdrill(
    'a window shrunk below what is outstanding: that is sent again, nothing beyond it [MUST-34, SHLD-15, SHLD-16]',
    established(),
    `
    +0   < . 1:1(0) ack 1 win 2000
    +0   write(4, ..., 4000) = 4000
    +0   > . 1:1001(1000) ack 1
    +0   > . 1001:2001(1000) ack 1
    +.1  < . 1:1(0) ack 1 win 500
    +.1  > . 1:1001(1000) ack 1
    `,
  );
});

describe('keep-alive', () => {
  const idle = '+0 setsockopt(4, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0';

  packetdrill(
    'is off by default [MUST-25]',
    established(),
    `
    +100000 %{ assert chart.connection == "ESTABLISHED" }%
    `,
  );

  packetdrill(
    'probes without data after 2 hours, and an answer is enough [MUST-24, MUST-28, SHLD-12]',
    established(),
    `${idle}
    +7200 > . 0:0(0) ack 1
    +.1   < . 1:1(0) ack 1 win 65535
    +7200 > . 0:0(0) ack 1
    `,
  );

  packetdrill(
    'nine probes without an answer, 75 s apart, end the connection [MUST-27, MUST-29]',
    established(),
    `${idle}
    +0    setsockopt(4, SOL_TCP, TCP_KEEPIDLE, [60], 4) = 0
    +60   > . 0:0(0) ack 1
    ${'+75 > . 0:0(0) ack 1\n'.repeat(8)}
    +75   > R. 1:1(0) ack 1
    +0    getsockopt(4, SOL_SOCKET, SO_ERROR, [ETIMEDOUT], [4]) = 0
    `,
  );

  packetdrill(
    'not while data is outstanding [MUST-26]',
    connected({ tcp: { r2: 30_000 } }),
    `
    +0    setsockopt(3, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0
    +0    setsockopt(3, SOL_TCP, TCP_KEEPIDLE, [1], 4) = 0
    +.9   write(3, ..., 10) = 10
    +0    > P. 1:11(10) ack 1
    +.2   > P. 1:11(10) ack 1
    +.4   > P. 1:11(10) ack 1
    +.8   > P. 1:11(10) ack 1
    `,
  );
});
