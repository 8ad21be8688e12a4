/**
 * What both ends have sent and not had acknowledged at the moment: each segment's chart, its age against its timer, how
 * often it was sent, and what the sender cannot know: where it really is.
 */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Canvas } from '../../draw/canvas.tsx';
import type { ConnectionRef } from '../../model/conversations.ts';
import { timeText } from '../../model/label.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { cursor, hovered, select, selection } from '../../state/cursor.ts';
import { ends } from '../../state/focus.ts';
import { Legend, type LegendItem } from '../../ui/legend.tsx';
import { hideTip, showTip } from '../../ui/tooltip.tsx';
import type { ViewProps } from '../view.ts';
import {
  BELIEFS,
  outstandingDrawing,
  STRIP,
  STRIP_BAR,
  segmentAt,
  stripDrawing,
} from './outstandingDrawing.ts';
import { type Manner, type Outstanding, outstandingAt, type Sent, shareOf } from './segments.ts';

/** Segments of an end that are listed. */
const SHOWN = 30;

const LEGEND: readonly LegendItem[] = [
  { label: 'in flight', colour: 'data', shape: 'box' },
  { label: 'SACKed', colour: 'sack', shape: 'diamond' },
  { label: 'given up for lost', colour: 'lost', shape: 'cross' },
  { label: 'timer', colour: 'taken', shape: 'line' },
  { label: "peer's window", colour: 'window', shape: 'dashes' },
];

const MANNERS: Readonly<Record<Manner, readonly [label: string, title: string]>> = {
  oldest: ['one timer: the oldest segment’s', 'RFC 6298 section 5: only one retransmission timer runs'],
  each: [
    'a timer for each segment',
    'Selective repeat as textbooks draw it: each segment has a timer of its own',
  ],
};

export function OutstandingView({ run, width, height, compact, onPicture }: ViewProps): JSX.Element {
  const { t, row } = cursor.value;
  const { model } = run;
  const both = ends.value.map((ref) => ({ ref, sent: outstandingAt(model, ref, row) }));
  useEffect(() => {
    const size = { width: Math.max(520, width), height: Math.max(200, height) };
    onPicture(() => ({ kind: 'drawing', size, draw: outstandingDrawing(both, t) }));
  });
  if (both.length === 0) return <p class="quiet">No connection in this run.</p>;
  if (both.every(({ sent }) => sent === undefined))
    return <p class="quiet">This trace has no charts of single segments.</p>;
  return (
    <div class={compact || width < 560 ? 'outstanding compact' : 'outstanding'}>
      <div class="ends">
        {both.map(({ ref, sent }) => (
          <End
            key={ref.end}
            model={model}
            from={ref}
            sent={sent}
            t={t}
            width={width}
            to={peerOf(both, ref)}
          />
        ))}
      </div>
      <Legend items={LEGEND} />
    </div>
  );
}

function peerOf(both: readonly { readonly ref: ConnectionRef }[], own: ConnectionRef): string {
  return both.find(({ ref }) => ref !== own)?.ref.end ?? own.remote;
}

interface EndProps {
  readonly model: TraceModel;
  readonly from: ConnectionRef;
  readonly to: string;
  readonly sent: Sent | undefined;
  readonly t: number;
  readonly width: number;
}

function End({ model, from, to, sent, t, width }: EndProps): JSX.Element {
  const segments = sent?.segments ?? [];
  const bytes = segments.reduce((sum, each) => sum + each.to - each.from, 0);
  const shown = segments.slice(0, SHOWN);
  return (
    <section aria-label={`Outstanding at ${from.end}`}>
      <header>
        <h3>
          {from.end} → {to}
        </h3>
        <span>
          {segments.length === 0
            ? 'nothing outstanding'
            : `${counted(segments.length, 'segment')}, ${counted(bytes, 'byte')}`}
        </span>
        {sent !== undefined && <em title={MANNERS[sent.manner][1]}>{MANNERS[sent.manner][0]}</em>}
      </header>
      {sent !== undefined && (
        <Canvas
          width={Math.max(1, width - 24)}
          height={STRIP}
          draw={stripDrawing(sent)}
          label={`Sequence numbers from ${sent.una} to ${sent.next}`}
          onPointer={pointingAtStrip(sent, Math.max(1, width - 24), t)}
        />
      )}
      {shown.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">sequence</th>
              <th scope="col">state</th>
              <th scope="col">sent</th>
              <th scope="col">timer</th>
              <th scope="col" title="What only the trace knows, not the sender">
                in truth
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((segment, i) => (
              // By place: a moment further on, the same rows are filled with what is outstanding then
              <Row key={i} model={model} segment={segment} manner={sent!.manner} t={t} />
            ))}
          </tbody>
        </table>
      )}
      {segments.length > SHOWN && <p class="quiet">and {segments.length - SHOWN} more</p>}
    </section>
  );
}

