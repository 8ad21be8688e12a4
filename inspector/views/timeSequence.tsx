/** Sequence numbers over time. */
import type { JSX } from 'preact';
import type { ViewProps } from './view.ts';

export function TimeSequenceView(_props: ViewProps): JSX.Element {
  return <p class="quiet">The time-sequence graph is drawn here.</p>;
}
