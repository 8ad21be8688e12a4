/** What surrounds the packets of a script: commands, variables, socket options that are settings, definitions, limits. */
import { describe, expect, test } from 'vitest';
import { readCommand } from '../../src/packetdrill/command.ts';
import { type PlayOptions, playText, type Verdict } from '../../src/packetdrill/index.ts';
import { knobEffect } from '../../src/packetdrill/knobs.ts';
import { LONGEST_COMMAND, LONGEST_SCRIPT, MOST_EVENTS } from '../../src/packetdrill/limits.ts';

const open = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
  +0 bind(3, ..., ...) = 0
  +0 listen(3, 1) = 0
  +0 < S 0:0(0) win 65535 <mss 1000>
  +0 > S. 0:0(0) ack 1 <...>
  +0 < . 1:1(0) ack 1 win 65535
  +0 accept(3, ..., ...) = 4
`;

function play(text: string, options: PlayOptions = {}): Verdict {
  return playText(text, 'x.pkt', options);
}

/** The outcome, and the report's first line. */
function outcome(text: string, options: PlayOptions = {}): string {
  const { outcome, report } = play(text, options);
  return report === undefined ? outcome : `${outcome}: ${report.split('\n')[0]}`;
}

describe('commands', () => {
  test.each([
    ['sysctl -w net.inet.tcp.msl=1000', [{ msl: 1000 }]],
    ['sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_timestamps=0', [{ sack: false }, { timestamps: false }]],
    ['echo 0 > /proc/sys/net/ipv4/tcp_sack', [{ sack: false }]],
    ['../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0', [{ sack: false }]],
    ['sysctl -w net.ipv4.tcp_keepalive_time="60" > /dev/null 2>&1', [{ keepAliveIdle: 60_000 }]],
    [
      '# nothing\nsysctl statewire.arq=go-back-n; true && sysctl statewire.nagle=0',
      [{ arq: 'go-back-n' }, { nagle: false }],
    ],
  ])('%s: settings', (text, settings) => {
    const orders = readCommand(text);
    expect(orders.flatMap((order) => (order.kind === 'knob' ? [order.tcp] : []))).toEqual(settings);
    expect(orders.some(({ kind }) => kind === 'unsupported')).toBe(false);
  });

  test.each([
    './defaults.sh',
    '../../common/defaults.sh',
    'ethtool -K tun0 tso off',
    'ip tcp_metrics flush all > /dev/null 2>&1',
    'tc qdisc add dev tun0 root pfifo',
    'sysctl -w kern.ipc.maxsockbuf=2097152',
    'sysctl -w net.inet.tcp.hostcache.purgenow=1',
    'sysctl -w net.inet.tcp.ecn.generalized=0',
    'sysctl net.inet.tcp.msl',
  ])('%s: ignored, and told', (text) => {
    expect(readCommand(text).map(({ kind }) => kind)).toEqual(['ignored']);
    const { outcome, ignored = [] } = play(`\`${text}\`\n${open}`);
    expect(outcome).toBe('passed');
    expect(ignored).toHaveLength(1);
  });

  test.each([
    ['nstat -n', "the command 'nstat -n'"],
    ['tc qdisc add dev tun0 root pfifo limit 0', "the command 'tc qdisc add dev tun0 root pfifo limit 0'"],
    ['rm -rf /', "the command 'rm -rf /'"],
    ['sysctl net.ipv4.tcp_ecn=3', 'net.ipv4.tcp_ecn=3: Accurate ECN'],
    ['sysctl net.ipv4.tcp_recovery=2', 'net.ipv4.tcp_recovery=2: a RACK of another kind'],
    ['sysctl net.ipv4.tcp_early_retrans=1', 'net.ipv4.tcp_early_retrans=1: early retransmit'],
    [
      'sysctl net.ipv4.tcp_congestion_control=vegas',
      'net.ipv4.tcp_congestion_control=vegas: the congestion control vegas',
    ],
    ['sysctl net.ipv4.tcp_strange=1', 'net.ipv4.tcp_strange=1: this variable'],
    ['sysctl net.inet.tcp.msl=soon', "net.inet.tcp.msl=soon: the value 'soon'"],
    ['sysctl statewire.strange=1', 'statewire.strange=1: this variable'],
    ['sysctl statewire.mtu=1', 'statewire.mtu=1: mtu is 1: must be a whole number from 68 to 65535 bytes'],
    ['sockstat | grep -c NOWHERE | grep 1', "the command 'sockstat | grep -c NOWHERE | grep 1'"],
    ['sockstat | grep -c CLOSED', "the command 'sockstat | grep -c CLOSED'"],
  ])('%s: unsupported', (text, what) => {
    expect(outcome(`${open}+0 \`${text}\`\n+0 write(4, ..., 1) = 1`)).toMatch(/^unsupported: x\.pkt:\d+: /);
    expect(outcome(`\`${text}\`\n${open}`)).toBe(`unsupported: x.pkt:2: unsupported: ${what}`);
  });

  test('sockstat asks for the state, whatever picks the line', () => {
    const ask = (command: string): string => outcome(`${open}+0 \`${command}\``);
    expect(ask('sockstat -4 -c -s -p 8080 | grep -c ESTABLISHED | grep 1')).toBe('passed');
    expect(ask('sockstat -6 -P tcp -s | grep packetdril | grep -c "ESTABLISHED" | grep -q 1')).toBe('passed');
    expect(ask('sockstat -s | grep -c TIME_WAIT | grep 0')).toBe('passed');
    expect(ask('sockstat -s | grep -c ESTABLISHED | grep 0')).toMatch(/^failed: /);
    expect(ask('sockstat -s | grep other | grep -c ESTABLISHED | grep 1')).toMatch(/^unsupported: /);
  });

  test('tcpdrop deletes what is in the state, and nothing else', () => {
    const drop = '+0 `tcpdrop -s TIME_WAIT`\n';
    expect(outcome(`${open}${drop}+0 %{ assert tcpi_state == TCP_ESTABLISHED }%`)).toBe('passed');
    const closed = `${open}+0 close(4) = 0\n+0 > F. 1:1(0) ack 1\n+0 < F. 1:1(0) ack 2 win 9\n+0 > . 2:2(0) ack 2\n`;
    expect(outcome(`${closed}+0 %{ assert tcpi_state == TCP_TIME_WAIT }%`)).toBe('passed');
    expect(outcome(`${closed}${drop}+0 %{ assert tcpi_state == TCP_CLOSE }%`)).toBe('passed');
  });
});

