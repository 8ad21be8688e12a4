/**
 * Loss recovery: what each ACK says about what was sent, and the host of the `recovery` and `reordering` charts.
 *
 * RACK or the scoreboard say what is lost, PRR how much may go out meanwhile, `undo.ts` whether any of it was called
 * for; here they are asked, in one order, and the charts told.
 */
import { type RecoveryHost, recovery as recoveryChart, recoveryEvents } from '../../machines/recovery.ts';
import { type ReorderingHost, reordering, reorderingEvents } from '../../machines/reordering.ts';
import type { ChartInstance } from '../chart/chart.ts';
import type { Segment } from '../wire/tcp.ts';
import type { AckSample, CongestionControl } from './congestion/congestion.ts';
import type { Connection } from './connection.ts';
import type { RecoverySnapshot } from './connectionSnapshot.ts';
import { LossProbe } from './lossProbe.ts';
import { Prr } from './prr.ts';
import { Rack } from './rack.ts';
import { Mark, type SegmentRecord } from './record.ts';
import type { RetransmissionQueue } from './retransmission.ts';
import { distance, geq, type Seq, seq } from './seq.ts';
import { SpuriousTimeout } from './spuriousTimeout.ts';
import { Undo } from './undo.ts';

export class LossRecovery implements RecoveryHost, ReorderingHost {
  readonly chart: ChartInstance;
  readonly rack: Rack;
  readonly probe: LossProbe;
  readonly timeout: SpuriousTimeout;
  readonly #prr = new Prr();
  readonly #undo = new Undo();
  /** The recovery point: it is over when this is acknowledged (RFC 6582 recover, RFC 6675 RecoveryPoint). */
  point: Seq = seq(0);
  /** Duplicate ACKs in a row (RFC 5681 section 2). */
  dupAcks = 0;
  /** The next retransmission goes out whatever the window says (RFC 6675 section 5 (4.3)). */
  forced = false;
  /** Of the ACK at hand: TSecr (-1: none), bytes that SND.UNA advanced by, whether a block told something new. */
  #echo = -1;
  #advanced = 0;
  #news = false;
  #bare = false;
  /** End of what a D-SACK of it reports. */
  #reported: Seq | undefined;
  /** Bytes reported received in all before it; -1: no ACK is being looked at. */
  #sackedBefore = -1;
  /** Something was given up by the look at hand, and something that had been sent again. */
  #lost = false;
  #lostAgain = false;
  /** How long what is late is waited for, us. */
  #wait = 0;
  #reordering: ChartInstance | undefined;
  readonly #c: Connection;
  readonly #queue: RetransmissionQueue;

  constructor(connection: Connection, queue: RetransmissionQueue) {
    this.#c = connection;
    this.#queue = queue;
    this.rack = new Rack(connection.config.dupThresh);
    this.chart = connection.startChart(recoveryChart, this);
    this.probe = new LossProbe(connection);
    this.timeout = new SpuriousTimeout(connection);
  }

  get state(): string {
    return this.chart.state;
  }

  get reorderingChart(): ChartInstance | undefined {
    return this.#reordering;
  }

  /** RACK decides what is lost: it takes a peer with SACK (RFC 8985 section 5.1). */
  get byTime(): boolean {
    return this.#c.config.rack && this.#c.sackOk;
  }

