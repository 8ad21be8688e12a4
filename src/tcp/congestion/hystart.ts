/**
 * HyStart++ (RFC 9406): the RTTs of slow start's rounds, which tell when the path is full before anything is lost. When
 * that ends slow start is the `growth` chart's to decide.
 */
import type { AckSample } from './congestion.ts';

/** RFC 9406 section 4.3, us. */
const MIN_RTT_THRESH = 4000;
const MAX_RTT_THRESH = 16_000;
const MIN_RTT_DIVISOR = 8;
/** RTT samples that a round must have. */
const N_RTT_SAMPLE = 8;
export const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;
/** No RTT yet. */
const NONE = -1;

export class HyStart {
  #lastMin = NONE;
  #currentMin = NONE;
  #samples = 0;
  /** The RTT under which the increase that was noticed is gone. */
  #baseline = NONE;
  #rounds = 0;

  /** An ACK in slow start, conservative or not. */
  acked({ rtt, roundStart }: AckSample): void {
    if (roundStart) {
      this.#lastMin = this.#currentMin;
      this.#currentMin = NONE;
      this.#samples = 0;
      this.#rounds += 1;
    }
    if (rtt < 0) return;
    this.#samples += 1;
    if (this.#currentMin === NONE || rtt < this.#currentMin) this.#currentMin = rtt;
  }

  delayIncreased(): boolean {
    if (this.#samples < N_RTT_SAMPLE || this.#lastMin === NONE) return false;
    const eighth = Math.floor(this.#lastMin / MIN_RTT_DIVISOR);
    const thresh = Math.max(MIN_RTT_THRESH, Math.min(eighth, MAX_RTT_THRESH));
    return this.#currentMin >= this.#lastMin + thresh;
  }

  /** Conservative slow start begins. */
  note(): void {
    this.#baseline = this.#currentMin;
    this.#rounds = 0;
  }

  delayFellBack(): boolean {
    return this.#samples >= N_RTT_SAMPLE && this.#currentMin < this.#baseline;
  }

  longEnough(): boolean {
    return this.#rounds >= CSS_ROUNDS;
  }

  /** Slow start begins anew. */
  reset(): void {
    this.#lastMin = NONE;
    this.#currentMin = NONE;
    this.#samples = 0;
    this.#rounds = 0;
  }

  snapshot(): number[] {
    return [this.#lastMin, this.#currentMin, this.#samples, this.#baseline, this.#rounds];
  }

  restore(saved: readonly number[]): void {
    [this.#lastMin, this.#currentMin, this.#samples, this.#baseline, this.#rounds] = saved as [
      ...[number, number, number, number, number],
    ];
  }
}
