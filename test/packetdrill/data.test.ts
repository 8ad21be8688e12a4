/** Bytes on their way: sizes, windows, what is sent again and when, options, and sequence numbers that wrap. */
import { describe } from 'vitest';
import { connected, established, listening, packetdrill } from './packetdrill.ts';

describe('segment sizes', () => {
  packetdrill(
    'a peer without MSS option gets 536 bytes at a time [MUST-15]',
    {},
    `${listening}
    +0  < S 0:0(0) win 65535
    +0  > S. 0:0(0) ack 1 <mss 1000>
    +0  < . 1:1(0) ack 1 win 65535
    +0  accept(3, ..., ...) = 4
    +0  write(4, ..., 1072) = 1072
    +0  > . 1:537(536) ack 1
    +0  > P. 537:1073(536) ack 1
    `,
  );

  packetdrill(
    "the peer's MSS counts when it is smaller [MUST-14, MUST-16]",
    {},
    `${listening}
    +0  < S 0:0(0) win 65535 <mss 400>
    +0  > S. 0:0(0) ack 1 <mss 1000>
    +0  < . 1:1(0) ack 1 win 65535
    +0  accept(3, ..., ...) = 4
    +0  write(4, ..., 800) = 800
    +0  > . 1:401(400) ack 1
    +0  > P. 401:801(400) ack 1
    `,
  );

  packetdrill(
    'the MSS offered comes from the MTU, always [MUST-67, SHLD-5, MAY-3]',
    { tcp: { mss: 0, mtu: 900 } },
    `${listening}
    +0  < S 0:0(0) win 65535 <mss 1460>
    +0  > S. 0:0(0) ack 1 <mss 860>
    `,
  );

  packetdrill(
    'timestamps take their 12 bytes from the payload [MUST-16]',
    established({ timestamps: true }),
    `
    +.1 write(4, ..., 1976) = 1976
    +0  > . 1:989(988) ack 1 <nop,nop,TS val 101 ecr 100>
    +0  > P. 989:1977(988) ack 1 <nop,nop,TS val 101 ecr 100>
    `,
  );

  packetdrill(
    'largest segments, PSH on the last [MUST-61, SHLD-27, SHLD-28]',
    established(),
    `
    +0  < . 1:1(0) ack 1 win 0
    +0  write(4, ..., 700) = 700
    +0  write(4, ..., 700) = 700
    +0  write(4, ..., 600) = 600
    +.1 < . 1:1(0) ack 1 win 65535
    +0  > . 1:1001(1000) ack 1
    +0  > P. 1001:2001(1000) ack 1
    `,
  );
});

