/**
 * When each segment of a connection left its sender and reached its receiver. A capture knows one of the two at best:
 * the other is estimated, from how long answers take, unless both ends were captured. Which end decided what is left to
 * `inferredEnd.ts`.
 */
import { type CapturedConnection, CLIENT, otherSide, type Passed, SERVER, type Side } from './connections.ts';
import { type Distances, distancesOf } from './distance.ts';
import { pairUp } from './pairing.ts';
import type { CapturedSegment } from './read.ts';

/** Where a capture was made. */
export type CapturedAt = 'client' | 'server' | 'between' | 'both' | 'unknown';

/** One way of a segment from end to end. */
export interface Passage {
  readonly side: Side;
  /** As it was sent, or as it was captured */
  readonly packet: CapturedSegment;
  /** us since 1970 */
  readonly sent: number;
  readonly arrivals: readonly Arrival[];
  /** Known not to have arrived: both ends were captured, and what was sent later came. */
  readonly lost: boolean;
  /** Nothing is known of the segment as it was sent. */
  readonly damaged: boolean;
}

export interface Arrival {
  readonly t: number;
  readonly packet: CapturedSegment;
  readonly damaged: boolean;
}

export interface Passages {
  readonly all: readonly Passage[];
  readonly capturedAt: CapturedAt;
  /** us from each end to where it was captured: estimated; 0 where that is at the end itself. */
  readonly distances: readonly [number, number];
  /** Segments that were seen at another place as well: left out. */
  readonly repeated: number;
}

/** How all segments of a connection went. */
export function passagesOf(connection: CapturedConnection): Passages {
  const places = placesOf(connection.passed);
  const both = bothEnds(places);
  if (both === undefined) return fromOnePoint(connection.passed, places, true);
  return pairUp(connection.passed, both) ?? fromOnePoint(connection.passed, places, false);
}

/** What one point has seen: by side, and by which way it went where that is known. */
interface Place {
  readonly point: number;
  readonly seen: [number, number];
  /** Segments whose direction says that the point is at this side. */
  readonly signs: [number, number];
}

function placesOf(passed: readonly Passed[]): Place[] {
  const places = new Map<number, Place>();
  for (const { packet, side, damaged } of passed) {
    if (damaged) continue;
    const { point, direction } = packet;
    const place = places.get(point) ?? { point, seen: [0, 0], signs: [0, 0] };
    places.set(point, place);
    place.seen[side] += 1;
    if (direction !== undefined) place.signs[direction === 'outbound' ? side : otherSide(side)] += 1;
  }
  return [...places.values()];
}

/** The points at the client and at the server, undefined unless there are both. */
function bothEnds(places: readonly Place[]): readonly [number, number] | undefined {
  const client = atSide(places, CLIENT);
  const server = atSide(places, SERVER);
  return client && server && [client.point, server.point];
}

/** The point at this side, the one that has seen the most if there are several. */
function atSide(places: readonly Place[], side: Side): Place | undefined {
  const there = places.filter((place) => sideOf(place) === side);
  return most(there, ({ signs }) => signs[side]);
}

/** The share of signs against it that a point may have: on loopback all goes in, or all out. */
const CONTRARY = 0.1;

/** The side that the directions of its packets say a point is at; undefined when they say nothing, or two things. */
function sideOf({ signs }: Place): Side | undefined {
  const side = signs[CLIENT] >= signs[SERVER] ? CLIENT : SERVER;
  return signs[side] > 0 && signs[otherSide(side)] <= signs[side] * CONTRARY ? side : undefined;
}

function most(places: readonly Place[], count: (place: Place) => number): Place | undefined {
  let best: Place | undefined;
  for (const place of places) if (best === undefined || count(place) > count(best)) best = place;
  return best;
}

/** Each side's segments from the point that has seen the most of them; `directed`: directions tell the end it is at. */
function fromOnePoint(passed: readonly Passed[], places: readonly Place[], directed: boolean): Passages {
  const chosen = [CLIENT, SERVER].map((side) => most(places, ({ seen }) => seen[side as Side]));
  const [client, server] = chosen;
  const kept = passed.filter(({ packet, side }) => packet.point === chosen[side]?.point);
  const place = client === server ? client : undefined;
  const estimate = distancesOf(kept, directed ? place && sideOf(place) : undefined);
  const { distances } = estimate;
  const all = kept.map((each) => passageOf(each, distances));
  return { all, capturedAt: estimate.capturedAt, distances, repeated: passed.length - kept.length };
}

function passageOf({ packet, side, damaged }: Passed, distances: Distances['distances']): Passage {
  const arrival = { t: packet.t + distances[otherSide(side)], packet, damaged };
  return { side, packet, sent: packet.t - distances[side], arrivals: [arrival], lost: false, damaged };
}
