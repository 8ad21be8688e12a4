/** What stands beside the posts: changes of state, and the application's words. */
import { FloatList, IntList } from '../../model/column.ts';
import { kindId } from '../../model/draft.ts';
import { MARK_KINDS } from '../../model/marks.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import type { Posts } from './posts.ts';

export interface LadderNotes {
  /** us, in order */
  readonly times: FloatList;
  readonly rows: IntList;
  /** Places of posts */
  readonly posts: IntList;
}

const KINDS: ReadonlySet<string> = new Set(['state', 'recovery', 'app']);

/** Rows that are told beside the posts. `wanted` says of which connections (end, number) changes of state are. */
export function notesOf(
  model: TraceModel,
  { all }: Posts,
  wanted: (end: number, connection: number) => boolean,
): LadderNotes {
  const { marks, events } = model;
  const notes = { times: new FloatList(), rows: new IntList(), posts: new IntList() };
  const postOfEnd = new Map(all.map(({ end }, post) => [end, post]));
  for (let i = 0; i < marks.rows.length; i++) {
    if (!KINDS.has(MARK_KINDS[marks.kinds.at(i)]!)) continue;
    const row = marks.rows.at(i);
    const post = postOfEnd.get(events.end[row]!);
    const connection = events.connection[row]!;
    if (post === undefined || (connection !== 0 && !wanted(events.end[row]!, connection))) continue;
    notes.times.push(events.time[row]!);
    notes.rows.push(row);
    notes.posts.push(post);
  }
  return notes;
}

/** What a note says: `ESTABLISHED`, `recovery: open → loss`, `GET,city`. */
export function noteText(model: TraceModel, row: number): string {
  const { events, words } = model;
  if (events.kind[row] === kindId.app) {
    const text = model.textAt(row) ?? '';
    return words.text(events.b[row]!) === 'command' ? `› ${text}` : text;
  }
  const chart = words.text(events.chart[row]!);
  const to = words.text(events.d[row]!);
  return chart === 'connection' ? to : `${chart}: ${to}`;
}