describe('variables', () => {
  test.each([
    ['net.inet.tcp.rfc1323', '3', { windowScaling: false, timestamps: true }],
    ['net.inet.tcp.delayed_ack', '0', { delayedAck: 0 }],
    ['net.inet.tcp.keepintvl', '1000', { keepAliveInterval: 1000 }],
    ['net.inet.tcp.insecure_syn', '1', { rfc5961: false }],
    ['net.ipv4.tcp_fin_timeout', '3', { orphanTimeout: 3000 }],
    ['net.ipv4.tcp_rto_min_us', '200000', { minimumRto: 200 }],
    // 1 + 2 + 4 s, and 8 until it is given up
    ['net.ipv4.tcp_syn_retries', '3', { synR2: 15_000 }],
    ['net.ipv4.tcp_retries2', '2', { r2: 1400 }],
  ])('%s=%s', (name, value, effect) => {
    expect(knobEffect(name, value)).toEqual(effect);
  });

  test('have an effect, up to the first connection', () => {
    const scaled = '+0 > S. 0:0(0) ack 1 <mss 1460,nop,wscale 5>';
    const syn = open.replace('<mss 1000>', '<mss 1000,nop,wscale 3>').replace(/\+0 > S\..*/, scaled);
    expect(outcome(syn)).toBe('passed');
    expect(outcome(`\`sysctl net.inet.tcp.rfc1323=0\`\n${syn}`)).toMatch(/^failed: x\.pkt:6: /);
    expect(outcome(`0 \`sysctl net.inet.tcp.rfc1323=0\`\n+${syn}`)).toMatch(/^failed: x\.pkt:6: /);
    const late = `${open}+0 \`sysctl net.ipv4.tcp_sack=0\`\n+0 write(4, ..., 1) = 1`;
    expect(outcome(late)).toBe(
      'unsupported: x.pkt:8: unsupported: net.ipv4.tcp_sack=0 once there are connections',
    );
    expect(outcome(`${open}+0 \`sysctl net.ipv4.tcp_sack=1\``)).toBe('passed');
    const packet = '0 < . 1:1(0) ack 5 win 9\n+0 > R 5:5(0)\n+0 `sysctl net.ipv4.tcp_sack=0`\n';
    expect(outcome(`${packet}+0 < . 1:1(0) ack 5 win 9`)).toContain(
      'net.ipv4.tcp_sack=0 once there are connections',
    );
  });

  test('are put back at the end of a script: nobody sees it', () => {
    const restored = ['net.ipv4.tcp_sack=0', 'net.inet.tcp.ecn.enable=3', 'net.inet.tcp.rfc6675_pipe=0'];
    for (const variable of restored) {
      const end = `+0 \`sysctl -w ${variable}\`\n+0 close(3) = 0`;
      expect(outcome(`${open}${end}`)).toBe('passed');
      expect(play(`${open}${end}`).ignored).toEqual([variable]);
      const seen = `${open}+0 \`sysctl -w ${variable}\`\n+0 < F. 1:1(0) ack 1 win 9`;
      expect(outcome(seen)).toContain(`unsupported: ${variable}`);
    }
    // What is not a variable is still unsupported, and what is asked for at the start still counts
    expect(outcome(`${open}+0 \`nstat\``)).toContain("unsupported: the command 'nstat'");
    const accurate = '`sysctl net.ipv4.tcp_ecn=3`\n0 < . 1:1(0) ack 1 win 9';
    expect(outcome(accurate)).toContain('tcp_ecn=3: Accurate ECN');
  });

  test('that a setting cannot have are unsupported, also as a socket option', () => {
    const set = '+0 setsockopt(4, SOL_TCP, TCP_USER_TIMEOUT, [-5], 4) = 0';
    expect(outcome(`${open}${set}`)).toContain(
      'unsupported: TCP_USER_TIMEOUT -5: userTimeout is -5: must be',
    );
    expect(outcome(`${open}+0 write(4, ..., 1) = 1\n${set}`)).toContain(
      'unsupported: TCP_USER_TIMEOUT -5 now',
    );
  });

  test('the last word counts, but not against another variable', () => {
    const stamps = '+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 1 ecr 5>';
    const syn = open.replace('<mss 1000>', '<mss 1000,TS val 5 ecr 0>').replace(/\+0 > S\..*/, stamps);
    const twice = '`sysctl net.inet.tcp.rfc1323=0; sysctl net.inet.tcp.rfc1323=1`\n';
    expect(outcome(`${twice}${syn}`.replace(/\n {2}\+0 < \.[\s\S]*/, ''))).toBe('passed');
    const apart = '`sysctl net.inet.tcp.insecure_rst=1 net.inet.tcp.insecure_syn=0`\n';
    expect(outcome(`${apart}${open}`)).toContain(
      'net.inet.tcp.insecure_syn=0, which here is one with net.inet.tcp.insecure_rst',
    );
  });
});

