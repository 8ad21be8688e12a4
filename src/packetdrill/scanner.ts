/**
 * Walks over the text of a script: blanks, comments, words, numbers and punctuation, and where it is.
 * packetdrill's tokens depend on where they stand (`.` is a flag, `.1` a time), so the parsers ask for what they want.
 */
import { ScriptSyntaxError } from './errors.ts';
import { LONGEST_TIME } from './limits.ts';
import type { Place } from './script.ts';

const BLANK = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;

export class Scanner {
  readonly name: string;
  readonly text: string;
  at = 0;
  /** Where each line begins. */
  readonly #lineStarts: number[] = [0];

  constructor(text: string, name: string) {
    this.text = text;
    this.name = name;
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#lineStarts.push(i + 1);
  }

  /** Line and column of a position, from 1. */
  placeOf(position: number): Place {
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: position - (starts[low] as number) + 1 };
  }

  fail(message: string, position = this.at): never {
    throw new ScriptSyntaxError(this.name, this.placeOf(position), message);
  }

  /** What comes next, for error messages. */
  get next(): string {
    this.skip();
    if (this.at >= this.text.length) return 'the end of the script';
    const word = /^(?:\w+|\S)/.exec(this.text.slice(this.at, this.at + 40));
    return `'${word?.[0] ?? this.text[this.at]}'`;
  }

  /** Skips blanks and comments. */
  skip(): void {
    this.matchHere(BLANK);
    if (this.text.startsWith('/*', this.at)) this.fail('this comment is never closed');
  }

  get done(): boolean {
    this.skip();
    return this.at >= this.text.length;
  }

  /** Does `word` come next? Nothing is consumed. */
  sees(word: string): boolean {
    this.skip();
    return this.text.startsWith(word, this.at);
  }

  /** Consumes `word` if it comes next. */
  take(word: string): boolean {
    if (!this.sees(word)) return false;
    this.at += word.length;
    return true;
  }

  expect(word: string, after: string): void {
    if (!this.take(word)) this.fail(`expected '${word}' ${after}, found ${this.next}`);
  }

  /** Consumes what the sticky expression matches; undefined if it does not. */
  match(pattern: RegExp): string | undefined {
    this.skip();
    return this.matchHere(pattern);
  }

  /** The same without skipping blanks first. */
  matchHere(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null || found.index !== this.at) return undefined;
    this.at += found[0].length;
    return found[0];
  }

  word(): string | undefined {
    return this.match(/[A-Za-z_][A-Za-z_0-9]*/y);
  }

  /** A whole keyword, not the beginning of a longer word. */
  keyword(word: string): boolean {
    const before = this.at;
    if (this.word() === word) return true;
    this.at = before;
    return false;
  }

  /** An integer, decimal or hexadecimal, with a sign; undefined if none comes next. */
  integer(): number | undefined {
    const text = this.match(/-?(?:0x[0-9a-fA-F]+|[0-9]+)/y);
    if (text === undefined) return undefined;
    return text.startsWith('-') ? -Number(text.slice(1)) : Number(text);
  }

  expectInteger(what: string, least = 0, most = 0xffff_ffff): number {
    this.skip();
    const start = this.at;
    const value = this.integer();
    if (value === undefined) this.fail(`expected ${what}, found ${this.next}`);
    if (value < least || value > most) this.fail(`${what} ${value}: must be from ${least} to ${most}`, start);
    return value;
  }

  /** Seconds with decimals, as us; undefined if none come next. Ten years is the most. */
  seconds(): number | undefined {
    const text = this.match(/(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)/y);
    if (text === undefined) return undefined;
    const time = Math.round(Number(text) * 1_000_000);
    if (time > LONGEST_TIME) this.fail('a time of more than ten years');
    return time;
  }

  /** The text up to `end`, which is consumed too. */
  upTo(end: string, what: string): string {
    const start = this.at;
    const found = this.text.indexOf(end, start);
    if (found < 0) this.fail(`${what} is never closed: expected '${end}'`, start);
    this.at = found + end.length;
    return this.text.slice(start, found);
  }

  /** Skips the rest of this line. */
  restOfLine(): string {
    const end = this.text.indexOf('\n', this.at);
    const start = this.at;
    this.at = end < 0 ? this.text.length : end;
    return this.text.slice(start, this.at).trim();
  }
}
