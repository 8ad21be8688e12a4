/** Which tests carry which id: in the names of TypeScript's tests, in the rows of tables, and in packetdrill's scripts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A test, as a reader finds it. */
export interface Proof {
  readonly file: string;
  readonly name: string;
}

const ID = /\b(?:MUST|SHLD|MAY|REC)-\d+\b/g;
const RFC = /\bRFC (\d+) (\d+(?:\.\d+)*)\b/g;
/** Brackets that hold ids of RFC 9293 or sections of others, and nothing else. */
const TAG =
  /\[((?:(?:MUST|SHLD|MAY|REC)-\d+|RFC \d+ \d+(?:\.\d+)*)(?:, (?:(?:MUST|SHLD|MAY|REC)-\d+|RFC \d+ \d+(?:\.\d+)*))*)\]/g;
/** A row of a table that makes tests: `{ section: '3.5', from: 'X', ..., when: '...', proves: ['MUST-10'] }`. */
const ROW =
  /\{[^{}]*?section: '([^']*)'[^{}]*?from: '?([^',]*)'?[^{}]*?when: '?([^'\n]*?)'?,[^{}]*?proves: \[([^\]]*)\][^{}]*?\}/gs;

/** Tests by id (`MUST-20`, `RFC 8985 6.2`), in the order of their files. */
export function findProofs(root: string): Map<string, Proof[]> {
  const proofs = new Map<string, Proof[]>();
  const add = (tag: string, proof: Proof): void => {
    const known = proofs.get(tag) ?? [];
    if (!known.some(({ file, name }) => file === proof.file && name === proof.name)) known.push(proof);
    proofs.set(tag, known);
  };
  for (const file of testFiles(root)) {
    const text = readFileSync(join(root, file), 'utf8');
    const found = file.endsWith('.pkt') ? ofScript(text) : [...ofNames(text), ...ofRows(text)];
    for (const { tags, name } of found) for (const tag of tags) add(tag, { file, name });
  }
  return proofs;
}

function testFiles(root: string): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.ts') || name.endsWith('.pkt'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

interface Found {
  readonly tags: readonly string[];
  readonly name: string;
}

function tagsOf(text: string): string[] {
  const sections = [...text.matchAll(RFC)].map(([, rfc, section]) => `RFC ${rfc} ${section}`);
  return [...(text.match(ID) ?? []), ...sections];
}

/** The string that a tag stands in, without its tags. */
function ofNames(text: string): Found[] {
  return [...text.matchAll(TAG)].flatMap((match) => {
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1, text.indexOf('\n', match.index));
    const name = stringAround(line, match[0]);
    return name === undefined ? [] : [{ tags: tagsOf(match[1] as string), name }];
  });
}

function stringAround(line: string, tag: string): string | undefined {
  for (const quoted of line.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? []) {
    if (quoted.includes(tag)) return quoted.slice(1, -1).replace(TAG, '').replace(/\\/g, '').trim();
  }
  return undefined;
}

function ofRows(text: string): Found[] {
  return [...text.matchAll(ROW)].map(([, section, from, when, proves]) => ({
    tags: tagsOf(proves as string),
    name: `${section} ${from}: ${when}`,
  }));
}

/** The comment at a script's head, up to its first sentence. */
function ofScript(text: string): Found[] {
  const head = text.match(/^(?:\/\/.*\n)+/)?.[0] ?? '';
  const prose = head.replace(/^\/\/ ?/gm, '').replace(/\n/g, ' ');
  const tags = [...prose.matchAll(TAG)].flatMap(([, inner]) => tagsOf(inner as string));
  return tags.length === 0 ? [] : [{ tags, name: prose.replace(TAG, '').replace(/\s+/g, ' ').trim() }];
}