describe('socket options that are settings', () => {
  const set = (fd: number, option: string, value: number): string =>
    `+0 setsockopt(${fd}, SOL_TCP, ${option}, [${value}], 4) = 0\n`;

  test('before they matter', () => {
    const nagle = `${open}${set(4, 'TCP_NODELAY', 1)}+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n+0 write(4, ..., 1) = 1\n+0 > P. 2:3(1) ack 1`;
    expect(outcome(nagle)).toBe('passed');
    expect(outcome(nagle.replace('[1], 4', '[0], 4'))).toMatch(/^failed: x\.pkt:12: /);
  });

  test('afterwards, of that connection', () => {
    const sent = `${open}+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1\n${set(4, 'TCP_NODELAY', 1)}`;
    const second = '+0 write(4, ..., 1) = 1\n+0 > P. 2:3(1) ack 1';
    expect(outcome(`${sent}${second}`)).toBe('passed');
    expect(outcome(`${sent.replace('[1], 4', '[0], 4')}${second}`)).toMatch(/^failed: x\.pkt:12: /);
  });

  test('afterwards, of a socket without one, or one that had to be set before: unsupported', () => {
    expect(outcome(`${open}${set(4, 'TCP_USER_TIMEOUT', 5)}${set(3, 'TCP_USER_TIMEOUT', 6)}`)).toContain(
      'unsupported: TCP_USER_TIMEOUT 6',
    );
    expect(outcome(`${open}${set(4, 'TCP_MAXSEG', 500)}`)).toContain('unsupported: TCP_MAXSEG 500');
  });

  test('keep-alive before there is a connection', () => {
    const start = '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n';
    const alive = '+0 setsockopt(3, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0\n';
    const rest = open.replace(/^.*\n/, '');
    expect(outcome(`${start}${alive}${set(3, 'TCP_KEEPIDLE', 9)}${rest}+9 > . 0:0(0) ack 1`)).toBe('passed');
  });

  test('congestion control: one for all of a script, the first that it chooses', () => {
    const choose = (...names: string[]): string =>
      outcome(
        open + names.map((name) => `+0 setsockopt(4, SOL_TCP, TCP_CONGESTION, "${name}", 9) = 0\n`).join(''),
      );
    for (const name of ['reno', 'newreno', 'cubic', 'bbr', 'bbr3']) expect(choose(name)).toBe('passed');
    expect(choose('vegas')).toContain('the congestion control vegas');
    expect(choose('bbr', 'reno')).toContain('the congestion control reno of one socket');
  });
});

