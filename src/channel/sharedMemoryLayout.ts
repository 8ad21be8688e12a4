/** Where in a shared memory what stands: the words of both rings, those of both sides, and the rings' data. */
import { LARGEST_RING, LINE, RING_WORDS, type RingPlace, SMALLEST_RING } from './sharedMemoryRing.ts';

/** What the threads share: to be passed as `workerData` or in a message. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

/** One of the two ends; each is to be open once. */
export type Side = 'a' | 'b';

/** What an end needs to know of the memory. */
export interface SharedPlaces {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The ring it writes, and the one it reads. */
  readonly out: RingPlace;
  readonly back: RingPlace;
  /** Where the words of its own side begin, and those of the other. */
  readonly side: number;
  readonly peer: number;
}

/** Says that the memory is one of ours: "SWm" and the layout's version. */
const MAGIC = 0x53576d01;
/** Bytes before the data of the rings. */
const HEADER = 1024;
/** Words of the header: those of the ring from a to b, of the ring back, and of the sides (two lines each). */
const RINGS = LINE;
const SIDES = RINGS + 2 * RING_WORDS;
const SIDE_WORDS = 2 * LINE;

const DEFAULT_RING = 1_048_576;

/**
 * Memory for one channel. `bytes`: room each way, at least what the largest packet needs, rounded up to a power of two;
 * 1 MiB unless given.
 * @throws {RangeError} when it is no whole number from 1 to 2^30
 */
export function createSharedMemory(options: { readonly bytes?: number } = {}): SharedMemory {
  const { bytes = DEFAULT_RING } = options;
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > LARGEST_RING) {
    throw new RangeError(`bytes must be a whole number from 1 to ${LARGEST_RING}, not ${bytes}`);
  }
  let capacity = SMALLEST_RING;
  while (capacity < bytes) capacity *= 2;
  const buffer = new SharedArrayBuffer(HEADER + 2 * capacity);
  const words = new Int32Array(buffer);
  words[1] = capacity;
  words[0] = MAGIC;
  return { buffer };
}

/**
 * The places that a side uses.
 * @throws {TypeError} when the memory is none of `createSharedMemory`
 */
export function placesOf({ buffer }: SharedMemory, side: Side): SharedPlaces {
  if (buffer instanceof SharedArrayBuffer && buffer.byteLength >= HEADER && buffer.byteLength % 4 === 0) {
    const words = new Int32Array(buffer);
    const capacity = (buffer.byteLength - HEADER) / 2;
    if (words[0] === MAGIC && words[1] === capacity) {
      const there = { words, control: RINGS, data: HEADER, capacity };
      const back = { words, control: RINGS + RING_WORDS, data: HEADER + capacity, capacity };
      return side === 'a'
        ? { words, out: there, back, side: SIDES, peer: SIDES + SIDE_WORDS }
        : { words, out: back, back: there, side: SIDES + SIDE_WORDS, peer: SIDES };
    }
  }
  throw new TypeError('not a memory that createSharedMemory made');
}
