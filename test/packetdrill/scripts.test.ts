/**
 * The scripts under scripts/: the protocol as scripts of packetdrill, played by the profile `rfc` strictly (exact times,
 * and nothing may be sent that the script does not say), with both engines alike.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import { parseScript, runScript } from '../../src/packetdrill/index.ts';

const folder = fileURLToPath(new URL('scripts/', import.meta.url));
const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith('.pkt'))
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  .sort();

test('there are at least 150', () => {
  expect(names.length).toBeGreaterThanOrEqual(150);
});

describe.each([...new Set(names.map((name) => name.split('/').slice(0, -1).join('/')))])('%s', (topic) => {
  test.each(names.filter((name) => name.replace(/\/[^/]*$/, '') === topic))('%s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text, 'a script says first what it shows').toMatch(/^\/\/ /);
    const script = parseScript(text, `test/packetdrill/scripts/${name}`);
    const options = { profile: 'rfc', strict: true } as const;
    const compiled = runScript(script, { ...options, engine: compiledEngine });
    const interpreted = runScript(script, { ...options, engine: interpretedEngine });
    expect(interpreted.network.records).toEqual(compiled.network.records);
    expect(compiled.ignored).toEqual([]);
  });
});
