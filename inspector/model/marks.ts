/**
 * The rows that a person looks for: trouble on the link, retransmissions, changes of state, what the application says.
 * The timeline shows them, and the keyboard steps over them.
 */

import type { Words } from '../../src/trace/packed/words.ts';
import { IntList } from './column.ts';
import { kindId } from './draft.ts';
import type { EventTable } from './eventTable.ts';

export const MARK_KINDS = [
  'loss',
  'corruption',
  'retransmission',
  'state',
  'recovery',
  'app',
  'report',
] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** Charts whose changes of state are marks, and the kind they are. */
const MARKED_CHARTS: readonly [chart: string, kind: MarkKind][] = [
  ['connection', 'state'],
  ['recovery', 'recovery'],
  ['linkQuality', 'recovery'],
  ['linkUp', 'recovery'],
];

export class Marks {
  readonly rows = new IntList();
  /** Place of each in MARK_KINDS. */
  readonly kinds = new IntList();
  readonly #events: EventTable;
  /** By word of a chart. */
  readonly #charts: (MarkKind | undefined)[] = [];
  readonly #lost: number;
  readonly #readable: number;
  /** Why segments are sent again. */
  readonly #again: readonly number[];

  constructor(events: EventTable, words: Words) {
    this.#events = events;
    for (const [chart, kind] of MARKED_CHARTS) this.#charts[words.id(chart)] = kind;
    this.#lost = words.id('lost');
    this.#readable = words.id('readable');
    this.#again = ['timer', 'fast'].map((word) => words.id(word));
  }

  /** Takes in a row. */
  index(row: number): void {
    const kind = this.#kindOf(row);
    if (kind === undefined) return;
    this.rows.push(row);
    this.kinds.push(MARK_KINDS.indexOf(kind));
  }

  kindAt(index: number): MarkKind {
    return MARK_KINDS[this.kinds.at(index)]!;
  }

  #kindOf(row: number): MarkKind | undefined {
    const { kind, a, b, d, chart } = this.#events;
    switch (kind[row]) {
      case kindId.transition:
        return a[row] === d[row] ? undefined : this.#charts[chart[row]!];
      case kindId.link:
        return b[row] === this.#lost ? 'loss' : undefined;
      case kindId.send:
        return this.#again.includes(b[row]!) ? 'retransmission' : undefined;
      case kindId.discard:
        return 'corruption';
      case kindId.app:
        return 'app';
      case kindId.report:
        return b[row] === this.#readable ? undefined : 'report';
      default:
        return undefined;
    }
  }
}

/** A row that a single step stops at: what a packet or a chart does, not the bookkeeping between. */
export function isStep(events: EventTable, row: number): boolean {
  switch (events.kind[row]) {
    case kindId.transition:
      return events.a[row] !== events.d[row];
    case kindId.fact:
    case kindId.action:
    case kindId.timer:
    case kindId.variables:
    case kindId.link:
      return false;
    default:
      return true;
  }
}
