/**
 * The segments in flight in the order in which they were last sent: RACK's walk (RFC 8985 section 6.2, step 5) begins
 * at the oldest and ends at the first that may still arrive, so no ACK walks what is not late.
 */
import type { SegmentRecord } from './record.ts';

export class SendOrder {
  /** Transmissions so far: each takes the next number. */
  transmissions = 0;
  #first: SegmentRecord | undefined;
  #last: SegmentRecord | undefined;

  /** The one in flight that was sent longest ago. */
  get first(): SegmentRecord | undefined {
    return this.#first;
  }

  /** It goes out, for the first time or again: it is the last one sent. */
  sent(record: SegmentRecord): void {
    if (record.linked) this.remove(record);
    this.transmissions += 1;
    record.order = this.transmissions;
    this.#link(record, this.#last);
  }

  /** It is known not to be in flight any more: received, or lost. */
  remove(record: SegmentRecord): void {
    const { earlier, later } = record;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    record.earlier = undefined;
    record.later = undefined;
    record.linked = false;
  }

  /** It counts as in flight again, as of when it was sent last. */
  putBack(record: SegmentRecord): void {
    if (record.linked) return;
    let place = this.#last;
    while (place !== undefined && place.order > record.order) place = place.earlier;
    this.#link(record, place);
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
  }

  /** Takes its place right after `earlier`, or first. */
  #link(record: SegmentRecord, earlier: SegmentRecord | undefined): void {
    const later = earlier === undefined ? this.#first : earlier.later;
    record.earlier = earlier;
    record.later = later;
    record.linked = true;
    if (earlier === undefined) this.#first = record;
    else earlier.later = record;
    if (later === undefined) this.#last = record;
    else later.earlier = record;
  }
}
