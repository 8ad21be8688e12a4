/**
 * The sending half of an end that only a capture tells of: what is outstanding, the window, the round-trip time, and why
 * each segment was sent. The last is a guess wherever two reasons would look alike.
 */
import { RttEstimator } from '../tcp/rtt.ts';
import { add, distance, geq, gt, leq, lt, type Seq, seq } from '../tcp/seq.ts';
import type { SegmentSummary, SendReason } from '../trace/event.ts';
import { SentSegments } from './sent.ts';

/** RFC 6298's bounds as most stacks have them, us; initial, least, most. */
const RTO = [1_000_000, 200_000, 60_000_000] as const;
/** RFC 5681 section 3.2 */
const DUP_THRESHOLD = 3;

/** Sequence numbers that a segment takes: SYN and FIN count. */
export function taken({ flags, length }: SegmentSummary): number {
  return length + (flags.includes('S') ? 1 : 0) + (flags.includes('F') ? 1 : 0);
}

/** Bytes of a window in a segment, SYNs unscaled (RFC 7323 section 2.2); undefined when the scale is not known. */
export function windowOf({ flags, window }: SegmentSummary, scale: number | undefined): number | undefined {
  if (scale === undefined) return undefined;
  return flags.includes('S') ? window : window * (1 << scale);
}

/** Does a SACK block say so? One below the ACK tells of what has come twice (RFC 2883). */
function tellsOfHole({ ack, options }: SegmentSummary): boolean {
  return options?.sack?.some(([left]) => gt(seq(left), seq(ack))) ?? false;
}

export class InferredSender {
  una: Seq = seq(0);
  nxt: Seq = seq(0);
  /** Are they anything yet? */
  known = false;
  /** Of the windows that the peer sends, undefined when it is not known. */
  readonly #scale: number | undefined;
  /** SND.WND, undefined when it is not known */
  #wnd: number | undefined;
  #shut = false;
  #wl1: Seq | undefined;
  #wl2: Seq = seq(0);
  #lastWindow = -1;
  readonly #sent = new SentSegments();
  readonly #rtt = new RttEstimator(...RTO);
  /** Times in a row that the oldest was sent again without an answer */
  #backoff = 0;
  #dupAcks = 0;
  /** A SACK block told of a hole since SND.UNA advanced. */
  #sacked = false;
  /** What losses are made good by now, up to `#recoveryPoint`. */
  #repair: 'none' | 'fast' | 'timer' = 'none';
  #recoveryPoint: Seq = seq(0);

  constructor(scale: number | undefined) {
    this.#scale = scale;
  }

  /** Takes in a segment that leaves and says why; `challenged`: a RST that is not quite right has come before it. */
  departs(segment: SegmentSummary, t: number, challenged: boolean): SendReason {
    if (segment.flags.includes('R')) return 'reset';
    const start = seq(segment.seq);
    if (!this.known) this.#begin(start);
    const end = add(start, taken(segment));
    if (end === start) return this.#withoutData(start, challenged);
    const stamp = segment.options?.timestamps?.[0];
    if (leq(end, this.nxt)) return this.#repeats(segment, start, end, t, stamp);
    const overlap = lt(start, this.nxt);
    const reason = overlap ? this.#repeats(segment, start, this.nxt, t, stamp) : this.#reasonOfNew(segment);
    this.#sent.push(overlap ? this.nxt : start, end, t, stamp);
    this.nxt = end;
    return reason;
  }

  /** Takes in what an arriving segment acknowledges, and its window. */
  acknowledged(segment: SegmentSummary, t: number): void {
    const ack = seq(segment.ack);
    if (!this.known) this.#begin(ack);
    // The capture has missed what this acknowledges
    if (gt(ack, this.nxt)) this.nxt = ack;
    if (gt(ack, this.una)) this.#advance(ack, segment, t);
    else if (this.#isDuplicate(segment, ack)) {
      this.#dupAcks += 1;
      if (tellsOfHole(segment)) this.#sacked = true;
    }
    this.#updateWindow(segment, ack);
  }

