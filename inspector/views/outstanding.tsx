/** Segments that are not acknowledged yet. */
import type { JSX } from 'preact';
import type { ViewProps } from './view.ts';

export function OutstandingView(_props: ViewProps): JSX.Element {
  return <p class="quiet">Outstanding segments are listed here.</p>;
}
