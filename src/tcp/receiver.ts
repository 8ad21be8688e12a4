/**
 * The receiving half of a connection: what has arrived, in order or ahead of a gap, and how much more may come.
 *
 * It is the host of the `delayedAck` chart, which decides when an acknowledgment is due.
 */
import { type DelayedAckHost, delayedAck, delayedAckEvents } from '../../machines/delayedAck.ts';
import type { ChartInstance } from '../chart/chart.ts';
import { FIN, type Segment, SYN } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import type { ReceiverSnapshot } from './connectionSnapshot.ts';
import { Reassembly } from './reassembly.ts';
import { ReceiveTuning } from './receiveTuning.ts';
import { Ring } from './ring.ts';
import { add, distance, earlier, gt, leq, lt, type Seq, seq } from './seq.ts';

/** What a window may exceed the buffer by when scaling rounds it up (RFC 7323 section 2.3). */
const ROUNDING = 1 << 14;

export class Receiver implements DelayedAckHost {
  readonly reassembly = new Reassembly();
  readonly chart: ChartInstance;
  /** In-order bytes that the user has not taken. */
  available = 0;
  /** Where the peer's FIN stands in the sequence space, once it has been seen. */
  finAt: Seq | undefined;
  /** The FIN is in order and processed. */
  finished = false;
  /** The newest text that has come twice: the next ACK reports it in its first SACK block (RFC 2883). */
  duplicate: readonly [left: Seq, right: Seq] | undefined;
  /** Largest payload seen: what a full-sized segment of this peer is. */
  largest = 0;
  #urgent = false;
  /** Data has come since the last ACK decision. */
  #news = false;
  readonly tuning: ReceiveTuning;
  readonly #ring: Ring;
  readonly #c: Connection;

  constructor(connection: Connection) {
    this.#c = connection;
    this.tuning = new ReceiveTuning(connection);
    this.#ring = new Ring(connection.config.receiveBuffer + ROUNDING);
    this.chart = connection.startChart(delayedAck, this);
  }

  /** The peer's ISN is known. */
  startAt(irs: Seq): void {
    const { rcv, config, passive } = this.#c;
    // What our SYN has offered counts from the peer's on; after a passive OPEN text in the SYN has the buffer.
    const window = passive ? Math.min(config.receiveBuffer, 65_535) : this.openWindow();
    rcv.irs = irs;
    rcv.nxt = add(irs, 1);
    rcv.up = rcv.nxt;
    rcv.edge = add(rcv.nxt, window);
    rcv.acked = rcv.nxt;
  }

  /**
   * RFC 9293 section 3.10.7.4, seventh, "process the segment text", for an acceptable segment: what lies in the window
   * is kept. Returns true if RCV.NXT advanced.
   */
  text(segment: Segment): boolean {
    const { rcv } = this.#c;
    const before = rcv.nxt;
    // RFC 5681 section 4.2: at once for what is out of order, fills a gap or stands behind one
    this.#urgent = !this.reassembly.empty;
    if (this.#expected(segment)) return true;
    if (!this.#store(segment)) return false;
    this.#advance();
    return rcv.nxt !== before;
  }

  /** The common case: the very next bytes, whole, nothing kept from before. True if it was that. */
  #expected(segment: Segment): boolean {
    const { rcv } = this.#c;
    const { payloadLength } = segment;
    if (segment.seq !== rcv.nxt || this.#urgent || payloadLength > this.openWindow()) return false;
    if ((segment.flags & (SYN | FIN)) !== 0 || this.finAt !== undefined) return false;
    if (payloadLength > this.largest) this.largest = payloadLength;
    const position = this.#ring.head + this.available;
    this.#ring.write(position, segment.bytes, segment.payloadOffset, payloadLength);
    rcv.nxt = add(rcv.nxt, payloadLength);
    this.available += payloadLength;
    this.tuning.heard(segment, payloadLength === this.largest);
    this.#c.notice('readable');
    this.#heard();
    return true;
  }

  /** The same for text that comes with a SYN: kept for when the connection is established, not acknowledged. */
  queueText(segment: Segment): void {
    this.#store(segment);
  }

  /** The connection is established: text that came with the SYN counts now. */
  takeQueued(): void {
    this.tuning.start();
    if (!this.reassembly.empty) this.#advance();
  }

  /** Copies what is in the window into the buffer and notes its range; false if there was nothing. */
  #store(segment: Segment): boolean {
    const { rcv, config } = this.#c;
    const first = add(seq(segment.seq), (segment.flags & SYN) === 0 ? 0 : 1);
    const last = add(first, segment.payloadLength);
    const left = lt(first, rcv.nxt) ? rcv.nxt : first;
    const open = earlier(last, add(rcv.nxt, this.openWindow()));
    // Nothing comes after the FIN, and there is only one.
    const right = this.finAt === undefined ? open : earlier(open, this.finAt);
    const fin = (segment.flags & FIN) !== 0 && right === last && leq(rcv.nxt, last) && this.#finFits(last);
    const length = distance(right, left);
    this.#noteDuplicate(first, right);
    if (length < 0 || (length === 0 && !fin)) return false;
    const early = left !== rcv.nxt;
    if (early && config.arq === 'go-back-n') return this.#refuse();
    if (!this.reassembly.add(left, fin ? add(right, 1) : right, !early)) return this.#refuse();
    if (fin) this.finAt = right;
    if (segment.payloadLength > this.largest) this.largest = segment.payloadLength;
    const position = this.#ring.head + this.available + distance(left, rcv.nxt);
    this.#ring.write(position, segment.bytes, segment.payloadOffset + distance(left, first), length);
    if (early) this.#outOfOrder();
    return true;
  }

  /** Has some of this text come before? What lies before RCV.NXT goes first (RFC 2883 section 4). */
  #noteDuplicate(first: Seq, right: Seq): void {
    const { rcv } = this.#c;
    if (lt(first, rcv.nxt)) this.repeated(first, earlier(right, rcv.nxt));
    else {
      const held = this.reassembly.heldOf(first, right);
      if (held !== undefined) this.repeated(held[0], held[1]);
    }
  }

