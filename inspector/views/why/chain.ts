/**
 * What led to an event and what came of it. Beside the causes that the trace names there is one more: a timer that runs
 * out follows from what started it.
 */
import { KINDS, kindId } from '../../model/draft.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';

/** A row in the chain, and how deep it stands under the event that is explained. */
export interface Link {
  readonly row: number;
  readonly depth: number;
}

export interface Chain {
  /** From the first that is shown to the one before the event. */
  readonly causes: readonly number[];
  /** Causes before those. */
  readonly earlier: boolean;
  readonly effects: readonly Link[];
  /** There are more effects. */
  readonly more: boolean;
}

/** Causes and effects that are shown, at the most. */
export interface Reach {
  readonly causes: number;
  readonly effects: number;
}

/** The chain around a row. Effects end at what a packet does at the other end. */
export function chainOf(model: TraceModel, row: number, reach: Reach): Chain {
  const causes: number[] = [];
  let at = causeOf(model, row);
  while (at !== NONE && causes.length < reach.causes) {
    causes.unshift(at);
    at = causeOf(model, at);
  }
  const effects: Link[] = [];
  const more = !collect(model, row, 1, effects, reach.effects);
  return { causes, earlier: at !== NONE, effects, more };
}

/** What brought a row about; of a timer that ran out what started it. */
export function causeOf(model: TraceModel, row: number): number {
  const started = startOf(model, row);
  return started === NONE ? model.events.causeOf(row) : started;
}

/** Row in which the timer was armed whose running out a row is; NONE for others. */
export function startOf(model: TraceModel, row: number): number {
  const { kind, a, b } = model.events;
  const { words, tracks } = model;
  const word = words.text(b[row]!);
  if (kind[row] !== kindId.fact || !word.startsWith('after.')) return NONE;
  const delay = word.slice('after.'.length);
  let found = NONE;
  for (const at of tracks.rows(tracks.trackOf(row))) {
    if (at >= row) break;
    const armed = kind[at] === kindId.timer && words.text(a[at]!) === 'armed';
    if (armed && words.text(b[at]!) === delay) found = at;
  }
  return found;
}

/** Adds what follows from a row, depth first; false when there was no room for all. */
function collect(model: TraceModel, row: number, depth: number, into: Link[], most: number): boolean {
  for (const effect of model.events.effectsOf(row)) {
    if (into.length >= most) return false;
    into.push({ row: effect, depth });
    const { kind } = model.events;
    // What the other end makes of a packet is that arrival's own story.
    const story = kind[effect] === kindId.receive && kind[row] === kindId.link;
    if (!story && !collect(model, effect, depth + 1, into, most)) return false;
  }
  return true;
}

/** The packet that a row is about, NONE for none. */
export function packetAt({ events }: TraceModel, row: number): number {
  const name = KINDS[events.kind[row]!];
  const about = name === 'send' || name === 'link' || name === 'receive' || name === 'discard';
  return about ? events.a[row]! - 1 : NONE;
}

/** A packet as it was at a row: its bytes then, and which bit the link had flipped by then (-1: none). */
export function packetBytes(model: TraceModel, row: number): { bytes: Uint8Array; flipped: number } {
  const { events, packets, words } = model;
  const packet = packetAt(model, row);
  let flipped = -1;
  let arrival = events.kind[row] === kindId.receive ? row : NONE;
  for (let at = row; at !== NONE && events.a[at]! - 1 === packet; at = events.causeOf(at)) {
    if (events.kind[at] === kindId.receive && arrival === NONE) arrival = at;
    if (events.kind[at] === kindId.link && words.text(events.b[at]!) === 'corrupted') flipped = events.x[at]!;
    if (events.kind[at] === kindId.send) break;
  }
  if (arrival !== NONE) return { bytes: model.packets.arrival(arrival).bytes, flipped };
  const bytes = packets.bytesOf(packet);
  const index = flipped >>> 3;
  if (flipped >= 0 && index < bytes.length) {
    const copy = bytes.slice();
    copy[index]! ^= 0x80 >>> (flipped & 7);
    return { bytes: copy, flipped };
  }
  return { bytes, flipped };
}
