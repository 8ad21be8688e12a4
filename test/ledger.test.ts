/** The ledger of requirements (npm run ledger): how it finds the tests that prove one, and what it complains of. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mechanisms } from '../scripts/ledger/mechanisms.ts';
import { requirements } from '../scripts/ledger/requirements.ts';
import { findProofs } from '../scripts/ledger/tests.ts';
import { flaws, pages } from '../scripts/ledger.ts';

// In two pieces, so that this file proves nothing itself
const tag = (...ids: string[]): string => `[${ids.join(', ')}]`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'statewire-ledger-'));
  mkdirSync(join(root, 'test'));
  mkdirSync(join(root, 'docs'));
});

afterEach(() => rmSync(root, { recursive: true }));

function file(name: string, text: string): void {
  writeFileSync(join(root, 'test', name), text);
}

describe('tests are found', () => {
  it('by the ids in their names, several in one bracket too', () => {
    file('a.test.ts', `it('sends a SYN ${tag('MUST-14', 'RFC 9293 3.5')}', () => {});\n`);
    expect([...findProofs(root)]).toEqual([
      ['MUST-14', [{ file: 'test/a.test.ts', name: 'sends a SYN' }]],
      ['RFC 9293 3.5', [{ file: 'test/a.test.ts', name: 'sends a SYN' }]],
    ]);
  });

  it('by the comment at the head of a script', () => {
    file('b.pkt', `// A probe goes out\n// after an RTO. ${tag('SHLD-29')}\n\n+0 write(4, ..., 1) = 1\n`);
    expect(findProofs(root).get('SHLD-29')).toEqual([
      { file: 'test/b.pkt', name: 'A probe goes out after an RTO.' },
    ]);
  });

  it('in the rows of tables', () => {
    file('rows.ts', `[{ section: '3.5', from: 'SYN_SENT', when: 'SYN',\n  proves: ['MUST-${10}'] }];\n`);
    expect(findProofs(root).get('MUST-10')?.[0]?.name).toBe('3.5 SYN_SENT: SYN');
  });

  it('and not in what only mentions one', () => {
    file('c.test.ts', `// MUST-5 is elsewhere\nit('sees MUST-5 (3.1)', () => {});\nconst a = b['MUST-5'];\n`);
    expect([...findProofs(root)]).toEqual([]);
  });
});

describe('the check complains', () => {
  const ids = [...requirements.map(({ id }) => id), ...mechanisms.map(({ rfc }) => `RFC ${rfc}`)];
  const all = ids.map((id) => `it('x ${tag(id)}', () => {});`);

  function written(lines: readonly string[]): string[] {
    file('all.test.ts', lines.join('\n'));
    for (const [path, text] of pages(root)) writeFileSync(join(root, path), text);
    return flaws(root);
  }

  it('of nothing when every MUST has a test and the pages are as they should be', () => {
    expect(written(all)).toEqual([]);
  });

  it('of a MUST without a test', () => {
    const without = all.filter((line) => !line.includes(tag('MUST-13')));
    expect(written(without)).toEqual([expect.stringContaining('MUST-13 (')]);
  });

  it('of a mechanism without a test', () => {
    const without = all.filter((line) => !line.includes(tag('RFC 8985 7.2')));
    expect(written(without)).toEqual(['RFC 8985 7.2 (tail loss probe) has no test']);
  });

  it('of an id that there is not', () => {
    expect(written([...all, `it('y ${tag('MUST-70')}', () => {});`])).toEqual([
      'there is no MUST-70, which a test proves',
    ]);
  });

  it('of a page that is stale', () => {
    written(all);
    file('more.test.ts', `it('z ${tag('MUST-1')}', () => {});`);
    expect(flaws(root)).toEqual(['docs/rfc9293.md is stale: npm run ledger']);
  });
});

it('has each of the 119 ids once', () => {
  const ids = requirements.map(({ id }) => id);
  const run = (level: string, count: number) => Array.from({ length: count }, (_, i) => `${level}-${i + 1}`);
  const wanted = [...run('MUST', 69), ...run('SHLD', 31), ...run('MAY', 18), ...run('REC', 1)];
  expect([...ids].sort()).toEqual(wanted.sort());
});
