/**
 * Finds each segment of a connection at both of its ends, where both were captured: by what does not change on the way.
 * Equal ones arrive in the order in which they left.
 */
import { CLIENT, otherSide, type Passed, type Side } from './connections.ts';
import type { Arrival, Passage, Passages } from './passages.ts';
import type { CapturedSegment } from './read.ts';

/** Of what arrives at an end so many must have been seen at the other, or the two tell of different segments. */
const LEAST_MATCHED = 0.8;

/** Segments looked through, back from one that came damaged, for the one it was. */
const LOOKED_THROUGH = 256;

/** A passage while its arrivals are looked for. */
interface Leg {
  readonly side: Side;
  readonly packet: CapturedSegment;
  readonly arrivals: Arrival[];
  readonly damaged: boolean;
}

/** Joins what left one of the `points` with what came at the other; undefined when they do not fit each other. */
export function pairUp(passed: readonly Passed[], points: readonly [number, number]): Passages | undefined {
  const legs: Leg[] = [];
  const underWay = new UnderWay();
  for (const { packet, side, damaged } of passed) {
    if (packet.point !== points[side] || packet.direction === 'inbound') continue;
    const leg = { side, packet, arrivals: [], damaged };
    legs.push(leg);
    underWay.put(leg);
  }
  let [good, matched] = [0, 0];
  const strays: Passed[] = [];
  for (const each of passed) {
    const { packet, side, damaged } = each;
    if (packet.point !== points[otherSide(side)] || packet.direction === 'outbound') continue;
    if (!damaged) good += 1;
    const leg = underWay.take(each) ?? recognised(each, legs);
    if (leg === undefined) strays.push(each);
    else {
      leg.arrivals.push({ t: packet.t, packet, damaged });
      if (!damaged) matched += 1;
    }
  }
  if (matched < good * LEAST_MATCHED) return undefined;
  return inOneTime(legs, strays, passed.length);
}

/** What a damaged segment was: one that left before, has not come, and differs from it in one byte. */
function recognised({ packet, side, damaged }: Passed, legs: readonly Leg[]): Leg | undefined {
  if (!damaged) return undefined;
  const from = legsBefore(legs, packet.frame);
  for (let i = from - 1; i >= 0 && i >= from - LOOKED_THROUGH; i--) {
    const leg = legs[i]!;
    if (leg.side !== side || leg.arrivals.length > 0) continue;
    if (differInOne(leg.packet.bytes, packet.bytes)) return leg;
  }
  return undefined;
}

/** How many legs were captured before a frame. */
function legsBefore(legs: readonly Leg[], frame: number): number {
  let [low, high] = [0, legs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (legs[middle]!.packet.frame < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Do two packets differ in exactly one byte? */
function differInOne(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let differences = 0;
  for (let i = 0; i < a.length && differences < 2; i++) if (a[i] !== b[i]) differences += 1;
  return differences === 1;
}

/** Segments that left and are looked for. */
class UnderWay {
  /** Those that are alike, the oldest first; those before `next` have arrived. */
  readonly #alike = new Map<string, { readonly legs: Leg[]; next: number }>();

  put(leg: Leg): void {
    const key = keyOf(leg.side, leg.packet);
    const alike = this.#alike.get(key);
    if (alike === undefined) this.#alike.set(key, { legs: [leg], next: 0 });
    else alike.legs.push(leg);
  }

  /** The one that arrives; once all have, the last of them again: the network has doubled it. */
  take({ packet, side }: Passed): Leg | undefined {
    const alike = this.#alike.get(keyOf(side, packet));
    if (alike === undefined) return undefined;
    const { legs } = alike;
    while (alike.next < legs.length && legs[alike.next]!.arrivals.length > 0) alike.next += 1;
    return legs[Math.min(alike.next, legs.length - 1)];
  }
}

/** What a segment has at both ends alike; its TTL, options of IP and checksums may change between. */
function keyOf(side: Side, { segment, identification }: CapturedSegment): string {
  const { seq, ack, flags, window, length, options } = segment;
  const [value = 0, echo = 0] = options?.timestamps ?? [];
  return `${side} ${seq} ${ack} ${flags} ${window} ${length} ${value} ${echo} ${identification}`;
}

/** Sets the server's clock by the client's if by them segments arrive before they leave. */
function inOneTime(legs: readonly Leg[], strays: readonly Passed[], count: number): Passages | undefined {
  const [there, back] = shortestOf(legs);
  // By no clock: the two points are interfaces of one machine between the ends
  if (there + back < 0) return undefined;
  const skewed = there < 0 || back < 0;
  const ahead = skewed ? Math.floor((there - back) / 2) : 0;
  const delays = [there - ahead, back + ahead] as const;
  /** In the client's time: `t` at the end that `side` is. */
  const timeAt = (side: Side, t: number): number => (side === CLIENT ? t : t - ahead);
  const all = [
    ...legs.map((leg): Passage => {
      const arrivals = leg.arrivals.map((each) => ({ ...each, t: timeAt(otherSide(leg.side), each.t) }));
      return { ...leg, arrivals, sent: timeAt(leg.side, leg.packet.t), lost: false };
    }),
    ...strays.map(({ packet, side, damaged }): Passage => {
      const t = timeAt(otherSide(side), packet.t);
      return {
        side,
        packet,
        damaged,
        sent: t - delays[side],
        arrivals: [{ t, packet, damaged }],
        lost: false,
      };
    }),
  ];
  const repeated =
    count - legs.length - legs.reduce((sum, leg) => sum + leg.arrivals.length, 0) - strays.length;
  return { all: withLosses(all), capturedAt: 'both', distances: [0, 0], repeated };
}

/** The shortest time that a segment took from each side, by the clocks of both ends. */
function shortestOf(legs: readonly Leg[]): [number, number] {
  const shortest: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { side, packet, arrivals } of legs) {
    const [first] = arrivals;
    if (first !== undefined) shortest[side] = Math.min(shortest[side], first.t - packet.t);
  }
  return shortest.map((time) => (Number.isFinite(time) ? time : 0)) as [number, number];
}

/** Lost is what has not arrived though something that was sent later in its direction has. */
function withLosses(all: readonly Passage[]): Passage[] {
  const last: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { side, sent, arrivals } of all) {
    if (arrivals.length > 0) last[side] = Math.max(last[side], sent);
  }
  return all.map((each) => ({ ...each, lost: each.arrivals.length === 0 && each.sent < last[each.side] }));
}
