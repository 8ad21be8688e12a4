/**
 * SEGMENT ARRIVES: RFC 9293 section 3.10.7, step by step under its own headings.
 *
 * It classifies: which of a segment's bits count, and which facts follow. What a fact changes is decided by the
 * charts; what goes out is decided when the input is done (`transmit.ts`). A step returns false when the segment is
 * dealt with.
 */
import { connectionEvents } from '../../machines/connection.ts';
import { ACK, FIN, RST, type Segment, SYN, URG } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { negotiate } from './handshake.ts';
import { isDuplicateReport } from './rack.ts';
import { add, distance, earlier, geq, gt, leq, lt, type Seq, seq } from './seq.ts';
import { replyWithReset } from './transmit.ts';

/** RFC 7323 section 5.5: TS.Recent that has not changed for 24 days (us) says nothing. */
const TIMESTAMP_HORIZON = 24 * 86_400_000_000;

/** Handles an arriving segment in any state but CLOSED and LISTEN, which have no connection to arrive at. */
export function segmentArrives(c: Connection, segment: Segment): void {
  c.counters.segmentsIn += 1;
  c.keepAlive.heard();
  if (c.state === 'SYN_SENT') {
    arrivesInSynSent(c, segment);
    return;
  }
  if (crossedSynAck(c, segment)) return;
  if (!checkTimestamps(c, segment)) return;
  if (!checkSequence(c, segment)) return;
  recordTimestamp(c, segment);
  if (!checkRst(c, segment)) return;
  if (!checkSyn(c, segment)) return;
  if (!checkAck(c, segment)) return;
  checkUrgent(c, segment);
  processText(c, segment);
  checkFin(c, segment);
}

/** 3.10.7.2: a SYN for a listener, at the connection made for it. */
export function arrivesInListen(c: Connection, segment: Segment): void {
  takeSyn(c, segment);
  c.chart.send(connectionEvents['segment.syn']);
  c.receiver.queueText(segment);
}

/** 3.10.7.3 */
function arrivesInSynSent(c: Connection, segment: Segment): void {
  const { flags } = segment;
  const { snd } = c;
  const acked = (flags & ACK) !== 0;
  const ack = seq(segment.ack);
  // First, check the ACK bit
  if (acked && (leq(ack, snd.iss) || gt(ack, snd.nxt))) {
    if ((flags & RST) === 0) replyWithReset(c.host, segment, c);
    return;
  }
  // Second, check the RST bit
  if ((flags & RST) !== 0) {
    if (acked) c.chart.send(connectionEvents['segment.rst']);
    return;
  }
  // Fourth, check the SYN bit
  if ((flags & SYN) === 0) return;
  takeSyn(c, segment);
  if (!acked) {
    c.chart.send(connectionEvents['segment.syn']);
    c.receiver.queueText(segment);
    return;
  }
  takeWindow(c, segment, ack);
  c.sender.ackAdvanced(ack, segment);
  c.chart.send(connectionEvents['segment.synAck']);
  processText(c, segment);
  checkFin(c, segment);
}

/** RCV.NXT, IRS and what the SYN's options settle. */
function takeSyn(c: Connection, segment: Segment): void {
  c.receiver.startAt(seq(segment.seq));
  negotiate(c, segment);
  c.snd.wnd = segment.window;
  c.snd.maxWnd = segment.window;
}

/**
 * Simultaneous open (section 3.5, figure 7): the peer's SYN,ACK repeats its SYN, so it lies before the window and must
 * be taken all the same (MUST-10).
 */
function crossedSynAck(c: Connection, segment: Segment): boolean {
  if (c.state !== 'SYN_RECEIVED' || c.passive) return false;
  if ((segment.flags & (SYN | ACK | RST)) !== (SYN | ACK)) return false;
  const ack = seq(segment.ack);
  if (seq(segment.seq) !== c.rcv.irs || !gt(ack, c.snd.una) || gt(ack, c.snd.nxt)) return false;
  c.ecn.heardSynAgain(segment);
  takeWindow(c, segment, ack);
  c.sender.ackAdvanced(ack, segment);
  c.chart.send(connectionEvents['segment.synAck']);
  return true;
}

