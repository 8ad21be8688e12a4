/** The search: the query, and going from one event that says it to the next. */
import { signal } from '@preact/signals';
import { findRow } from '../model/find.ts';
import { NONE } from '../model/traceModel.ts';
import { cursor, select } from './cursor.ts';
import { run } from './run.ts';

export const query = signal('');
/** The query was looked for and nothing says it. */
export const notFound = signal(false);

/** Goes to the next event that says the query, or to the one before. */
export function searchOn(step: 1 | -1): void {
  const model = run.peek()?.model;
  if (model === undefined || query.peek().trim() === '') return;
  const row = findRow(model, query.peek(), cursor.peek().row, step);
  notFound.value = row === NONE;
  if (row !== NONE) select(row);
}
