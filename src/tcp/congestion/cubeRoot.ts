/** The cube root that CUBIC needs: with integers, so that it is the same everywhere (Math.cbrt is not). */

/** The largest integer whose cube is at most `x`, for whole numbers from 0 to 2^53 - 1. */
export function cubeRoot(x: number): number {
  let root = 0;
  // 2^18 cubed is beyond all of them: a bit at a time, from 2^17 down
  for (let bit = 1 << 17; bit > 0; bit >>= 1) {
    const next = root + bit;
    if (next * next * next <= x) root = next;
  }
  return root;
}