/** RFC 7323 section 5.3 (R1): protection against wrapped sequence numbers. */
function checkTimestamps(c: Connection, segment: Segment): boolean {
  if (!c.timestampsOk || !segment.hasTimestamps || (segment.flags & RST) !== 0) return true;
  if (sinceRecent(c, segment) >= -c.config.pawsTolerance || c.now() - c.tsRecentAt > TIMESTAMP_HORIZON)
    return true;
  c.host.counters.badTimestamp += 1;
  noteRepeated(c, segment);
  answerStray(c, segment);
  return false;
}

/** SEG.TSval against TS.Recent, in ticks; below zero: older. */
function sinceRecent(c: Connection, segment: Segment): number {
  return (segment.tsVal - c.tsRecent) | 0;
}

/**
 * (R3), after (R2) has seen that it is in the window, and section 4.3 (2): only what covers the last ACK sent, and is no
 * older than what is there, if that says anything still.
 */
function recordTimestamp(c: Connection, segment: Segment): void {
  if (!c.timestampsOk || !segment.hasTimestamps || (segment.flags & RST) !== 0) return;
  if (gt(seq(segment.seq), c.rcv.acked)) return;
  if (sinceRecent(c, segment) < 0 && c.now() - c.tsRecentAt <= TIMESTAMP_HORIZON) return;
  c.tsRecent = segment.tsVal;
  c.tsRecentAt = c.now();
}

/** First, check sequence number. */
function checkSequence(c: Connection, segment: Segment): boolean {
  if (acceptable(c, segment)) return true;
  if ((segment.flags & RST) !== 0) return false;
  c.host.counters.outsideWindow += 1;
  noteRepeated(c, segment);
  if (repeatsSyn(c, segment)) c.ecn.heardSynAgain(segment);
  if (c.state === 'TIME_WAIT' && repeatsFin(c, segment)) c.chart.send(connectionEvents.finRepeated);
  else answerStray(c, segment);
  return false;
}

/** RFC 2883 section 4.1: what is refused for being old is reported as having come twice. */
function noteRepeated(c: Connection, segment: Segment): void {
  const first = seq(segment.seq);
  if (segment.length === 0 || !lt(first, c.rcv.nxt)) return;
  c.receiver.repeated(first, earlier(add(first, segment.length), c.rcv.nxt));
}

/** What brings text or a FIN is answered each time: the peer sends it again until it hears of it. */
function answerStray(c: Connection, { payloadLength, flags }: Segment): void {
  if (payloadLength > 0 || (flags & FIN) !== 0) c.acknowledge();
  else c.acknowledgeStray();
}

/** Section 3.4: the four cases of the acceptability test. */
function acceptable(c: Connection, segment: Segment): boolean {
  const { rcv } = c;
  const { length } = segment;
  const window = c.receiver.openWindow();
  const first = seq(segment.seq);
  if (length === 0) {
    return window === 0 ? first === rcv.nxt : inWindow(first, rcv.nxt, window);
  }
  if (window === 0) {
    // At a window of zero the ACK and RST of a segment at RCV.NXT count, its text does not (MUST-66).
    return first === rcv.nxt;
  }
  return inWindow(first, rcv.nxt, window) || inWindow(add(first, length - 1), rcv.nxt, window);
}

function inWindow(at: Seq, next: Seq, window: number): boolean {
  return leq(next, at) && lt(at, add(next, window));
}

/** The peer sends its FIN again: our ACK of it was lost. */
function repeatsFin(c: Connection, segment: Segment): boolean {
  return (segment.flags & FIN) !== 0 && add(seq(segment.seq), segment.length) === c.rcv.nxt;
}

/** Second, check the RST bit; RFC 5961 section 3.2. */
function checkRst(c: Connection, segment: Segment): boolean {
  if ((segment.flags & RST) === 0) return true;
  if (seq(segment.seq) === c.rcv.nxt || !c.config.rfc5961) c.chart.send(connectionEvents['segment.rst']);
  else c.challenge();
  return false;
}

