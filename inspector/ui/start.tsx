/** What the page shows while nothing is loaded. */
import type { JSX } from 'preact';
import { OpenButton } from './openButton.tsx';

export function Start(): JSX.Element {
  return (
    <section class="start">
      <h2>Watch a protocol think</h2>
      <p>
        Open a trace, or drop one anywhere on this page. <code>statewire demo --trace run.jsonl</code> writes
        one.
      </p>
      <OpenButton main />
    </section>
  );
}
