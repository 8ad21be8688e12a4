/**
 * CUBIC (RFC 9438): after a loss the window comes back to where that happened along a cubic curve of time, slower the
 * nearer it is, and then leaves it faster and faster; but it is never slower than Reno would be.
 */
import type { CongestionStart } from './congestion.ts';
import { cubeRoot } from './cubeRoot.ts';
import { WindowControl } from './window.ts';

/** RFC 9438 section 4.6: what a loss leaves of the window. */
const BETA = 0.7;
/** RFC 9438 section 5: C, segments per cubic second; and per cubic millisecond. */
const C = 0.4;
const C_MS = C / 1e9;
/** RFC 9438 section 4.3: what makes the estimate of Reno as fast as Reno with its cut in half. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA);
/** No epoch has begun. */
const NONE = -1;

export class Cubic extends WindowControl {
  readonly name = 'cubic';
  /** Where the window was when the last loss came, after fast convergence, bytes. */
  #wMax = 0;
  /** Where it was then, without. */
  #prior = 0;
  /** When the current stage of congestion avoidance began, us. */
  #epoch = NONE;
  /** How long the curve takes from there to its plateau, ms; and where that is, bytes. */
  #k = 0;
  #origin = 0;
  /** What Reno's window would be, bytes. */
  #estimate = 0;
  /** Fraction of a byte that the window has grown by. */
  #rest = 0;
  #saved: readonly number[] = [];

  constructor(start: CongestionStart) {
    super(start, start.hystart);
  }

  /** W_cubic at `t` us of the epoch, bytes (section 4.2). */
  #curve(t: number): number {
    const d = t / 1000 - this.#k;
    return this.#origin + C_MS * d * d * d * this.smss;
  }

  /** Section 4.2: K and the plateau. */
  #begin(now: number): void {
    this.#epoch = now;
    this.#estimate = this.cwnd;
    this.#rest = 0;
    this.#origin = Math.max(this.#wMax, this.cwnd);
    const below = (this.#origin - this.cwnd) / this.smss;
    this.#k = cubeRoot(Math.min(Math.floor(below / C_MS), Number.MAX_SAFE_INTEGER));
  }

  /** Sections 4.2 to 4.5, for an ACK in congestion avoidance. */
  growLinearly(): void {
    const { acked, now, srtt } = this.sample;
    if (this.#epoch === NONE) this.#begin(now);
    const t = now - this.#epoch;
    // Section 4.3: once it is where the loss came, Reno goes by a segment a round trip
    const alpha = this.#estimate >= this.#prior ? 1 : ALPHA;
    this.#estimate += (alpha * acked * this.smss) / this.cwnd;
    if (this.#curve(t) < this.#estimate) {
      this.cwnd = Math.max(this.cwnd, Math.floor(this.#estimate));
      return;
    }
    const target = Math.min(Math.max(this.#curve(t + srtt), this.cwnd), 1.5 * this.cwnd);
    const growth = ((target - this.cwnd) * acked) / this.cwnd + this.#rest;
    const whole = Math.floor(growth);
    this.#rest = growth - whole;
    this.cwnd += whole;
  }

  /** Sections 4.6 and 4.7: what is left, and less of a claim for one that has been cut back before it was there. */
  protected cut(_flight: number): number {
    this.#prior = this.cwnd;
    this.#wMax = this.cwnd < this.#wMax ? Math.floor((this.cwnd * (1 + BETA)) / 2) : this.cwnd;
    this.#epoch = NONE;
    return Math.floor(this.cwnd * BETA);
  }

  /** Section 4.8: the next stage of congestion avoidance begins where slow start ends. */
  override timedOut(first: boolean): void {
    this.#wMax = 0;
    this.#prior = 0;
    this.#epoch = NONE;
    super.timedOut(first);
  }

  /** Section 5.8: time in which nothing was sent does not count. */
  override afterIdle(idle: number, rto: number): void {
    if (this.#epoch !== NONE) this.#epoch += idle;
    super.afterIdle(idle, rto);
  }

  /** Section 4.9: with the window the curve comes back. */
  override save(): void {
    super.save();
    this.#saved = this.#numbers();
  }

  override undo(): void {
    super.undo();
    this.#assign(this.#saved);
  }

  #numbers(): number[] {
    return [this.#wMax, this.#prior, this.#epoch, this.#k, this.#origin, this.#estimate, this.#rest];
  }

  #assign(numbers: readonly number[]): void {
    if (numbers.length === 0) return;
    [this.#wMax, this.#prior, this.#epoch, this.#k, this.#origin, this.#estimate, this.#rest] = numbers as [
      ...[number, number, number, number, number, number, number],
    ];
  }

  override snapshot(): Record<string, unknown> {
    return { ...super.snapshot(), curve: this.#numbers(), savedCurve: this.#saved };
  }

  override restore(snapshot: Readonly<Record<string, unknown>>): void {
    super.restore(snapshot);
    this.#assign((snapshot.curve ?? []) as number[]);
    this.#saved = [...((snapshot.savedCurve ?? []) as number[])];
  }
}
