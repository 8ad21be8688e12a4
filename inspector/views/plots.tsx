/** Variables over time. */
import type { JSX } from 'preact';
import type { ViewProps } from './view.ts';

export function PlotsView(_props: ViewProps): JSX.Element {
  return <p class="quiet">The plots are drawn here.</p>;
}
