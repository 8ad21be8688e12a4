import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesText, clip, printable, textWidth } from '../../src/trace/text.ts';

describe('text for a terminal', () => {
  it.each([
    ['abc', 3],
    ['서울', 4],
    // The same in conjoining letters, as macOS writes file names
    ['서울'.normalize('NFD'), 4],
    ['漢字かな', 8],
    ['é', 1],
    ['e\u0301', 1],
    ['😀', 2],
    ['ｱ', 1],
    ['│─✗…', 4],
  ])('%s takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it('is cut to the width, never through a wide character', () => {
    expect(clip('서울특별시', 10)).toBe('서울특별시');
    expect(clip('서울특별시', 9)).toBe('서울특별…');
    expect(clip('서울특별시', 8)).toBe('서울특…');
    expect(clip('abc', 0)).toBe('');
    expect(clip(`a${'\u0301'.repeat(1000)}`, 10).length).toBeLessThan(50);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, width) => {
        const safe = printable(text);
        expect(textWidth(clip(safe, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('gives a terminal no instructions', () => {
    expect(printable('a\u001b[31m\n\t\\\u202e\u200d서')).toBe('a\\u{1b}[31m\\n\\t\\\\\\u{202e}\\u{200d}서');
    expect(printable('서"\\', true)).toBe('\\u{c11c}"\\\\');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/\p{C}/u);
        expect(printable(text, true)).toMatch(/^[ -~]*$/);
      }),
    );
  });

  it('shows bytes as UTF-8 where they are, as hex where they are not', () => {
    const seoul = new TextEncoder().encode('서울');
    expect(bytesText(seoul)).toBe('서울');
    expect(bytesText(seoul.subarray(0, 5))).toBe('서\\xec\\x9a');
    expect(bytesText(seoul.subarray(1, 4))).toBe('\\x84\\x9c\\xec');
    expect(bytesText(Uint8Array.of(0x41, 0xff, 0x0a))).toBe('A\\xff\\n');
    expect(bytesText(new Uint8Array(70).fill(0x41))).toBe(`${'A'.repeat(64)}...`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (text) => {
        expect(bytesText(new TextEncoder().encode(text))).toBe(printable(text));
      }),
    );
  });
});
