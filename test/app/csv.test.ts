import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecord, parseRecord } from '../../src/app/csv.ts';

/** Any text, with what matters to CSV often in it. */
const field = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '[', ']', 'a', '서', '울', ' ') }),
  fc.string({ unit: 'binary' }),
);

describe('CSV records (RFC 4180 section 2)', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 5 }), (fields) => {
        expect(parseRecord(formatRecord(fields))).toEqual(fields);
      }),
    );
  });

  it('any text is read without an error', () => {
    fc.assert(
      fc.property(field, (text) => {
        const fields = parseRecord(text);
        if (fields !== undefined) expect(parseRecord(formatRecord(fields))).toEqual(fields);
      }),
    );
  });

  it.each([
    ['', ['']],
    ['a,b', ['a', 'b']],
    ['a,', ['a', '']],
    [',', ['', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"a ""b"" c"', ['a "b" c']],
    ['"two\nlines",x', ['two\nlines', 'x']],
    ['""', ['']],
    ['서울,"부산,대구"', ['서울', '부산,대구']],
    // Beyond the RFC: a quote that does not begin a field is a character
    ['PUT,screen,5"', ['PUT', 'screen', '5"']],
  ])('%j is %j', (text, fields) => {
    expect(parseRecord(text)).toEqual(fields);
  });

  it.each(['"', '"a', '"a"b', '"a" ,b', 'x,"', '"""'])('%j is no record', (text) => {
    expect(parseRecord(text)).toBeUndefined();
  });

  it('quotes only where it must', () => {
    expect(formatRecord(['plain', ' space ', '서울', '[x]'])).toBe('plain, space ,서울,[x]');
    expect(formatRecord(['a,b', 'a"b', 'a\nb', 'a\rb'])).toBe('"a,b","a""b","a\nb","a\rb"');
  });
});
