/** What the person must know about what is shown: loading, what could not be read, what was dropped. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { loading, run } from '../state/run.ts';

export function Notices(): JSX.Element {
  return (
    <div class="notices" aria-live="polite">
      <Busy />
      <Failed />
      <Unread />
      <Damaged />
      <Dropped />
      <Inferred />
    </div>
  );
}

function Busy(): JSX.Element | null {
  const state = loading.value;
  if (state.phase !== 'busy') return null;
  return (
    <p class="notice">
      <label>
        Reading {state.name}{' '}
        <progress max={1} {...(state.share === undefined ? {} : { value: state.share })} />
      </label>
    </p>
  );
}

function Failed(): JSX.Element | null {
  const state = loading.value;
  if (state.phase !== 'failed') return null;
  return (
    <p class="notice bad" role="alert">
      <b>✕ {state.name} cannot be shown.</b> {state.reason}
      <button
        type="button"
        class="icon"
        aria-label="Close"
        onClick={() => (loading.value = { phase: 'none' })}
      >
        ×
      </button>
    </p>
  );
}

/** Lines that could not be read of the trace that is shown. */
function Unread(): JSX.Element | null {
  const closed = useSignal(0);
  const shown = run.value;
  if (shown === undefined || shown.bad === 0 || closed.value === shown.id) return null;
  const [first] = shown.problems;
  return (
    <details class="notice bad">
      <summary>
        <b>
          ⚠ {shown.bad} {shown.bad === 1 ? 'line' : 'lines'} could not be read;
        </b>{' '}
        what could be is shown. Line {first?.line}: {first?.reason}
        <button type="button" class="icon" aria-label="Close" onClick={() => (closed.value = shown.id)}>
          ×
        </button>
      </summary>
      <ol>
        {shown.problems.map(({ line, reason }) => (
          <li key={line} value={line}>
            {reason}
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Of a capture: where it could not be read. */
function Damaged(): JSX.Element | null {
  const closed = useSignal(0);
  const shown = run.value;
  const [first, ...more] = shown?.damage ?? [];
  if (shown === undefined || first === undefined || closed.value === shown.id) return null;
  return (
    <details class="notice bad">
      <summary>
        <b>⚠ Not all of the capture could be read;</b> what could be is shown. {first[0]?.toUpperCase()}
        {first.slice(1)}
        {more.length > 0 && `, and ${more.length} more`}
        <button type="button" class="icon" aria-label="Close" onClick={() => (closed.value = shown.id)}>
          ×
        </button>
      </summary>
      <ul>
        {[first, ...more].map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </details>
  );
}

function Dropped(): JSX.Element | null {
  const dropped = run.value?.model.dropped ?? 0;
  if (dropped === 0) return null;
  return <p class="notice">The oldest {dropped.toLocaleString('en')} events were dropped to save memory.</p>;
}

/** Of a capture: what no packet tells is a conclusion. */
function Inferred(): JSX.Element | null {
  const closed = useSignal(0);
  const shown = run.value;
  const { inferred, estimated } = shown?.model.header?.configuration ?? {};
  if (shown === undefined || inferred !== true || closed.value === shown.id) return null;
  const what = Array.isArray(estimated) ? estimated.join(', ') : '';
  return (
    <details class="notice">
      <summary>
        <b>Inferred from captured packets</b>
        {what !== '' && `: ${what}`}
        <button type="button" class="icon" aria-label="Close" onClick={() => (closed.value = shown.id)}>
          ×
        </button>
      </summary>
      {shown.notes !== undefined && (
        <ul>
          {shown.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </details>
  );
}
