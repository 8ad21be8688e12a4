/** How much code the page fetches, in figures: what it needs at once, the stack inside, and all of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { program } from './browser.ts';

/** Bytes, gzipped: what the page needs to show a run and to run the stack. */
const AT_ONCE = 120_000;
/** Bytes, gzipped: with the views and readers that are fetched behind it. */
const ALL = 240_000;

/** What a module imports before it runs. */
function importsOf(code: string): string[] {
  return [...code.matchAll(/\b(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g)].map(([, name]) => name!);
}

it('the page needs less than 120 KB of code at once, the stack inside', () => {
  const folder = program().path('dist/inspector');
  const code = (name: string): string => readFileSync(join(folder, 'assets', name), 'utf8');
  const [, entry] = /src="\.\/assets\/([^"]+\.js)"/.exec(program().read('dist/inspector/index.html'))!;
  const needed = new Set([entry!]);
  for (const name of needed) for (const other of importsOf(code(name))) needed.add(other);
  const packed = (name: string): number => gzipSync(code(name), { level: 9 }).length;
  const sum = (names: Iterable<string>): number =>
    [...names].reduce((total, name) => total + packed(name), 0);
  const all = readdirSync(join(folder, 'assets')).filter((name) => name.endsWith('.js'));
  // Both ends of a connection, and the link
  const atOnce = [...needed].map(code).join();
  for (const name of ['SYN_RECEIVED', 'lossInferred', 'linkQuality', 'awaitingAnswer'])
    expect(atOnce.includes(name), name).toBe(true);
  // Charts are compiled from what the page's own `setup` makes of them, and drawn where the build laid them out
  expect(/xstate\.stop|elk\.layered/.test(all.map(code).join())).toBe(false);
  console.log(`gzipped: ${sum(needed)} bytes at once, ${sum(all)} bytes in all`);
  expect(sum(needed)).toBeLessThan(AT_ONCE);
  expect(sum(all)).toBeLessThan(ALL);
});
