/** What pointing at a part of a chart tells: how long a state has been active, how often an arrow was taken. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ChartDrawing, DrawnEdge } from '../../geometry/drawing.ts';
import { timeText } from '../../model/label.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { hideTip, showTip } from '../../ui/tooltip.tsx';
import { takenAlong } from './edges.ts';
import { staysIn } from './stays.tsx';

/** A part of a drawn chart: the path of a state, or an arrow. */
export type Part = string | DrawnEdge;

/** The chart that is pointed at, and the moment. */
export interface Pointed {
  readonly model: TraceModel;
  readonly chart: ChartDrawing;
  /** NONE when it has not begun. */
  readonly track: number;
  /** Row of the moment. */
  readonly row: number;
  /** us */
  readonly t: number;
}

/** Listens for the pointer over parts of a chart. */
export function pointingAtParts(pointed: Pointed): (event: PointerEvent, part: Part) => void {
  return (event, part) => {
    if (event.type === 'pointerleave' || event.buttons !== 0) hideTip();
    else showTip(event.clientX, event.clientY, <PartTip {...pointed} part={part} />);
  };
}

function PartTip({ part, ...pointed }: Pointed & { part: Part }): JSX.Element {
  return typeof part === 'string' ? (
    <StateTip {...pointed} path={part} />
  ) : (
    <EdgeTip {...pointed} edge={part} />
  );
}

function StateTip({ model, track, t, path }: Pointed & { path: string }): JSX.Element {
  const stays = useMemo(
    () => (track === NONE ? [] : staysIn(model, track, path)),
    [model, model.length, track, path],
  );
  const past = stays.filter(({ from }) => from <= t);
  const last = past.at(-1);
  return (
    <div class="part-tip">
      <b>{path}</b>
      <p>{last === undefined ? 'not active so far' : stayText(last.from, last.to, t)}</p>
      {stays.length > 1 && (
        <p class="quiet">
          {past.length} of {stays.length} stays in this run
        </p>
      )}
    </div>
  );
}

function stayText(from: number, to: number, t: number): string {
  return t < to
    ? `active since ${timeText(from)}, for ${timeText(t - from)}`
    : `active from ${timeText(from)} to ${timeText(to)}, for ${timeText(to - from)}`;
}

function EdgeTip({ model, chart, track, row, edge }: Pointed & { edge: DrawnEdge }): JSX.Element {
  const rows = useMemo(() => takenAlong(model, chart, track, edge), [model, model.length, track, edge]);
  const past = rows.filter((at) => at <= row);
  const last = past.at(-1);
  const events = new Set(
    chart.transitions
      .filter(({ source, target }) => source === edge.source && target === edge.target)
      .map(({ event, guard, actions = [] }) => {
        const name = event.replace(/^after\./, 'after ');
        return `${name}${guard === undefined ? '' : ` [${guard}]`}${actions.length === 0 ? '' : ` / ${actions.join(', ')}`}`;
      }),
  );
  return (
    <div class="part-tip">
      <b>
        {edge.source} → {edge.target}
      </b>
      {[...events].map((each) => (
        <code key={each}>{each}</code>
      ))}
      <p>
        {last === undefined
          ? 'not taken so far'
          : `taken ${times(past.length)}, last at ${timeText(model.events.time[last]!)}`}
      </p>
      {rows.length > past.length && <p class="quiet">{times(rows.length)} in this run</p>}
    </div>
  );
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
