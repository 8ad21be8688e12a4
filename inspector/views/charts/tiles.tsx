/** The charts that are not drawn large, each with its state: both ends side by side, or one below the other. */
import type { JSX } from 'preact';
import { CHARTS } from '../../geometry/charts.ts';
import type { ConnectionRef, Conversation } from '../../model/conversations.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { enlarge } from '../../state/panels.ts';
import { ChartSvg } from './chartSvg.tsx';
import { takenAt } from './edges.ts';
import { begunAt, chosenSlot, type Slot, sharedSlots, slotsOf, stateOf, trackOf } from './slots.ts';

export interface TilesProps {
  readonly model: TraceModel;
  readonly row: number;
  readonly conversation: Conversation | undefined;
  /** Key of the slot that is drawn large; empty for none. */
  readonly large: string;
  /** There is room for one column only. */
  readonly slim?: boolean;
}

export function Tiles({ model, row, conversation, large, slim = false }: TilesProps): JSX.Element {
  const columns = [conversation?.a, conversation?.b].filter((ref) => ref !== undefined);
  const slots = columns.map((ref) => slotsOf(model, ref));
  const names = Object.keys(CHARTS).filter((name) =>
    slots.some((list) => list.some(({ chart }) => chart === name)),
  );
  const shared = sharedSlots(model);
  const tile = (name: string, i: number): JSX.Element => {
    const slot = slots[i]!.find(({ chart }) => chart === name);
    const key = `${name} ${columns[i]!.end}`;
    if (slot === undefined) return <span key={key} class="tile none" />;
    return <Tile key={key} model={model} row={row} slot={slot} large={large} />;
  };
  const title = ({ end }: ConnectionRef): JSX.Element => <h3 key={end}>{end}</h3>;
  return (
    <div class="tiles" style={{ '--columns': slim ? 1 : columns.length }}>
      {slim
        ? columns.map((ref, i) => [title(ref), ...slots[i]!.map(({ chart }) => tile(chart, i))])
        : [columns.map(title), names.map((name) => columns.map((_, i) => tile(name, i)))]}
      {shared.length > 0 && <h3 class="wide">link</h3>}
      {shared.map((slot) => (
        <Tile key={slot.key} model={model} row={row} slot={slot} large={large} />
      ))}
    </div>
  );
}

interface TileProps {
  readonly model: TraceModel;
  readonly row: number;
  readonly slot: Slot;
  readonly large: string;
}

function Tile({ model, row, slot, large }: TileProps): JSX.Element {
  const { tracks } = model;
  const track = trackOf(model, slot, row);
  const begun = begunAt(model, track, row);
  const state = stateOf(model, track, row);
  const last = begun ? tracks.lastTransition(track, row) : NONE;
  const alive =
    slot.instance === undefined && slot.group.tracks.length > 1
      ? tracks.aliveAt(slot.group, row).length
      : undefined;
  const direction =
    slot.instance === undefined ? '' : slot.instance === 0 ? ' →' : slot.instance === 1 ? ' ←' : '';
  return (
    <button
      type="button"
      class={slot.key === large ? 'tile large' : 'tile'}
      aria-pressed={slot.key === large}
      onClick={() => {
        chosenSlot.value = slot.key;
        enlarge('charts');
      }}
    >
      <ChartSvg
        name={slot.chart}
        chart={CHARTS[slot.chart]!}
        active={begun ? state : ''}
        taken={last === NONE ? undefined : takenAt(model, last)}
        now={last === row}
        mini
      />
      <span class="chart-name">
        {slot.chart}
        {direction}
        {alive !== undefined && <em title="outstanding">×{alive}</em>}
      </span>
      <span class={begun ? 'state-name' : 'state-name idle'}>{state || '–'}</span>
    </button>
  );
}
