/** The run from start to end: how much happened when, what a person looks for, and the moment, which can be dragged. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Canvas } from '../draw/canvas.tsx';
import { foldedScale } from '../draw/foldedScale.ts';
import type { TimeScale } from '../draw/timeScale.ts';
import { labelOf, timeText } from '../model/label.ts';
import { quietIn } from '../model/quiet.ts';
import type { TraceModel } from '../model/traceModel.ts';
import { cursor, hoveredTime, moveToTime } from '../state/cursor.ts';
import { playing } from '../state/play.ts';
import type { Run } from '../state/run.ts';
import { chosenSpan, showSpan } from '../state/span.ts';
import { Controls } from './controls.tsx';
import { Legend } from './legend.tsx';
import { drawTimeline, TIMELINE_LEGEND } from './timelineDrawing.ts';
import { hideTip, showTip } from './tooltip.tsx';
import { useSize } from './useSize.ts';

const PAD = 10;
const HEIGHT = 74;

export function Timeline({ run }: { run: Run }): JSX.Element {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const { model } = run;
  const scale = useMemo(() => {
    const finish = Math.max(model.finish, model.start + 1);
    return foldedScale(quietIn(model.events), model.start, finish, PAD, Math.max(1, width - 2 * PAD));
  }, [run, width, model.length]);
  const draw = useMemo(() => drawTimeline(run, scale), [run, scale]);
  return (
    <footer class="bottom">
      <Controls />
      <div class="track" ref={ref}>
        <Canvas width={width} height={HEIGHT} draw={draw} label="What happened when" />
        <Scrubber run={run} scale={scale} />
      </div>
      <Legend items={TIMELINE_LEGEND} />
    </footer>
  );
}

/** px at which a mark is meant, and how many of them are told. */
const NEAR = 4;
const TOLD = 5;

/** Tells what the marks at the pointer are. */
function tellMarks(model: TraceModel, scale: TimeScale, event: PointerEvent, still: boolean): void {
  const x = event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left;
  const { rows } = model.marks;
  const first = rows.countUpTo(model.events.rowAt(scale.t(x - NEAR)));
  const last = rows.countUpTo(model.events.rowAt(scale.t(x + NEAR)));
  if (first === last || !still) {
    hideTip();
    return;
  }
  const told = Array.from({ length: Math.min(TOLD, last - first) }, (_, i) => rows.at(first + i));
  showTip(
    event.clientX,
    event.clientY,
    <div class="part-tip">
      {told.map((row) => (
        <p key={row}>
          <b>{timeText(model.events.time[row]!)}</b> {model.words.text(model.events.end[row]!)}{' '}
          {labelOf(model, row)}
        </p>
      ))}
      {last - first > TOLD && <p class="quiet">and {last - first - TOLD} more</p>}
    </div>,
  );
}

/** The moment on the timeline. Dragging with Shift chooses what views with a time axis show. */
function Scrubber({ run, scale }: { run: Run; scale: TimeScale }): JSX.Element {
  const { t } = cursor.value;
  const shown = chosenSpan.value;
  let from: number | undefined;
  const drag = (event: PointerEvent): void => {
    const element = event.currentTarget as HTMLElement;
    const at = scale.t(event.clientX - element.getBoundingClientRect().left);
    hoveredTime.value = at;
    tellMarks(run.model, scale, event, (event.buttons & 1) === 0);
    if (event.type === 'pointerdown') {
      element.setPointerCapture(event.pointerId);
      from = event.shiftKey ? at : undefined;
    }
    if ((event.buttons & 1) === 0) return;
    playing.value = false;
    if (from === undefined) moveToTime(Math.round(at));
    else showSpan(Math.min(from, at), Math.max(from, at));
  };
  const hover = hoveredTime.value;
  return (
    <div
      class="scrubber"
      role="slider"
      tabIndex={0}
      aria-label="Moment"
      aria-valuemin={run.model.start}
      aria-valuemax={run.model.finish}
      aria-valuenow={t}
      aria-valuetext={timeText(t)}
      onPointerDown={drag}
      onPointerMove={drag}
      onPointerLeave={() => {
        hoveredTime.value = undefined;
        hideTip();
      }}
      onDblClick={() => (chosenSpan.value = undefined)}
    >
      {shown !== undefined && (
        <span
          class="span"
          style={{ left: `${scale.x(shown[0])}px`, width: `${scale.x(shown[1]) - scale.x(shown[0])}px` }}
        />
      )}
      {hover !== undefined && hover >= scale.from && hover <= scale.to && (
        <span class="hover" style={{ transform: `translateX(${scale.x(hover)}px)` }}>
          <em>{timeText(Math.round(hover))}</em>
        </span>
      )}
      <span class="now" style={{ transform: `translateX(${scale.x(t)}px)` }} />
    </div>
  );
}
