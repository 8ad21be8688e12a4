/** The runner: times and tolerance, silence, relaxations, and the three ways in which a script does not pass. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpretedEngine } from '../../src/chart/index.ts';
import {
  parseScript,
  type RunOptions,
  type RunReport,
  runScript,
  ScriptFailure,
  ScriptSyntaxError,
  ScriptUnsupported,
} from '../../src/packetdrill/index.ts';
import { established, listening, play } from './packetdrill.ts';

/** As a foreign script is played: tolerance and relaxations on. */
function foreign(text: string, options: RunOptions = {}): RunReport {
  return runScript(parseScript(text, 'foreign.pkt'), options);
}

function failure(act: () => void): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ScriptFailure);
    return (error as Error).message;
  }
  throw new Error('the script passed');
}

function strictFailure(script: string): string {
  return failure(() => play(script, established()));
}

const open = `${listening}
  +0 < S 0:0(0) win 65535 <mss 1000>
  +0 > S. 0:0(0) ack 1 <...>
  +0 < . 1:1(0) ack 1 win 65535
  +0 accept(3, ..., ...) = 4
`;

describe('a failure', () => {
  test('shows line, expected, got, and the packets so far', () => {
    expect(strictFailure('+.1 write(4, ..., 10) = 10\n+0 > P. 1:12(11) ack 1 win 65535')).toBe(
      [
        'script:2: +0 > P. 1:12(11) ack 1 win 65535',
        '  got  > P. 1:11(10) ack 1 win 65535  at 0.100000',
        '  - length 10, not 11',
        'packets so far:',
        '   prologue       0.000000  < S 0:0(0) win 65535 <mss 1000>',
        '   prologue       0.000000  > S. 0:0(0) ack 1 win 65535 <mss 1000>',
        '   prologue       0.000000  < . 1:1(0) ack 1 win 65535',
        '                  0.100000  > P. 1:11(10) ack 1 win 65535',
      ].join('\n'),
    );
  });

  test.each([
    ['flags', '> . 1:11(10) ack 1', '- flags P., not .'],
    ['sequence number', '> P. 2:12(10) ack 1', '- sequence number 1, not 2'],
    ['ack', '> P. 1:11(10) ack 2', '- ack 1, not 2'],
    ['window', '> P. 1:11(10) ack 1 win 5', '- win 65535, not 5'],
    ['options', '> P. 1:11(10) ack 1 <nop,nop,sackOK>', '- options <>, not <nop,nop,sackOK>'],
    ['urgent pointer', '> P. 1:11(10) ack 1 urg 4', '- urg 0, not 4'],
    ['port', '> 81 > 40000 P. 1:11(10) ack 1', '- source port 8080, not 81'],
    ['ttl', '> (ttl 3) P. 1:11(10) ack 1', '- ttl 64, not 3'],
  ])('%s', (_name, line, difference) => {
    expect(strictFailure(`+.1 write(4, ..., 10) = 10\n+0 ${line}`)).toContain(difference);
  });

  test('nothing was sent', () => {
    expect(strictFailure('+1 > . 1:1(0) ack 1')).toContain('the stack sent nothing by 1.000000');
  });

  test('sent too early, or too late, by a microsecond', () => {
    const sent = '+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n';
    play(`${sent}+.2 > P. 1:11(10) ack 1`, established());
    expect(strictFailure(`${sent}+.200001 > P. 1:11(10) ack 1`)).toContain(
      'sent at 0.200000, not at 0.200001',
    );
    expect(strictFailure(`${sent}+.199999 > P. 1:11(10) ack 1`)).toContain('nothing by 0.199999');
  });

  test('a call returned something else, at another time, or not at all', () => {
    expect(strictFailure('+0 write(4, ..., 10) = 9')).toContain('write() returned 10, not 9');
    expect(strictFailure('+0 close(9) = 0')).toContain('close() returned -1 EBADF, not 0');
    expect(strictFailure('+0 write(9, ..., 10) = -1 EPIPE')).toContain('returned -1 EBADF, not -1 EPIPE');
    expect(strictFailure('+0 read(4, ..., 10) = 0')).toContain('the call blocks');
    expect(strictFailure('+0...1 read(4, ..., 10) = 0')).toContain('read() still blocks after 1.000000');
    expect(strictFailure('+0...1 read(4, ..., 10) = 0\n+2 close(3) = 0')).toContain('script:1:');
    expect(strictFailure('+0...1 read(4, ..., 9) = 9\n+.5 < P. 1:11(10) ack 1 win 9')).toContain(
      'read() returned 9 at 0.500000, not at 1.000000',
    );
    expect(strictFailure('+0...1 write(4, ..., 9) = 9')).toContain(
      'the call returned at once, not at 1.000000',
    );
  });

  test('an assertion does not hold', () => {
    expect(strictFailure('+0 %{ assert chart.connection == "CLOSED" }%')).toContain(
      'chart.connection is "ESTABLISHED"',
    );
  });

  test('SO_ERROR, and other values of options', () => {
    expect(strictFailure('+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0')).toContain(
      'SO_ERROR is 0, not ECONNRESET',
    );
    expect(strictFailure('+0 ioctl(4, SIOCINQ, [5]) = 0')).toContain('SIOCINQ is 0, not 5');
    expect(strictFailure('+0 poll([{fd=4, events=POLLOUT, revents=POLLIN}], 1, 0) = 1')).toContain(
      'revents is 4, not 1',
    );
  });
});

