/**
 * The time-sequence graph of one direction: sequence numbers over time, as the sender saw them. Its time is the shared
 * stretch that views with a time axis show; its sequence numbers are those in use then, until some are chosen.
 */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Canvas } from '../../draw/canvas.tsx';
import type { Draw } from '../../draw/pen.ts';
import type { Conversation } from '../../model/conversations.ts';
import { cursor, hovered, hoveredTime, selection } from '../../state/cursor.ts';
import { chosenEnd, conversation, end } from '../../state/focus.ts';
import type { Run } from '../../state/run.ts';
import { chosenSpan } from '../../state/span.ts';
import { Legend, type LegendItem } from '../../ui/legend.tsx';
import { useSize } from '../../ui/useSize.ts';
import { Check } from '../ladder/toolbar.tsx';
import type { ViewProps } from '../view.ts';
import { drawNow } from './drawNow.ts';
import { drawSequence, hueOf } from './drawSequence.ts';
import { CLOSER, Gestures, type Rectangle } from './gestures.ts';
import { type Plane, planeOf } from './plane.ts';
import { foundOfRow, type Standing, standingAt } from './pointAt.ts';
import { pointingAt } from './pointing.tsx';
import { type Range, usedRange, usedTime } from './ranges.ts';
import { type Sequence, type Side, sequenceOf } from './sequence.ts';

export function TimeSequenceView(props: ViewProps): JSX.Element {
  const { run, height } = props;
  const shown = conversation.value;
  // The end that is looked at sends, if the trace has it; the other one if it was chosen here
  const other = useSignal(false);
  const options: Options = { stevens: useSignal(false), window: useSignal(false), other };
  const own: Side = shown?.b !== undefined && end.value === shown.b ? 'b' : 'a';
  const side = shown?.b === undefined && other.value ? 'b' : own;
  const sequence = useMemo(
    () => (shown === undefined ? undefined : sequenceOf(run.model, shown, side)),
    [run.model, run.model.length, shown, shown?.b, side],
  );
  if (shown === undefined || sequence === undefined) return <p class="quiet">No connection in this run.</p>;
  return (
    <div class="sequence" style={{ height: `${height}px` }}>
      <Graph
        key={`${run.id} ${shown.id} ${side}`}
        {...props}
        {...{ conversation: shown, side, sequence, options }}
      />
    </div>
  );
}

interface Options {
  readonly stevens: Signal<boolean>;
  /** All of the window, however high it is. */
  readonly window: Signal<boolean>;
  /** The peer sends, of which the trace has no end. */
  readonly other: Signal<boolean>;
}

interface GraphProps extends ViewProps {
  readonly conversation: Conversation;
  readonly side: Side;
  readonly sequence: Sequence;
  readonly options: Options;
}

function Graph({
  run,
  width,
  compact,
  onPicture,
  side,
  sequence,
  options,
  ...rest
}: GraphProps): JSX.Element {
  const range = useSignal<Range | undefined>(undefined);
  const rectangle = useSignal<Rectangle | undefined>(undefined);
  const { model } = run;
  // What tools and legend leave
  const [middle, { height: tall }] = useSize<HTMLDivElement>();
  const used = useUsedRange(sequence);
  const planeNow = (): Plane => {
    const time = chosenSpan.value ?? usedTime(sequence, model.start, model.finish);
    return planeOf(width, tall, compact, time, range.value ?? used(time, options.window.value));
  };
  const latest = useRef(planeNow);
  latest.current = planeNow;
  const gestures = useMemo(() => {
    const parts = { plane: () => latest.current(), range, rectangle };
    return new Gestures({ ...parts, ...pointingAt(model, sequence, parts.plane) });
  }, [model, sequence]);
  useSignalEffect(() => {
    if (chosenSpan.value === undefined) range.value = undefined;
  });
  const draw: Draw = (pen, _size, colours) =>
    drawSequence(pen, colours, { sequence, plane: planeNow(), side, stevens: options.stevens.value });
  const drawMoment: Draw = (pen, _size, colours) => {
    const marked = [selection.value, hovered.value].map((row) => foundOfRow(model, sequence, row));
    drawNow(pen, colours, {
      ...{ sequence, plane: planeNow(), t: cursor.value.t, hoveredTime: hoveredTime.value },
      ...{ marked, rectangle: rectangle.value },
    });
  };
  useEffect(() => {
    const both: Draw = (...args) => {
      draw(...args);
      drawMoment(...args);
    };
    onPicture(() => ({ kind: 'drawing', draw: both, size: { width, height: tall } }));
  });
  return (
    <>
      {!compact && <Tools run={run} side={side} options={options} gestures={gestures} {...rest} />}
      <div class="middle" ref={middle}>
        <Surface gestures={gestures} height={tall}>
          <Canvas
            width={width}
            height={tall}
            draw={draw}
            label={`Sequence numbers over time: ${sequence.sentTime.length} segments`}
          />
          <Canvas
            width={width}
            height={tall}
            draw={drawMoment}
            label="The moment"
            onPointer={gestures.pointer}
          />
        </Surface>
      </div>
      {!compact && <MomentLegend sequence={sequence} side={side} />}
    </>
  );
}