describe('when little is sent', () => {
  packetdrill(
    'Nagle: less than a full segment waits for the ACK [SHLD-7, MUST-60]',
    established(),
    `
    +0   write(4, ..., 10) = 10
    +0   > P. 1:11(10) ack 1
    +0   write(4, ..., 10) = 10
    +0   write(4, ..., 10) = 10
    +.05 < . 1:1(0) ack 11 win 65535
    +0   > P. 11:31(20) ack 1
    `,
  );

  packetdrill(
    'Nagle switched off: it does not [MUST-17]',
    established({ tcp: { nagle: false } }),
    `
    +0   setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0
    +0   write(4, ..., 10) = 10
    +0   > P. 1:11(10) ack 1
    +0   write(4, ..., 10) = 10
    +0   > P. 11:21(10) ack 1
    `,
  );

  packetdrill(
    'a sender leaves a silly window alone until half the largest is open [MUST-38]',
    established({ win: 2000 }),
    `
    +0   write(4, ..., 3000) = 3000
    +0   > . 1:1001(1000) ack 1
    +0   > . 1001:2001(1000) ack 1
    +.1  < . 1:1(0) ack 2001 win 300
    +0   %{ assert chart.persist == "probing" }%
    +.1  < . 1:1(0) ack 2001 win 1000
    +0   > P. 2001:3001(1000) ack 1
    `,
  );

  packetdrill(
    'a receiver does not offer a silly window [MUST-39, SHLD-14]',
    established({ tcp: { receiveBuffer: 2000 } }),
    `
    +0   < . 1:1001(1000) ack 1 win 65535
    +0   < . 1001:2001(1000) ack 1 win 65535
    +0   > . 1:1(0) ack 2001 win 0
    +0   read(4, ..., 400) = 400
    +0   read(4, ..., 400) = 400
    +0   read(4, ..., 400) = 400
    +0   > . 1:1(0) ack 2001 win 1200
    `,
  );

  packetdrill(
    'at a window of zero the ACK and the RST of a segment count, its text does not [MUST-66]',
    established({ tcp: { receiveBuffer: 1000 } }),
    `
    +0   write(4, ..., 10) = 10
    +0   > P. 1:11(10) ack 1 win 1000
    +0   < P. 1:1001(1000) ack 1 win 65535
    +.04 > . 11:11(0) ack 1001 win 0
    +0   < P. 1001:1011(10) ack 11 win 65535
    +0   > . 11:11(0) ack 1001 win 0
    +0   %{ assert tcpi_unacked == 0 }%
    +0   < R 1001:1001(0) win 0
    +0   %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'nothing goes beyond the window of the peer',
    established({ win: 1500 }),
    `
    +0   write(4, ..., 3000) = 3000
    +0   > . 1:1001(1000) ack 1
    +.05 < . 1:1(0) ack 1001 win 1500
    +0   > . 1001:2001(1000) ack 1
    +.05 < . 1:1(0) ack 2001 win 1500
    +0   > P. 2001:3001(1000) ack 1
    `,
  );

  packetdrill(
    'windows are scaled, except those of SYNs (RFC 7323 section 2.2)',
    established({ win: 2000, scale: 5, cwnd: 100, tcp: { receiveBuffer: 1 << 20 } }),
    `
    +0   write(4, ..., 70000) = 70000
    ${Array.from({ length: 64 }, (_, i) => `+0 > . ${i * 1000 + 1}:${i * 1000 + 1001}(1000) ack 1 win 32768`).join('\n')}
    `,
  );
});

/** Five segments, the first of which is lost. */
const fiveSent = `
  +0   write(4, ..., 5000) = 5000
  +0   > . 1:1001(1000) ack 1
  +0   > . 1001:2001(1000) ack 1
  +0   > . 2001:3001(1000) ack 1
  +0   > . 3001:4001(1000) ack 1
  +0   > P. 4001:5001(1000) ack 1
`;

describe('fast retransmit and recovery', () => {
  packetdrill(
    'three duplicate ACKs bring the first segment again (RFC 5681 section 3.2, RFC 6582)',
    established(),
    `${fiveSent}
    +.05 < . 1:1(0) ack 1 win 65535
    +0   < . 1:1(0) ack 1 win 65535
    +0   %{ assert chart.recovery == "open" and tcpi_ca_state == TCP_CA_Disorder }%
    +0   < . 1:1(0) ack 1 win 65535
    +0   > . 1:1001(1000) ack 1
    +0   %{ assert chart.recovery == "recovery" and chart.growth == "avoidance" }%
    // RFC 5681 (4): half of what was in flight
    +0   %{ assert tcpi_snd_ssthresh == 2 and tcpi_ca_state == TCP_CA_Recovery }%
    +.05 < . 1:1(0) ack 5001 win 65535
    // Karn: an ACK that covers what was sent twice measures nothing, also for what was sent once (1: nothing but 0 yet)
    +0   %{ assert chart.recovery == "open" and tcpi_rtt == 1 }%
    `,
  );

  packetdrill(
    'a partial ACK brings the next hole at once (RFC 6582 section 3.2)',
    established(),
    `${fiveSent}
    +.05 < . 1:1(0) ack 1 win 65535
    +0   < . 1:1(0) ack 1 win 65535
    +0   < . 1:1(0) ack 1 win 65535
    +0   > . 1:1001(1000) ack 1
    +.05 < . 1:1(0) ack 2001 win 65535
    +0   > . 2001:3001(1000) ack 1
    +0   %{ assert chart.recovery == "recovery" }%
    +.05 < . 1:1(0) ack 5001 win 65535
    +0   %{ assert chart.recovery == "open" }%
    `,
  );

  packetdrill(
    'with SACK only what is missing is sent again (RFC 6675)',
    established({ sack: true }),
    `${fiveSent}
    +.05 < . 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>
    +0   < . 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001 3001:4001>
    +0   %{ assert tcpi_sacked == 2 and chart.recovery == "open" }%
    +0   < . 1:1(0) ack 1 win 65535 <nop,nop,sack 3001:5001 1001:2001>
    +0   > . 1:1001(1000) ack 1
    +0   %{ assert chart.recovery == "recovery" and tcpi_sacked == 3 and tcpi_lost == 0 }%
    // Two sacked segments above 2001 do not make it lost, and pipe (2000) leaves no room in cwnd (2500): not yet
    +.05 < . 1:1(0) ack 2001 win 65535 <nop,nop,sack 3001:5001>
    +0   > . 2001:3001(1000) ack 1
    +.05 < . 1:1(0) ack 5001 win 65535
    +0   %{ assert chart.recovery == "open" }%
    `,
  );

  packetdrill(
    'SACK blocks tell of what came early, the newest first (RFC 2018 section 4)',
    established({ sack: true }),
    `
    +0  < . 1001:2001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 1 <nop,nop,sack 1001:2001>
    +0  < . 4001:5001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 1 <nop,nop,sack 4001:5001 1001:2001>
    +0  < . 2001:3001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 1 <nop,nop,sack 1001:3001 4001:5001>
    +0  < . 1:1001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 3001 <nop,nop,sack 4001:5001>
    +0  < . 3001:4001(1000) ack 1 win 65535
    +0  > . 1:1(0) ack 5001
    `,
  );

  packetdrill(
    'what came early is acknowledged by a segment of its own beside data of ours, which has no room for SACK blocks',
    established({ sack: true }),
    `
    +0  < . 1:1(0) ack 1 win 0
    +0  write(4, ..., 10) = 10
    +.1 < P. 11:21(10) ack 1 win 65535
    +0  > P. 1:11(10) ack 1
    +0  > . 11:11(0) ack 1 <nop,nop,sack 11:21>
    `,
  );

  packetdrill(
    'go-back-n keeps nothing that came early, and sends everything again',
    established({ tcp: { arq: 'go-back-n', window: 3 } }),
    `
    +0  write(4, ..., 3000) = 3000
    +0  > . 1:1001(1000) ack 1
    +0  > . 1001:2001(1000) ack 1
    +0  > P. 2001:3001(1000) ack 1
    +0  < . 1001:2001(1000) ack 1 win 65535
    +0  > . 3001:3001(0) ack 1
    +.2 > . 1:1001(1000) ack 1
    +0  > . 1001:2001(1000) ack 1
    +0  > P. 2001:3001(1000) ack 1
    `,
  );
});

describe('slow start', () => {
  packetdrill(
    'the window opens by what each ACK acknowledges, up to a segment (RFC 5681 (2)) [MUST-19]',
    established({ cwnd: 2 }),
    `
    +0   write(4, ..., 10000) = 10000
    +0   > . 1:1001(1000) ack 1
    +0   > . 1001:2001(1000) ack 1
    +0   %{ assert tcpi_snd_cwnd == 2 and chart.growth == "slowStart" }%
    +.05 < . 1:1(0) ack 1001 win 65535
    +0   > . 2001:3001(1000) ack 1
    +0   > . 3001:4001(1000) ack 1
    +0   %{ assert tcpi_snd_cwnd == 3 }%
    +0   < . 1:1(0) ack 2001 win 65535
    +0   > . 4001:5001(1000) ack 1
    +0   > . 5001:6001(1000) ack 1
    +0   %{ assert tcpi_snd_cwnd == 4 }%
    `,
  );
});

describe('options', () => {
  packetdrill(
    'come on any segment, unknown ones are passed over [MUST-5, MUST-6]',
    established(),
    `
    +0   < P. 1:11(10) ack 1 win 65535 <nop,md5 00112233445566778899aabbccddeeff,nop>
    +.04 > . 1:1(0) ack 11
    +0   < P. 11:21(10) ack 1 win 65535 <nop,eol>
    +.04 > . 1:1(0) ack 21
    `,
  );

  packetdrill(
    'need not be aligned, and may end early [MUST-4, MUST-64]',
    {},
    `${listening}
    +0  < S 0:0(0) win 65535 <nop,mss 300,nop,nop,eol>
    +0  > S. 0:0(0) ack 1 <mss 1000>
    +0  < . 1:1(0) ack 1 win 65535
    +0  accept(3, ..., ...) = 4
    +0  write(4, ..., 300) = 300
    +0  > P. 1:301(300) ack 1
    `,
  );

  packetdrill(
    'are offered on a SYN: MSS, SACK, timestamps, window scale',
    { tcp: { sack: true, timestamps: true, windowScaling: true } },
    `
    0   socket(..., SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP) = 3
    +0  connect(3, ..., ...) = -1 EINPROGRESS
    +0  > S 0:0(0) <mss 1000,sackOK,TS val 1 ecr 0,nop,wscale 7>
    +.1 < S. 0:0(0) ack 1 win 65535 <mss 1000,nop,wscale 3>
    +0  > . 1:1(0) ack 1
    +0  %{ assert tcpi_options == TCPI_OPT_WSCALE and tcpi_snd_wscale == 3 }%
    `,
  );

  packetdrill(
    'are answered only as far as they are offered [MUST-65]',
    { tcp: { sack: true, timestamps: true, windowScaling: true } },
    `${listening}
    +0  < S 0:0(0) win 65535 <mss 1000,sackOK,nop,nop>
    +0  > S. 0:0(0) ack 1 <mss 1000,nop,nop,sackOK>
    +0  < . 1:1(0) ack 1 win 65535
    +0  %{ assert tcpi_options == TCPI_OPT_SACK }%
    `,
  );

  packetdrill(
    'timestamps: an old one is refused with an ACK (PAWS, RFC 7323 section 5.3)',
    established({ timestamps: true }),
    `
    +.1  < P. 1:11(10) ack 1 win 65535 <nop,nop,TS val 200 ecr 1>
    +.04 > . 1:1(0) ack 11 <nop,nop,TS val 141 ecr 200>
    +.1  < P. 11:21(10) ack 1 win 65535 <nop,nop,TS val 150 ecr 1>
    +0   > . 1:1(0) ack 11 <nop,nop,TS val 241 ecr 200>
    `,
  );

  packetdrill(
    'timestamps measure what was sent twice (RFC 7323 section 4)',
    established({ timestamps: true }),
    `
    +.1  write(4, ..., 10) = 10
    +0   > P. 1:11(10) ack 1 <nop,nop,TS val 101 ecr 100>
    +.2  > P. 1:11(10) ack 1 <nop,nop,TS val 301 ecr 100>
    +.05 < . 1:1(0) ack 11 win 65535 <nop,nop,TS val 200 ecr 301>
    +0   %{ assert tcpi_backoff == 0 }%
    `,
  );
});

describe('sequence numbers that wrap', () => {
  const edge = 0xffff_fff0;

  for (const [name, handshake] of [
    ['ours', { iss: edge }],
    ["the peer's", { irs: edge }],
    ['both', { iss: edge, irs: edge }],
  ] as const) {
    packetdrill(
      `${name}: data both ways, and both close`,
      established(handshake),
      `
      +0   write(4, ..., 2000) = 2000
      +0   > . 1:1001(1000) ack 1
      +0   > P. 1001:2001(1000) ack 1
      +.01 < . 1:1001(1000) ack 1001 win 65535
      +0   < P. 1001:2001(1000) ack 2001 win 65535
      +0   > . 2001:2001(0) ack 2001
      +0   read(4, ..., 9000) = 2000
      +0   close(4) = 0
      +0   > F. 2001:2001(0) ack 2001
      +.01 < F. 2001:2001(0) ack 2002 win 65535
      +0   > . 2002:2002(0) ack 2002
      +0   %{ assert chart.connection == "TIME_WAIT" }%
      `,
    );
  }

  packetdrill(
    'the SYN is the last number: data starts at 0',
    connected({ iss: 0xffff_ffff, irs: 0xffff_ffff }),
    `
    +0   write(3, ..., 10) = 10
    +0   > P. 0:10(10)! ack 1
    +.01 < P. 0:10(10)! ack 11 win 65535
    +0   read(3, ..., 100) = 10
    +.04 > . 10:10(0)! ack 11
    `,
  );

  packetdrill(
    'SACK and fast retransmit over the edge',
    established({ iss: 0xffff_f800, sack: true }),
    `${fiveSent}
    +.05 < . 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:2001>
    +0   < . 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:3001>
    +0   < . 1:1(0) ack 1 win 65535 <nop,nop,sack 1001:4001>
    +0   > . 1:1001(1000) ack 1
    +.05 < . 1:1(0) ack 5001 win 65535
    +0   %{ assert chart.recovery == "open" }%
    `,
  );
});

describe('text with SYN and FIN', () => {
  packetdrill(
    'data that comes with the SYN is kept until the handshake is done',
    {},
    `${listening}
    +0   < S 0:100(100) win 65535 <mss 1000>
    +0   > S. 0:0(0) ack 1 <mss 1000>
    +.1  < . 101:101(0) ack 1 win 65535
    +0   accept(3, ..., ...) = 4
    +0   read(4, ..., 1000) = 100
    +.04 > . 1:1(0) ack 101
    `,
  );

  packetdrill(
    'a FIN that comes early counts when the gap is filled',
    established(),
    `
    +0   < FP. 11:21(10) ack 1 win 65535
    +0   > . 1:1(0) ack 1
    +0   %{ assert chart.connection == "ESTABLISHED" }%
    +0   < P. 1:11(10) ack 1 win 65535
    +0   > . 1:1(0) ack 22
    +0   %{ assert chart.connection == "CLOSE_WAIT" }%
    +0   read(4, ..., 100) = 20
    +0   read(4, ..., 100) = 0
    `,
  );

  packetdrill(
    'an acceptable RST may carry data [SHLD-2]',
    established(),
    `
    +0   < RP. 1:11(10) ack 1 win 0
    +0   %{ assert chart.connection == "CLOSED" }%
    `,
  );

  packetdrill(
    'what was received before is cut off, the rest taken',
    established(),
    `
    +0   < P. 1:11(10) ack 1 win 65535
    +.04 > . 1:1(0) ack 11
    +0   < P. 6:21(15) ack 1 win 65535
    +0   read(4, ..., 100) = 20
    +.04 > . 1:1(0) ack 21
    `,
  );
});

describe('listeners', () => {
  packetdrill(
    'a backlog of one takes one half-open connection',
    { tcp: { synCookies: 'off' } },
    `${listening}
    +0   < 1001 > 8080 S 0:0(0) win 65535 <mss 1000>
    +0   > 8080 > 1001 S. 0:0(0) ack 1 <mss 1000>
    +0   < 1002 > 8080 S 0:0(0) win 65535 <mss 1000>
    +.1  < 1001 > 8080 . 1:1(0) ack 1 win 65535
    +0   accept(3, ..., ...) = 4
    +0   < 1002 > 8080 S 0:0(0) win 65535 <mss 1000>
    +0   > 8080 > 1002 S. 0:0(0) ack 1 <mss 1000>
    `,
  );

  packetdrill(
    'data that comes before accept() is not lost',
    {},
    `${listening}
    +0   < S 0:0(0) win 65535 <mss 1000>
    +0   > S. 0:0(0) ack 1 <mss 1000>
    +0   < P. 1:11(10) ack 1 win 65535
    +.04 > . 1:1(0) ack 11
    +0   < F. 11:11(0) ack 1 win 65535
    +0   > . 1:1(0) ack 12
    +0   accept(3, ..., ...) = 4
    +0   read(4, ..., 100) = 10
    +0   read(4, ..., 100) = 0
    `,
  );
});
