/** The playground's panel: what is said, what is on the wire and what could happen to it, the link, the ends. */
import type { JSX } from 'preact';
import { lazy } from '../views/lazy.tsx';
import {
  atPlayground,
  awaitsRestart,
  backToPlayground,
  flaw,
  open,
  problem,
  restart,
  session,
} from './state.ts';

const Parts = lazy<object>(async () => (await import('./parts.tsx')).Parts);

export function PlaygroundPanel(): JSX.Element {
  if (!open.value)
    return (
      <aside class="playground closed" aria-label="Playground">
        <button type="button" aria-expanded="false" onClick={() => (open.value = true)}>
          Playground ›
        </button>
      </aside>
    );
  return (
    <aside class="playground" aria-label="Playground">
      <header>
        <h2>Playground</h2>
        <span class="spring" />
        <button
          type="button"
          class="icon"
          aria-label="Close the playground's panel"
          onClick={() => (open.value = false)}
        >
          ‹
        </button>
      </header>
      <Messages />
      <div class="parts">
        <Parts />
      </div>
    </aside>
  );
}

/** What a person must know: that another run is shown, that settings wait, what could not be done. */
function Messages(): JSX.Element {
  const wrong = flaw.value || problem.value;
  return (
    <div class="messages" aria-live="polite">
      {session.value !== undefined && !atPlayground.value && (
        <p>
          Another run is shown.
          <button type="button" onClick={backToPlayground}>
            Back to the playground
          </button>
        </p>
      )}
      {wrong !== '' && <p class="wrong">✕ {wrong}</p>}
      {awaitsRestart.value && (
        <p class="waits">
          ▲ Both ends, or the seed, would be different: that holds from a new start.
          <button type="button" onClick={() => restart(true)}>
            Start again, same commands
          </button>
        </p>
      )}
    </div>
  );
}
