/** A link direction as plain data, and back: packets under way, generators, counters and timers, exactly as they were. */
import type { RandomSnapshot } from '../time/random.ts';
import type { Timer } from '../time/timers.ts';
import type { ConditionSnapshot } from './condition.ts';
import { type LinkDirection, STREAMS } from './direction.ts';
import type { Flight } from './flight.ts';
import { copyStatistics, type DirectionStatistics } from './statistics.ts';

export interface FlightSnapshot {
  readonly bytes: Uint8Array;
  readonly id: number;
  readonly order: number;
  readonly copy: number;
  readonly cause: number;
  readonly drop: boolean;
  readonly corrupt: boolean;
  readonly duplicate: boolean;
  /** us, by a fault */
  readonly delay: number;
  /** us, when it began to wait for a tick */
  readonly ready: number;
}

/** When a timer is due (us) and its place among equal deadlines. */
export interface Due {
  readonly at: number;
  readonly order: number;
}

export interface DirectionSnapshot {
  readonly statistics: DirectionStatistics;
  readonly order: number;
  readonly highest: number;
  readonly remainder: number;
  readonly freeAt: number;
  readonly queue: readonly FlightSnapshot[];
  readonly transmitter?: Due;
  readonly delayed: readonly (FlightSnapshot & { readonly due: Due })[];
  readonly slotted: readonly FlightSnapshot[];
  readonly tick?: Due;
  readonly faults: readonly number[];
  readonly streams: Readonly<Record<string, RandomSnapshot>>;
  readonly condition: ConditionSnapshot;
}

export function snapshotFlight(flight: Flight): FlightSnapshot {
  const { id, order, copy, cause, drop, corrupt, duplicate, delay, ready } = flight;
  return {
    bytes: new Uint8Array(flight.bytes),
    id,
    order,
    copy,
    cause,
    drop,
    corrupt,
    duplicate,
    delay,
    ready,
  };
}

/** A packet under way again, counted as such. */
export function restoreFlight(direction: LinkDirection, fields: FlightSnapshot): Flight {
  const flight = direction.take(fields.bytes);
  flight.id = fields.id;
  flight.order = fields.order;
  flight.copy = fields.copy;
  flight.cause = fields.cause;
  flight.drop = fields.drop;
  flight.corrupt = fields.corrupt;
  flight.duplicate = fields.duplicate;
  flight.delay = fields.delay;
  flight.ready = fields.ready;
  return flight;
}

function armed(timer: Timer | undefined): timer is Timer {
  return timer !== undefined && timer.at !== Number.POSITIVE_INFINITY;
}

function due(timer: Timer): Due {
  return { at: timer.at, order: timer.order };
}

export function snapshotDirection(direction: LinkDirection): DirectionSnapshot {
  const { parts, transmitter, tick } = direction;
  const delayed = direction.flights
    .filter((flight) => armed(flight.timer))
    .map((flight) => ({ ...snapshotFlight(flight), due: due(flight.timer!) }));
  return {
    statistics: copyStatistics(direction.statistics),
    order: direction.order,
    highest: direction.highest,
    remainder: direction.remainder,
    freeAt: direction.freeAt,
    queue: direction.queue.toArray().map(snapshotFlight),
    ...(armed(transmitter) ? { transmitter: due(transmitter) } : {}),
    delayed,
    slotted: direction.slotted.toArray().map(snapshotFlight),
    ...(armed(tick) ? { tick: due(tick) } : {}),
    faults: parts.faults.snapshot(),
    streams: Object.fromEntries(STREAMS.map((name) => [name, parts.streams[name].snapshot()])),
    condition: parts.condition.snapshot(),
  };
}

/** All but `inFlight`, which grows again as the packets under way are restored. */
function restoreStatistics(statistics: DirectionStatistics, snapshot: DirectionStatistics): void {
  const { lost, inFlight: _, ...counters } = snapshot;
  Object.assign(statistics, counters);
  Object.assign(statistics.lost, lost);
}

/** Fills a new direction of the same configuration. What has arrived at the link is the link's to restore. */
export function restoreDirection(direction: LinkDirection, snapshot: DirectionSnapshot): void {
  const { parts } = direction;
  restoreStatistics(direction.statistics, snapshot.statistics);
  direction.order = snapshot.order;
  direction.highest = snapshot.highest;
  direction.remainder = snapshot.remainder;
  direction.freeAt = snapshot.freeAt;
  for (const flight of snapshot.queue) direction.queue.push(restoreFlight(direction, flight));
  for (const flight of snapshot.slotted) direction.slotted.push(restoreFlight(direction, flight));
  for (const flight of snapshot.delayed) {
    const timer = direction.timerOf(restoreFlight(direction, flight));
    parts.timers.armAt(timer, flight.due.at, flight.due.order);
  }
  const { transmitter, tick } = snapshot;
  if (transmitter !== undefined) parts.timers.armAt(direction.transmitter, transmitter.at, transmitter.order);
  if (tick !== undefined) parts.timers.armAt(direction.tick, tick.at, tick.order);
  parts.faults.restore(snapshot.faults);
  for (const name of STREAMS) parts.streams[name].restore(snapshot.streams[name]!);
  parts.condition.restore(snapshot.condition);
}
