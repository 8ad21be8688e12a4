/**
 * RFC 5961 section 7: no more of what strangers can make us send than about so many a second, for the whole host.
 *
 * How many it is in a second is drawn from half the limit to one and a half times as many. If it were always the same,
 * somebody who can count the answers that he gets himself would know how many others got in that second, and so
 * whether his guesses at the numbers of others' connections were good (CVE-2016-5696).
 */
import type { Random } from '../time/random.ts';

/** A limit of its own for one kind of answer. */
export class ChallengeLimit {
  #second = -1;
  #sent = 0;
  #allowed = 0;
  readonly #limit: number;
  readonly #random: () => Random;
  readonly #what: string;

  /** `limit`: a second, on the average; `what`: draws for it, from `random`'s seed alone. */
  constructor(limit: number, random: () => Random, what: string) {
    this.#limit = limit;
    this.#random = random;
    this.#what = what;
  }

  /** May one be sent at `now` (us)? It counts as sent. */
  allows(now: number): boolean {
    this.#enter(Math.floor(now / 1_000_000), 0);
    this.#sent += 1;
    return this.#sent <= this.#allowed;
  }

  /** What is drawn hangs on the second alone, so that it need not be kept. */
  #enter(second: number, sent: number): void {
    if (second === this.#second) return;
    this.#second = second;
    this.#sent = sent;
    const limit = this.#limit;
    const drawn = limit === 0 ? 0 : this.#random().fork(`${this.#what} ${second}`).integer(limit);
    this.#allowed = Math.ceil(limit / 2) + drawn;
  }

  snapshot(): readonly [second: number, sent: number] {
    return [this.#second, this.#sent];
  }

  restore([second, sent]: readonly [second: number, sent: number]): void {
    this.#enter(second, sent);
  }
}