describe('calls', () => {
  test.each([
    ['write(4, NULL, 10) = -1 EFAULT (Bad address)', 'passed'],
    ['write(4, NULL, 0) = 0', 'passed'],
    ['recv(4, ..., 10, MSG_WAITALL) = 10', 'unsupported: MSG_WAITALL'],
    ['send(4, ..., 10, MSG_MORE) = 10', 'unsupported: MSG_MORE'],
    ['recv(4, ..., 10, MSG_OOB) = 10', 'unsupported: MSG_OOB'],
    [
      'recvmsg(4, {msg_iov(1)=[{..., 10}], msg_control=[{cmsg_len=1}]}, 0) = 10',
      'unsupported: control messages',
    ],
    ['connect(4, AF_UNSPEC, ...) = 0', 'unsupported: connect() to AF_UNSPEC'],
    ['socket(..., SOCK_STREAM, IPPROTO_MPTCP) = 5', 'unsupported: the constant IPPROTO_MPTCP'],
    ['hasOwnProperty(4) = 0', 'unsupported: the call hasOwnProperty()'],
    ['setsockopt(4, SOL_TCP, TCP_CORK, [1], 4) = 0', 'unsupported: setsockopt(TCP_CORK)'],
  ])('%s', (call, expected) => {
    expect(outcome(`${open}+0 ${call}`)).toMatch(new RegExp(`${expected.replace(/[()]/g, '\\$&')}$`));
  });

  test('epoll: edge-triggered is unsupported, mistakes are errors', () => {
    const epoll = (...lines: string[]): string =>
      outcome([open, '+0 epoll_create1(0) = 5', ...lines.map((line) => `+0 ${line}`)].join('\n'));
    expect(epoll('epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0')).toContain('EPOLLET');
    expect(epoll('epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN, fd=4}) = -1 ENOENT')).toBe('passed');
    expect(epoll('epoll_ctl(9, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = -1 EBADF')).toBe('passed');
    const out = 'epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT, fd=4}) = 0';
    expect(epoll(out, 'epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1')).toBe('passed');
    expect(epoll(out, 'epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1')).toMatch(/^failed: x\.pkt:11: /);
    expect(epoll(out, 'epoll_wait(5, {events=EPOLLOUT, fd=3}, 1, 0) = 1')).toMatch(/^failed: x\.pkt:11: /);
    expect(epoll(out, 'epoll_ctl(5, EPOLL_CTL_DEL, 4, 0) = 0', 'epoll_wait(5, ..., 1, 0) = 0')).toBe(
      'passed',
    );
    const again = ['close(4) = 0', 'socket(..., SOCK_STREAM, IPPROTO_TCP) = 4', out];
    expect(epoll(out, ...again)).toBe('passed');
    expect(epoll(out, 'close(4) = 0', 'epoll_wait(5, ..., 1, 0) = 0', 'close(5) = 0')).toBe('passed');
  });
});

