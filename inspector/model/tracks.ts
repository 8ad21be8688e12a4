/**
 * The life of each chart instance: which rows are its own, which state it was in at any row, and, of charts of which
 * there are many (`segment`), which ones were alive.
 */

import type { Words } from '../../src/trace/packed/words.ts';
import { FloatList, grown, IntList } from './column.ts';
import { kindId } from './draft.ts';
import { type EventTable, NONE } from './eventTable.ts';

/** All instances of one chart at one end of one connection. */
export interface ChartGroup {
  readonly id: number;
  /** Words */
  readonly end: number;
  readonly chart: number;
  readonly connection: number;
  /** In the order in which they began. */
  readonly tracks: IntList;
}

interface Group extends ChartGroup {
  readonly byInstance: Places;
  /** Row at which each track began. */
  readonly firstRows: IntList;
  /** For each track: place of the oldest one that was alive when it began. */
  readonly aliveFrom: IntList;
  alive: number;
}

/** Tracks are numbers from 0. */
export class Tracks {
  readonly groups: ChartGroup[] = [];
  /** By track */
  readonly groupOf = new IntList();
  readonly instance = new FloatList();
  readonly firstRow = new IntList();
  /** Row of the transition into a final state; NONE before. */
  readonly endRow = new IntList();
  readonly #first = new IntList();
  readonly #last = new IntList();
  /** The track taken in last */
  #latest = NONE;
  /** States (words) of tracks that began before the first row. */
  readonly #base = new Map<number, number>();
  /** By row: the next row of the same track. */
  #next = new Int32Array(1024);
  readonly #byKey = new Map<number, Map<number, Map<number, Group>>>();
  /** By chart: the one met last. */
  readonly #latestGroups: Group[] = [];
  /** Transitions of a track, made when first asked for. */
  readonly #transitions = new Map<number, { readonly rows: IntList; upTo: number }>();
  readonly #events: EventTable;
  readonly #words: Words;
  readonly #isFinal: (chart: number, state: number) => boolean;

  /** `isFinal` says of words whether a chart ends in a state. */
  constructor(events: EventTable, words: Words, isFinal: (chart: number, state: number) => boolean) {
    this.#events = events;
    this.#words = words;
    this.#isFinal = isFinal;
  }

  get length(): number {
    return this.groupOf.length;
  }

