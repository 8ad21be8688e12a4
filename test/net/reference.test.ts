/**
 * Node's own behaviour is the reference: every small program runs with node:net on the kernel's loopback and with
 * statewire/net, and what it records must be the same. The only differences are those in docs/net.md.
 */
import { readFileSync } from 'node:fs';
import * as nodeNet from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { openNet, type StatewireNet } from '../../src/net/index.ts';
import { differences, differencesTable } from './differences.ts';
import { type Program, type Recording, run } from './lab.ts';
import { programs } from './programs.ts';

const recorded = new Map<string, readonly [node: Recording, statewire: Recording]>();

/** Programs under way at a time: they wait more than they work. */
const AT_ONCE = 16;

async function runBoth({ name, program }: { name: string; program: Program }): Promise<void> {
  const ours: StatewireNet = openNet({ seed: 1 });
  const results = await Promise.all([run(program, nodeNet), run(program, ours)]);
  recorded.set(name, results);
  await ours.stop();
}

/** Programs that were run again, as one of the two may have been late. */
const again: string[] = [];

/** Most of them that are believed. */
const BELIEVED = 5;

/** How often the two must agree then, one time after the other: what ours does now and then must not hide. */
const AGREE = 3;

/** What differs is run again by itself: under load a kernel, or a timer, may take longer than a program waits for it. */
async function runAgain({ name, program }: { name: string; program: Program }): Promise<void> {
  if (!differ(name)) return;
  again.push(name);
  for (let times = 0; times < AGREE; times += 1) {
    await runBoth({ name, program });
    if (differ(name)) return;
  }
}

function differ(name: string): boolean {
  const [node, statewire] = recorded.get(name)!;
  return !isDeepStrictEqual(node, statewire);
}

const shown = differences.flatMap(({ what, program }) =>
  program === undefined ? [] : [{ name: what, program }],
);

beforeAll(async () => {
  const waiting = [...programs, ...shown];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runBoth(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const program of programs) await runAgain(program);
}, 120_000);

describe('statewire/net does as node:net does', () => {
  test('in at least 120 programs', () => {
    expect(programs.length).toBeGreaterThanOrEqual(120);
    expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length);
  });

  test('and few programs had to be run again', () => {
    if (again.length > 0) console.warn(`run again: ${again.join('; ')}`);
    expect(again.length).toBeLessThanOrEqual(BELIEVED);
  });

  test.each(programs.map(({ name }) => name))('%s', (name) => {
    const [node, statewire] = recorded.get(name)!;
    expect(statewire).toEqual(node);
  });
});

describe('statewire/net does not do as node:net does', () => {
  test.each(shown.map(({ name }) => name))('with %s', (name) => {
    const [node, statewire] = recorded.get(name)!;
    expect(node.results).not.toContainEqual(['hangs', true]);
    expect(statewire.results).not.toContainEqual(['hangs', true]);
    expect(statewire).not.toEqual(node);
  });

  test('in nothing but what docs/net.md says', () => {
    const text = readFileSync(new URL('../../docs/net.md', import.meta.url), 'utf8');
    expect(text).toContain(differencesTable());
  });
});