/** `usedRange`, which looks at all that is seen, once for each stretch of time. */
function useUsedRange(sequence: Sequence): (time: Range, whole: boolean) => Range {
  return useMemo(() => {
    let known: { readonly time: Range; readonly whole: boolean; readonly range: Range } | undefined;
    return (time, whole) => {
      const same = known?.time[0] === time[0] && known.time[1] === time[1] && known.whole === whole;
      if (!same || known === undefined) known = { time, whole, range: usedRange(sequence, time, whole) };
      return known.range;
    };
  }, [sequence]);
}

/** What wheel, keys and double clicks are heard on. */
function Surface({
  gestures,
  height,
  children,
}: {
  gestures: Gestures;
  height: number;
  children: JSX.Element[];
}): JSX.Element {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const surface = element.current!;
    const { wheel, press, reset } = gestures;
    surface.addEventListener('wheel', wheel, { passive: false });
    surface.addEventListener('keydown', press);
    surface.addEventListener('dblclick', reset);
    return () => {
      surface.removeEventListener('wheel', wheel);
      surface.removeEventListener('keydown', press);
      surface.removeEventListener('dblclick', reset);
    };
  }, [gestures]);
  return (
    <section
      class="sheet surface"
      ref={element}
      style={{ height: `${height}px` }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys zoom and move it
      tabIndex={0}
      aria-label="Graph; plus and minus zoom, up, down, page up and page down move, 0 shows all"
    >
      {children}
    </section>
  );
}

interface ToolsProps {
  readonly run: Run;
  readonly conversation: Conversation;
  readonly side: Side;
  readonly options: Options;
  readonly gestures: Gestures;
}

function Tools({ conversation: { a, b }, side, options, gestures }: ToolsProps): JSX.Element {
  const names = { a: a.end, b: b?.end ?? (a.remote || 'peer') };
  const choose = (chosen: Side): void => {
    options.other.value = chosen === 'b';
    if (b !== undefined) chosenEnd.value = names[chosen];
  };
  return (
    <div class="tools" role="toolbar" aria-label="Time-sequence graph">
      <fieldset class="segmented">
        <legend class="hidden">Direction</legend>
        {(['a', 'b'] as const).map((each) => (
          <label key={each}>
            <input type="radio" name="direction" checked={side === each} onChange={() => choose(each)} />
            <span>
              {names[each]} → {names[each === 'a' ? 'b' : 'a']}
            </span>
          </label>
        ))}
      </fieldset>
      <Check label="Stevens" on={options.stevens.value} set={(on) => (options.stevens.value = on)} />
      <Check label="whole window" on={options.window.value} set={(on) => (options.window.value = on)} />
      <span class="spring" />
      <button
        type="button"
        aria-label="Zoom out"
        title="Zoom out (-)"
        onClick={() => gestures.zoomAroundNow(1 / CLOSER)}
      >
        −
      </button>
      <button
        type="button"
        aria-label="Zoom in"
        title="Zoom in (+, wheel, or drag a rectangle)"
        onClick={() => gestures.zoomAroundNow(CLOSER)}
      >
        +
      </button>
      <button type="button" title="Show all (double click)" onClick={gestures.reset}>
        Fit
      </button>
    </div>
  );
}

/** The legend with the values of the moment. */
function MomentLegend({ sequence, side }: { readonly sequence: Sequence; readonly side: Side }): JSX.Element {
  const standing = standingAt(sequence, cursor.value.t);
  return <Legend items={legendItems(standing, side)} />;
}

function legendItems({ sent, ack, edge }: Standing, side: Side): LegendItem[] {
  const value = (number: number | undefined): { value: string } => ({ value: number?.toString() ?? '–' });
  const heard = hueOf(side === 'a' ? 'b' : 'a');
  return [
    { label: 'segment', colour: hueOf(side), shape: 'bar', ...value(sent) },
    { label: 'acknowledged', colour: heard, shape: 'line', ...value(ack) },
    { label: "window's edge", colour: 'window', shape: 'dashes', ...value(edge) },
    { label: 'sent again: R timer, r fast', colour: 'resent', shape: 'bar' },
    { label: 'lost', colour: 'lost', shape: 'cross' },
    { label: 'corrupted', colour: 'corrupted', shape: 'flash' },
    { label: 'SACK', colour: 'sack', shape: 'upright' },
    { label: 'duplicate ACK', colour: heard, shape: 'tick' },
    { label: 'S SYN, F FIN', colour: 'control', shape: 'bar' },
  ];
}
