/** The language itself: what is read, in both dialects, and where an error is said to be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScript, ScriptSyntaxError } from '../../src/packetdrill/index.ts';
import type { Action, EventTime, PacketAction } from '../../src/packetdrill/script.ts';

function event(text: string): { time: EventTime; action: Action } {
  const { events } = parseScript(text, 'test');
  expect(events).toHaveLength(1);
  return events[0]!;
}

function packet(text: string): PacketAction {
  const { action } = event(text);
  if (action.kind !== 'packet') throw new Error(`${action.kind} is no packet`);
  return action;
}

function errorOf(text: string): string {
  try {
    parseScript(text, 'test.pkt');
  } catch (error) {
    expect(error).toBeInstanceOf(ScriptSyntaxError);
    return (error as Error).message;
  }
  throw new Error('it was read');
}

describe('times', () => {
  test.each([
    ['0', { kind: 'absolute', at: 0, until: 0 }],
    ['1.5', { kind: 'absolute', at: 1_500_000, until: 1_500_000 }],
    ['+0', { kind: 'relative', at: 0, until: 0 }],
    ['+.000001', { kind: 'relative', at: 1, until: 1 }],
    ['+ 0.00', { kind: 'relative', at: 0, until: 0 }],
    ['1~2', { kind: 'absolute', at: 1_000_000, until: 2_000_000 }],
    ['+.1~+.2', { kind: 'relative', at: 100_000, until: 200_000 }],
    ['*', { kind: 'any' }],
  ])('%s', (text, time) => {
    expect(event(`${text} > . 1:1(0) ack 1`).time).toEqual(time);
  });

  test.each([
    ['0...0.2', 200_000],
    ['+0...0.2', 200_000],
    ['+.1....2', 200_000],
    ['+0.0 ... 1', 1_000_000],
  ])('%s: a call that returns later', (text, end) => {
    expect(event(`${text} close(3) = 0`).action).toMatchObject({ kind: 'call', end });
  });
});

describe('packets', () => {
  test('flags, numbers, options', () => {
    const read = packet(
      '0 < SEW 1:11(10) ack 5 win 20 urg 3 <mss 1460,sackOK,TS val 4 ecr 5,nop,wscale 7,sack 1:2 3:4,eol>',
    );
    expect(read).toMatchObject({
      inbound: true,
      flags: 2 | 64 | 128,
      seq: 1,
      length: 10,
      ack: 5,
      window: 20,
      urgent: 3,
      absolute: false,
    });
    expect(read.options).toEqual([
      { kind: 'mss', value: 1460 },
      { kind: 'sackOK' },
      { kind: 'TS', val: 4, ecr: 5, ecrAbsolute: false },
      { kind: 'nop' },
      { kind: 'wscale', value: 7 },
      {
        kind: 'sack',
        blocks: [
          [1, 2],
          [3, 4],
        ],
      },
      { kind: 'eol' },
    ]);
  });

  test.each([
    ['.', 16],
    ['-', 0],
    ['S.', 18],
    ['FP.', 25],
    ['F', 1],
    ['R.', 20],
    ['PU.', 56],
    ['SEWA', 2 | 64 | 128 | 256],
  ])('flags %s', (text, flags) => {
    expect(packet(`0 < ${text} 1:1(0) ack 1`).flags).toBe(flags);
  });

  test("nplab's forms", () => {
    expect(packet('0 > R 91:91(0)!')).toMatchObject({ absolute: true, seq: 91 });
    expect(packet('0 > . ...(10) ack 1')).toMatchObject({ seq: undefined, length: 10 });
    expect(packet('0 > . 1:1(0) ack 1 <nop,nop,TS val ... ecr 5!>').options?.[2]).toEqual({
      kind: 'TS',
      val: undefined,
      ecr: 5,
      ecrAbsolute: true,
    });
    expect(packet('0 > . 1:1(0) ack 1 /udp(9899 > 9899)').unsupported).toBe('UDP encapsulation');
    expect(packet('0 > 12. 1:1(0) ack 1').unsupported).toBe('the ACE field');
  });

  test('what cannot be played is read and named', () => {
    const options = (text: string) => packet(`0 < . 1:1(0) ack 1 <${text}>`).options;
    const unsupported = (name: string) => ({ kind: 'unsupported', name });
    expect(options('nop,mpcapable v1 flags[flag_h] nokey,nop')).toEqual([
      { kind: 'nop' },
      unsupported('mpcapable'),
      { kind: 'nop' },
    ]);
    expect(options('ECN e1b 1 ceb 0 e0b 1')).toEqual([unsupported('ECN')]);
    expect(options('FO TFO_COOKIE,nop')).toEqual([unsupported('FO TFO_COOKIE'), { kind: 'nop' }]);
    expect(options('FO,nop,nop')?.map(({ kind }) => kind)).toEqual(['raw', 'nop', 'nop']);
    expect(packet('0 < P. 1:21(20) ack 1 win 257 {rep ipv4 version_ihl 0x35}').unsupported).toBe(
      'changes to the bytes of a packet',
    );
  });

  test('IP information, ports, unchecked options', () => {
    expect(packet('0 > (tos 0x10, ttl 3) 80 > 1024 . 1:1(0) ack 1 <...>')).toMatchObject({
      ip: { tos: 16, ttl: 3 },
      ports: { source: 80, destination: 1024 },
      options: undefined,
    });
    expect(packet('0 < [ce] . 1:1(0) ack 1').ip).toEqual({ ecn: 'ce' });
  });

  test('sequence numbers wrap', () => {
    expect(packet('0 < . 4294967295:9(10) ack 1')).toMatchObject({ seq: 0xffff_ffff, length: 10 });
  });

  test('ICMP, and what belongs to other protocols', () => {
    expect(event('0 < icmp unreachable frag_needed mtu 1200 [1:1001(1000)]').action).toEqual({
      kind: 'icmp',
      inbound: true,
      type: 'unreachable',
      code: 'frag_needed',
      mtu: 1200,
      id: undefined,
      quoted: { seq: 1, length: 1000 },
    });
    const before = event('0 < [1461:2921(1460)] icmp unreachable frag_needed mtu 1200').action;
    expect(before).toMatchObject({ kind: 'icmp', code: 'frag_needed', quoted: { seq: 1461, length: 1460 } });
    expect(() => event('0 < [1:11(10)] . 1:1(0) ack 1')).toThrow('only an ICMP message quotes a segment');
    expect(event('0 < sctp: INIT[flgs=0]').action).toEqual({ kind: 'unsupported', what: 'sctp packets' });
  });
});

describe('calls', () => {
  test('arguments and results', () => {
    const { action } = event(
      '0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK, [1, ...], {onoff=1, linger=0}, "a", htons(80)) = -1 EAGAIN (Try (again))',
    );
    expect(action).toMatchObject({
      kind: 'call',
      name: 'fcntl',
      errno: 'EAGAIN',
      result: { kind: 'number', value: -1 },
    });
    if (action.kind !== 'call') throw new Error();
    expect(action.args.map(({ kind }) => kind)).toEqual([
      'number',
      'name',
      'binary',
      'list',
      'struct',
      'string',
      'call',
    ]);
  });

  test('structures of messages', () => {
    const { action } = event(
      '0 sendmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}, 0) = 10',
    );
    expect(action).toMatchObject({ kind: 'call', name: 'sendmsg' });
  });
});

describe('scripts', () => {
  test('options, commands, comments, code', () => {
    const script = parseScript(
      `// a comment
      --tolerance_usecs=5000
      --ip_version=ipv6
      \`sysctl -q
       b\`
      /* another
         comment */
      0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
      +0 %{ assert True
            assert 1 == 1 }%
      +0 \`sockstat\`
      \`cleanup\``,
      'test',
    );
    expect(script.settings.map(({ name, value }) => [name, value])).toEqual([
      ['tolerance_usecs', '5000'],
      ['ip_version', 'ipv6'],
    ]);
    expect(script.initCommand).toContain('sysctl');
    expect(script.cleanupCommand).toBe('cleanup');
    expect(script.events.map(({ action }) => action.kind)).toEqual(['call', 'code', 'command']);
    expect(script.events[1]?.place).toEqual({ line: 9, column: 7 });
  });

  test('#ifdef chooses, and lines keep their numbers', () => {
    const text = '#ifdef FreeBSD\n0 close(3) = 0\n#else\n0 close(4) = 0\n#endif\n0 close(5) = 0';
    const lines = (defined: string[]) =>
      parseScript(text, 't', new Map(defined.map((name) => [name, '']))).events.map(
        ({ place }) => place.line,
      );
    expect(lines(['FreeBSD'])).toEqual([2, 6]);
    expect(lines([])).toEqual([4, 6]);
  });

  test.each([
    ['0 < S 0:0(0\n', "test.pkt:2:1: expected ')' after the number of bytes, found the end of the script"],
    [
      '0 close(3) = 0\n +0 < Q 0:0(0)',
      "test.pkt:2:7: unknown flag 'Q': the flags are F S R P . U E W A, or - for none",
    ],
    ['0 < . 1:12(10) ack 1', 'test.pkt:1:7: 1 and 10 bytes make 11, not 12'],
    ['0 > . 1:1(0)', "test.pkt:1:13: a packet with the ACK flag ('.') needs 'ack N'"],
    ['0 < . 1:1(0) ack 1 <?>', "test.pkt:1:21: expected a TCP option, found '?'"],
    ['0 < . 1:1(0) ack 1 win 70000', 'test.pkt:1:24: a window 70000: must be from 0 to 65535'],
    ['* < . 1:1(0) ack 1', "test.pkt:1:1: the time '*' is for packets that are sent ('>')"],
    ['0~1 close(3) = 0', "test.pkt:1:1: a range of times is for packets that are sent ('>')"],
    ['2~1 > . 1:1(0) ack 1', 'test.pkt:1:1: this range ends before it begins'],
    ['0 close(3', "test.pkt:1:10: expected ')' or a comma, found the end of the script"],
    ['0 %{ assert 1', "test.pkt:1:5: this code is never closed: expected '}%'"],
    ['/* never', 'test.pkt:1:1: this comment is never closed'],
    ['close(3) = 0', "test.pkt:1:1: expected the time of an event, found 'close'"],
    ['#ifdef A\n0 close(3) = 0', 'test.pkt:1:1: this #ifdef has no #endif'],
    [
      `0 < . 1:1(0) ack 1 <${Array(11).fill('mss 1').join(',')}>`,
      'test.pkt:1:87: these options take 44 bytes, more than 40',
    ],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toBe(message);
  });

  test('whatever the text, it is read or refused with a place', () => {
    const words = fc.constantFrom(
      ...[
        '0',
        '+0',
        '+.1',
        '...',
        '~',
        '*',
        '<',
        '>',
        'S',
        '.',
        '1:1(0)',
        '1:11(10)',
        'ack',
        'win',
        '1',
        '(',
        ')',
      ],
      ...[
        '[',
        ']',
        '{',
        '}',
        '=',
        ',',
        '|',
        'close',
        'TS val',
        'sack',
        '`',
        '%{',
        '}%',
        '"',
        '/*',
        '//',
        '\n',
        '--x',
      ],
      ...['#ifdef X', '#endif', 'icmp', '!', '-1', '0x'],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
        try {
          parseScript(parts.join(' '), 'test');
        } catch (error) {
          if (!(error instanceof ScriptSyntaxError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
