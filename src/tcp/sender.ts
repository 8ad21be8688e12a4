/**
 * The sending half of a connection: the user's bytes, what of them is outstanding, and how much may be.
 *
 * It stands behind every `segment` chart and computes what they ask for, has `recovery.ts` look at each ACK, and tells
 * the congestion control what it brought; `transmit.ts` decides what goes on the wire.
 */
import { segment as segmentChart, segmentEvents } from '../../machines/segment.ts';
import type { Segment } from '../wire/tcp.ts';
import { type AckSample, type CongestionControl, noSample } from './congestion/congestion.ts';
import { createCongestionControl } from './congestion/create.ts';
import type { Connection } from './connection.ts';
import type { SenderSnapshot } from './connectionSnapshot.ts';
import { Pacing } from './pacing.ts';
import { Mark, type RecordOwner, SegmentRecord } from './record.ts';
import { LossRecovery } from './recovery.ts';
import { resegment } from './resegment.ts';
import { type Acknowledged, RetransmissionQueue } from './retransmission.ts';
import { Ring } from './ring.ts';
import { RttEstimator } from './rtt.ts';
import { roomAgain, sendRoom } from './sendLimits.ts';
import type { SendOrder } from './sendOrder.ts';
import { add, distance, geq, type Seq, seq } from './seq.ts';
import { WindowUsage } from './usage.ts';

export class Sender implements RecordOwner {
  readonly queue: RetransmissionQueue;
  readonly rtt: RttEstimator;
  readonly congestion: CongestionControl;
  readonly recovery: LossRecovery;
  /** Records whose own timer asked for them to be sent again. */
  readonly resends: SegmentRecord[] = [];
  /** Expirations since the last measurement: RFC 6298 (5.5). */
  backoff = 0;
  /** When the peer last said that its window is shut, us. */
  shutAt = 0;
  /** When the timer of the oldest segment runs out as it was last armed, us. */
  rtoDeadline = 0;
  /** Sequence numbers sent more than once. */
  retransmitted = 0;
  /** Some write was cut short: tell the user when there is room. */
  blocked = false;
  /** User bytes written, and acknowledged; positions in the ring. */
  written = 0;
  readonly #ring: Ring;
  readonly #c: Connection;
  readonly usage = new WindowUsage();
  readonly pacing: Pacing;
  /** The current round trip is over when this is acknowledged. */
  #roundEnd: Seq = seq(0);
  /** What the ACK at hand has brought so far. */
  readonly sample: AckSample = noSample();
  readonly #acked: Acknowledged = { bytes: 0, sentAt: -1, retransmitted: false, partial: false, largest: 0 };

  constructor(connection: Connection) {
    const { config } = connection;
    this.#c = connection;
    this.#ring = new Ring(config.sendBuffer);
    this.rtt = new RttEstimator(config.initialRto, config.minimumRto, config.maximumRto);
    this.pacing = new Pacing(connection);
    this.queue = new RetransmissionQueue((record) => this.recovery.delivered(record));
    this.recovery = new LossRecovery(connection, this.queue);
    const { initialWindow, abcLimit, hystart } = config;
    this.congestion = createCongestionControl(config.congestion, {
      ...{ owner: connection, smss: connection.snd.mss, initialWindow, abcLimit, hystart },
    });
    if (this.congestion.lost !== undefined) this.queue.congestion = this.congestion;
  }

  get marked(): [number, number, number, number] {
    return this.queue.marked;
  }

  get counts(): [number, number, number, number] {
    return this.queue.counts;
  }

  get sendOrder(): SendOrder {
    return this.queue.sendOrder;
  }

  get timerPerSegment(): boolean {
    return this.#c.config.arq === 'selective-repeat';
  }