/** Fourth, check the SYN bit; RFC 5961 section 4.2. */
function checkSyn(c: Connection, segment: Segment): boolean {
  if ((segment.flags & SYN) === 0) return true;
  // The SYN we know, come again with text: the SYN itself lies before the window and would be trimmed (3.10.7.4).
  if (repeatsSyn(c, segment)) c.acknowledge();
  else c.chart.send(connectionEvents['segment.syn']);
  return false;
}

/** In SYN_RECEIVED the SYN that we know. */
function repeatsSyn(c: Connection, segment: Segment): boolean {
  return c.state === 'SYN_RECEIVED' && (segment.flags & SYN) !== 0 && seq(segment.seq) === c.rcv.irs;
}

/** Fifth, check the ACK field. */
function checkAck(c: Connection, segment: Segment): boolean {
  if ((segment.flags & ACK) === 0) return false;
  const ack = seq(segment.ack);
  if (c.state === 'SYN_RECEIVED' && !ackInSynReceived(c, segment, ack)) return false;
  if (!acceptableAck(c, ack)) return false;
  processAck(c, segment, ack);
  if (c.state === 'CLOSED') return false;
  return true;
}

/** SYN_RECEIVED: our SYN is acknowledged, or somebody is out of step. */
function ackInSynReceived(c: Connection, segment: Segment, ack: Seq): boolean {
  const { snd } = c;
  if (!gt(ack, snd.una) || gt(ack, snd.nxt)) {
    replyWithReset(c.host, segment, c);
    return false;
  }
  takeWindow(c, segment, ack);
  c.sender.ackAdvanced(ack, segment);
  c.chart.send(connectionEvents.synAcked);
  return true;
}

/** RFC 5961 section 5.2 (MAY-12), and an ACK of what was not sent. */
function acceptableAck(c: Connection, ack: Seq): boolean {
  const { snd } = c;
  if (gt(ack, snd.nxt)) {
    c.challenge();
    return false;
  }
  if (c.config.rfc5961 && lt(ack, add(snd.una, -snd.maxWnd))) {
    c.challenge();
    return false;
  }
  return true;
}

/** ESTABLISHED and after: SND.UNA advances, the scoreboard learns, the window moves. */
function processAck(c: Connection, segment: Segment, ack: Seq): void {
  const { snd, sender } = c;
  const bare = segment.length === 0 && ack === snd.una && windowOf(c, segment) === snd.wnd;
  sender.ackBegins(segment, bare);
  const news = c.sackOk && takeSack(c, segment, ack);
  if (news) sender.recovery.sacked();
  if (gt(ack, snd.una)) sender.ackAdvanced(ack, segment);
  else if (news || isDuplicate(c, segment, ack)) {
    c.counters.duplicateAcksIn += 1;
    sender.recovery.duplicateAck();
  }
  sender.ackEnds();
  updateWindow(c, segment, ack);
  // MUST-37, SHLD-17: a peer that answers is there, whatever its window does not let in
  if (snd.wnd < sender.flight) sender.shutAt = c.now();
  c.persist.answered();
  c.touch();
  if (c.finAcked) finIsAcked(c);
}

/** The fact that our FIN is acknowledged, once. */
function finIsAcked(c: Connection): void {
  const { state } = c;
  if (state === 'FIN_WAIT_1' || state === 'CLOSING' || state === 'LAST_ACK') {
    c.chart.send(connectionEvents.finAcked);
  }
}

/** RFC 5681 section 2: a duplicate ACK; with SACK only new blocks make one (RFC 6675 section 2). */
function isDuplicate(c: Connection, segment: Segment, ack: Seq): boolean {
  return (
    !c.sackOk &&
    ack === c.snd.una &&
    segment.length === 0 &&
    c.sender.queue.size > 0 &&
    windowOf(c, segment) === c.snd.wnd
  );
}

