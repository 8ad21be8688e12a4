/** Findings with their reasons. */
import type { JSX } from 'preact';
import type { ViewProps } from './view.ts';

export function NotesView(_props: ViewProps): JSX.Element {
  return <p class="quiet">Findings are listed here.</p>;
}