  /** Takes in a row of a chart. */
  index(row: number): number {
    const { end, connection, chart, instance, kind, d } = this.#events;
    const track = this.#isLike(row, row - 1)
      ? this.#latest
      : this.#trackFor(row, end[row]!, connection[row]!, chart[row]!, instance[row]!);
    this.#latest = track;
    if (row >= this.#next.length) this.#reserveRows(2 * row + 2);
    this.#next[row] = NONE;
    const last = this.#last.at(track);
    if (last === NONE) this.#first.data[track] = row;
    else this.#next[last] = row;
    this.#last.data[track] = row;
    if (kind[row] === kindId.transition && this.#isFinal(chart[row]!, d[row]!)) this.endRow.data[track] = row;
    return track;
  }

  /** Makes room for so many rows in all, and so many times as many tracks. */
  reserve(rows: number, times: number): void {
    this.#reserveRows(rows);
    for (const list of [this.groupOf, this.instance, this.firstRow, this.endRow, this.#first, this.#last])
      list.reserve(times);
  }

  #reserveRows(rows: number): void {
    if (rows > this.#next.length) this.#next = grown(this.#next, new Int32Array(rows));
  }

  /** A chart that was in a state (a word) before the first row. */
  seed(end: number, connection: number, chart: number, instance: number, state: number): void {
    this.#base.set(this.#trackFor(0, end, connection, chart, instance), state);
  }

  /** The instances of a chart, undefined when there are none. */
  group(end: number, connection: number, chart: number): ChartGroup | undefined {
    return this.#byKey.get(end)?.get(connection)?.get(chart);
  }

  /** A chart's instance, NONE when it is not here. */
  find(end: number, connection: number, chart: number, instance: number): number {
    return this.#byKey.get(end)?.get(connection)?.get(chart)?.byInstance.get(instance) ?? NONE;
  }

  /** The track of a row that belongs to a chart, NONE for others. */
  trackOf(row: number): number {
    return isOfChart(this.#events.kind[row]!) ? this.find(...this.#keyOf(row)) : NONE;
  }

  /** Rows of a track, facts and timers too, in order. */
  *rows(track: number): Generator<number> {
    for (let row = this.#first.at(track); row !== NONE; row = this.#next[row]!) yield row;
  }

  /** Rows of a track's transitions, in order. */
  transitions(track: number): IntList {
    const known = this.#transitions.get(track) ?? { rows: new IntList(), upTo: NONE };
    this.#transitions.set(track, known);
    let row = known.upTo === NONE ? this.#first.at(track) : this.#next[known.upTo]!;
    for (; row !== NONE; row = this.#next[row]!) {
      if (this.#events.kind[row] === kindId.transition) known.rows.push(row);
      known.upTo = row;
    }
    return known.rows;
  }

  /** Row of the last transition at or before `row`, NONE when there was none. */
  lastTransition(track: number, row: number): number {
    const rows = this.transitions(track);
    const count = rows.countUpTo(row);
    return count === 0 ? NONE : rows.at(count - 1);
  }

  /** The state (a word) at `row`; before the first transition the one it leads from; 0 when nothing is known. */
  stateAt(track: number, row: number): number {
    const last = this.lastTransition(track, row);
    if (last !== NONE) return this.#events.d[last]!;
    const rows = this.transitions(track);
    return rows.length === 0 ? (this.#base.get(track) ?? 0) : this.#events.a[rows.at(0)]!;
  }

  /** Tracks of a group that have begun and not ended at `row`, in the order in which they began. */
  aliveAt(group: ChartGroup, row: number): number[] {
    const { firstRows, tracks, aliveFrom } = group as Group;
    const count = firstRows.countUpTo(row);
    const alive: number[] = [];
    if (count === 0) return alive;
    for (let i = aliveFrom.at(count - 1); i < count; i++) {
      const track = tracks.at(i);
      const end = this.endRow.at(track);
      if (end === NONE || end > row) alive.push(track);
    }
    return alive;
  }

  /** The track of a group that began last at or before `row`, NONE when none had. */
  latestBegun(group: ChartGroup, row: number): number {
    const count = (group as Group).firstRows.countUpTo(row);
    return count === 0 ? NONE : group.tracks.at(count - 1);
  }

  /** When the track's timers that are armed at `row` run out (us), by the name of their delay. */
  timersAt(track: number, row: number): Map<string, number> {
    const { kind, a, b, x } = this.#events;
    const armed = new Map<string, number>();
    for (const at of this.rows(track)) {
      if (at > row) break;
      const name = this.#words.text(b[at]!);
      if (kind[at] === kindId.fact) armed.delete(name.replace(/^after\./, ''));
      if (kind[at] !== kindId.timer) continue;
      if (this.#words.text(a[at]!) === 'armed') armed.set(name, x[at]!);
      else armed.delete(name);
    }
    return armed;
  }

  /** A row is about the same chart as another, which was taken in last. */
  #isLike(row: number, other: number): boolean {
    const { end, connection, chart, instance, kind } = this.#events;
    return (
      this.#latest !== NONE &&
      isOfChart(kind[other]!) &&
      instance[row] === instance[other] &&
      chart[row] === chart[other] &&
      connection[row] === connection[other] &&
      end[row] === end[other]
    );
  }

  #keyOf(row: number): [end: number, connection: number, chart: number, instance: number] {
    const { end, connection, chart, instance } = this.#events;
    return [end[row]!, connection[row]!, chart[row]!, instance[row]!];
  }

  #trackFor(row: number, end: number, connection: number, chart: number, instance: number): number {
    const group = this.#groupFor(end, connection, chart);
    const known = group.byInstance.get(instance);
    if (known !== NONE) return known;
    const track = this.length;
    group.byInstance.set(instance, track);
    group.tracks.push(track);
    group.firstRows.push(row);
    while (group.alive < group.tracks.length - 1 && this.endRow.at(group.tracks.at(group.alive)) !== NONE)
      group.alive += 1;
    group.aliveFrom.push(group.alive);
    this.groupOf.push(group.id);
    this.instance.push(instance);
    this.firstRow.push(row);
    this.endRow.push(NONE);
    this.#first.push(NONE);
    this.#last.push(NONE);
    return track;
  }

  #groupFor(end: number, connection: number, chart: number): Group {
    const latest = this.#latestGroups[chart];
    if (latest?.end === end && latest.connection === connection) return latest;
    const group = this.#groupByKey(end, connection, chart);
    this.#latestGroups[chart] = group;
    return group;
  }

  #groupByKey(end: number, connection: number, chart: number): Group {
    const byConnection = valueIn(this.#byKey, end, () => new Map<number, Map<number, Group>>());
    const byChart = valueIn(byConnection, connection, () => new Map<number, Group>());
    return valueIn(byChart, chart, () => {
      const group: Group = {
        ...{ id: this.groups.length, end, chart, connection, alive: 0 },
        tracks: new IntList(),
        byInstance: new Places(),
        firstRows: new IntList(),
        aliveFrom: new IntList(),
      };
      this.groups.push(group);
      return group;
    });
  }
}

/** Tracks by instance: instances are counted, so that nearly all are in a list. */
class Places {
  /** Track + 1 */
  #list = new Int32Array(64);
  readonly #others = new Map<number, number>();

  /** NONE when it is not here. */
  get(instance: number): number {
    return instance < this.#list.length ? this.#list[instance]! - 1 : (this.#others.get(instance) ?? NONE);
  }

  set(instance: number, track: number): void {
    // A list is kept as long as it is half full; what was put elsewhere before stays there
    if (instance === this.#list.length && this.#others.size === 0)
      this.#list = grown(this.#list, new Int32Array(2 * this.#list.length));
    if (instance < this.#list.length) this.#list[instance] = track + 1;
    else this.#others.set(instance, track);
  }
}

/** A kind of events that belong to a chart. */
function isOfChart(kind: number): boolean {
  return (
    kind === kindId.fact || kind === kindId.transition || kind === kindId.action || kind === kindId.timer
  );
}

/** What a map has under a key, made when it is missing. */
export function valueIn<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
