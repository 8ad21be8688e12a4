/**
 * How far the place of a capture is from either end, estimated: half of the shortest time in which that end ever
 * answered a segment that passed. So nobody answers in the picture what has not reached him yet, and the handshake alone
 * (SYN to SYN,ACK against SYN,ACK to ACK) tells which end the capture was made at.
 */
import { gt, leq, type Seq, seq } from '../tcp/seq.ts';
import { CLIENT, otherSide, type Passed, SERVER, type Side } from './connections.ts';

export interface Distances {
  readonly capturedAt: 'client' | 'server' | 'between' | 'unknown';
  /** us to each end */
  readonly distances: readonly [number, number];
}

/** An end that is nearer than the other by this factor is where the capture was made. */
const MUCH_NEARER = 8;

/** Estimates both; `place` is the end at which the capture is known to have been made. */
export function distancesOf(passed: readonly Passed[], place: Side | undefined): Distances {
  const shortest: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const waiting = [new Unanswered(), new Unanswered()] as const;
  for (const { packet, side, damaged } of passed) {
    if (damaged) continue;
    const { seq: first, ack, flags, length } = packet.segment;
    if (flags.includes('.')) {
      const answer = packet.t - waiting[otherSide(side)].answered(seq(ack));
      if (answer >= 0) shortest[side] = Math.min(shortest[side], answer);
    }
    const taken = length + (flags.includes('S') || flags.includes('F') ? 1 : 0);
    if (taken > 0) waiting[side].passed(seq(first + taken), packet.t);
  }
  return placed(shortest, place);
}

function placed(shortest: readonly [number, number], place: Side | undefined): Distances {
  const known = shortest.map(Number.isFinite);
  const distances = shortest.map((time, side) =>
    known[side] === true && side !== place ? Math.floor(time / 2) : 0,
  ) as [number, number];
  let at = place;
  if (at === undefined && known[CLIENT] && known[SERVER]) {
    if (distances[CLIENT] * MUCH_NEARER <= distances[SERVER]) at = CLIENT;
    else if (distances[SERVER] * MUCH_NEARER <= distances[CLIENT]) at = SERVER;
    else return { capturedAt: 'between', distances };
  }
  if (at === undefined) return { capturedAt: 'unknown', distances };
  distances[at] = 0;
  return { capturedAt: at === CLIENT ? 'client' : 'server', distances };
}

/** Segments of one side that have passed and were not acknowledged yet. */
class Unanswered {
  #ends: Seq[] = [];
  #times: number[] = [];
  #next = 0;
  #last: Seq | undefined;

  /** One that goes up to before `end` passes; what passed before tells nothing. */
  passed(end: Seq, t: number): void {
    if (this.#last !== undefined && !gt(end, this.#last)) return;
    this.#last = end;
    this.#ends.push(end);
    this.#times.push(t);
  }

  /** When the newest that `ack` acknowledges passed; Infinity when it acknowledges nothing new. */
  answered(ack: Seq): number {
    let time = Number.POSITIVE_INFINITY;
    while (this.#next < this.#ends.length && leq(this.#ends[this.#next]!, ack)) {
      time = this.#times[this.#next]!;
      this.#next += 1;
    }
    return time;
  }
}
