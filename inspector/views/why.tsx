/** The chain of causes of the selected event. */
import type { JSX } from 'preact';
import type { ViewProps } from './view.ts';

export function WhyView(_props: ViewProps): JSX.Element {
  return <p class="quiet">Select an event to see what led to it.</p>;
}
