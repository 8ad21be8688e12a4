/**
 * RACK (RFC 8985 section 6): a segment is lost when one that was sent later has arrived and its own time is up. It
 * notices that a retransmission is lost as well, and adapts how long it waits to how much the path reorders.
 *
 * Steps as in section 6.2. When the wait is over is the `reordering` chart's timer.
 */
import type { SegmentRecord } from './record.ts';
import type { SendOrder } from './sendOrder.ts';
import { distance, geq, gt, later, lt, type Seq, seq } from './seq.ts';

/** Recoveries without a D-SACK after which the window is a quarter of the least RTT again (section 6.2, step 4). */
const PERSIST = 16;
/** Linux's limit of what `reordering` grows to, segments. */
const MOST_REORDERING = 300;
/** The largest multiple of a quarter of the least RTT; SRTT bounds the window before. */
const MOST_STEPS = 255;

/** What step 4 looks at besides. */
export interface ReorderingFacts {
  /** Fast or RTO recovery is under way. */
  readonly recovering: boolean;
  /** RACK.segs_sacked */
  readonly sackedSegments: number;
  readonly dupThresh: number;
  /** us; 0: not measured */
  readonly minRtt: number;
  readonly srtt: number;
}

export class Rack {
  /** RACK.segment: of those known to be received, when the one sent last was sent, us, and which transmission it was. */
  sentAt = 0;
  order = 0;
  /** RACK.rtt: how long the segment of the newest acknowledgment took, us. */
  rtt = 0;
  /** RACK.fack: after the highest sequence number known to be received. */
  fack: Seq = seq(0);
  /** Times that a segment came behind one sent later (tcpi_reord_seen). */
  reorderingSeen = 0;
  /** How far behind at most, segments (tcpi_reordering); at first DupThresh. */
  reordering: number;
  /** RACK.reo_wnd_mult */
  steps = 1;
  /** RACK.reo_wnd_persist */
  persist = PERSIST;
  /** RACK.dsack_round: until this is acknowledged, D-SACKs count as one. */
  dsackRound: Seq | undefined;
  /** The segment of `sentAt` has changed since the last look at what is lost. */
  advanced = false;
  /** `fack` as it was before the ACK at hand. */
  #before: Seq = seq(0);

  constructor(dupThresh: number) {
    this.reordering = dupThresh;
  }

  startAt(iss: Seq): void {
    this.fack = iss;
    this.#before = iss;
  }

  ackBegins(): void {
    this.#before = this.fack;
  }

  /**
   * Step 2: a segment has been received. `ambiguous`: its timestamp shows that it was an earlier transmission of it
   * (section 6.2, step 2 (1)).
   */
  delivered(record: SegmentRecord, now: number, minRtt: number, ambiguous: boolean): void {
    const again = record.transmissions > 1;
    if (!again) this.#detectReordering(record);
    this.fack = later(this.fack, record.end);
    const rtt = now - record.lastSent;
    // What was sent again less than the least RTT ago cannot have arrived yet: it was the first that did
    if (again && (ambiguous || rtt < minRtt)) return;
    this.rtt = rtt;
    if (record.order <= this.order) return;
    this.order = record.order;
    this.sentAt = record.lastSent;
    this.advanced = true;
  }

  /** Step 3, against what was known before this ACK: its blocks and its number come in no order of sending. */
  #detectReordering(record: SegmentRecord): void {
    if (!lt(record.end, this.#before)) return;
    this.#reordered(distance(this.#before, record.start), record.length);
  }

  #reordered(bytes: number, segment: number): void {
    this.reorderingSeen += 1;
    const segments = Math.ceil(bytes / Math.max(segment, 1));
    this.reordering = Math.max(this.reordering, Math.min(segments, MOST_REORDERING));
  }

  /** What was sent again had only been late: it came `bytes` behind, in segments of `smss`. */
  foundLate(bytes: number, smss: number): void {
    if (bytes > 0) this.#reordered(bytes, smss);
  }

  /** Step 4: a D-SACK says that something was sent again needlessly: wait longer, once a round trip. */
  dsack(una: Seq, nxt: Seq): void {
    if (this.dsackRound !== undefined && geq(una, this.dsackRound)) this.dsackRound = undefined;
    if (this.dsackRound !== undefined) return;
    this.dsackRound = nxt;
    this.steps = Math.min(this.steps + 1, MOST_STEPS);
    this.persist = PERSIST;
  }

  /** Step 4: a recovery is over that was called for. */
  recovered(): void {
    this.persist -= 1;
    if (this.persist > 0) return;
    this.persist = PERSIST;
    this.steps = 1;
  }

  /** Step 4, RACK_update_reo_wnd: how much later than expected a segment may come, us. */
  reorderingWindow({ recovering, sackedSegments, dupThresh, minRtt, srtt }: ReorderingFacts): number {
    // As long as nothing has come out of order, the third segment received says as much as waiting would
    if (this.reorderingSeen === 0 && (recovering || sackedSegments >= dupThresh)) return 0;
    return Math.min(this.steps * (minRtt >> 2), srtt);
  }

  /** When it is too late for a segment, us from now on; 0 and less: it is lost. */
  remaining(record: SegmentRecord, now: number, window: number): number {
    return record.lastSent + this.rtt + window - now;
  }

  /** Step 5, RACK_detect_loss: gives up what is too late; how long to wait for the rest, us, 0 if there is none. */
  detect(sent: SendOrder, now: number, window: number, lose: (record: SegmentRecord) => void): number {
    this.advanced = false;
    let wait = 0;
    let record = sent.first;
    while (record !== undefined && record.order < this.order) {
      const next: SegmentRecord | undefined = record.later;
      const remaining = this.remaining(record, now, window);
      if (remaining <= 0) lose(record);
      else wait = Math.max(wait, remaining);
      record = next;
    }
    return wait;
  }

  snapshot(): Record<string, number> {
    const { sentAt, order, rtt, fack, reorderingSeen, reordering, steps, persist, dsackRound, advanced } =
      this;
    const numbers = { sentAt, order, rtt, fack, reorderingSeen, reordering, steps, persist };
    return { ...numbers, dsackRound: dsackRound ?? -1, advanced: Number(advanced) };
  }

  restore({ dsackRound = -1, advanced = 0, ...numbers }: Readonly<Record<string, number>>): void {
    Object.assign(this, numbers);
    this.dsackRound = dsackRound < 0 ? undefined : seq(dsackRound);
    this.advanced = advanced === 1;
    this.#before = this.fack;
  }
}

/** RFC 2883 section 4: does the first SACK block report what has come twice? Below the ACK, or within the second. */
export function isDuplicateReport(blocks: Uint32Array, count: number, ack: Seq): boolean {
  if (count === 0) return false;
  const [left, right] = [seq(blocks[0] as number), seq(blocks[1] as number)];
  if (lt(left, ack)) return true;
  return count > 1 && geq(left, seq(blocks[2] as number)) && !gt(right, seq(blocks[3] as number));
}
