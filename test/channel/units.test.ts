import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMilliseconds, parsePair, parseProbability, parseRate } from '../../src/channel/index.ts';

describe('units', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['1e-3', 0.001],
  ])('probability %s', (text, value) => {
    expect(parseProbability(text)).toBe(value);
  });

  it.each(['1.01', '-0.1', '', 'half', '50%', 'NaN', '0x1', 'Infinity', '1 2'])(
    'probability %j is refused',
    (text) => {
      expect(() => parseProbability(text)).toThrow(`a probability is a number from 0 to 1, not '${text}'`);
    },
  );

  it.each([
    ['1', 1],
    ['64k', 64_000],
    ['64K', 64_000],
    ['1.5M', 1_500_000],
    ['1000G', 1e12],
  ])('rate %s', (text, value) => {
    expect(parseRate(text)).toBe(value);
  });

  it.each(['0', '-1', '', 'k', '10m', '1T', '1001G', '10 Mbit', 'fast'])('rate %j is refused', (text) => {
    expect(() => parseRate(text)).toThrow(`not '${text}'`);
    expect(() => parseRate(text)).toThrow('a rate is bits per second from 1 to 1000G');
  });

  it.each([
    ['0', 0],
    ['0.001', 1],
    ['2.5', 2500],
    ['86400000', 86_400_000_000],
  ])('%s ms', (text, value) => {
    expect(parseMilliseconds(text)).toBe(value);
  });

  it('any number of whole microseconds is met exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400_000_000 }), (us) => {
        expect(parseMilliseconds(String(us / 1000))).toBe(us);
      }),
    );
  });

  it.each([
    ['-1', 'milliseconds from 0'],
    ['', 'milliseconds from 0'],
    ['ten', 'milliseconds from 0'],
    ['10ms', 'milliseconds from 0'],
    ['86400001', 'milliseconds from 0'],
    ['0.0001', 'not finer than 0.001 ms'],
  ])('%j ms is refused', (text, complaint) => {
    expect(() => parseMilliseconds(text)).toThrow(complaint);
    expect(() => parseMilliseconds(text)).toThrow(`'${text}'`);
  });

  it('a pair is one value for both ways, or one for each', () => {
    expect(parsePair('0.1', parseProbability)).toEqual([0.1, 0.1]);
    expect(parsePair('0.1,0.2', parseProbability)).toEqual([0.1, 0.2]);
    expect(() => parsePair('0.1,', parseProbability)).toThrow("not ''");
    expect(() => parsePair('0.1,2', parseProbability)).toThrow("not '2'");
    expect(() => parsePair('1,2,3', parseProbability)).toThrow('at most two values');
  });
});
