/**
 * What happens to the text of a script before it is read: `#ifdef` (nplab's dialect) leaves lines out, and a name given
 * a value with -D (Google's) is replaced by it. Lines keep their numbers.
 */
import { ScriptSyntaxError } from './errors.ts';
import { LONGEST_SCRIPT } from './limits.ts';

/** Names for which `#ifdef` holds, and what stands in their place; empty for nothing. */
export type Definitions = ReadonlyMap<string, string>;

/** Where no name is replaced, and the names. */
const PARTS = /"(?:\\.|[^"\\\n])*"|`[^`]*`|%\{[\s\S]*?\}%|\/\/[^\n]*|\b[A-Za-z_]\w*/g;

/** @throws ScriptSyntaxError for directives that do not match, and for a script that is too long */
export function preprocess(text: string, name: string, definitions: Definitions): string {
  const fail = (line: number, message: string): never => {
    throw new ScriptSyntaxError(name, { line, column: 1 }, message);
  };
  if (text.length > LONGEST_SCRIPT) fail(1, `the script is longer than ${LONGEST_SCRIPT} characters`);
  const kept = conditional(text, definitions, fail);
  if (![...definitions.values()].some((value) => value !== '')) return kept;
  let length = kept.length;
  return kept.replace(PARTS, (part) => {
    const value = definitions.get(part) || part;
    length += value.length - part.length;
    if (length > LONGEST_SCRIPT) {
      fail(1, `with the values of -D the script is longer than ${LONGEST_SCRIPT} characters`);
    }
    return value;
  });
}

/** Blanks out what `#ifdef`, `#ifndef` and `#else` leave out. */
function conditional(
  text: string,
  definitions: Definitions,
  fail: (line: number, message: string) => never,
): string {
  let kept = true;
  let open = 0;
  const lines = text.split('\n').map((line, i) => {
    const directive = /^\s*#(ifdef|ifndef|else|endif)\b\s*(\w*)/.exec(line);
    if (directive === null) return kept ? line : '';
    const [, word = '', condition = ''] = directive;
    if (word === 'ifdef' || word === 'ifndef') {
      if (open > 0) fail(i + 1, `#${word} within the #ifdef of line ${open}`);
      kept = definitions.has(condition) === (word === 'ifdef');
      open = i + 1;
      return '';
    }
    if (open === 0) fail(i + 1, `#${word} without #ifdef`);
    kept = word === 'endif' || !kept;
    if (word === 'endif') open = 0;
    return '';
  });
  if (open > 0) fail(open, 'this #ifdef has no #endif');
  return lines.join('\n');
}
