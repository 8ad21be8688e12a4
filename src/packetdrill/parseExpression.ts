/** Reads the arguments and results of calls: numbers, strings, constants, lists, structures, `...`. */

import { MOST_OPERATORS } from './limits.ts';
import type { Scanner } from './scanner.ts';
import type { CallAction, Expression } from './script.ts';

/** Nesting of lists and structures. */
const DEPTH = 32;

/** `name(arguments) = result ERRNO (note)`; `end` is what stood before it. */
export function parseCall(scanner: Scanner, end: number | undefined): CallAction {
  const name = scanner.word();
  if (name === undefined) scanner.fail(`expected a call, found ${scanner.next}`);
  scanner.expect('(', `after ${name}`);
  const args = parseList(scanner, ')', 0);
  scanner.expect('=', `after the arguments of ${name}`);
  const result = parseExpression(scanner, 0);
  const errno = scanner.match(/E[A-Z0-9]+\b/y);
  if (scanner.sees('(')) skipNote(scanner);
  return { kind: 'call', name, args, result, errno, end };
}

/** `(Connection reset by peer)`, perhaps with parentheses within. */
function skipNote(scanner: Scanner): void {
  const start = scanner.at;
  let depth = 0;
  for (; scanner.at < scanner.text.length; scanner.at++) {
    const letter = scanner.text[scanner.at];
    if (letter === '\n') break;
    if (letter === '(') depth += 1;
    else if (letter === ')') depth -= 1;
    if (depth === 0) {
      scanner.at += 1;
      return;
    }
  }
  scanner.fail('this note is never closed', start);
}

function parseList(scanner: Scanner, close: string, depth: number): Expression[] {
  const items: Expression[] = [];
  if (scanner.take(close)) return items;
  do items.push(parseExpression(scanner, depth + 1));
  while (scanner.take(','));
  scanner.expect(close, 'or a comma');
  return items;
}

export function parseExpression(scanner: Scanner, depth: number): Expression {
  if (depth > DEPTH) scanner.fail('this is nested too deep');
  let left = parseTerm(scanner, depth);
  for (let operators = 0; ; operators++) {
    const operator = scanner.match(/\||<</y);
    if (operator === undefined) return left;
    if (operators === MOST_OPERATORS) scanner.fail('this expression is too long');
    left = { kind: 'binary', operator, left, right: parseTerm(scanner, depth) };
  }
}

function parseTerm(scanner: Scanner, depth: number): Expression {
  if (scanner.take('...')) return { kind: 'any' };
  if (scanner.take('[')) return { kind: 'list', items: parseList(scanner, ']', depth) };
  if (scanner.take('{')) return parseStruct(scanner, depth);
  if (scanner.sees('"')) return parseString(scanner);
  if (scanner.take('(')) {
    const inner = parseExpression(scanner, depth + 1);
    scanner.expect(')', 'to close the parenthesis');
    return inner;
  }
  const value = scanner.integer();
  if (value !== undefined) return { kind: 'number', value };
  const name = scanner.word();
  if (name === undefined) scanner.fail(`expected a value, found ${scanner.next}`);
  if (scanner.take('(')) return { kind: 'call', name, args: parseList(scanner, ')', depth) };
  return { kind: 'name', name };
}

function parseString(scanner: Scanner): Expression {
  const quoted = scanner.match(/"(?:[^"\\\n]|\\.)*"/y);
  if (quoted === undefined) scanner.fail('this string is never closed');
  scanner.take('...');
  return { kind: 'string', value: quoted.slice(1, -1) };
}

/** `{onoff=1, linger=0}`, `{msg_iov(1)=[...], ...}`, `{..., 1000}` */
function parseStruct(scanner: Scanner, depth: number): Expression {
  const fields = new Map<string, Expression>();
  while (!scanner.take('}')) {
    const before = scanner.at;
    const name = scanner.word();
    if (name !== undefined && scanner.take('(')) parseList(scanner, ')', depth);
    if (name !== undefined && scanner.take('=')) fields.set(name, parseExpression(scanner, depth + 1));
    else {
      scanner.at = before;
      fields.set(String(fields.size), parseExpression(scanner, depth + 1));
    }
    if (!scanner.take(',') && !scanner.sees('}')) {
      scanner.fail(`expected ',' or '}' in a structure, found ${scanner.next}`);
    }
  }
  return { kind: 'struct', fields };
}