describe('silence', () => {
  test('is asserted between two lines', () => {
    expect(strictFailure('+0 write(4, ..., 10) = 10\n+0 < . 1:1(0) ack 11 win 9')).toContain(
      'before this line the stack sent what the script does not say:\n    0.000000 > P. 1:11(10) ack 1',
    );
  });

  test('is asserted while time passes', () => {
    expect(strictFailure('+0 < P. 1:11(10) ack 1 win 9\n+.05 %{ assert True }%')).toContain(
      '0.040000 > . 1:1(0) ack 11',
    );
  });

  test('is asserted after the last line', () => {
    expect(strictFailure('+0 write(4, ..., 10) = 10')).toContain('after the last line the stack sent:');
  });

  test("is not asserted in others' scripts", () => {
    foreign(`${open}+0 write(4, ..., 10) = 10\n+.1 < . 1:1(0) ack 11 win 9`);
  });
});

describe('tolerance', () => {
  const sent = `${open}+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n`;
  const at = (time: string, head = ''): string => `${head}${sent}+${time} > P. 1:11(10) ack 1`;

  test('is 12.5 % of the time since the event before', () => {
    foreign(at('.178'));
    foreign(at('.228'));
    expect(failure(() => foreign(at('.177')))).toContain('nothing by');
    expect(failure(() => foreign(at('.229')))).toContain('sent at 0.200000, not at 0.229000 within 0.028625');
  });

  test('or 4 ms', () => {
    const head = '--tolerance_percent=0\n';
    foreign(at('.196', head));
    foreign(at('.204', head));
    expect(failure(() => foreign(at('.195999', head)))).toContain('nothing by 0.199999');
  });

  test('can be set by the script', () => {
    foreign(at('.1', '--tolerance_usecs=100000\n'));
  });

  test('a range, and any time', () => {
    const exact = '--tolerance_percent=0\n--tolerance_usecs=0\n';
    foreign(at('.1~+.2', exact));
    foreign(at('.2~+.3', exact));
    expect(failure(() => foreign(at('.21~+.3', exact)))).toContain('not at 0.210000 to 0.300000');
    foreign(`${exact}${sent}* > P. 1:11(10) ack 1\n+.4 > P. 1:11(10) ack 1\n1.4 > P. 1:11(10) ack 1`);
    expect(failure(() => foreign(`${sent}+0 < . 1:1(0) ack 11 win 9\n* > . 1:1(0) ack 1`))).toContain(
      'the stack sent nothing',
    );
  });
});

