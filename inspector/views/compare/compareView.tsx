/** Two runs beside each other: as it was, and what if. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Canvas } from '../../draw/canvas.tsx';
import { packetText } from '../../model/flags.ts';
import { labelOf, timeText } from '../../model/label.ts';
import { NONE } from '../../model/traceModel.ts';
import { open } from '../../playground/state.ts';
import { type Comparison, comparing, comparison } from '../../playground/whatIf.ts';
import { select } from '../../state/cursor.ts';
import { chosenRun, putRun, type Run } from '../../state/run.ts';
import { Legend } from '../../ui/legend.tsx';
import { hideTip, showTip } from '../../ui/tooltip.tsx';
import type { ViewProps } from '../view.ts';
import { busyUntil, strokeAt } from './lanes.ts';
import { drawLanes, partingTime, placeLanes } from './lanesDrawing.ts';
import { useSpan } from './useSpan.ts';

export function CompareView(props: ViewProps): JSX.Element {
  const shown = comparison.value;
  if (shown !== undefined) return <Both key={shown.after.id} {...props} shown={shown} />;
  return (
    <div class="quiet">
      {comparing.value ? (
        'Both runs are being made…'
      ) : (
        <>
          <p>
            Choose a packet, and what could have happened to it, under “What if” in the playground: the run as
            it was and the run as it would have been are shown here, one above the other.
          </p>
          {!open.value && (
            <button type="button" onClick={() => (open.value = true)}>
              Open the playground’s panel
            </button>
          )}
        </>
      )}
    </div>
  );
}

const LEGEND = [
  { label: 'client to server', colour: 'data', shape: 'line' },
  { label: 'server to client', colour: 'ack', shape: 'line' },
  { label: 'sent again', colour: 'resent', shape: 'dashes' },
  { label: 'lost', colour: 'lost', shape: 'cross' },
  { label: 'corrupted', colour: 'corrupted', shape: 'flash' },
  { label: 'answer', colour: 'taken', shape: 'diamond' },
] as const;

/** px */
const HEAD = 80;
const LEGEND_HEIGHT = 30;
const ROW = 22;
const LEAST_LANES = 170;

function Both({ width, height, compact, onPicture, shown }: ViewProps & { shown: Comparison }): JSX.Element {
  const table = compact ? 0 : (shown.figures.length + 1) * ROW + 6;
  const drawn = Math.max(LEAST_LANES, height - HEAD - (compact ? 0 : LEGEND_HEIGHT + table));
  const whole = useMemo(() => {
    const end = Math.max(busyUntil(shown.before.model), busyUntil(shown.after.model), 1);
    return [-end / 100, end * 1.02] as const;
  }, [shown]);
  const span = useSpan(whole, width);
  const placed = useMemo(
    () => placeLanes(shown, span.value, width, drawn),
    [shown, span.value[0], span.value[1], width, drawn],
  );
  const draw = useMemo(() => drawLanes(placed, shown), [placed]);
  useEffect(() => onPicture(() => ({ kind: 'drawing', draw, size: { width, height: drawn } })));
  return (
    <div class={compact ? 'compare compact' : 'compare'}>
      <Head shown={shown} onWhole={span.reset} onZoom={span.zoom} />
      <div ref={span.element} class="lanes">
        <Lanes placed={placed} draw={draw} shown={shown} width={width} height={drawn} />
      </div>
      {!compact && <Legend items={LEGEND} />}
      {!compact && <Table shown={shown} />}
    </div>
  );
}

interface LanesProps {
  readonly placed: ReturnType<typeof placeLanes>;
  readonly draw: ReturnType<typeof drawLanes>;
  readonly shown: Comparison;
  readonly width: number;
  readonly height: number;
}

function Lanes({ placed, draw, shown, width, height }: LanesProps): JSX.Element {
  const pressed = useSignal<readonly [number, number] | undefined>(undefined);
  const point = (event: PointerEvent, x: number, y: number): void => {
    const side = placed.lanes.findIndex(({ bottom }) => y < bottom + 12);
    const lane = placed.lanes[side];
    const stroke = lane === undefined ? undefined : strokeAt(lane.strokes, x, y, 7);
    if (event.type === 'pointerdown') pressed.value = [x, y];
    if (lane === undefined || stroke === undefined || event.type === 'pointerleave') {
      hideTip();
      return;
    }
    const { packets, events } = lane.model;
    const row = packets.row.at(stroke.packet);
    const fate = stroke.lost ? ', lost' : stroke.corrupted ? ', corrupted' : '';
    const text = `${packetText(lane.model, stroke.packet)}${fate}`;
    showTip(event.clientX, event.clientY, [lane.title, timeText(events.time[row]!), text].join(' · '));
    const still = pressed.value !== undefined && Math.hypot(x - pressed.value[0], y - pressed.value[1]) < 4;
    if (event.type === 'pointerup' && still) lookAt(side === 0 ? shown.before : shown.after, row);
  };
  const label = `Packets of both runs over time. ${summary(shown)}`;
  return <Canvas width={width} height={height} draw={draw} label={label} onPointer={point} />;
}

/** Shows one of the runs in all views, at an event. */
function lookAt(run: Run, row: number): void {
  putRun(run);
  chosenRun.value = run.id;
  select(Math.max(0, Math.min(row, run.model.length - 1)));
}

function summary(shown: Comparison): string {
  const t = partingTime(shown);
  if (t === undefined) return 'Both runs are the same.';
  return `They part after ${timeText(t)}.`;
}

interface HeadProps {
  readonly shown: Comparison;
  readonly onWhole: () => void;
  readonly onZoom: (factor: number) => void;
}

function Head({ shown, onWhole, onZoom }: HeadProps): JSX.Element {
  const { before, after, row, change, notes } = shown;
  return (
    <div class="head">
      <p>
        <b>What if {change}?</b> {summary(shown)} {row !== NONE && <FirstEvent shown={shown} />}
      </p>
      <div class="row">
        <button type="button" onClick={() => lookAt(before, row === NONE ? 0 : row)}>
          Look at “as it was”
        </button>
        <button type="button" onClick={() => lookAt(after, row === NONE ? 0 : row)}>
          Look at “what if”
        </button>
        <button type="button" class="icon" aria-label="Zoom in" onClick={() => onZoom(0.5)}>
          +
        </button>
        <button type="button" class="icon" aria-label="Zoom out" onClick={() => onZoom(2)}>
          −
        </button>
        <button type="button" class="icon" onClick={onWhole}>
          whole
        </button>
        <span class="quiet">{notes.join(' ')}</span>
      </div>
    </div>
  );
}

/** The first event that differs, in each run. */
function FirstEvent({ shown: { before, after, row } }: { shown: Comparison }): JSX.Element {
  const text = ({ model }: Run): string => (row < model.length ? labelOf(model, row) : 'it is over');
  return (
    <span class="quiet" title={text(after)}>
      First: {text(before)} — instead: {text(after)}
    </span>
  );
}

function Table({ shown }: { shown: Comparison }): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">
            <span class="hidden">Figure</span>
          </th>
          <th scope="col">As it was</th>
          <th scope="col">What if</th>
          <th scope="col">Difference</th>
        </tr>
      </thead>
      <tbody>
        {shown.figures.map(({ label, values, difference }) => (
          <tr key={label} class={difference === '' ? '' : 'differs'}>
            <th scope="row">{label}</th>
            <td>{values[0]}</td>
            <td>{values[1]}</td>
            <td>{difference === '' ? '=' : difference}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