describe('profiles', () => {
  const data = `${open}+0 < P. 1:11(10) ack 1 win 65535\n`;

  test.each([
    ['linux', 0],
    ['freebsd', 0.04],
    ['rfc', 0.2],
  ] as const)('%s acknowledges after %d s', (profile, delay) => {
    expect(outcome(`${data}+${delay} > . 1:1(0) ack 11`, { profile, strict: true })).toBe('passed');
  });

  test.each([
    ['linux', 0.2],
    ['freebsd', 0.23],
    ['rfc', 1],
  ] as const)('%s sends again after %d s', (profile, rto) => {
    const sent = `${open}+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n+${rto} > P. 1:11(10) ack 1`;
    expect(outcome(sent, { profile, strict: true })).toBe('passed');
  });

  test('are suggested by the commands of a script', () => {
    expect(play(open).profile).toBe('linux');
    expect(play(`\`./defaults.sh\`\n${open}`).profile).toBe('linux');
    expect(play(`\`sysctl -w net.inet.tcp.sack.enable=1\`\n${open}`).profile).toBe('freebsd');
    expect(play(`\`sysctl -w net.inet.tcp.sack.enable=1\`\n${open}`, { profile: 'rfc' }).profile).toBe('rfc');
  });
});

describe("FreeBSD's tcp_info", () => {
  test('counts windows in bytes', () => {
    const windows = `${open}+0 %{ assert tcpi_snd_cwnd == 10000 and tcpi_snd_ssthresh == 65535 * 16384 }%`;
    expect(outcome(windows, { profile: 'freebsd' })).toBe('passed');
    expect(outcome(windows, { profile: 'linux' })).toMatch(/^failed: x\.pkt:8: /);
  });
});

describe('code', () => {
  test('names given to numbers are known to what comes later', () => {
    const lines = ['n = tcpi_snd_cwnd', 'n += 2; assert n == 12 and tcpi_snd_cwnd == 10'];
    expect(outcome(`${open}${lines.map((line) => `+0 %{ ${line} }%`).join('\n')}`)).toBe('passed');
    expect(outcome(`${open}+0 %{ n = 3 }%\n+0 %{ assert n == 4 }%`)).toMatch(/^failed: x\.pkt:9: /);
  });
});

