/** Finds events by what they say, over all columns at once and without making texts of them. */
import { kindId } from './draft.ts';
import { NONE } from './eventTable.ts';
import type { TraceModel } from './traceModel.ts';

/** Columns that hold words, by kind. */
const WORD_COLUMNS: Readonly<Record<number, readonly ('a' | 'b' | 'c' | 'd' | 'chart')[]>> = {
  [kindId.call]: ['b'],
  [kindId.report]: ['b'],
  [kindId.app]: ['b'],
  [kindId.fact]: ['b', 'chart'],
  [kindId.transition]: ['a', 'b', 'c', 'd', 'chart'],
  [kindId.action]: ['b', 'chart'],
  [kindId.timer]: ['b', 'chart'],
  [kindId.send]: ['b'],
  [kindId.link]: ['b', 'c'],
  [kindId.discard]: ['b'],
};

/**
 * The next row after `row` (or before it, `step` -1) that says `query`: a part of a word of any case, or `#n` for the
 * event with a number. It goes on at the other end. NONE when nothing does.
 */
export function findRow(model: TraceModel, query: string, row: number, step: 1 | -1): number {
  const number = /^#(\d+)$/.exec(query.trim());
  if (number !== null) return model.events.rowOf(Number(number[1]));
  const wanted = query.trim().toLowerCase();
  if (wanted === '' || model.length === 0) return NONE;
  const words = model.words.matching(wanted);
  const count = model.length;
  for (let i = 1; i <= count; i++) {
    const at = (((row + step * i) % count) + count) % count;
    if (says(model, at, words, wanted)) return at;
  }
  return NONE;
}

function says(model: TraceModel, row: number, words: ReadonlySet<number>, wanted: string): boolean {
  const { events } = model;
  const columns = WORD_COLUMNS[events.kind[row]!];
  if (columns?.some((column) => words.has(events[column][row]!))) return true;
  const kind = events.kind[row]!;
  const spoken = kind === kindId.app || kind === kindId.call || kind === kindId.report;
  return spoken && model.textAt(row)?.toLowerCase().includes(wanted) === true;
}