describe('relaxations, on unless strict', () => {
  const syn = (options: string): string => `${listening}
    +0 < S 0:0(0) win 65535 <mss 1000,sackOK,nop,nop,nop,wscale 7>
    +0 > S. 0:0(0) ack 1 ${options}`;

  test('options of a SYN in any order and padding', () => {
    foreign(syn('<mss 1460,nop,wscale 9,sackOK,eol>'));
    expect(failure(() => foreign(syn('<mss 1460,nop,wscale 9>')))).toContain(
      'options <mss 1460,sackOK,wscale 0>',
    );
    const strict = (options: string): RunReport => foreign(syn(options), { strict: true });
    strict('<mss 1460,nop,nop,sackOK,nop,wscale 7>');
    expect(failure(() => strict('<mss 1460,nop,wscale 7,nop,nop,sackOK>'))).toContain('options');
  });

  test('PSH and windows', () => {
    const write = `${open}+0 write(4, ..., 10) = 10\n`;
    foreign(`${write}+0 > . 1:11(10) ack 1 win 5`);
    expect(failure(() => foreign(`${write}+0 > . 1:11(10) ack 1 win 0`))).toContain('win 65535, not 0');
  });

  test('several segments for one', () => {
    const write = `${open}+0 write(4, ..., 3000) = 3000\n`;
    foreign(`${write}+0 > P. 1:3001(3000) ack 1`);
    foreign(`${write}+0 > . 1:2001(2000) ack 1\n+0 > P. 2001:3001(1000) ack 1`);
    expect(failure(() => foreign(`--strict_segments\n${write}+0 > P. 1:3001(3000) ack 1`))).toContain(
      'length 1000',
    );
    expect(failure(() => foreign(`${write}+0 > P. 1:2501(2500) ack 1`))).toContain('length 3000, not 2500');
  });
});

describe('timestamps', () => {
  const stamped = `${listening}
    +0 < S 0:0(0) win 65535 <mss 1000,sackOK,TS val 100 ecr 0>
    +0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 700 ecr 100>
    +.1 < . 1:1(0) ack 1 win 65535 <nop,nop,TS val 200 ecr 700>
    +0 accept(3, ..., ...) = 4
    +.1 write(4, ..., 10) = 10
  `;

  test('are compared when the script gives a tick, from the first one on', () => {
    foreign(`--tcp_ts_tick_usecs=1000\n${stamped}+0 > P. 1:11(10) ack 1 <nop,nop,TS val 900 ecr 200>`);
    foreign(`--tcp_ts_tick_usecs=10000\n${stamped}+0 > P. 1:11(10) ack 1 <nop,nop,TS val 720 ecr 200>`);
    const wrong = `--tcp_ts_tick_usecs=1000\n${stamped}+0 > P. 1:11(10) ack 1 <nop,nop,TS val 950 ecr 200>`;
    expect(failure(() => foreign(wrong))).toContain('TS val 900 ecr 200>, not <nop,nop,TS val 950');
  });

  test('are not when it does not', () => {
    foreign(`${stamped}+0 > P. 1:11(10) ack 1 <nop,nop,TS val 5 ecr 200>`);
  });

  test('what is echoed is what was sent', () => {
    foreign(`${stamped}+0 > P. 1:11(10) ack 1 <nop,nop,TS val 5 ecr 200>
      +.05 < . 1:1(0) ack 11 win 65535 <nop,nop,TS val 300 ecr 5>
      +0 %{ assert 50000 <= tcpi_rtt + 50000 and tcpi_backoff == 0 and tcpi_min_rtt == 50000 }%`);
  });
});