  /** These numbers have come before: to be reported at once (RFC 2883 section 4). */
  repeated(left: Seq, right: Seq): void {
    const { sackOk, config } = this.#c;
    if (!sackOk || !config.dsack || !lt(left, right)) return;
    this.duplicate = [left, right];
    this.#urgent = true;
  }

  /** SACK blocks wait for a segment that has room for them. */
  get blocksToTell(): boolean {
    return !this.reassembly.empty || this.duplicate !== undefined;
  }

  /** Writes the SACK blocks of an ACK, a duplicate first (RFC 2018 section 4, RFC 2883 section 4); returns how many. */
  sackBlocks(blocks: Uint32Array, most: number): number {
    const { duplicate } = this;
    if (duplicate === undefined) return this.reassembly.blocks(blocks, most);
    [blocks[0], blocks[1]] = duplicate;
    this.duplicate = undefined;
    return 1 + this.reassembly.blocks(blocks.subarray(2), most - 1);
  }

  /** May the FIN stand there? Not elsewhere than before, and not before what has been received. */
  #finFits(at: Seq): boolean {
    return this.finAt === undefined ? !this.reassembly.reaches(at) : at === this.finAt;
  }

  #refuse(): false {
    this.#urgent = true;
    this.#c.counters.outOfOrder += 1;
    this.#heard();
    return false;
  }

  #outOfOrder(): void {
    this.#c.counters.outOfOrder += 1;
  }

  /** Moves RCV.NXT over all that is there without a gap. */
  #advance(): void {
    const { rcv } = this.#c;
    const reached = this.reassembly.advance(rcv.nxt);
    const finReached = this.finAt !== undefined && gt(reached, this.finAt);
    const bytes = distance(reached, rcv.nxt) - (finReached && !this.finished ? 1 : 0);
    rcv.nxt = reached;
    this.available += bytes;
    if (finReached) this.finished = true;
    if (!this.reassembly.empty || finReached) this.#urgent = true;
    if (bytes > 0) this.#c.notice('readable');
    this.#heard();
  }

  /** Takes up to `limit` bytes of what is in order. */
  take(limit: number): Uint8Array {
    const length = Math.min(limit, this.available);
    const data = new Uint8Array(length);
    this.#ring.read(this.#ring.head, data, 0, length);
    this.#ring.release(this.#ring.head + length);
    this.available -= length;
    if (this.tuning.read(this.#ring.head)) this.#ring.limit = this.tuning.limit + ROUNDING;
    return data;
  }

  /** SO_RCVBUF is another: the window follows, but its right edge never moves left (SHLD-14). */
  limitChanged(): void {
    const { rcv } = this.#c;
    const promised = this.available + distance(rcv.edge, rcv.nxt);
    if (this.tuning.changed()) this.#ring.limit = Math.max(this.tuning.limit, promised) + ROUNDING;
    if (this.#c.receiving && this.updateDue()) this.#c.acknowledge();
  }

  /** Bytes the peer was told it may still send. */
  openWindow(): number {
    const { rcv } = this.#c;
    return Math.max(distance(rcv.edge, rcv.nxt), 0);
  }

  /** Bytes the window would move by, were it advertised now in a field that counts units of `1 << shift`. */
  #opening(shift: number): number {
    const { rcv } = this.#c;
    const room = Math.max(this.tuning.limit - this.available, 0);
    return distance(add(rcv.nxt, Math.min(room, 65_535 * (1 << shift))), rcv.edge);
  }

  /** The window field of a segment (RFC 9293 section 3.8.6.2.2, RFC 7323 section 2.3); moves the right edge. */
  advertise(syn: boolean): number {
    const { rcv } = this.#c;
    const { limit } = this.tuning;
    // A SYN's window is not scaled (RFC 7323 section 2.2): no more than its field can say is promised.
    const shift = syn ? 0 : rcv.scale;
    const opening = this.#opening(shift);
    // Silly window avoidance (MUST-39); the right edge never moves left (SHLD-14)
    if (opening >= Math.min(limit >> 1, rcv.mss) || opening >= limit) {
      rcv.edge = add(rcv.edge, opening);
    }
    const wanted = this.openWindow();
    const unit = 1 << shift;
    const up = Math.floor((wanted + unit - 1) / unit) * unit;
    // Rounded up, but not again and again: beyond the buffer the edge goes by less than one unit.
    if (up - (limit - this.available) >= unit) return Math.min(Math.floor(wanted / unit), 65_535);
    if (up > wanted && up <= 65_535 * unit) rcv.edge = add(rcv.nxt, up);
    return Math.min(up / unit, 65_535);
  }

  /** The user has taken data: is the window so much wider that the peer should hear of it? */
  updateDue(): boolean {
    const { rcv } = this.#c;
    const opening = this.#opening(rcv.scale);
    // One segment's room is news for a peer that has less, for others two are.
    const segments = this.openWindow() < rcv.mss ? 1 : 2;
    return opening > 0 && opening >= Math.min(this.tuning.limit >> 1, segments * rcv.mss);
  }

  /** Data has come: whether that calls for an ACK is decided when the input is done, unless one goes out with data. */
  #heard(): void {
    this.#news = true;
    this.#c.touch();
  }

  /** Everything else has been sent: does what has come call for an ACK of its own? */
  decideAck(): void {
    if (!this.#news) return;
    this.#news = false;
    this.chart.send(delayedAckEvents.dataReceived);
  }

  /** An ACK has gone out; `tellsAll`: with SACK blocks, if there is anything to tell by them. */
  ackSent(tellsAll: boolean): void {
    const { rcv } = this.#c;
    rcv.acked = rcv.nxt;
    if (tellsAll) this.#news = false;
    if (this.chart.state === 'pending') this.chart.send(delayedAckEvents.ackSent);
  }

  ackAtOnce(): boolean {
    return this.#urgent || this.#c.config.delayedAck === 0;
  }

  secondFullSized(): boolean {
    const { rcv } = this.#c;
    return distance(rcv.nxt, rcv.acked) >= 2 * this.largest;
  }

  acknowledge(): void {
    this.#c.acknowledge();
  }

  delayedAck(): number {
    return this.#c.config.delayedAck;
  }

  snapshot(): ReceiverSnapshot {
    const { available, finAt, finished, largest, duplicate } = this;
    const ranges = this.reassembly.ranges;
    const last = ranges[ranges.length - 1]?.right ?? this.#c.rcv.nxt;
    const bytes = new Uint8Array(available + distance(last, this.#c.rcv.nxt));
    this.#ring.read(this.#ring.head, bytes, 0, Math.min(bytes.length, this.#ring.allocated));
    const { head } = this.#ring;
    return {
      ...{ available, finAt, finished, largest, duplicate, urgent: this.#urgent, ranges, head, bytes },
      tuning: this.tuning.snapshot(),
    };
  }

  restore(snapshot: ReceiverSnapshot): void {
    const { available, finAt, finished, largest, duplicate, urgent, ranges, head, bytes } = snapshot;
    Object.assign(this, { available, finAt, finished, largest, duplicate });
    this.#urgent = urgent;
    this.reassembly.restore(ranges);
    this.tuning.restore(snapshot.tuning);
    this.#ring.limit = Math.max(this.tuning.limit + ROUNDING, bytes.length);
    this.#ring.release(head);
    this.#ring.write(head, bytes, 0, bytes.length);
  }

  close(): void {
    this.chart.stop();
  }

  toJSON(): object {
    return { available: this.available, window: this.openWindow(), early: this.reassembly.count };
  }
}