  /** PRR sets the window while the rate is being cut. */
  get #proportional(): boolean {
    const { config, sackOk } = this.#c;
    return config.prr && sackOk && !this.#congestion.ownsRecovery;
  }

  get #congestion(): CongestionControl {
    return this.#c.sender.congestion;
  }

  /** us; to the microsecond where something was measured that was sent once. */
  get #minRtt(): number {
    const { minRtt } = this.#queue.rate;
    return minRtt >= 0 ? minRtt : this.#c.sender.rtt.minimum;
  }

  startAt(iss: Seq): void {
    this.point = iss;
    this.rack.startAt(iss);
  }

  // What happens

  /** An acceptable ACK is about to be looked at; `bare`: without data, and the window as it was. */
  ackBegins(segment: Segment, bare: boolean): void {
    const echoes = this.#c.timestampsOk && segment.hasTimestamps && segment.tsEcr !== 0;
    this.#echo = echoes ? segment.tsEcr : -1;
    this.#advanced = 0;
    this.#news = false;
    this.#bare = bare;
    this.#reported = undefined;
    this.#sackedBefore = this.#queue.sackedTotal;
    this.rack.ackBegins();
  }

  /** A segment is known to be received, by SEG.ACK or a SACK block. */
  delivered(record: SegmentRecord): void {
    this.timeout.delivered(record);
    if (!this.byTime) return;
    const again = record.transmissions > 1;
    const ambiguous =
      again && this.#echo >= 0 && ((this.#echo - this.#c.timestampOf(record.lastSent)) | 0) < 0;
    this.rack.delivered(record, this.#c.now(), this.#minRtt, ambiguous);
  }

  /** The first SACK block reports left to right as received twice (RFC 2883). */
  duplicateReported(left: Seq, right: Seq): void {
    const { snd, counters } = this.#c;
    const segments = Math.max(Math.ceil(distance(right, left) / snd.mss), 1);
    counters.duplicatesReported += segments;
    // More than was ever sent again: the network made them, or the peer did
    if (counters.duplicatesReported > counters.retransmitsFast + counters.retransmitsByTimer) return;
    this.#reported = right;
    if (this.byTime && !this.probe.repeats(right)) this.rack.dsack(snd.una, snd.nxt);
    this.#undo.reported(right, segments);
  }

  /** SND.UNA has advanced by so many sequence numbers. */
  ackAdvanced(bytes: number): void {
    const { snd, sackOk } = this.#c;
    this.#advanced = bytes;
    const before = this.dupAcks;
    this.dupAcks = 0;
    if (sackOk || this.state !== 'recovery' || geq(snd.una, this.point)) return;
    // Without SACK the duplicate ACKs stand for segments above the hole; those now acknowledged no longer count.
    this.dupAcks = Math.max(before - Math.max(Math.floor(bytes / snd.mss) - 1, 0), 0);
  }

  /** A duplicate ACK (RFC 5681 section 2), or one with new SACK information (RFC 6675 section 2). */
  duplicateAck(): void {
    this.dupAcks += 1;
  }

  /** A block told something new. */
  sacked(): void {
    this.#news = true;
  }

  /** The ACK has been taken in: what follows. True if the congestion window may grow by it. */
  judge(): boolean {
    if (this.#c.config.arq !== 'tcp') return false;
    const before = this.state;
    this.timeout.heard();
    this.#takeBack();
    const opens = this.#advanced > 0 && this.state === before && this.#settle();
    if (this.#advanced > 0 || this.#news) this.probe.moved();
    this.#inferLoss();
    this.#hearEcho();
    this.probe.heard(this.#reported, this.#bare && this.#advanced === 0 && !this.#news);
    return opens && this.state !== 'recovery' && this.state !== 'cwr';
  }

  /** The congestion control has heard of the ACK: the rate is cut further, or F-RTO decides. */
  ackEnds(sample: AckSample): void {
    this.#sackedBefore = -1;
    if (this.#c.config.arq !== 'tcp') return;
    if (sample.delivered > 0) this.#reduce(sample.delivered, this.#advanced > 0 && sample.lost === 0);
    const duplicate = this.#advanced === 0 && (this.#news || this.dupAcks > 0);
    this.timeout.decide(this.#advanced > 0, duplicate);
  }

  /** The timer ran out for the oldest segment. */
  timedOut(): void {
    this.timeout.timedOut();
    this.chart.send(recoveryEvents.timedOut);
  }

  /** RFC 8985 section 6.3: of what is outstanding at a timeout, this one may still arrive. */
  mayArrive(record: SegmentRecord): boolean {
    return this.byTime && this.rack.remaining(record, this.#c.now(), this.#reorderingWindow()) > 0;
  }

  /** The peer has echoed a congestion mark (RFC 3168 section 6.1.2). */
  congestionExperienced(): void {
    this.chart.send(recoveryEvents.congestionExperienced);
  }

  probeRepaired(): void {
    this.chart.send(recoveryEvents.probeRepaired);
  }

  timeoutWasSpurious(): void {
    if (this.state === 'loss') this.chart.send(recoveryEvents.foundSpurious);
  }

  /** A segment goes out, or goes out again. */
  sent(record: SegmentRecord, again: boolean): void {
    this.#prr.sent(record.length);
    if (again) this.#undo.sentAgain(this.#c.timestamp());
  }

  // What follows

  /** RFC 4015, and by D-SACK: was what was sent again only late? */
  #takeBack(): void {
    const { state } = this;
    if (!this.#c.config.eifel || state === 'cwr' || this.#undo.from === undefined) return;
    if (this.#undo.allReported) this.chart.send(recoveryEvents.foundSpurious);
    else if (this.#advanced > 0 && state !== 'open' && this.#echo >= 0) this.#detectEifel();
  }

  /** RFC 3522: it answers the original; but while others that were sent again are on their way, they may be lost. */
  #detectEifel(): void {
    const { snd } = this.#c;
    if (!this.#undo.answersOriginal(this.#echo)) return;
    if (this.byTime) this.rack.foundLate(distance(this.rack.fack, snd.una) + this.#advanced, this.#c.snd.mss);
    if (this.state === 'recovery' && this.#queue.sentAgain() > 0) return;
    this.chart.send(recoveryEvents.foundSpurious);
  }

  /** Is the recovery point acknowledged, or only a part? True if the window grows by this ACK. */
  #settle(): boolean {
    const { state } = this;
    if (state === 'open') return true;
    if (geq(this.#c.snd.una, this.point)) {
      this.chart.send(recoveryEvents.recoveryPointAcked);
    } else this.chart.send(recoveryEvents.partlyAcked);
    // RFC 5681 section 3.1: slow start until ssthresh, also over what is sent again
    return state === 'loss';
  }

  /** RFC 3168 section 6.1.2: does it tell of marks, and of such that the rate has not been cut for? */
  #hearEcho(): void {
    const { ecn, sender } = this.#c;
    // Where nothing was outstanding there is no rate to cut
    if (ecn.callsForCut(sender.sample.ece) && (this.#advanced > 0 || sender.flight > 0))
      this.congestionExperienced();
  }

  /** Is anything lost by now? */
  #inferLoss(): void {
    if (this.byTime) {
      if (this.rack.advanced) this.#detect();
      return;
    }
    if (this.state === 'loss') return;
    // RFC 6675 section 5, RFC 5681 section 3.2
    const { config, snd, sackOk } = this.#c;
    const lost = sackOk && this.#queue.inferLost(config.dupThresh, snd.mss);
    if (this.state !== 'open' && this.state !== 'cwr') return;
    if (!lost && this.dupAcks < config.dupThresh) return;
    // RFC 6582 section 3.2 (2): not for duplicates of what an earlier recovery covered
    if (!lost && snd.una === this.point) return;
    if (this.#c.pathMtu.probeLost()) return;
    this.chart.send(recoveryEvents.lossInferred);
  }

  /** RFC 8985 section 6.2, step 5. */
  #detect(): void {
    this.#lost = false;
    this.#lostAgain = false;
    const { sendOrder } = this.#queue;
    this.#wait = this.rack.detect(sendOrder, this.#c.now(), this.#reorderingWindow(), this.#lose);
    if (this.#wait > 0) this.#await(reorderingEvents.overtaken);
    else if (this.#reordering?.state === 'waiting') this.#reordering.send(reorderingEvents.settled);
    if (!this.#lost) return;
    this.#c.touch();
    if (this.state === 'open' || this.state === 'cwr') {
      if (!this.#c.pathMtu.probeLost()) this.chart.send(recoveryEvents.lossInferred);
    } else if (this.#lostAgain) this.chart.send(recoveryEvents.retransmissionLost);
  }

  #await(event: (typeof reorderingEvents)[keyof typeof reorderingEvents]): void {
    this.#reordering ??= this.#c.startChart(reordering, this);
    this.#reordering.send(event);
  }

  readonly #lose = (record: SegmentRecord): void => {
    this.#lost = true;
    if (record.transmissions > 1) this.#lostAgain = true;
    this.#queue.markLost(record);
  };

  #reorderingWindow(): number {
    const { sender, config } = this.#c;
    return this.rack.reorderingWindow({
      recovering: this.state === 'recovery' || this.state === 'loss',
      sackedSegments: this.#queue.counts[Mark.sacked],
      dupThresh: config.dupThresh,
      minRtt: this.#minRtt,
      srtt: sender.rtt.srtt,
    });
  }

  detectLoss(): void {
    this.#detect();
    if (this.#lost) this.#reduce(0, false);
  }

  reorderingTimeout(): number {
    return this.#wait;
  }

  /** RFC 9937: how much may be in flight now. */
  #reduce(delivered: number, safe: boolean): void {
    const cutting = this.state === 'recovery' || this.state === 'cwr';
    if (!cutting || !this.#proportional) return;
    const congestion = this.#congestion;
    const { ssthresh, smss } = congestion;
    congestion.cwnd = this.#prr.window(delivered, this.#c.sender.pipe, ssthresh, smss, safe);
  }

  // The charts' orders

  enterRecovery(): void {
    this.#cut('recovery');
    this.#undo.begin(this.#c.snd.una, this.#queue.sentAgain());
    this.#repair();
  }

  continueRecovery(): void {
    this.point = this.#c.snd.nxt;
    this.#undo.clear();
    this.#repair();
  }

  #repair(): void {
    this.#queue.startRecovery();
    if (this.byTime) this.forced = true;
    else this.#loseOldest();
  }

  deflate(): void {
    // RFC 6582 section 3.2 (3): without SACK a partial ACK says that the next segment is lost too
    if (!this.#c.sackOk) this.#loseOldest();
  }

  leaveRecovery(): void {
    const congestion = this.#congestion;
    congestion.recovered(this.#c.sender.flight);
    if (this.#proportional) congestion.cwnd = congestion.ssthresh;
    if (this.state === 'recovery') this.rack.recovered();
    this.dupAcks = 0;
  }

  enterCwr(): void {
    this.#cut('ecn');
    this.#undo.clear();
  }

  leaveCwr(): void {
    const congestion = this.#congestion;
    // Nothing is lost: no burst can come of it (RFC 6582 fears one)
    if (!congestion.ownsRecovery) congestion.cwnd = congestion.ssthresh;
    this.dupAcks = 0;
  }

  cutForProbe(): void {
    this.#cut('recovery');
    this.#undo.clear();
    if (!this.#congestion.ownsRecovery) this.#congestion.cwnd = this.#congestion.ssthresh;
  }

  /** Notes the recovery point, cuts ssthresh, and begins with PRR. */
  #cut(why: 'recovery' | 'ecn'): void {
    const { snd, sender } = this.#c;
    const congestion = this.#congestion;
    this.point = snd.nxt;
    this.#c.ecn.rateCut();
    this.probe.recoveryBegan();
    congestion.save();
    congestion.reduce(why, sender.flight);
    if (this.#proportional) this.#prr.begin(this.#flightBefore());
    else if (!congestion.ownsRecovery) congestion.cwnd = congestion.ssthresh;
  }

  /** RFC 9937 section 6.2, RecoverFS: in flight before this ACK, and not reported received before it. */
  #flightBefore(): number {
    const { sender } = this.#c;
    const sacked = this.#queue.marked[Mark.sacked];
    const newly = this.#sackedBefore < 0 ? 0 : this.#queue.sackedTotal - this.#sackedBefore;
    return sender.flight + (this.#sackedBefore < 0 ? 0 : this.#advanced) - Math.max(sacked - newly, 0);
  }

  enterLoss(): void {
    this.#congestion.save();
    this.#undo.begin(this.#c.snd.una, 0);
    this.#congestion.reduce('timeout', this.#c.sender.flight);
    this.#c.ecn.rateCut();
    this.#lossWindow(true);
  }

  continueLoss(): void {
    this.#lossWindow(true);
  }

  repeatLoss(): void {
    this.#lossWindow(false);
  }

  #lossWindow(first: boolean): void {
    const congestion = this.#congestion;
    if (first) this.point = this.#c.snd.nxt;
    this.probe.recoveryBegan();
    congestion.timedOut(first);
    // What RACK has left in flight does not hold up what is sent again (RFC 8985 section 6.3)
    congestion.cwnd += this.#c.sender.pipe;
    this.dupAcks = 0;
  }

  leaveLoss(): void {
    this.rack.recovered();
  }

  undo(): void {
    this.#congestion.undo();
    this.#c.ecn.cutUndone();
    this.#queue.restoreLost();
    this.#undo.clear();
    this.forced = false;
    this.dupAcks = 0;
    // What was given up is looked at again (RFC 8985)
    this.rack.advanced = true;
    this.#c.counters.undone += 1;
  }

  #loseOldest(): void {
    const { oldest } = this.#queue;
    if (oldest === undefined) return;
    this.#queue.markLost(oldest);
    this.forced = true;
  }

  snapshot(): RecoverySnapshot {
    const { point, dupAcks, forced, rack, probe } = this;
    return {
      ...{ point, dupAcks, forced },
      rack: rack.snapshot(),
      prr: this.#prr.snapshot(),
      undo: this.#undo.snapshot(),
      probe: probe.snapshot(),
    };
  }

  restore({ point, dupAcks, forced, rack, prr, undo, probe }: RecoverySnapshot): void {
    this.point = seq(point);
    this.dupAcks = dupAcks;
    this.forced = forced;
    this.rack.restore(rack);
    this.#prr.restore(prr);
    this.#undo.restore(undo);
    this.probe.restore(probe);
    this.timeout.restore();
    if (this.#c.restores('reordering')) this.#reordering = this.#c.startChart(reordering, this);
  }

  close(): void {
    this.chart.stop();
    this.#reordering?.stop();
    this.probe.close();
    this.timeout.close();
  }

  toJSON(): object {
    const { point, dupAcks } = this;
    const { steps, reorderingSeen } = this.rack;
    return { point, dupAcks, steps, reorderingSeen };
  }
}