describe('unsupported', () => {
  test.each([
    ['+0 > icmp echo_reply', 'an ICMP message that the stack is to send'],
    ['+0 < icmp strange', 'the ICMP type strange'],
    ['+0 < icmp type_256', 'the ICMP type type_256'],
    ['+0 < icmp unreachable CODE', 'the code CODE of the ICMP message unreachable'],
    ['+0 < icmp unreachable mtu 1200', 'an MTU in another ICMP message than one about it'],
    ['+0 < sctp: INIT[]', 'sctp packets'],
    ['+0 > [ect1] . 1:1(0) ack 1', 'Accurate ECN'],
    ['+0 > SEWA 1:1(0)', 'Accurate ECN'],
    ['+0 `nstat -n`', "the command 'nstat -n'"],
    ['+0 sendfile(4, 5, [0], 10) = 10', 'the call sendfile()'],
    ['+0 setsockopt(4, SOL_TCP, TCP_CORK, [1], 4) = 0', 'setsockopt(TCP_CORK)'],
    ['+0 socket(..., SOCK_DGRAM, 0) = 5', 'sockets other than SOCK_STREAM'],
    ['+0 send(4, ..., 10, MSG_STRANGE) = 10', 'the constant MSG_STRANGE'],
    ['+0 %{ import os }%', "code 'import os'"],
    ['+0 %{ assert tcpi_strange == 1 }%', "the name 'tcpi_strange' in 'tcpi_strange == 1'"],
  ])('%s', (line, what) => {
    expect(() => foreign(`${open}${line}`)).toThrow(new ScriptUnsupported(what, 'foreign.pkt', 10).message);
  });

  test('options', () => {
    expect(() => foreign(`--udp_encapsulation=tcp\n${open}`)).toThrow(
      'foreign.pkt:1: unsupported: the option --udp_encapsulation=tcp',
    );
  });

  test('is neither a pass nor a failure', () => {
    expect(() => foreign(`${open}+0 close(99) = 0\n+0 \`nstat\``)).toThrow(ScriptFailure);
    expect(() => foreign(`${open}+0 \`nstat\`\n+0 close(99) = 0`)).toThrow(ScriptUnsupported);
  });
});

describe('ICMP', () => {
  test('every type and code may come; echoes are answered, and that is no business of the script', () => {
    const names = ['echo_reply', 'redirect', 'echo_request', 'timestamp_request', 'type_255 code_255'];
    const lines = names.map((name) => `+0 < icmp ${name}\n`).join('');
    const tooBig = '+0 < [1:1(0)] icmp unreachable frag_needed mtu 1200\n';
    const { network } = foreign(`${open}${lines}${tooBig}+0 %{ assert tcpi_state == TCP_ESTABLISHED }%`);
    const shown = network.records.map(({ view }) => view.text).filter((text) => text !== undefined);
    expect(shown).toEqual([...lines.trim().split('\n'), tooBig.trim()].map((line) => line.slice(3)));
    const { icmpIn, icmpOut, discarded } = network.host.counters;
    expect({ icmpIn, icmpOut, discarded }).toEqual({
      icmpIn: 6,
      icmpOut: 1,
      discarded: { icmpOther: 4, icmpOutsideWindow: 1 },
    });
  });

  test('in IPv6 has types of its own', () => {
    const lines = ['packet_too_big mtu 1280', 'time_exceeded exceeded_frag_time', 'echo_request'];
    const six = lines.map((line) => `+0 < icmp ${line}`).join('\n');
    const { network } = foreign(`--ip_version=ipv6\n${open}${six}`);
    // The two errors quote our SYN, which is acknowledged
    expect(network.host.counters).toMatchObject({
      icmpIn: 3,
      icmpOut: 1,
      discarded: { icmpOutsideWindow: 2 },
    });
    expect(() => foreign(`${open}+0 < icmp packet_too_big mtu 1280`)).toThrow('the ICMP type packet_too_big');
  });
});

describe('commands', () => {
  const ask = (state: string, count: number): string =>
    `${open}+0 \`sockstat -4 -c -s -p 8080 | grep -c ${state} | grep ${count}\``;

  test('sockstat asks for the state and is not executed', () => {
    foreign(ask('ESTABLISHED', 1));
    foreign(ask('FIN_WAIT_1', 0));
    expect(failure(() => foreign(ask('ESTABLISHED', 0)))).toContain('should not be');
    expect(failure(() => foreign(ask('TIME_WAIT', 1)))).toContain('the state is ESTABLISHED, not TIME_WAIT');
  });
});

