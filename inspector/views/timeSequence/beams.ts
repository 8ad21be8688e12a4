/** The beams of a time-sequence graph: segments in one column of pixels that follow each other are one. */
import type { Plane } from './plane.ts';
import { placesIn } from './ranges.ts';
import type { Sequence } from './sequence.ts';

/** Columns, px; how many segments each stands for. */
export interface Beams {
  readonly x: number[];
  readonly bottom: number[];
  readonly top: number[];
  readonly segments: number[];
}

/** The beams in sight of the segments whose traits are wanted. */
export function beamsIn(sequence: Sequence, plane: Plane, wanted: (traits: number) => boolean): Beams {
  const { sentTime, sentFrom, sentTo, sentTraits } = sequence;
  const [first, last] = placesIn(sentTime, [plane.time.from, plane.time.to]);
  const beams: Beams = { x: [], bottom: [], top: [], segments: [] };
  let [x, from, to, segments] = [Number.NaN, 0, 0, 0];
  for (let i = first; i < last; i++) {
    if (!wanted(sentTraits.at(i))) continue;
    const column = Math.round(plane.time.x(sentTime.at(i)));
    if (column === x && sentFrom.at(i) === to) {
      to = sentTo.at(i);
      segments += 1;
      continue;
    }
    put(beams, plane, x, from, to, segments);
    [x, from, to, segments] = [column, sentFrom.at(i), sentTo.at(i), 1];
  }
  put(beams, plane, x, from, to, segments);
  return beams;
}

function put(beams: Beams, plane: Plane, x: number, from: number, to: number, segments: number): void {
  const [bottom, top] = [plane.y(from), plane.y(to)];
  if (segments === 0 || bottom < plane.top || top > plane.bottom) return;
  beams.x.push(x);
  beams.bottom.push(bottom);
  beams.top.push(top);
  beams.segments.push(segments);
}
