/// <reference lib="es2024.sharedmemory" />
/**
 * How two threads that share memory wake each other. Each side has a word that says whether it sleeps: only then is it
 * notified, which costs far more than a look. When there is reason to sleep is sharedMemory.ts's business.
 *
 * It sleeps by `Atomics.waitAsync`, which needs nothing of the other thread: that one may end at any instruction, and
 * the one that opens its side after it notifies whoever may have been forgotten.
 */

import type { SharedPlaces } from './sharedMemoryLayout.ts';
import { LINE } from './sharedMemoryRing.ts';

/** Values of a side's first word. */
const AWAKE = 0;
const ASLEEP = 1;

/** One side's bell, which the other rings. */
export class Bell {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #side: number;
  readonly #peer: number;
  /** Which opener of this side it belongs to. */
  readonly #opener: number;
  /** A wait is under way, which ends when the other side notifies. */
  #waiting = false;
  readonly #woken: () => void;

  /** Takes over the side from whoever had it. `woken` is called when the peer has rung. */
  constructor({ words, side, peer }: SharedPlaces, woken: () => void) {
    this.#words = words;
    this.#side = side;
    this.#peer = peer;
    this.#woken = () => {
      this.#waiting = false;
      woken();
    };
    this.#opener = (Atomics.add(words, side + LINE, 1) + 1) | 0;
    // Whoever had this side is to notice; and may have ended on the point of notifying the peer.
    for (const word of [side, peer]) {
      Atomics.store(words, word, AWAKE);
      Atomics.notify(words, word);
    }
  }

  /** Has somebody else opened this side? */
  get superseded(): boolean {
    return Atomics.load(this.#words, this.#side + LINE) !== this.#opener;
  }

  /** Wakes the peer if it sleeps. */
  ring(): void {
    if (Atomics.load(this.#words, this.#peer) === AWAKE) return;
    if (Atomics.exchange(this.#words, this.#peer, AWAKE) !== AWAKE) Atomics.notify(this.#words, this.#peer);
  }

  /** Sleeps until the peer rings; false, and awake, when `busy` finds work that came before the peer could know. */
  sleep(busy: () => boolean): boolean {
    Atomics.store(this.#words, this.#side, ASLEEP);
    if (busy()) {
      Atomics.store(this.#words, this.#side, AWAKE);
      return false;
    }
    if (this.#waiting) return true;
    const wait = Atomics.waitAsync(this.#words, this.#side, ASLEEP);
    this.#waiting = wait.async;
    if (wait.async) wait.value.then(this.#woken);
    return wait.async;
  }

  /** Ends a wait: it cannot be called off. A new opener of this side looks again and sleeps on. */
  release(): void {
    if (this.#waiting) Atomics.notify(this.#words, this.#side);
  }
}
