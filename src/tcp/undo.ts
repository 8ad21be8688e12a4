/**
 * Was a recovery called for? What was sent again may only have been late: its timestamps tell (Eifel detection, RFC
 * 3522), or the D-SACKs of all that was sent again (RFC 3708). What follows is the `recovery` chart's to decide.
 */
import { gt, type Seq, seq } from './seq.ts';

export class Undo {
  /** SND.UNA when the rate was cut; undefined: there is nothing to take back. */
  from: Seq | undefined;
  /** Segments sent again that no D-SACK has reported; -1: none has been sent again. */
  unreported = -1;
  /** The timestamp of the first one sent again; -1: none yet. */
  stamp = -1;

  /** The rate is cut; `out`: segments sent again before and still in flight. */
  begin(una: Seq, out: number): void {
    this.from = una;
    this.unreported = out > 0 ? out : -1;
    this.stamp = -1;
  }

  /** Nothing to take back any more. */
  clear(): void {
    this.from = undefined;
    this.unreported = -1;
    this.stamp = -1;
  }

  /** A segment goes out again with this timestamp. */
  sentAgain(timestamp: number): void {
    if (this.from === undefined) return;
    if (this.stamp < 0) this.stamp = timestamp;
    this.unreported = Math.max(this.unreported, 0) + 1;
  }

  /** A D-SACK of so many segments, which ends at `right`. */
  reported(right: Seq, segments: number): void {
    if (this.from === undefined || this.unreported <= 0 || !gt(right, this.from)) return;
    this.unreported = Math.max(this.unreported - segments, 0);
  }

  /** Everything sent again has come twice. */
  get allReported(): boolean {
    return this.from !== undefined && this.unreported === 0;
  }

  /** RFC 3522 (3): the ACK that advances SND.UNA answers what was sent before the first retransmission. */
  answersOriginal(echo: number): boolean {
    return this.from !== undefined && this.stamp >= 0 && ((echo - this.stamp) | 0) < 0;
  }

  snapshot(): Record<string, number> {
    return { from: this.from ?? -1, unreported: this.unreported, stamp: this.stamp };
  }

  restore({ from = -1, unreported = -1, stamp = -1 }: Readonly<Record<string, number>>): void {
    this.from = from < 0 ? undefined : seq(from);
    this.unreported = unreported;
    this.stamp = stamp;
  }
}
