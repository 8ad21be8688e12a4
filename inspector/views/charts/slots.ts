/** Which charts a conversation has, and which instance of each is looked at. */
import { signal } from '@preact/signals';
import { CHARTS } from '../../geometry/charts.ts';
import type { ConnectionRef, Conversation } from '../../model/conversations.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import type { ChartGroup } from '../../model/tracks.ts';

/** A chart at an end; of the link, a chart of one direction. */
export interface Slot {
  readonly key: string;
  readonly end: string;
  readonly chart: string;
  readonly group: ChartGroup;
  /** Of the link: the only instance that is meant. */
  readonly instance: number | undefined;
}

/** Key of the slot that is drawn large; empty for the connection of the end that is looked at. */
export const chosenSlot = signal('');
/** Instance that was chosen of a chart of which there are many; undefined for the one that was told something last. */
export const chosenInstance = signal<number | undefined>(undefined);

/** Charts of one end, in the order of the product's list; those that were never told anything are left out. */
export function slotsOf(model: TraceModel, ref: ConnectionRef): Slot[] {
  return Object.keys(CHARTS).flatMap((chart) => {
    const group = model.tracks.group(ref.endId, ref.connection, model.words.find(chart) ?? NONE);
    return group === undefined
      ? []
      : [{ key: `${ref.end}:${ref.connection}:${chart}`, end: ref.end, chart, group, instance: undefined }];
  });
}

/** Charts of links and others that belong to no connection. */
export function sharedSlots(model: TraceModel): Slot[] {
  return model.tracks.groups.flatMap((group) => {
    const chart = model.words.text(group.chart);
    const end = model.words.text(group.end);
    if (group.connection !== 0 || CHARTS[chart] === undefined) return [];
    return Array.from({ length: Math.min(group.tracks.length, 4) }, (_, i): Slot => {
      const instance = model.tracks.instance.at(group.tracks.at(i));
      return { key: `${end}:0:${chart}:${instance}`, end, chart, group, instance };
    });
  });
}

/** All slots of a conversation; without one, those of no connection. */
export function allSlots(model: TraceModel, conversation: Conversation | undefined): Slot[] {
  return [conversation?.a, conversation?.b]
    .flatMap((ref) => (ref === undefined ? [] : slotsOf(model, ref)))
    .concat(sharedSlots(model));
}

/**
 * The track of a slot that is looked at, at `row`: the chosen instance, or the one alive that was told something last,
 * or the last there was. NONE when none has begun.
 */
export function trackOf(model: TraceModel, { group, instance }: Slot, row: number): number {
  const { tracks } = model;
  const wanted = instance ?? (group.tracks.length > 1 ? chosenInstance.value : undefined);
  if (wanted !== undefined) {
    const track = tracks.find(group.end, group.connection, group.chart, wanted);
    if (track !== NONE) return track;
  }
  if (group.tracks.length === 1) return group.tracks.at(0);
  const alive = tracks.aliveAt(group, row);
  let best = NONE;
  for (const track of alive)
    if (best === NONE || tracks.lastTransition(track, row) >= tracks.lastTransition(best, row)) best = track;
  return best === NONE ? tracks.latestBegun(group, row) : best;
}

/**
 * Is the chart of a track there at `row`? It is from the first thing that it was told; those of which a connection has one
 * are there as long as the connection's own chart.
 */
export function begunAt({ tracks, words }: TraceModel, track: number, row: number): boolean {
  if (track === NONE) return false;
  if (tracks.firstRow.at(track) <= row) return true;
  const { end, connection, tracks: all } = tracks.groups[tracks.groupOf.at(track)]!;
  if (connection === 0 || all.length > 1) return false;
  const own = tracks.group(end, connection, words.find('connection') ?? NONE)?.tracks.at(0);
  return own !== undefined && tracks.firstRow.at(own) <= row;
}

/** Path of the leaf that a track is in at `row`; where its chart begins when it never went anywhere; '' for NONE. */
export function stateOf({ tracks, words }: TraceModel, track: number, row: number): string {
  if (track === NONE) return '';
  const chart = words.text(tracks.groups[tracks.groupOf.at(track)]!.chart);
  return words.text(tracks.stateAt(track, row)) || (CHARTS[chart]?.initial ?? '');
}
