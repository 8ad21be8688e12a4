/**
 * Pacing: segments leave at a rate, a quantum at a time, instead of in bursts. It is the host of the `pacing` chart,
 * which exists once there is a rate.
 */
import { type PacingHost, pacing, pacingEvents } from '../../machines/pacing.ts';
import { OptionalChart } from './optionalChart.ts';

/** A quantum is what leaves in a millisecond (draft-ietf-ccwg-bbr section 5.6.3), but no more than this, bytes. */
const QUANTUM_MOST = 65_536;
/** Under this rate, bytes a second, one segment is a quantum; otherwise at least two (1.2 Mbit/s). */
const SLOW = 150_000;

/** What leaves at once at a rate of so many bytes a second. */
export function quantumOf(rate: number, smss: number): number {
  const least = rate < SLOW ? smss : 2 * smss;
  return Math.max(least, Math.min(Math.floor(rate / 1000), QUANTUM_MOST));
}

export class Pacing extends OptionalChart implements PacingHost {
  /** When what has been sent would have left at the rate, us, with fractions. */
  #due = 0;

  protected get kind() {
    return pacing;
  }

  protected get initial() {
    return 'open';
  }

  /** Bytes a second; 0: there is none to keep. */
  get rate(): number {
    return this.c.sender.pacingRate;
  }

  get waits(): boolean {
    return this.state === 'waiting';
  }

  /** A segment with so many bytes has left. */
  sent(bytes: number): void {
    const { rate } = this;
    if (rate <= 0) return;
    const now = this.c.now();
    // What was not sent in time may follow, as far as a quantum goes; older time is lost.
    const earliest = now - (this.#quantum * 1e6) / rate;
    this.#due = Math.max(this.#due, earliest) + (bytes * 1e6) / rate;
    this.tell(pacingEvents.segmentSent);
  }

  get #quantum(): number {
    return quantumOf(this.rate, this.c.snd.mss);
  }

  ahead(): boolean {
    return this.#due > this.c.now();
  }

  untilDue(): number {
    return Math.max(Math.ceil(this.#due - this.c.now()), 1);
  }

  resume(): void {
    this.c.touch();
  }

  /** us between now and when the next segment may leave; 0: now. */
  get wait(): number {
    return this.waits ? Math.max(this.#due - this.c.now(), 0) : 0;
  }

  snapshot(): number {
    return this.#due;
  }

  /** Takes up the chart again where a snapshot left it. */
  restore(due: number): void {
    this.#due = due;
    this.restoreChart();
  }

  toJSON(): object {
    return { rate: this.rate, due: this.#due };
  }
}
