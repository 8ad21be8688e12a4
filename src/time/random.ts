/**
 * Chance, from a seed: decides which numbers come, in integer arithmetic only, so that a seed means the same run
 * on every engine. What a number is used for is the caller's business; each part that draws forks a stream of its own.
 */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

type Generator = ReturnType<typeof xoroshiro128plusFromState>;
type Words = readonly [number, number, number, number];

/** A generator as plain data: what it was made from, and where it is. */
export interface RandomSnapshot {
  readonly key: Words;
  readonly state: readonly number[];
}

const TWO_32 = 4_294_967_296;

/** MurmurHash3's finalizer: every bit of the argument changes half of the result's. */
function scramble(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Mixes one more word into a key. */
function absorb(key: Words, word: number): Words {
  const a = scramble(key[0] ^ word);
  const b = scramble((key[1] + a) ^ 0x9e3779b9);
  const c = scramble((key[2] + b) ^ 0x7f4a7c15);
  const d = scramble((key[3] + c) ^ 0x94d049bb);
  return [(a + d) | 0, b, c, d];
}

/** A generator that has just been made. Its state may be anything but all zeros. */
function start(key: Words): Generator {
  const [a, b, c, d] = key;
  return xoroshiro128plusFromState((a | b | c | d) === 0 ? [1, 0, 0, 0] : key);
}

/** A stream of random numbers: the same for the same seed, whatever the machine. */
export class Random {
  private key: Words;
  private generator: Generator;

  /** `seed`: any exact integer. Throws a RangeError for anything else. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be an integer, not ${seed}`);
    // The package's own seeding keeps the seed's bits as they are, so that near seeds begin alike.
    const low = absorb([0x53746174, 0x65776972, 0x65, 1], seed | 0);
    this.key = absorb(low, Math.floor(seed / TWO_32) | 0);
    this.generator = start(this.key);
  }

  /** A stream of its own for `label`: it depends on the seed and the label, not on what was drawn before. */
  fork(label: string): Random {
    let key = absorb(this.key, label.length);
    for (let i = 0; i < label.length; i += 1) key = absorb(key, label.charCodeAt(i));
    const child = new Random(0);
    child.key = key;
    child.generator = start(key);
    return child;
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  uniform(): number {
    return (this.generator.next() >>> 0) / TWO_32;
  }

  /** Uniform in 0 to n-1; n from 1 to 2^32, else a RangeError. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32) {
      throw new RangeError(`integer(n) takes an integer from 1 to 2^32, not ${n}`);
    }
    const share = Math.floor(TWO_32 / n);
    const limit = share * n;
    // Numbers beyond the last whole share are drawn again; the high bits decide, the generator's low ones are weak.
    let drawn = this.generator.next() >>> 0;
    while (drawn >= limit) drawn = this.generator.next() >>> 0;
    return Math.floor(drawn / share);
  }

  /**
   * True with probability `p` (0 to 1, else a RangeError). Draws exactly one number whatever `p` is, so that changing
   * one probability leaves the others' draws where they were.
   */
  chance(p: number): boolean {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability must be from 0 to 1, not ${p}`);
    return this.uniform() < p;
  }

  /** `n` random bytes. */
  bytes(n: number): Uint8Array {
    const bytes = new Uint8Array(n);
    let word = 0;
    for (let i = 0; i < n; i += 1) {
      word = (i & 3) === 0 ? this.generator.next() : word >>> 8;
      bytes[i] = word & 0xff;
    }
    return bytes;
  }

  snapshot(): RandomSnapshot {
    return { key: [...this.key], state: [...this.generator.getState()] };
  }

  /** Goes back to where it was when the snapshot was made. */
  restore(snapshot: RandomSnapshot): void {
    this.generator = xoroshiro128plusFromState(snapshot.state);
    this.key = [...snapshot.key];
  }
}
