/** RFC 5961 section 7: no more challenge ACKs than so many a second, for the whole host. */
export class ChallengeLimit {
  #second = -1;
  #sent = 0;
  readonly #limit: number;

  /** `limit`: a second */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** May one be sent at `now` (us)? It counts as sent. */
  allows(now: number): boolean {
    const second = Math.floor(now / 1_000_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#sent = 0;
    }
    this.#sent += 1;
    return this.#sent <= this.#limit;
  }

  snapshot(): readonly [second: number, sent: number] {
    return [this.#second, this.#sent];
  }

  restore([second, sent]: readonly [second: number, sent: number]): void {
    this.#second = second;
    this.#sent = sent;
  }
}
