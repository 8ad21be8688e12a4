/** The code between %{ and }%: as Python would have it, as far as it goes. */
import { describe, expect, test } from 'vitest';
import { type CodeValue, runCode, type Variables } from '../../src/packetdrill/code.ts';
import { Mismatch, ScriptUnsupported } from '../../src/packetdrill/errors.ts';
import { MOST_VARIABLES } from '../../src/packetdrill/limits.ts';

const names = (name: string): CodeValue | undefined =>
  ({ tcpi_snd_cwnd: 10, tcpi_rtt: 20_000, 'chart.recovery': 'open' })[name];

describe('holds', () => {
  test.each([
    'True',
    'tcpi_snd_cwnd == 10',
    'tcpi_snd_cwnd != 11 and tcpi_snd_cwnd >= 10 and tcpi_snd_cwnd <= 10',
    'chart.recovery == "open"',
    "chart.recovery == 'open'",
    '10 < 20 <= 20 < 21',
    'not 1 == 2',
    'not (1 == 1 and 2 == 3)',
    '1 == 2 or 2 == 2',
    '1 + 2 * 3 == 7',
    '(1 + 2) * 3 == 9',
    '7 // 2 == 3 and 7 / 2 == 3.5 and -7 % 3 == 2',
    '6 & 3 == 2 | 4 or 1',
    '(6 & 3) == 2',
    '-1 < 0',
    '0x10 == 16',
    'abs(-3) == 3 and min(1, 2) == 1 and max(1, 2) == 2 and int(2.5) == 2',
    '18 * 1000 <= tcpi_rtt <= 22*1000, "a message: " + tcpi_rtt',
    'None == None',
    '1 == True',
    '(tcpi_snd_cwnd ==\n 10)',
  ])('%s', (expression) => {
    runCode(`assert ${expression}`, names);
  });

  test('several statements, comments, print', () => {
    runCode('# nothing\nassert 1; assert 2 # yes\nprint("hello")\n\n  assert tcpi_snd_cwnd == 10', names);
  });
});

describe('names', () => {
  const run = (code: string): Variables => {
    const own: Variables = new Map();
    runCode(code, names, own);
    return own;
  };

  test.each([
    ['n = 3', 3],
    ['n = 3; n += 2', 5],
    ['n = 7; n //= 2', 3],
    ['n = 3; n *= 1 + 1', 6],
    ['n = 7; n %= 1 + 3', 3],
    ['n = tcpi_snd_cwnd == 10', true],
    ['n = "a; b"', 'a; b'],
    ['tcpi_snd_cwnd = 4; n = tcpi_snd_cwnd', 4],
  ])('%s', (code, value) => {
    expect(run(code).get('n')).toBe(value);
  });

  test('are looked at before those of the stack, and only so many are kept', () => {
    expect(() => run('tcpi_snd_cwnd = 4; assert tcpi_snd_cwnd == 10')).toThrow('tcpi_snd_cwnd is 4');
    const many = Array.from({ length: MOST_VARIABLES + 1 }, (_, i) => `n${i} = 0`);
    expect(() => run(many.join('\n'))).toThrow(`unsupported: over ${MOST_VARIABLES} names`);
  });
});

describe('does not hold', () => {
  test.each(['False', '0', 'None', '""', '1 > 2', '1 < 2 < 2', 'tcpi_snd_cwnd == "10"', 'not True'])(
    '%s',
    (expression) => {
      expect(() => runCode(`assert ${expression}`, names)).toThrow(Mismatch);
    },
  );

  test('says what the names were', () => {
    expect(() => runCode('assert tcpi_snd_cwnd == 3 and chart.recovery == "loss"', names)).toThrow(
      'assert tcpi_snd_cwnd == 3 and chart.recovery == "loss" does not hold\n  tcpi_snd_cwnd is 10',
    );
  });

  test('the second statement counts too', () => {
    expect(() => runCode('assert 1\nassert 0', names)).toThrow(Mismatch);
  });
});

describe('is unsupported', () => {
  test.each([
    'import os',
    'x += 1',
    'x = 3, 4',
    'x = [3]',
    'assert x == 3',
    'assert tcpi_unknown == 3',
    'assert foo(3)',
    'assert [1]',
    'assert 1 +',
    'assert (1',
    'assert 1 1',
    `assert ${'('.repeat(10_000)}1`,
  ])('%s', (code) => {
    expect(() => runCode(code, names)).toThrow(ScriptUnsupported);
  });
});
