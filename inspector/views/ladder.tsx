/** Packets between the ends. */
import type { JSX } from 'preact';
import type { ViewProps } from './view.ts';

export function LadderView(_props: ViewProps): JSX.Element {
  return <p class="quiet">The ladder is drawn here.</p>;
}
