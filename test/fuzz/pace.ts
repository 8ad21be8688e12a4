/** Watches a sender whom nobody answers: each time it sends the same again it must wait twice as long. */
import type { ResolvedConfig } from '../../src/tcp/config.ts';
import type { Segment } from '../../src/wire/index.ts';

export class Pace {
  flaw: string | undefined;
  readonly #now: () => number;
  #longest = 0;
  #started = false;
  #seq = -1;
  #last = 0;
  #wait = 0;

  /** `now`: us */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** From here on nobody answers. */
  start({ maximumRto, arq, userTimeout }: ResolvedConfig): void {
    this.#started = arq === 'tcp' && userTimeout === 0;
    this.#longest = maximumRto;
  }

  /** RFC 6298 (5.5): what takes sequence numbers, and comes with the same number as before, comes after a longer time. */
  sends({ seq, length }: Segment): void {
    if (!this.#started || length === 0) return;
    const now = this.#now();
    if (seq === this.#seq) {
      const wait = now - this.#last;
      const least = Math.min(2 * this.#wait, this.#longest);
      if (this.#wait > 0 && wait < least)
        this.flaw = `sent again after ${wait} us, before after ${this.#wait} us`;
      this.#wait = wait;
    } else this.#wait = 0;
    this.#seq = seq;
    this.#last = now;
  }
}
