/** Reading files of words: what they may say, and what is said about those that are wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatOutput, outputsOf, parseWords, type Role, WordError } from '../../src/conform/index.ts';

function flaw(text: string, role: Role = 'client'): string {
  try {
    parseWords(text, role);
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(WordError);
    return (error as Error).message;
  }
}

describe('a file of words', () => {
  test('may have comments, a heading, empty lines, either line end, and flags in any order', () => {
    const text = '# words\r\nword\toutputs\r\n\r\nPSH+ACK(V,V,3)  CLOSE\t SYN+ACK(NEXT,FRESH,0) TIMEOUT\r\n';
    const [word, ...others] = parseWords(text, 'client');
    expect(others).toEqual([]);
    expect(word!.line).toBe(4);
    expect(word!.inputs).toEqual([
      { text: 'PSH+ACK(V,V,3)', what: { flags: 0x18, length: 3 } },
      { text: 'CLOSE', what: 'CLOSE' },
    ]);
    expect(word!.outputs.map(formatOutput)).toEqual(['ACK+SYN(NEXT,FRESH,0)', 'TIMEOUT']);
  });

  test.each([
    ['', 'there is no word in it'],
    ['# only this\n', 'there is no word in it'],
    ['RCV', 'line 1: a word is its inputs, one tab, and its outputs'],
    ['RCV\tTIMEOUT\tTIMEOUT', 'line 1: a word is its inputs, one tab, and its outputs'],
    ['\tTIMEOUT', 'line 1: a word without inputs'],
    ['RCV\tTIMEOUT\nRCV RCV\tTIMEOUT', 'line 2: 2 inputs, but 1 outputs'],
    [`${'RCV '.repeat(1001)}\t${'TIMEOUT '.repeat(1001)}`, 'line 1: more than 1000 inputs'],
    ['LISTEN\tTIMEOUT', "line 1: 'LISTEN' is no input of a client"],
    ['ACK\tTIMEOUT', "line 1: 'ACK' is no input of a client"],
    ['ACK(V,V,0\tTIMEOUT', "line 1: 'ACK(V,V,0' is no input"],
    ['ACK(V,V,-1)\tTIMEOUT', 'is no input'],
    ['ACK(NEXT,V,0)\tTIMEOUT', 'is no input'],
    ['(V,V,0)\tTIMEOUT', 'is no input'],
    ['ACK+(V,V,0)\tTIMEOUT', "line 1: there is no flag ''"],
    ['toString(V,V,0)\tTIMEOUT', 'is no input'],
    ['ECE(V,V,0)\tTIMEOUT', "line 1: there is no flag 'ECE'"],
    ['ACK+ACK(V,V,0)\tTIMEOUT', 'line 1: flag ACK twice'],
    ['ACK(V,V,1461)\tTIMEOUT', 'line 1: 1461 bytes of payload: at most 1460'],
    ['RCV\tNOTHING', "line 1: 'NOTHING' is no output"],
    ['RCV\tACK(OLD,ZERO,0)', "line 1: 'ACK(OLD,ZERO,0)' is no output"],
    ['RCV\tACK(NEXT,ZERO)', 'is no output'],
    [`${'x'.repeat(100)}\tTIMEOUT`, `line 1: '${'x'.repeat(40)}...' is no input`],
  ])('%j is refused', (text, reason) => {
    expect(flaw(text)).toContain(reason);
  });

  test('of a server has calls besides', () => {
    const text = 'LISTEN ACCEPT CLOSECONNECTION\tTIMEOUT TIMEOUT TIMEOUT';
    expect(flaw(text, 'server')).toBe('none');
  });

  test('is refused by nothing but a WordError, whatever it says', () => {
    const symbol = fc.constantFrom(
      'RCV',
      'ACK(V,V,0)',
      '\t',
      '\n',
      ' ',
      'TIMEOUT',
      'RST(ZERO,ZERO,0)',
      'é',
      '+',
    );
    const text = fc.oneof(
      fc.array(symbol).map((symbols) => symbols.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(fc.property(text, (file) => void flaw(file)));
  });
});

describe('any word', () => {
  const flags = fc.subarray(['ACK', 'FIN', 'PSH', 'RST', 'SYN', 'URG'], { minLength: 1 });
  const length = fc.constantFrom(0, 1, 1000);
  const segment = fc.tuple(flags, length).map(([names, bytes]) => `${names.join('+')}(V,V,${bytes})`);
  const call = fc.constantFrom('CONNECT', 'RCV', 'CLOSE', 'LISTEN', 'ACCEPT', 'CLOSECONNECTION');
  const likely = fc.constantFrom(
    'SYN(V,V,0)',
    'SYN+ACK(V,V,0)',
    'ACK(V,V,0)',
    'ACK+PSH(V,V,1)',
    'FIN+ACK(V,V,0)',
  );

  test('runs to its end, and again with the same outputs', () => {
    const inputs = fc.array(fc.oneof(segment, call, likely), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(inputs, (symbols) => {
        const line = `${symbols.join(' ')}\t${symbols.map(() => 'TIMEOUT').join(' ')}`;
        const [word] = parseWords(line, 'server');
        const outputs = outputsOf(word!.inputs);
        expect(outputs).toHaveLength(symbols.length);
        expect(outputsOf(word!.inputs)).toEqual(outputs);
        const again = `${symbols.join(' ')}\t${outputs.map(formatOutput).join(' ')}`;
        expect(parseWords(again, 'server')[0]!.outputs).toEqual(outputs);
      }),
      { numRuns: 300 },
    );
  });
});
