/**
 * What stands between %{ and }%: in packetdrill Python, here the part of it that asserts are made of. Comparisons
 * (chained too), `and or not`, `+ - * / // %`, `& |`, parentheses, names, numbers, strings, `abs min max int`.
 * Numbers may be given names (`n = 3`, `n += 1`), which later pieces of code of the script know. Everything else is reported
 * as unsupported; nothing is executed.
 */
import { Mismatch, ScriptUnsupported } from './errors.ts';
import { MOST_VARIABLES } from './limits.ts';

export type CodeValue = number | string | boolean | null;

/** What a name stands for; undefined if there is no such name. */
export type Names = (name: string) => CodeValue | undefined;

/** Names that a script's own code has given to values. */
export type Variables = Map<string, CodeValue>;

/**
 * Runs the statements of a piece of code; `own` are the script's own names, and go before those of `names`.
 * @throws Mismatch for an assertion that does not hold, ScriptUnsupported for what is not an assertion
 */
export function runCode(text: string, names: Names, own: Variables = new Map()): void {
  const all: Names = (name) => own.get(name) ?? names(name);
  for (const statement of statements(text)) runStatement(statement, all, own);
}

/** Lines and what `;` divides; a line goes on while a parenthesis is open. */
function statements(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let quote = '';
  const plain = text.replace(/#[^\n]*/g, '').replace(/\\\n/g, ' ');
  for (let i = 0; i <= plain.length; i++) {
    const letter = plain[i];
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '(') depth += 1;
    else if (letter === ')') depth -= 1;
    if (letter !== undefined && (quote !== '' || depth > 0 || (letter !== '\n' && letter !== ';'))) continue;
    const statement = plain.slice(start, i).trim();
    if (statement !== '') found.push(statement);
    start = i + 1;
  }
  return found;
}

function runStatement(statement: string, names: Names, own: Variables): void {
  if (/^(?:print\b|pass$)/.test(statement)) return;
  if (assign(statement, names, own)) return;
  const assertion = /^assert\b([\s\S]*)$/.exec(statement);
  if (assertion === null) throw new ScriptUnsupported(`code '${statement}'`);
  const evaluator = new Evaluator(assertion[1] as string, names);
  const holds = evaluator.whole();
  if (truth(holds)) return;
  const values = [...evaluator.used].map(([name, value]) => `${name} is ${show(value)}`);
  throw new Mismatch([`${oneLine(statement)} does not hold`, ...values].join('\n  '));
}

/** `n = 3`, `n += 1`: true if it is one. */
function assign(statement: string, names: Names, own: Variables): boolean {
  const found = /^([A-Za-z_]\w*)\s*(\/\/|[-+*/%&|])?=(?!=)([\s\S]*)$/.exec(statement);
  if (found === null) return false;
  const [, name = '', operator, text = ''] = found;
  if (!own.has(name) && own.size >= MOST_VARIABLES)
    throw new ScriptUnsupported(`over ${MOST_VARIABLES} names for values`);
  own.set(name, new Evaluator(operator === undefined ? text : `${name} ${operator} (${text})`, names).all());
  return true;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function show(value: CodeValue): string {
  if (typeof value === 'string') return `"${value}"`;
  return value === null ? 'None' : String(value);
}

function truth(value: CodeValue): boolean {
  return value !== null && value !== 0 && value !== '' && value !== false;
}

const TOKEN =
  /\s*(?:(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_][\w.]*)|(==|!=|<=|>=|\/\/|[<>+\-*/%&|(),]))/y;

const CONSTANTS: Readonly<Record<string, CodeValue>> = { True: true, False: false, None: null };

/** Binding of the binary operators below comparison, loosest first. */
const LEVELS: readonly (readonly string[])[] = [['|'], ['&'], ['+', '-'], ['*', '/', '//', '%']];

const COMPARISONS = ['==', '!=', '<=', '>=', '<', '>'];

/** Tokens of one expression: nesting stays within what the evaluator's recursion can hold. */
const LONGEST = 500;

class Evaluator {
  /** Names looked up, with what they were. */
  readonly used = new Map<string, CodeValue>();
  readonly #tokens: string[] = [];
  readonly #text: string;
  readonly #names: Names;
  #at = 0;