describe('definitions', () => {
  const definitions = new Map([
    ['FD', '4'],
    ['KIND', 'SOL_TCP'],
    ['Linux', ''],
  ]);

  test('stand for what they are given, but not in strings, commands and longer words', () => {
    expect(outcome(`${open}+0 close(FD) = 0`, { definitions })).toBe('passed');
    expect(outcome(`${open}+0 setsockopt(FD, KIND, TCP_NODELAY, [0], 4) = 0`, { definitions })).toBe(
      'passed',
    );
    expect(outcome(`${open}+0 \`echo FD\``, { definitions })).toContain("the command 'echo FD'");
    expect(outcome(`${open}+0 %{ assert KIND == 1 }%`, { definitions })).toContain("the name 'KIND'");
    expect(outcome(`${open}+0 close(FDS) = 0`, { definitions })).toContain('the constant FDS');
    expect(outcome(`#ifdef Linux\n${open}#endif\n+0 close(FD) = 0`, { definitions })).toBe('passed');
  });

  test('do not make a script endless', () => {
    const long = new Map([['A', 'x'.repeat(1000)]]);
    expect(outcome('A '.repeat(2000), { definitions: long })).toContain(
      'with the values of -D the script is longer',
    );
  });
});

describe('limits: a clear error, and soon', () => {
  test.each([
    ['a long script', ' '.repeat(LONGEST_SCRIPT + 1), 'unreadable: x.pkt:1:1: the script is longer than'],
    ['many events', '+0 close(9) = -1\n'.repeat(MOST_EVENTS + 1), `more than ${MOST_EVENTS} events`],
    [
      'a time without end',
      '+99999999999 close(9) = -1',
      'unreadable: x.pkt:1:13: a time of more than ten years',
    ],
    ['deep nesting', `0 f(${'['.repeat(10_000)}`, 'this is nested too deep'],
    ['long expressions', `0 f(${'1|'.repeat(10_000)}1) = 0`, 'this expression is too long'],
    ['a long command', `0 \`${'x'.repeat(LONGEST_COMMAND + 1)}\``, 'unsupported: a command of over'],
    ['huge writes', `${open}+0...9 write(4, ..., 4000000000) = 9`, 'unsupported: writing over'],
    ['huge numbers', '0 socket(...) = 99999999999999999999999', 'passed'],
    [
      'timers without end',
      `\`sysctl statewire.minimumRto=1 statewire.maximumRto=1\`\n${open}+0 < . 1:1(0) ack 1 win 0\n+0 write(4, ..., 9) = 9\n+300000000 close(9) = -1`,
      'unsupported: more than 50000 packets',
    ],
  ])('%s', (_name, text, message) => {
    expect(outcome(text)).toContain(message);
  });

  test('timers that send nothing', () => {
    const probing = '`sysctl statewire.keepAlive=1 statewire.keepAliveIdle=1`\n';
    const sent = `${open}+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n`;
    expect(outcome(`${probing}${sent}+800 close(4) = 0`)).toContain(
      'unsupported: a script that lets 200000 timers',
    );
  });

  test('a thousand connections', () => {
    const syns = Array.from({ length: 1001 }, (_, i) => `+0 < ${i + 1} > 8080 S 0:0(0) win 9`);
    const listener = open.split('\n').slice(0, 3).join('\n').replace('listen(3, 1)', 'listen(3, 9999)');
    expect(outcome([listener, ...syns].join('\n'))).toBe(
      'unsupported: x.pkt:1004: unsupported: more than 1000 connections',
    );
  });

  test('100 MB written into a window that stays: nothing but the buffer is kept', () => {
    expect(outcome(`${open}+0...100 write(4, ..., 100000000) = 100000000`)).toMatch(/^failed: x\.pkt:8: /);
  });

  test('addresses that are none', () => {
    expect(outcome(`--local_ip=nowhere\n${open}`)).toContain(
      'unreadable: x.pkt:1: not an IP address: "nowhere"',
    );
    expect(outcome(`--mtu=20\n${open}`)).toContain('unreadable: x.pkt:1: mtu is 20');
  });
});
