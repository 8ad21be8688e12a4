/**
 * The connection chart against RFC 9293's transitions, and a real host against both: each row is driven in each state it
 * names, opened in either way, by packets, calls and time.
 */
import { describe, expect, test } from 'vitest';
import { connection } from '../../machines/connection.ts';
import { chartTable, type TransitionRow } from '../../src/chart/index.ts';
import { Bench, expected, type Taken } from './driver.ts';
import { edges } from './edges.ts';
import { type Edge, type From, type Opening, type Row, STATES, type State } from './row.ts';
import { paths, stays } from './stays.ts';

interface Case {
  readonly state: State;
  readonly opening: Opening;
}

/** A row's states, each with the ways in which it can be opened. */
function casesOf({ from }: Row): Case[] {
  const states: readonly From[] = typeof from === 'string' ? [from] : from;
  return states.flatMap((name) => {
    const [state, opening] = name.split(/[()]/) as [State, Opening?];
    if (opening !== undefined) return [{ state, opening }];
    if (state === 'CLOSED' || state === 'SYN_SENT') return [{ state, opening: 'active' as const }];
    if (state === 'LISTEN') return [{ state, opening: 'passive' as const }];
    return [
      { state, opening: 'passive' as const },
      { state, opening: 'active' as const },
    ];
  });
}

function keyOf({ from, event, guard, to }: Taken): string {
  return `${from}: ${event}${guard === undefined ? '' : ` [${guard}]`} -> ${to}`;
}

/** The rows of kind edge, one for each state. */
function edgesOf(rows: readonly Edge[]): string[] {
  const keys = rows.flatMap((row) => casesOf(row).map(({ state }) => keyOf({ ...row, from: state })));
  return [...new Set(keys)].sort();
}

/** The chart's edges: what it declares for all states counts in each that does not say otherwise. */
function chartEdges(): string[] {
  const { transitions, ignored } = chartTable(connection);
  const declared = new Set(
    [...transitions, ...ignored.map(({ state, event }) => ({ source: state, event }))].map(
      ({ source, event }) => `${source} ${event}`,
    ),
  );
  const expand = ({ source, event }: TransitionRow): string[] =>
    source === '' ? STATES.filter((state) => !declared.has(`${state} ${event}`)) : [source];
  return transitions
    .flatMap((row) => expand(row).map((from) => ({ ...row, from })))
    .filter(({ from, target }) => target !== undefined && target !== from)
    .map(({ from, event, guard, target }) =>
      keyOf({ from, event, to: target as string, ...(guard === undefined ? {} : { guard }) }),
    )
    .sort();
}

const nameOf = (row: Row, { state, opening }: Case): string => {
  const proved = (row.proves ?? []).map((id) => ` [${id}]`).join('');
  const knobs = row.given === undefined ? '' : ` with ${JSON.stringify(row.given)}`;
  return `${row.section} ${state} (${opening}): ${[...(row.first ?? []), row.when].join(', ')}${knobs}${proved}`;
};

/** Each row in each of its states. */
function each<R extends Row>(rows: readonly R[]): [string, R, Case][] {
  return rows.flatMap((row) =>
    casesOf(row).map((where): [string, R, Case] => [nameOf(row, where), row, where]),
  );
}

/** Brings a host to the state, lets the thing happen, and looks at what was sent and told. */
function drive(row: Row, { state, opening }: Case): Bench {
  const bench = new Bench(row.given).reach(state, opening);
  for (const stimulus of row.first ?? []) bench.happen(stimulus);
  bench.forget();
  const variables = bench.happen(row.when);
  expect(bench.sent).toEqual(expected(row.sends, variables));
  return bench;
}

const driven = new Set<string>();

describe('the transitions of RFC 9293', () => {
  test('are the edges of the connection chart, none missing and none more', () => {
    expect(chartEdges()).toEqual(edgesOf(edges));
  });

  test.each(each(edges))('edge %s', (_, row, where) => {
    const { to, event, guard, tells } = row;
    const bench = drive(row, where);
    const last = bench.taken.at(-1) as Taken;
    expect(last).toEqual({ from: where.state, event, ...(guard === undefined ? {} : { guard }), to });
    for (const taken of bench.taken) driven.add(keyOf(taken));
    // A SYN at a listener makes a connection, which comes to LISTEN first; all else is one transition.
    if (where.state !== 'LISTEN') expect(bench.taken).toHaveLength(1);
    expect(bench.state).toBe(to);
    expect(bench.told).toBe(tells);
    if (to === 'CLOSED') expect(bench.host.connections).toEqual([]);
  });

  test('have each been driven', () => {
    expect([...driven].sort()).toEqual(edgesOf(edges));
  });

  test.each(each(paths))('path %s', (_, row, where) => {
    const { taken, state, told } = drive(row, where);
    expect([taken[0]?.from, ...taken.map(({ to }) => to)]).toEqual(row.through);
    expect(state).toBe(row.through.at(-1));
    expect(told).toBe(row.tells);
  });

  test.each(each(stays))('stays %s', (_, row, where) => {
    const bench = drive(row, where);
    expect(bench.taken).toEqual([]);
    expect(bench.state).toBe(where.state);
  });
});