/** RFC 2018 section 5; true if the blocks told something new. */
function takeSack(c: Connection, segment: Segment, ack: Seq): boolean {
  const { sackBlocks, sackCount } = segment;
  if (isDuplicateReport(sackBlocks, sackCount, ack))
    takeDuplicate(c, seq(sackBlocks[0] as number), seq(sackBlocks[1] as number));
  let news = false;
  for (let i = 0; i < segment.sackCount; i++) {
    const left = seq(segment.sackBlocks[2 * i] as number);
    const right = seq(segment.sackBlocks[2 * i + 1] as number);
    if (c.sender.queue.sack(left, right, c.snd.una, c.snd.nxt)) news = true;
  }
  return news;
}

/** RFC 2883: something of ours has come twice, if it was ever sent. */
function takeDuplicate(c: Connection, left: Seq, right: Seq): void {
  const { snd } = c;
  if (!lt(left, right) || gt(right, snd.nxt) || lt(left, add(snd.una, -snd.maxWnd))) return;
  c.sender.recovery.duplicateReported(left, right);
}

/** SND.WND from a segment that is not older than the one it was last taken from. */
function updateWindow(c: Connection, segment: Segment, ack: Seq): void {
  const { snd } = c;
  if (lt(ack, snd.una)) return;
  const first = seq(segment.seq);
  // Beyond the RFC's test: one that acknowledges more is newer, also when it is sent again with an old SEG.SEQ. Else
  // SND.UNA would carry the right edge with it.
  const newer = lt(snd.wl1, first) || (snd.wl1 === first && leq(snd.wl2, ack)) || lt(snd.wl2, ack);
  if (newer) takeWindow(c, segment, ack);
}

function takeWindow(c: Connection, segment: Segment, ack: Seq): void {
  const { snd } = c;
  snd.wnd = windowOf(c, segment);
  snd.wl1 = seq(segment.seq);
  snd.wl2 = ack;
  if (snd.wnd > snd.maxWnd) snd.maxWnd = snd.wnd;
}

/** SEG.WND in bytes: a SYN's is never scaled (RFC 7323 section 2.2). */
function windowOf(c: Connection, segment: Segment): number {
  return (segment.flags & SYN) !== 0 ? segment.window : segment.window * (1 << c.snd.scale);
}

/** Sixth, check the URG bit: the user is told when the urgent data goes further than known (MUST-32). */
function checkUrgent(c: Connection, segment: Segment): void {
  if ((segment.flags & URG) === 0 || !c.receiving) return;
  const up = add(seq(segment.seq), segment.urgentPointer);
  if (!gt(up, c.rcv.up)) return;
  c.rcv.up = up;
  c.notice('urgent');
}

/** Seventh, process the segment text. */
function processText(c: Connection, segment: Segment): void {
  if (segment.payloadLength === 0 && (segment.flags & FIN) === 0) return;
  if (!c.receiving) return;
  if (c.detached && segment.payloadLength > 0 && beyond(c, segment)) {
    // Section 3.6.1, SHLD-3: nobody will read it
    c.chart.send(connectionEvents.textRefused);
    return;
  }
  if (c.receiver.openWindow() === 0 && segment.payloadLength > 0) {
    c.acknowledge();
    return;
  }
  if (segment.payloadLength > 0) c.ecn.textArrives(segment);
  c.receiver.text(segment);
}

/** Does the segment bring bytes that were not received before? */
function beyond(c: Connection, segment: Segment): boolean {
  return distance(add(seq(segment.seq), segment.payloadLength), c.rcv.nxt) > 0;
}

/** Eighth, check the FIN bit: it counts once all before it is there. */
function checkFin(c: Connection, segment: Segment): void {
  const { receiver, state } = c;
  if (receiver.finished && (state === 'ESTABLISHED' || state === 'FIN_WAIT_1' || state === 'FIN_WAIT_2')) {
    c.chart.send(connectionEvents.finReceived);
  } else if (state === 'TIME_WAIT' && (segment.flags & FIN) !== 0 && geq(c.rcv.nxt, seq(segment.seq))) {
    c.chart.send(connectionEvents.finRepeated);
  }
}
