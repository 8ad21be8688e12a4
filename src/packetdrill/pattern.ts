/** The bytes that flow in a script, which names only lengths: each depends on its place in the stream alone. */

/** A prime, so that no shift by a power of two goes unnoticed. */
const PERIOD = 251;

/** `length` bytes from `position` (0: first data byte) on. */
export function patternAt(position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = ((position + i) >>> 0) % PERIOD;
  return bytes;
}

/** Are these the bytes of that place? */
export function isPattern(bytes: Uint8Array, position: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== ((position + i) >>> 0) % PERIOD) return false;
  return true;
}
