/** The transitions of a chart around the moment, the newest that counts marked; a press goes there. */
import type { JSX } from 'preact';
import { labelOf, timeText, triggerText } from '../../model/label.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { hovered, select } from '../../state/cursor.ts';

export interface HistoryProps {
  readonly model: TraceModel;
  readonly track: number;
  /** Row of the moment. */
  readonly row: number;
  /** Room, px. */
  readonly height: number;
}

const ROW = 38;

export function History({ model, track, row, height }: HistoryProps): JSX.Element {
  const rows = model.tracks.transitions(track);
  const count = rows.countUpTo(row);
  const room = Math.max(2, Math.floor(height / ROW));
  // The moment stands a third from the end, so that what comes next is seen.
  const to = Math.min(rows.length, Math.max(room, count + Math.floor(room / 3)));
  const from = Math.max(0, to - room);
  const shown = Array.from({ length: to - from }, (_, i) => rows.at(from + i));
  if (shown.length === 0) return <p class="quiet">No transition in this run.</p>;
  return (
    <ol class="history" start={from + 1}>
      {shown.map((at) => (
        <Entry
          key={at}
          model={model}
          at={at}
          current={rows.at(count - 1) === at && count > 0}
          past={at <= row}
        />
      ))}
    </ol>
  );
}

interface EntryProps {
  readonly model: TraceModel;
  readonly at: number;
  readonly current: boolean;
  readonly past: boolean;
}

function Entry({ model, at, current, past }: EntryProps): JSX.Element {
  const { events, words } = model;
  const [from, to] = [words.text(events.a[at]!), words.text(events.d[at]!)];
  return (
    <li class={current ? 'current' : past ? '' : 'future'}>
      <button
        type="button"
        title={labelOf(model, at)}
        aria-current={current ? 'step' : undefined}
        onClick={() => select(at)}
        onPointerEnter={() => (hovered.value = at)}
        onPointerLeave={() => (hovered.value = NONE)}
      >
        <span class="when">{timeText(events.time[at]!)}</span>
        <span class="to">{from === to ? `↻ ${to}` : to}</span>
        <span class="trigger">{triggerText(model, at)}</span>
      </button>
    </li>
  );
}