  constructor(text: string, names: Names) {
    this.#text = text.trim();
    this.#names = names;
    TOKEN.lastIndex = 0;
    const end = text.trimEnd();
    while (TOKEN.lastIndex < end.length) {
      const before = TOKEN.lastIndex;
      const found = TOKEN.exec(end);
      if (found === null) this.#refuse(end.slice(before).trim());
      this.#tokens.push(found[0].trim());
      if (this.#tokens.length > LONGEST)
        throw new ScriptUnsupported(`an expression of over ${LONGEST} words`);
    }
  }

  /** The condition; a message after a comma is passed over. */
  whole(): CodeValue {
    const value = this.#or();
    if (this.#at < this.#tokens.length && this.#next !== ',') this.#refuse(this.#next ?? '');
    return value;
  }

  /** The value of all of it. */
  all(): CodeValue {
    const value = this.#or();
    if (this.#at < this.#tokens.length) this.#refuse(this.#next ?? '');
    return value;
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #refuse(what: string): never {
    throw new ScriptUnsupported(`'${what}' in the expression '${oneLine(this.#text)}'`);
  }

  #take(token: string): boolean {
    if (this.#next !== token) return false;
    this.#at += 1;
    return true;
  }

  #or(): CodeValue {
    let left = this.#and();
    while (this.#take('or')) {
      const right = this.#and();
      left = truth(left) ? left : right;
    }
    return left;
  }

  #and(): CodeValue {
    let left = this.#not();
    while (this.#take('and')) {
      const right = this.#not();
      left = truth(left) ? right : left;
    }
    return left;
  }

  #not(): CodeValue {
    return this.#take('not') ? !truth(this.#not()) : this.#comparison();
  }

  /** `a < b <= c` means both. */
  #comparison(): CodeValue {
    let left = this.#binary(0);
    let result: CodeValue | undefined;
    while (this.#next !== undefined && COMPARISONS.includes(this.#next)) {
      const operator = this.#next;
      this.#at += 1;
      const right = this.#binary(0);
      result = (result === undefined || truth(result)) && compare(operator, left, right);
      left = right;
    }
    return result ?? left;
  }

  #binary(level: number): CodeValue {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#next !== undefined && operators.includes(this.#next)) {
      const operator = this.#next;
      this.#at += 1;
      left = calculate(operator, Number(left), Number(this.#binary(level + 1)));
    }
    return left;
  }

  #unary(): CodeValue {
    if (this.#take('-')) return -Number(this.#unary());
    if (this.#take('+')) return Number(this.#unary());
    return this.#primary();
  }

  #primary(): CodeValue {
    const token = this.#next;
    if (token === undefined) this.#refuse('the end');
    this.#at += 1;
    if (token === '(') {
      const value = this.#or();
      if (!this.#take(')')) this.#refuse(this.#next ?? 'the end');
      return value;
    }
    if (/^[.0-9]/.test(token)) return Number(token);
    if (/^["']/.test(token)) return token.slice(1, -1);
    if (!/^[A-Za-z_]/.test(token)) this.#refuse(token);
    return this.#next === '(' ? this.#function(token) : this.#name(token);
  }

  #name(name: string): CodeValue {
    const constant = CONSTANTS[name];
    if (constant !== undefined) return constant;
    const value = this.#names(name);
    if (value === undefined) throw new ScriptUnsupported(`the name '${name}' in '${oneLine(this.#text)}'`);
    this.used.set(name, value);
    return value;
  }

  #function(name: string): CodeValue {
    const args: number[] = [];
    this.#at += 1;
    if (!this.#take(')')) {
      do args.push(Number(this.#or()));
      while (this.#take(','));
      if (!this.#take(')')) this.#refuse(this.#next ?? 'the end');
    }
    if (name === 'abs') return Math.abs(args[0] ?? 0);
    if (name === 'min') return Math.min(...args);
    if (name === 'max') return Math.max(...args);
    if (name === 'int') return Math.trunc(args[0] ?? 0);
    return this.#refuse(`${name}()`);
  }
}

function compare(operator: string, left: CodeValue, right: CodeValue): boolean {
  const a = typeof left === 'boolean' ? Number(left) : left;
  const b = typeof right === 'boolean' ? Number(right) : right;
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (a === null || b === null || typeof a !== typeof b) return false;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function calculate(operator: string, a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  if (operator === '/') return a / b;
  if (operator === '//') return Math.floor(a / b);
  if (operator === '%') return a - b * Math.floor(a / b);
  return operator === '&' ? a & b : a | b;
}
