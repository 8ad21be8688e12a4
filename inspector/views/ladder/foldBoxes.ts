/** Where folds lie on the ladder. */
import type { FoldedTime } from './foldedTime.ts';
import type { Box } from './room.ts';
import { type Columns, HEAD } from './scene.ts';

/** No ladder is higher, px: there may be many folds elsewhere. */
const TALLEST = 5000;

/** The folds between the outer posts, px, when a place of time (`top`) is uppermost. */
export function foldBoxes(time: FoldedTime, { posts }: Columns, top: number): Box[] {
  const [left, right] = [posts[0]!, posts.at(-1)!];
  return time.folds
    .filter((fold) => fold.bottom > top && fold.top < top + TALLEST)
    .map((fold) => ({
      ...{ x: left, width: right - left },
      ...{ y: HEAD + fold.top - top, height: fold.bottom - fold.top },
    }));
}
