import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecord, parseRecord } from '../../src/app/csv.ts';
import { execute, MemoryStore } from '../../src/app/keyValue.ts';
import { seven } from '../../src/app/seven.ts';

function answers(commands: readonly string[], store = new MemoryStore()): string[] {
  return commands.map((command) => execute(store, command));
}

describe('key-value commands', () => {
  it('the seven inputs get the answers written down for them', () => {
    expect(answers(seven.map(({ command }) => command))).toEqual(seven.map(({ answer }) => answer));
  });

  it('PUT replaces a value and keeps its place in the list', () => {
    expect(answers(['PUT,a,1', 'PUT,b,2', 'PUT,a,3', 'LIST', 'GET,a'])).toEqual([
      'Success!',
      'Success!',
      'Success!',
      '[a,3], [b,2]',
      '3',
    ]);
  });

  it('a deleted key is put at the end', () => {
    expect(answers(['PUT,a,1', 'PUT,b,2', 'DELETE,a', 'PUT,a,1', 'LIST']).at(-1)).toBe('[b,2], [a,1]');
  });

  it('what is missing does not exist', () => {
    expect(answers(['GET,a', 'DELETE,a', 'PUT,a,1', 'DELETE,a', 'DELETE,a'])).toEqual([
      'Not exist!',
      'Not exist!',
      'Success!',
      'Success!',
      'Not exist!',
    ]);
  });

  it('an empty dictionary lists as an empty line', () => {
    expect(answers(['LIST'])).toEqual(['']);
  });

  it('quotes an answer only where CSV needs it', () => {
    expect(answers(['PUT,"a,b","say ""hi"""', 'PUT,c,d e', 'GET,"a,b"', 'GET,c', 'LIST']).slice(2)).toEqual([
      '"say ""hi"""',
      'd e',
      '["a,b","say ""hi"""], [c,d e]',
    ]);
  });

  it.each([
    '',
    'HELLO',
    'put,a,b',
    'PUT',
    'PUT,a',
    'PUT,a,b,c',
    'GET',
    'GET,a,b',
    'DELETE',
    'LIST,a',
    ' LIST',
    'PUT,a,"b',
    '__proto__,a',
  ])('%j is an error', (line) => {
    const store = new MemoryStore();
    expect(execute(store, line)).toBe('command error.');
    expect(store.size).toBe(0);
  });

  it('behaves as a list of pairs, whatever the texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ',', '"', '\n', ']', '[', '울'), maxLength: 3 });
    const command = fc.tuple(fc.constantFrom('PUT', 'GET', 'DELETE'), text, text);
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const store = new MemoryStore();
        const pairs: [string, string][] = [];
        for (const [name, key, value] of commands) {
          const answer = execute(store, formatRecord(name === 'PUT' ? [name, key, value] : [name, key]));
          const at = pairs.findIndex(([k]) => k === key);
          if (name === 'PUT' && at >= 0) pairs[at]![1] = value;
          else if (name === 'PUT') pairs.push([key, value]);
          if (name === 'GET' && at >= 0) expect(parseRecord(answer)).toEqual([pairs[at]![1]]);
          else expect(answer).toBe(name === 'PUT' || at >= 0 ? 'Success!' : 'Not exist!');
          if (name === 'DELETE' && at >= 0) pairs.splice(at, 1);
        }
        expect(Array.from(store.entries())).toEqual(pairs);
        expect(execute(store, 'LIST')).toBe(pairs.map((pair) => `[${formatRecord(pair)}]`).join(', '));
      }),
    );
  });

  it('keeps within its limit, which counts 64 an entry besides the texts', () => {
    const store = new MemoryStore(2 * 64 + 4);
    expect(
      answers(['PUT,a,1', 'PUT,b,2', 'PUT,c,3', 'PUT,b,22', 'PUT,b,2', 'DELETE,a', 'PUT,c,3'], store),
    ).toEqual([
      'Success!',
      'Success!',
      'command error.',
      'command error.',
      'Success!',
      'Success!',
      'Success!',
    ]);
  });
});
