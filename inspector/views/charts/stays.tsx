/** When a chart was in a state: each stay, how long it was, and how long they were together. */
import type { JSX } from 'preact';
import { timeText } from '../../model/label.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import { select } from '../../state/cursor.ts';
import { isWithin } from './edges.ts';

/** From one time to another, us; the last stay ends with the run. */
interface Stay {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/** The stays of a track in a state or one within it. */
export function staysIn({ tracks, events, words, finish }: TraceModel, track: number, path: string): Stay[] {
  const stays: Stay[] = [];
  let since: { row: number; from: number } | undefined;
  const rows = tracks.transitions(track);
  for (let i = 0; i < rows.length; i++) {
    const row = rows.at(i);
    const t = events.time[row]!;
    const [from, to] = [words.text(events.a[row]!), words.text(events.d[row]!)];
    if (i === 0 && isWithin(from, path)) since = { row: tracks.firstRow.at(track), from: t };
    const within = isWithin(to, path);
    if (within) since ??= { row, from: t };
    else if (since !== undefined) {
      stays.push({ ...since, to: t });
      since = undefined;
    }
  }
  if (since !== undefined) stays.push({ ...since, to: finish });
  return stays;
}

export interface StaysProps {
  readonly model: TraceModel;
  readonly track: number;
  readonly path: string;
  readonly row: number;
  readonly onClose: () => void;
}

/** Stays that are listed. */
const LISTED = 100;

export function Stays({ model, track, path, row, onClose }: StaysProps): JSX.Element {
  const stays = staysIn(model, track, path);
  const total = stays.reduce((sum, { from, to }) => sum + to - from, 0);
  const t = model.events.time[row] ?? 0;
  return (
    <section class="stays" aria-label={`When ${path} was active`}>
      <header>
        <h3>{path}</h3>
        <button type="button" class="icon" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      <p class="quiet">
        {stays.length === 0
          ? 'Never active in this run.'
          : `${stays.length === 1 ? 'Once' : `${stays.length} times`}, ${timeText(total)} in all`}
      </p>
      <ol>
        {stays.slice(0, LISTED).map((stay) => (
          <li key={stay.row} class={stay.from <= t && t < stay.to ? 'current' : ''}>
            <button type="button" onClick={() => select(stay.row)}>
              <span class="when">{timeText(stay.from)}</span>
              <span>for {timeText(stay.to - stay.from)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