describe('the rest', () => {
  test('IPv6', () => {
    foreign(`--ip_version=ipv6\n${open}+0 write(4, ..., 2000) = 2000\n+0 > P. 1:2001(2000) ack 1`);
  });

  test('blocking calls and absolute times', () => {
    foreign(`
      0        socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      0...0.1  connect(3, ..., ...) = 0
      *        > S 0:0(0) <...>
      0.1      < S. 0:0(0) ack 1 win 65535 <mss 1000>
      0.1      > . 1:1(0) ack 1
      0.1...0.3 read(3, ..., 100) = 10
      0.3      < P. 1:11(10) ack 1 win 65535
      0.34     > . 1:1(0) ack 11
    `);
  });

  test('addresses written out', () => {
    foreign(`
      0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      +0  bind(3, {sa_family = AF_INET, sin_port = htons(7), sin_addr = inet_addr("192.168.0.1")}, ...) = 0
      +0  listen(3, 1) = 0
      +0  < 1000 > 7 S 0:0(0) win 65535 <mss 1000>
      +0  > 7 > 1000 S. 0:0(0) ack 1 <...>
      +0  < . 1:1(0) ack 1 win 65535
      +0  accept(3, ..., ...) = 4
    `);
  });

  test('both engines, the same', () => {
    const script = parseScript(
      `${open}+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n+.2 > P. 1:11(10) ack 1`,
      'x',
    );
    const compiled = runScript(script, { strict: true });
    const interpreted = runScript(script, { strict: true, engine: interpretedEngine });
    expect(interpreted.network.records).toEqual(compiled.network.records);
  });

  test('bad options are said to be bad', () => {
    expect(() => foreign(`--tolerance_usecs=x\n${open}`)).toThrow('--tolerance_usecs=x: must be a number');
    expect(() => foreign(`--mtu=20\n${open}`)).toThrow(
      'mtu is 20: must be a whole number from 68 to 65535 bytes',
    );
  });

  test('whatever the script, it passes, fails, or is unsupported', () => {
    const lines = fc.constantFrom(
      '+0 < S 0:0(0) win 65535 <mss 1000>',
      '+0 < S 5:15(10) win 1',
      '+0 > S. 0:0(0) ack 1 <...>',
      '+0 < . 1:1(0) ack 1 win 65535',
      '+.1 < P. 1:11(10) ack 1 win 0 <nop,nop,TS val 1 ecr 5>',
      '+0 < F. 1:1(0) ack 2 win 1 <sack 5:9>',
      '+0 < R 1:1(0)',
      '* > . ...(0) ack 1 <...>',
      '+0~+300 > . 1:1(0) ack 1',
      '+0 accept(3, ..., ...) = 4',
      '+0...1 accept(3, ..., ...) = 4',
      '+0...5 read(4, ..., 100) = 10',
      '+0 recv(4, ..., -1, MSG_PEEK) = ...',
      '+0 write(4, ..., 4000000000) = ...',
      '+0 connect(3, ..., ...) = -1 EINPROGRESS',
      '+0 connect(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=...}, ...) = 0',
      '+0 listen(3, 1) = 0',
      '+0 bind(3, ..., ...) = 0',
      '+0 socket(...) = 5',
      '+0 close(4) = 0',
      '+0 shutdown(4, SHUT_RDWR) = 0',
      '+0 poll([{fd=4, events=POLLIN, revents=0}], 1, 10) = ...',
      '+0 %{ assert tcpi_snd_cwnd > 0 }%',
      '+1000 %{ assert True }%',
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 12 }), fc.boolean(), (script, strict) => {
        try {
          foreign([listening, ...script].join('\n'), { strict });
        } catch (error) {
          const known = [ScriptFailure, ScriptUnsupported, ScriptSyntaxError];
          if (!known.some((kind) => error instanceof kind)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