  /** RFC 6675's pipe, bytes; for a peer without SACK each duplicate ACK stands for a segment that arrived. */
  get pipe(): number {
    const inFlight = this.queue.marked[Mark.inFlight];
    const { dupAcks } = this.recovery;
    if (this.#c.sackOk || dupAcks === 0) return inFlight;
    return Math.max(inFlight - dupAcks * this.#c.snd.mss, 0);
  }

  /** Bytes kept: not yet sent, or not yet acknowledged. */
  get buffered(): number {
    return this.written - this.#ring.head;
  }

  /** Takes what fits of the user's bytes; how many that was. */
  write(data: Uint8Array): number {
    this.#checkAppLimited();
    const taken = Math.min(sendRoom(this.#c), data.length);
    this.#ring.write(this.written, data, 0, taken);
    this.written += taken;
    if (taken < data.length) this.blocked = true;
    return taken;
  }

  /** Copies `length` payload bytes from sequence number `from` on. */
  copy(from: Seq, target: Uint8Array, offset: number, length: number): void {
    this.#ring.read(this.#ring.head + distance(from, this.#headSeq), target, offset, length);
  }

  /** Sequence number of the byte at the ring's head. */
  #headSeq: Seq = seq(0);

  /** The ISS is chosen: the first data byte follows it. */
  startAt(iss: Seq): void {
    this.#headSeq = add(iss, 1);
    this.recovery.startAt(iss);
    this.usage.startAt(iss);
    this.#c.snd.sml = iss;
    this.#roundEnd = iss;
  }

  /** Sequence number after the last byte written. */
  get dataEnd(): Seq {
    return add(this.#headSeq, this.buffered);
  }

  /** A new record for what is sent for the first time; its chart is started. */
  record(from: Seq, to: Seq, syn: boolean, fin: boolean): SegmentRecord {
    const record = new SegmentRecord(this, from, to, syn, fin);
    this.queue.push(record);
    if (!syn && record.length < this.#c.snd.mss) this.#c.snd.sml = record.end;
    this.recovery.probe.moved();
    record.chart = this.#c.startChart(segmentChart, record);
    return record;
  }

  /**
   * An acceptable ACK is about to be looked at: SACK blocks, then SEG.ACK, then what is lost by now. `bare`: it has no
   * data, and the window it was sent with before.
   */
  ackBegins(segment: Segment, bare: boolean): void {
    const { sample, queue } = this;
    sample.now = this.now();
    sample.acked = 0;
    sample.sacked = queue.sackedTotal;
    sample.delivered = queue.deliveredTotal;
    sample.lost = queue.lostTotal;
    sample.priorInFlight = this.pipe;
    queue.rate.begin();
    sample.rtt = -1;
    sample.ece = this.#c.ecn.echoed(segment);
    sample.afterTimeout = this.recovery.state === 'loss';
    this.recovery.ackBegins(segment, bare);
  }

  /** It has been looked at: the congestion control hears what it brought. */
  ackEnds(): void {
    const { sample, queue } = this;
    queue.rate.finish(sample.rate, sample.delivered, sample.now);
    const opens = this.recovery.judge();
    sample.sacked = queue.sackedTotal - sample.sacked;
    sample.delivered = queue.deliveredTotal - sample.delivered;
    sample.lost = queue.lostTotal - sample.lost;
    sample.inFlight = this.pipe;
    if (sample.ece) this.#c.counters.deliveredMarked += sample.delivered;
    this.#sampleRtt();
    sample.deliveredTotal = queue.deliveredTotal;
    sample.wait = this.pacing.wait;
    sample.recovery = this.recovery.state;
    sample.srtt = this.rtt.srtt;
    sample.cwndLimited = this.usage.cwndLimited(this.congestion.cwnd, this.congestion.ssthresh);
    sample.atWindow = this.usage.atWindow;
    sample.roundStart = geq(this.#c.snd.una, this.#roundEnd);
    if (sample.roundStart) this.#roundEnd = this.#c.snd.nxt;
    if (this.#c.config.arq === 'tcp' && (opens || this.congestion.ownsRecovery))
      this.congestion.acked(sample);
    this.recovery.ackEnds(sample);
  }

  /** Round trips to the microsecond, where a segment was sent once; else those of timestamps, which count in ms. */
  #sampleRtt(): void {
    const { sample } = this;
    const { rate } = this.queue;
    const exact = rate.rtt(sample.now);
    if (exact >= 0) sample.rtt = exact;
    sample.minRtt = rate.minRtt >= 0 ? rate.minRtt : this.rtt.minimum;
    sample.ackDelayed = sample.delivered <= this.#c.snd.mss && sample.priorInFlight <= this.#c.snd.mss;
  }

  /** Bytes a second that may leave; 0: as many as the windows let. */
  get pacingRate(): number {
    const { pacingRate, cwnd, ssthresh } = this.congestion;
    if (pacingRate > 0 || !this.#c.config.pacing) return pacingRate;
    if (this.rtt.srtt === 0) return 0;
    // As Linux: twice a window a round trip in slow start, a fifth more than one in congestion avoidance
    return ((cwnd < ssthresh / 2 ? 2 : 1.2) * cwnd * 1e6) / this.rtt.srtt;
  }

  /** May a segment leave by its rate? */
  get mayLeave(): boolean {
    return !this.pacing.waits;
  }

  /** The user writes, and there was less than a segment left to send: what is in flight is no measure of the path. */
  #checkAppLimited(): void {
    const { snd } = this.#c;
    if (distance(this.dataEnd, snd.nxt) >= snd.mss || this.allowance <= 0 || !this.mayLeave) return;
    if (this.queue.nextLost() === undefined) this.queue.rate.markAppLimited(this.pipe);
  }

  /** All was sent that may be; `limited`: some had to wait for the congestion window. */
  sentAll(limited: boolean): void {
    const { snd, config } = this.#c;
    if (config.arq !== 'tcp') return;
    this.usage.sent(limited || this.allowance < snd.mss, snd.una, snd.nxt);
    const decays = config.slowStartAfterIdle && this.recovery.state === 'open' && !this.blocked;
    this.usage.validate(this.congestion, decays, this.flight, this.now(), this.rtt.rto);
  }

  /** New data is to be sent: has there been none for so long that the window says nothing any more? */
  aboutToSend(): void {
    if (this.queue.size > 0) return;
    const idle = this.usage.idle(this.now());
    const rto = this.#c.config.slowStartAfterIdle ? this.rtt.rto : Number.POSITIVE_INFINITY;
    if (idle > 0) this.congestion.afterIdle(idle, rto);
  }

  /** SEG.ACK advances SND.UNA (RFC 9293 section 3.10.7.4, fifth): measures, lets go, and tells the charts. */
  ackAdvanced(ack: Seq, segment: Segment): void {
    const { snd } = this.#c;
    const acked = this.#acked;
    const handshake = snd.una === snd.iss;
    const synSent = handshake ? (this.queue.oldest?.transmissions ?? 1) : 0;
    this.queue.acknowledge(ack, acked);
    snd.una = ack;
    this.#release(ack);
    this.#measure(acked, segment);
    this.#c.pathMtu.acknowledged(acked.largest);
    if (synSent > 1) this.#afterRepeatedSyn(synSent);
    this.queue.restartTimer(acked);
    // RFC 5681 section 3.1: the ACK of a SYN must not open the congestion window
    if (handshake) return;
    this.sample.acked = acked.bytes;
    this.recovery.ackAdvanced(acked.bytes);
  }

  /** RFC 6298 (5.7): data transmission begins without the SYN's backoff; `sent`: how often the SYN was. */
  #afterRepeatedSyn(sent: number): void {
    this.backoff = 0;
    this.rtt.afterSynTimeout();
    // RFC 5681 section 3.1: the initial window is one segment; but RFC 6928 section 2: not for a single loss
    if (sent > 2) this.congestion.start(this.#c.snd.mss, 1);
  }

  #release(ack: Seq): void {
    const bytes = Math.min(distance(ack, this.#headSeq), this.buffered);
    if (bytes <= 0) return;
    this.#ring.release(this.#ring.head + bytes);
    this.#headSeq = add(this.#headSeq, bytes);
    this.tellRoom();
  }

  /** A user who waits for room hears of it. */
  tellRoom(): void {
    if (!this.blocked || !roomAgain(this.#c)) return;
    this.blocked = false;
    this.#c.notice('writable');
  }

  /** SO_SNDBUF is another. */
  limitChanged(): void {
    this.#ring.limit = Math.max(this.#c.config.sendBuffer, this.buffered);
    this.tellRoom();
  }

  /** Nothing will be sent any more: the buffer's memory is not needed. */
  freeBuffer(): void {
    this.#ring.free();
  }

  /** RFC 7323 section 4 with timestamps; Karn's rule (RFC 6298 section 3) without. */
  #measure(acked: Acknowledged, segment: Segment): void {
    const now = this.#c.now();
    let sample = -1;
    if (this.#c.timestampsOk && segment.hasTimestamps && segment.tsEcr !== 0) {
      sample = this.#c.sinceTimestamp(segment.tsEcr);
    } else if (acked.sentAt >= 0 && !acked.retransmitted) sample = now - acked.sentAt;
    if (sample < 0) return;
    this.sample.rtt = sample;
    this.rtt.sample(sample);
    this.backoff = 0;
  }

  /** RFC 5681 FlightSize */
  get flight(): number {
    return distance(this.#c.snd.nxt, this.#c.snd.una);
  }

  /** A loss probe has gone out: the timer starts anew (RFC 8985 section 7.3). */
  restartTimer(): void {
    this.queue.oldest?.chart.send(segmentEvents.timerRestarted);
  }

  /** Cuts what is outstanding into segments of at most `mss` bytes; what was larger goes out again, in pieces. */
  resegment(mss: number): void {
    if (resegment(this.#c, this, mss)) this.recovery.forced = true;
  }

  now(): number {
    return this.#c.now();
  }

  oldestRecord(): SegmentRecord | undefined {
    return this.queue.oldest;
  }

  rtoOf(record: SegmentRecord): number {
    const { userTimeout } = this.#c.config;
    let rto = this.rtt.backedOff(this.timerPerSegment ? record.backoff : this.backoff);
    // The user timeout must not be overslept (RFC 9293 section 3.10.8).
    if (userTimeout > 0) rto = Math.min(rto, Math.max(record.firstSent + userTimeout - this.now(), 0));
    this.rtoDeadline = this.now() + rto;
    return rto;
  }

  userTimeoutPassed(record: SegmentRecord): boolean {
    const { userTimeout } = this.#c.config;
    return userTimeout > 0 && this.now() - record.firstSent >= userTimeout;
  }

  r1Reached(record: SegmentRecord): boolean {
    return record.transmissions === this.#c.config.r1 + 1;
  }

  r2Reached(record: SegmentRecord): boolean {
    const { config } = this.#c;
    // MUST-37: a peer that answers with a window of zero is there, however long it takes
    const since = Math.max(record.firstSent, this.shutAt);
    return this.now() - since >= (record.syn ? config.synR2 : config.r2);
  }

  backOff(record: SegmentRecord): void {
    if (this.timerPerSegment) record.backoff += 1;
    else this.backoff += 1;
    this.#c.counters.timeouts += 1;
  }

  resend(record: SegmentRecord): void {
    this.resends.push(record);
    this.#c.touch();
  }

  retransmissionTimeout(record: SegmentRecord): void {
    this.queue.loseAll((other) => this.recovery.mayArrive(other));
    this.#c.pathMtu.timedOut(record);
    // RFC 6298 (5.4): the oldest goes out again, also when its FIN makes it longer than the loss window of one SMSS.
    this.recovery.forced = true;
    // A SYN's loss says nothing about the path's capacity: no data was in flight (RFC 5681 section 3.1).
    if (this.#c.config.arq === 'tcp' && !record.syn) {
      this.recovery.timedOut();
    }
    this.#c.touch();
  }

  reportUserTimeout(): void {
    this.#c.userTimeout();
  }

  reportR1(): void {
    this.#c.notice('trouble');
  }

  reportR2(): void {
    this.#c.r2Reached();
  }

  snapshot(): SenderSnapshot {
    const { backoff, rtoDeadline, shutAt, blocked, retransmitted, written } = this;
    const bytes = new Uint8Array(this.buffered);
    this.#ring.read(this.#ring.head, bytes, 0, bytes.length);
    return {
      queue: this.queue.snapshot(),
      rtt: this.rtt.snapshot(),
      congestion: this.congestion.snapshot(),
      usage: this.usage.snapshot(),
      rate: this.queue.rate.snapshot(),
      pacing: this.pacing.snapshot(),
      roundEnd: this.#roundEnd,
      recovery: this.recovery.snapshot(),
      ...{ backoff, rtoDeadline, shutAt, blocked, retransmitted, written },
      headSeq: this.#headSeq,
      bytes,
    };
  }

  restore(snapshot: SenderSnapshot): void {
    const { backoff, rtoDeadline, shutAt, blocked, retransmitted, written } = snapshot;
    Object.assign(this, { backoff, rtoDeadline, shutAt, blocked, retransmitted, written });
    this.recovery.restore(snapshot.recovery);
    this.rtt.restore(snapshot.rtt);
    this.congestion.restore(snapshot.congestion);
    this.usage.restore(snapshot.usage);
    this.queue.rate.restore(snapshot.rate);
    this.pacing.restore(snapshot.pacing);
    this.#roundEnd = seq(snapshot.roundEnd);
    this.#headSeq = seq(snapshot.headSeq);
    const { bytes } = snapshot;
    this.#ring.limit = Math.max(this.#ring.limit, bytes.length);
    this.#ring.release(written - bytes.length);
    this.#ring.write(written - bytes.length, bytes, 0, bytes.length);
    const records = snapshot.queue.records.map((saved) => {
      const record = new SegmentRecord(this, seq(saved.seq), seq(saved.end), saved.syn, saved.fin);
      record.restore(saved);
      record.chart = this.#c.restoreChart(segmentChart, record, saved);
      return record;
    });
    this.queue.restore(snapshot.queue, records);
  }

  /** Bytes that may be outstanding by the window that is not the peer's. */
  get allowance(): number {
    if (this.#c.config.arq === 'tcp') return this.congestion.cwnd - this.pipe;
    return this.#c.config.window * this.#c.snd.mss - this.flight;
  }

  close(): void {
    this.queue.clear();
    // Nothing leaves a connection that is gone, whatever fell due at the same moment.
    this.resends.length = 0;
    this.recovery.close();
    this.congestion.chart.stop();
    this.pacing.close();
    this.#ring.free();
  }

  toJSON(): object {
    const { cwnd, ssthresh } = this.congestion;
    return { cwnd, ssthresh, pipe: this.pipe, rto: this.rtt.rto, srtt: this.rtt.srtt };
  }
}
