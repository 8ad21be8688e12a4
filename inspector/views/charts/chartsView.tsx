/**
 * The statecharts of both ends: one large, the others as tiles, with the history of the large one beside it. What is
 * lit is what the trace says at the moment; nothing is computed again.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { CHARTS } from '../../geometry/charts.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { cursor } from '../../state/cursor.ts';
import { conversation, end } from '../../state/focus.ts';
import type { ViewProps } from '../view.ts';
import { ChartSvg, FLAG } from './chartSvg.tsx';
import { pointingAtParts } from './chartTip.tsx';
import { declared, takenAt } from './edges.ts';
import { History } from './history.tsx';
import { allSlots, begunAt, chosenInstance, chosenSlot, type Slot, stateOf, trackOf } from './slots.ts';
import { Stays } from './stays.tsx';
import { Tiles } from './tiles.tsx';
import { useZoom } from './zoom.ts';

export function ChartsView({ run, width, height, compact, onPicture }: ViewProps): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    onPicture(() => {
      const element = root.current?.querySelector<SVGSVGElement>('svg.chart:not(.mini)');
      return element ? { kind: 'svg', element } : undefined;
    });
  }, [onPicture]);
  const shown = conversation.value;
  const { row } = cursor.value;
  const slots = allSlots(run.model, shown);
  const slot = slots.find(({ key }) => key === chosenSlot.value) ?? firstSlot(slots);
  if (slot === undefined)
    return (
      <p class="quiet">{shown === undefined ? 'No connection in this run.' : 'This trace has no charts.'}</p>
    );
  if (compact) return <Tiles model={run.model} row={row} conversation={shown} large="" />;
  const beside = width >= 560;
  const slim = beside && width < 760;
  const room = !beside ? ' narrow' : slim ? ' slim' : '';
  return (
    <div class={`charts${room}`} ref={root} style={{ height: `${height}px` }}>
      <Large key={slot.key} model={run.model} slot={slot} row={row} beside={beside} height={height}>
        {beside && <Tiles model={run.model} row={row} conversation={shown} large={slot.key} slim={slim} />}
      </Large>
    </div>
  );
}

/** The connection of the end that is looked at. */
function firstSlot(slots: readonly Slot[]): Slot | undefined {
  const own = slots.filter((slot) => slot.end === end.value?.end);
  return own.find(({ chart }) => chart === 'connection') ?? own[0] ?? slots[0];
}

/** A small chart is not drawn larger than so. */
const MOST = 1.35;

interface LargeProps {
  readonly model: TraceModel;
  readonly slot: Slot;
  readonly row: number;
  /** There is room beside the chart. */
  readonly beside: boolean;
  readonly height: number;
  readonly children: JSX.Element | false;
}

function Large({ model, slot, row, beside, height, children }: LargeProps): JSX.Element {
  const { tracks } = model;
  const chosenState = useSignal<string | undefined>(undefined);
  const chart = CHARTS[slot.chart]!;
  const [width, tall] = chart.size;
  const track = trackOf(model, slot, row);
  const begun = begunAt(model, track, row);
  const last = begun ? tracks.lastTransition(track, row) : NONE;
  const taken = last === NONE ? undefined : takenAt(model, last);
  const active = begun ? stateOf(model, track, row) : '';
  const lit = chart.states.find(({ path }) => path === (active || chart.initial))?.box;
  const inferred = model.header?.configuration.inferred === true;
  const zoom = useZoom([width, tall + FLAG], lit);
  return (
    <>
      <figure class="large" ref={zoom.attach} style={{ '--most': `${MOST * width}px` }}>
        <figcaption>
          <strong>{slot.chart}</strong> <span>{slot.end}</span>
          {inferred && <em title="Not recorded: concluded from the captured packets">inferred</em>}
          <Instances model={model} slot={slot} row={row} track={track} />
          {!zoom.whole && (
            <button type="button" onClick={zoom.fit}>
              Whole chart
            </button>
          )}
          {zoom.whole && zoom.small && (
            <button type="button" onClick={zoom.follow}>
              Closer
            </button>
          )}
        </figcaption>
        <ChartSvg
          name={`${slot.chart} of ${slot.end}`}
          chart={chart}
          active={active}
          taken={taken}
          now={last === row}
          mini={false}
          chosen={chosenState.value ?? ''}
          onState={(path) => (chosenState.value = chosenState.value === path ? undefined : path)}
          onPart={pointingAtParts({ model, chart, track, row, t: cursor.value.t })}
          viewBox={zoom.viewBox}
        />
        <p class="did" aria-live="polite">
          {taken === undefined ? (
            'No transition yet'
          ) : (
            <>
              <b>{taken.event.replace(/^after\./, 'after ')}</b>
              {taken.guard !== '' && <i> [{taken.guard}]</i>}
              {(declared(chart, taken)?.actions ?? []).map((action, i) => (
                <code key={action}>
                  {i === 0 ? ' / ' : ', '}
                  {action}
                </code>
              ))}
            </>
          )}
        </p>
      </figure>
      {beside && (
        <aside class="beside">
          {children}
          {chosenState.value !== undefined && track !== NONE ? (
            <Stays
              model={model}
              track={track}
              path={chosenState.value}
              row={row}
              onClose={() => (chosenState.value = undefined)}
            />
          ) : (
            <section class="past" aria-label={`Transitions of ${slot.chart}`}>
              <h3>Transitions</h3>
              {track !== NONE && <History model={model} track={track} row={row} height={height / 2 - 40} />}
            </section>
          )}
        </aside>
      )}
    </>
  );
}

interface InstancesProps {
  readonly model: TraceModel;
  readonly slot: Slot;
  readonly row: number;
  readonly track: number;
}

/** Which of many instances is looked at. */
function Instances({ model, slot, row, track }: InstancesProps): JSX.Element | null {
  if (slot.group.tracks.length < 2 || slot.instance !== undefined) return null;
  const { tracks } = model;
  const alive = tracks.aliveAt(slot.group, row);
  const listed = (alive.includes(track) || track === NONE ? alive : [track, ...alive]).slice(0, 200);
  const value = chosenInstance.value === undefined ? '' : String(chosenInstance.value);
  return (
    <label>
      <span class="hidden">Instance</span>
      <select
        value={value}
        onChange={({ currentTarget }) => {
          chosenInstance.value = currentTarget.value === '' ? undefined : Number(currentTarget.value);
        }}
      >
        <option value="">latest{track === NONE ? '' : ` (${tracks.instance.at(track)})`}</option>
        {listed.map((each) => (
          <option key={each} value={String(tracks.instance.at(each))}>
            {slot.chart} {tracks.instance.at(each)}: {model.words.text(tracks.stateAt(each, row))}
          </option>
        ))}
      </select>
    </label>
  );
}