  /** Its variables as our own connections call them: bytes, us, sequence numbers. Those that are known. */
  variables(values: Record<string, number>): void {
    if (!this.known) return;
    values.flight = Math.max(distance(this.nxt, this.una), 0);
    values['snd.una'] = this.una;
    values['snd.nxt'] = this.nxt;
    if (this.#wnd !== undefined) values['snd.wnd'] = this.#wnd;
    if (this.#rtt.srtt === 0) return;
    values.srtt = this.#rtt.srtt;
    values.rttvar = this.#rtt.rttvar;
    values.rto = this.#rto();
  }

  #begin(at: Seq): void {
    this.known = true;
    this.una = at;
    this.nxt = at;
  }

  #rto(): number {
    return this.#rtt.backedOff(this.#backoff);
  }

  #withoutData(start: Seq, challenged: boolean): SendReason {
    if (challenged) return 'challenge';
    if (start !== add(this.nxt, -1) && start !== add(this.una, -1)) return 'ack';
    return this.#shut ? 'probe' : 'keepAlive';
  }

  #reasonOfNew({ flags, length }: SegmentSummary): SendReason {
    if (flags.includes('S')) return 'open';
    if (length === 0) return 'fin';
    return this.#shut ? 'probe' : 'data';
  }

  #repeats({ flags, length }: SegmentSummary, start: Seq, end: Seq, t: number, stamp?: number): SendReason {
    // One byte that was acknowledged long ago, as older stacks ask whether the peer is there
    if (this.una === this.nxt && length === 1 && end === this.nxt) return 'keepAlive';
    const before = this.#sent.repeat(start, end, t, stamp);
    if (flags.includes('S')) return this.#byTimer(start);
    if (this.#shut && length <= 1) return 'probe';
    // Of what is acknowledged it is not known any more: that ACK must have been lost on its way here
    if (before === undefined) return this.#byTimer(start);
    const gap = t - before;
    const repairing = this.#repair !== 'none' && lt(this.una, this.#recoveryPoint);
    if (repairing) return this.#repair === 'timer' || gap >= this.#rto() ? this.#byTimer(start) : 'fast';
    if (this.#dupAcks >= DUP_THRESHOLD || (this.#sacked && gap < this.#rto())) return this.#fast();
    // RFC 8985 section 7: the last one again, long before the RTO
    if (end === this.nxt && this.#rtt.srtt > 0 && gap < this.#rto() / 2) return 'lossProbe';
    return this.#byTimer(start);
  }

  #byTimer(start: Seq): 'timer' {
    if (start === this.una) this.#backoff += 1;
    this.#repair = 'timer';
    this.#recoveryPoint = this.nxt;
    return 'timer';
  }

  #fast(): 'fast' {
    this.#repair = 'fast';
    this.#recoveryPoint = this.nxt;
    return 'fast';
  }

  #advance(ack: Seq, segment: SegmentSummary, t: number): void {
    const sample = this.#sent.acknowledge(ack, t, segment.options?.timestamps?.[1]);
    if (sample >= 0) this.#rtt.sample(sample);
    this.una = ack;
    this.#backoff = 0;
    this.#dupAcks = 0;
    this.#sacked = tellsOfHole(segment);
    if (geq(ack, this.#recoveryPoint)) this.#repair = 'none';
  }

  /** RFC 5681 section 2 */
  #isDuplicate(segment: SegmentSummary, ack: Seq): boolean {
    if (ack !== this.una || taken(segment) > 0 || this.#sent.outstanding === 0) return false;
    return segment.window === this.#lastWindow || segment.options?.sack !== undefined;
  }

  /** From a segment that is not older than the one it was last taken from (RFC 9293 section 3.10.7.4). */
  #updateWindow(segment: SegmentSummary, ack: Seq): void {
    if (lt(ack, this.una)) return;
    const first = seq(segment.seq);
    const [wl1, wl2] = [this.#wl1, this.#wl2];
    const newer = wl1 === undefined || lt(wl1, first) || (wl1 === first && leq(wl2, ack)) || lt(wl2, ack);
    if (!newer) return;
    this.#wl1 = first;
    this.#wl2 = ack;
    this.#lastWindow = segment.window;
    this.#shut = segment.window === 0;
    this.#wnd = windowOf(segment, this.#scale);
  }
}
