/** Paths through the states of a search, chosen by numbers. */

import { engineNamed } from '../../src/chart/index.ts';
import type { Bounds, CheckOptions, Move } from '../../src/check/index.ts';
import { placeText } from '../../src/check/key.ts';
import { Workshop } from '../../src/check/workshop.ts';
import type { World } from '../../src/check/world.ts';

const NONE: Bounds = { losses: 0, dups: 0, reorder: 0, early: 0 };
export const MANY: Bounds = { losses: 9, dups: 9, reorder: 9, early: 9 };

export function options(bounds: Partial<Bounds> = {}, more: Partial<CheckOptions> = {}): CheckOptions {
  return { bounds: { ...NONE, ...bounds }, window: 4, engine: engineNamed('compiled'), ...more };
}

/** A path: at each state one of the moves is taken, by its place. */
export function pathOf(given: CheckOptions, choices: readonly number[]): { moves: Move[]; worlds: World[] } {
  const workshop = new Workshop(given);
  const worlds = [workshop.start()];
  const moves: Move[] = [];
  for (const choice of choices) {
    const world = worlds[worlds.length - 1]!;
    const possible = workshop.moves(world);
    if (possible.length === 0) break;
    const move = possible[choice % possible.length]!;
    moves.push(move);
    worlds.push(workshop.after(world, move));
  }
  return { moves, worlds };
}

/** The first move each time but for the faults that are asked for. */
export function walk(faults: readonly Move['kind'][], given = options(MANY)): Move[] {
  const workshop = new Workshop(given);
  const left = [...faults];
  const path: Move[] = [];
  for (let world: World = workshop.start(); path.length < 60; ) {
    const moves = workshop.moves(world);
    const fault = moves.find(({ kind }) => kind === left[0]);
    const usual = moves.find(({ kind }) => kind === 'user' || kind === 'deliver' || kind === 'read');
    const move = fault ?? usual ?? moves.find(({ kind }) => kind === 'timer');
    if (move === undefined) break;
    if (move === fault) left.shift();
    path.push(move);
    world = workshop.after(world, move);
  }
  return path;
}

/** What stands at `where` in plain data (its parts joined by dots), as it shall be instead. */
export type Alter = (old: never) => unknown;

/** A copy of plain data with one thing in it changed. */
export function changed<T>(data: T, where: string, alter: Alter): T {
  const copy = copyOf(data);
  const path = where.split('.');
  const last = path.pop()!;
  let at = copy as Record<string, unknown>;
  for (const part of path) at = at[part] as Record<string, unknown>;
  at[last] = alter(at[last] as never);
  return copy;
}

/** Plain data of which no two parts are one object, as they may be in a place. */
function copyOf<T>(data: T): T {
  if (typeof data !== 'object' || data === null) return data;
  if (data instanceof Uint8Array) return data.slice() as T;
  if (Array.isArray(data)) return data.map(copyOf) as T;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, copyOf(value)])) as T;
}

/** Every value in plain data: where it is. */
export function leavesOf(part: unknown, at: readonly string[] = []): string[][] {
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return [[...at]];
  return Object.entries(part).flatMap(([key, value]) => leavesOf(value, [...at, key]));
}

/** Something else of the same kind. */
export const another: Alter = (old: unknown) => {
  if (typeof old === 'boolean') return !old;
  if (typeof old === 'number') return old + 1000;
  if (old instanceof Uint8Array) return Uint8Array.of(...old, 1);
  return old === undefined ? 1 : `${old}x`;
};

/** Of a place in a host's snapshot: without places in lists, the names of charts, and the connection. */
export function leafName(leaf: readonly string[]): string {
  return leaf
    .filter((key, i) => !/^\d+$/.test(key) && leaf[i - 1] !== 'charts')
    .join('.')
    .replace(/^connections\./, '');
}

/** A state without the numbers that a workshop gives to packets and places. */
export function told({ places, wires, bounds }: World): object {
  return {
    texts: places.map(({ host, user, now }) => placeText(host, user, now)),
    due: places.map(({ due }) => due),
    wires: wires.map((wire) => wire.map(({ bytes }) => bytes.join())),
    bounds,
  };
}
