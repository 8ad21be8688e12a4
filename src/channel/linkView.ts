/**
 * What is on the wire, for people to look at: each packet under way in one direction, with the place it waits in and when
 * it will leave that. A forecast: packets that set out later may come before. How it is drawn is the caller's business.
 */
import type { LinkDirection } from './direction.ts';
import type { Flight } from './flight.ts';

/** One packet, or a copy of it. */
export interface PacketUnderWay {
  /** Number in the trace. */
  readonly id: number;
  /** 0 for the packet sent, 1 for its copy. */
  readonly copy: number;
  /** As it is by now. Only lent: good until the link goes on. */
  readonly bytes: Uint8Array;
  /** Where it is: in the queue for the rate, held up by a delay, or waiting for a tick. */
  readonly place: 'queue' | 'delay' | 'tick';
  /** When it leaves the queue, or else comes out of the link, us. */
  readonly due: number;
  /** On which tick from now on it comes out, 1 being the next; missing in a queue, and on a link without ticks. */
  readonly tick?: number;
}

interface Waiting {
  readonly flight: Flight;
  readonly place: 'delay' | 'tick';
  /** us */
  readonly ready: number;
}

/** All that is under way in a direction at `now` (us): first what is past the queue, in the order it will come out. */
export function packetsUnderWay(direction: LinkDirection, now: number): PacketUnderWay[] {
  const { slot } = direction.parts.config;
  const waiting = waitingIn(direction);
  const coming =
    slot === undefined
      ? waiting.map(({ flight, place, ready }) => view(flight, place, ready))
      : onTicks(waiting, slot.interval, slot.packets, now);
  return [...coming, ...queued(direction)];
}

function view(flight: Flight, place: PacketUnderWay['place'], due: number): PacketUnderWay {
  return { id: flight.id, copy: flight.copy, bytes: flight.bytes, place, due };
}

/** Those past the queue, in the order in which they will be ready. */
function waitingIn({ slotted, flights }: LinkDirection): Waiting[] {
  const delayed = flights
    .filter(({ timer }) => timer !== undefined && timer.at !== Number.POSITIVE_INFINITY)
    .sort(({ timer: x }, { timer: y }) => x!.at - y!.at || x!.order - y!.order);
  return [
    ...slotted.toArray().map((flight): Waiting => ({ flight, place: 'tick', ready: flight.ready })),
    ...delayed.map((flight): Waiting => ({ flight, place: 'delay', ready: flight.timer!.at })),
  ];
}

/** Each has the first tick after it is ready that has room. */
function onTicks(waiting: readonly Waiting[], interval: number, room: number, now: number): PacketUnderWay[] {
  const last = Math.floor(now / interval);
  let tick = last + 1;
  let taken = 0;
  return waiting.map(({ flight, place, ready }) => {
    const first = Math.max(tick, Math.floor(ready / interval) + 1);
    if (first > tick || taken === room) {
      tick = first > tick ? first : tick + 1;
      taken = 0;
    }
    taken += 1;
    return { ...view(flight, place, tick * interval), tick: tick - last };
  });
}

/** The head is being sent already; behind it they go one after the other. */
function queued({ queue, transmitter, parts }: LinkDirection): PacketUnderWay[] {
  const rate = parts.config.rate ?? 0;
  let due = transmitter.at;
  return queue.toArray().map((flight, i) => {
    if (i > 0) due += (flight.bytes.length * 8_000_000) / rate;
    return view(flight, 'queue', Math.ceil(due));
  });
}