interface RowProps {
  readonly model: TraceModel;
  readonly segment: Outstanding;
  readonly manner: Manner;
  readonly t: number;
}

function Row({ model, segment, manner, t }: RowProps): JSX.Element {
  const { belief, timesSent, row, state } = segment;
  const { sign, text } = BELIEFS[belief] ?? BELIEFS.unsent;
  return (
    <tr
      class={selection.value === row ? 'chosen' : ''}
      onPointerEnter={() => (hovered.value = row)}
      onPointerLeave={() => (hovered.value = NONE)}
    >
      <th scope="row">
        <button
          type="button"
          title={`Event ${model.events.n[row]}: the last sending`}
          onClick={() => select(row)}
        >
          {segment.control !== '' && <b>{segment.control} </b>}
          {segment.from}–{segment.to}
        </button>
      </th>
      <td class={`belief-${belief}`} title={`chart segment ${segment.instance}: ${state}`}>
        <span aria-hidden="true">{sign}</span> {text}
        <small>{state.split('.')[0]}</small>
      </td>
      <td title={`first ${timeText(segment.firstSent)}, last ${timeText(segment.lastSent)}`}>
        {timesSent > 1 ? <b class="again">{timesSent}×</b> : '1×'}{' '}
        <small>{ago(t - segment.lastSent)} ago</small>
      </td>
      <td class="timer">
        <Timer segment={segment} manner={manner} t={t} />
      </td>
      <td class={`truth-${segment.truth.replaceAll(' ', '-')}`}>{segment.truth}</td>
    </tr>
  );
}

function Timer({ segment, manner, t }: Omit<RowProps, 'model'>): JSX.Element {
  const { timer, belief } = segment;
  if (timer === undefined) {
    const why =
      belief === 'sacked' ? 'none: the peer has it' : manner === 'oldest' ? 'the oldest’s counts' : 'none';
    return <span class="quiet">{why}</span>;
  }
  const whole = timer.deadline - timer.from;
  const passed = Math.min(whole, Math.max(0, t - timer.from));
  return (
    <>
      <span
        class="bar"
        role="progressbar"
        aria-label="Retransmission timer"
        aria-valuemin={0}
        aria-valuemax={whole}
        aria-valuenow={passed}
      >
        <i style={{ transform: `scaleX(${shareOf(timer, t)})` }} />
      </span>
      <small>
        {ago(passed)} of {ago(whole)}
      </small>
    </>
  );
}

/** A length of time to three digits or so, us. */
function ago(us: number): string {
  const step =
    us >= 10_000_000 ? 100_000 : us >= 1_000_000 ? 10_000 : us >= 10_000 ? 1000 : us >= 1000 ? 100 : 1;
  return timeText(Math.round(us / step) * step);
}

/** Pointing at the strip tells of a segment what its line does, a press chooses it. */
function pointingAtStrip(sent: Sent, width: number, t: number) {
  return (event: PointerEvent, x: number, y: number): void => {
    const leaves = event.type === 'pointerleave' || y > STRIP_BAR;
    const segment = leaves ? undefined : segmentAt(sent, width, x);
    hovered.value = segment?.row ?? NONE;
    if (event.type === 'pointerdown' && segment !== undefined) select(segment.row);
    if (segment === undefined) hideTip();
    else showTip(event.clientX, event.clientY, <SegmentLines segment={segment} t={t} />);
  };
}

function SegmentLines({ segment, t }: { readonly segment: Outstanding; readonly t: number }): JSX.Element {
  const { control, from, to, belief, truth, timesSent, lastSent, state, timer } = segment;
  return (
    <div class="part-tip">
      <b>
        {control} {from}–{to}
      </b>
      <p>
        {BELIEFS[belief].text}, in truth {truth}
      </p>
      <p>
        sent {timesSent === 1 ? 'once' : `${timesSent} times`}, {ago(t - lastSent)} ago
      </p>
      <p class="quiet">
        {state}
        {timer !== undefined && `, timer to ${timeText(timer.deadline)}`}
      </p>
    </div>
  );
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
