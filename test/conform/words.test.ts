/** Files of words against the stack: what Linux, FreeBSD and Windows clients agree on, and a server by RFC 9293. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import { formatOutput, parseWords, type Role, runWord, type Word } from '../../src/conform/index.ts';
import { type StackName, stacks } from '../../src/tcp/index.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

const files: readonly (readonly [string, Role, number])[] = [
  ['client.tsv', 'client', 120],
  ['server.tsv', 'server', 87],
];

/** A failing word as a person wants to read it. */
function failure(word: Word, options: Parameters<typeof runWord>[1]): string | undefined {
  const { failed, outputs } = runWord(word, options);
  if (failed === undefined) return undefined;
  const inputs = word.inputs.map(({ text }) => text).join(' ');
  const [expected, got] = [word.outputs[failed]!, outputs[failed]!].map(formatOutput);
  return `${word.line}: ${inputs}: ${failed + 1}: ${expected}, got ${got}`;
}

describe.each(files)('%s', (name, role, count) => {
  const words = parseWords(read(name), role);

  test('has its words', () => {
    expect(words).toHaveLength(count);
    const texts = words.map(({ inputs }) => inputs.map(({ text }) => text).join(' '));
    expect(new Set(texts).size).toBe(count);
  });

  test.each(Object.keys(stacks) as StackName[])('passes on the %s stack in both engines', (stack) => {
    for (const engine of [compiledEngine, interpretedEngine]) {
      const failures = words.map((word) => failure(word, { stack, engine }));
      expect(failures.filter((text) => text !== undefined)).toEqual([]);
    }
  });

  test('passes whatever numbers are drawn', () => {
    for (let seed = 2; seed < 12; seed++) {
      const failures = words.map((word) => failure(word, { seed }));
      expect(failures.filter((text) => text !== undefined)).toEqual([]);
    }
  });
});
