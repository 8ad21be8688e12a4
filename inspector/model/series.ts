/** The variables of each connection over time: what each was at any row. */
import { FloatList, IntList } from './column.ts';
import { valueIn } from './tracks.ts';

/** One variable of one connection at one end: its values, and the rows from which they hold. */
export class Series {
  readonly rows = new IntList();
  readonly values = new FloatList();

  add(row: number, value: number): void {
    this.rows.push(row);
    this.values.push(value);
  }

  /** The value at `row`; undefined before the first. */
  at(row: number): number | undefined {
    const count = this.rows.countUpTo(row);
    return count === 0 ? undefined : this.values.at(count - 1);
  }
}

/** All of them, by words: end, connection, name. */
export class SeriesTable {
  readonly #byKey = new Map<number, Map<number, Map<number, Series>>>();
  /** By end: the connection that was told of last, and its variables. */
  readonly #latest: ({ readonly connection: number; readonly byName: Map<number, Series> } | undefined)[] =
    [];

  add(row: number, end: number, connection: number, name: number, value: number): void {
    let latest = this.#latest[end];
    if (latest?.connection !== connection) {
      latest = { connection, byName: this.#namesOf(end, connection) };
      this.#latest[end] = latest;
    }
    let series = latest.byName.get(name);
    if (series === undefined) {
      series = new Series();
      latest.byName.set(name, series);
    }
    series.add(row, value);
  }

  find(end: number, connection: number, name: number): Series | undefined {
    return this.#byKey.get(end)?.get(connection)?.get(name);
  }

  /** Names (words) of a connection's variables in the order in which they were first told. */
  names(end: number, connection: number): readonly number[] {
    return [...(this.#byKey.get(end)?.get(connection)?.keys() ?? [])];
  }

  /** What every variable of each connection was at `row`; names are words. */
  allAt(row: number): { end: number; connection: number; values: [number, number][] }[] {
    const all: { end: number; connection: number; values: [number, number][] }[] = [];
    for (const [end, byConnection] of this.#byKey) {
      for (const [connection, byName] of byConnection) {
        const values = [...byName].map(([name, series]): [number, number] => [
          name,
          series.at(row) ?? Number.NaN,
        ]);
        const told = values.filter(([, value]) => !Number.isNaN(value));
        if (told.length > 0) all.push({ end, connection, values: told });
      }
    }
    return all;
  }

  #namesOf(end: number, connection: number): Map<number, Series> {
    const byConnection = valueIn(this.#byKey, end, () => new Map<number, Map<number, Series>>());
    return valueIn(byConnection, connection, () => new Map<number, Series>());
  }
}
