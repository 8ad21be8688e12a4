/**
 * What goes on the wire when an input has been handled: what is owed, then what the windows allow.
 *
 * The order is: a SYN, what is to be sent again, new data, the FIN, a probe, and last an ACK, if none of these carried
 * it.
 */
import { segmentEvents } from '../../machines/segment.ts';
import type { SendReason } from '../trace/event.ts';
import { ACK, FIN, PSH, RST, type Segment, SYN, URG } from '../wire/tcp.ts';
import type { Connection } from './connection.ts';
import { offer } from './handshake.ts';
import type { Host } from './host.ts';
import { Mark, type SegmentRecord } from './record.ts';
import { add, distance, gt, leq, lt, type Seq, seq } from './seq.ts';

/** RFC 9293 section 3.8.6.2.1: Fs, the share of the largest window that is worth sending. */
const FS = 2;

/** Sends all that this connection may and must send now. */
export function transmit(c: Connection): void {
  if (c.synOwed) sendSyn(c);
  sendResends(c);
  const lostWaits = sendLost(c);
  if (c.sending) {
    const newWaits = !lostWaits && sendNew(c);
    if (!lostWaits) sendUnsacked(c);
    c.sender.sentAll(lostWaits || newWaits);
    if (c.config.notSentLowWater > 0) c.sender.tellRoom();
    watchWindow(c);
  }
  if (c.sender.recovery.probe.owed) sendLossProbe(c);
  c.sender.recovery.probe.update();
  if (c.persist.probeOwed) sendProbe(c);
  if (c.keepAlive.probeOwed) sendKeepAlive(c);
  c.receiver.decideAck();
  if (c.ackNow) sendAck(c);
}

/** A SYN, or in SYN_RECEIVED a SYN,ACK; again if it is outstanding already (simultaneous open). */
function sendSyn(c: Connection): void {
  const { sender, snd } = c;
  c.synOwed = false;
  const outstanding = sender.queue.oldest;
  if (outstanding !== undefined) {
    sendRecord(c, outstanding, 'open');
    return;
  }
  const record = sender.record(snd.iss, add(snd.iss, 1), true, false);
  snd.nxt = record.end;
  sendRecord(c, record, 'open');
}

/** In the manner of a timer for each: those whose timer ran out, whatever the window. */
function sendResends(c: Connection): void {
  const { resends } = c.sender;
  if (resends.length === 0) return;
  for (const record of resends) {
    if (!leq(record.end, c.snd.una)) sendRecord(c, record, 'timer');
  }
  resends.length = 0;
}

/**
 * RFC 6675 NextSeg (1): what is given up for lost, as far as the congestion window goes. True if some of it has to
 * wait for that: nothing newer goes before it.
 */
function sendLost(c: Connection): boolean {
  const { sender } = c;
  const { recovery } = sender;
  // RFC 5682 section 2.1 (2b): new data first
  if (recovery.timeout.state === 'awaitingSecond') return false;
  for (;;) {
    const record = sender.queue.nextLost();
    if (record === undefined) return false;
    if (!recovery.forced && c.config.arq === 'tcp' && record.length > sender.allowance) return true;
    if (!recovery.forced && !sender.mayLeave) return true;
    recovery.forced = false;
    sendRecord(c, record, recovery.state === 'recovery' ? 'fast' : 'timer');
  }
}

/** RFC 6675 NextSeg (2): new data, as far as both windows go. True if some of it waits for the congestion window. */
function sendNew(c: Connection): boolean {
  const { sender } = c;
  for (;;) {
    const probe = c.pathMtu.probeLength();
    const length = probe > 0 ? probe : nextLength(c);
    if (length === CWND) return true;
    if (length > 0 && !sender.mayLeave) return false;
    if (length < 0) return false;
    if (!sendNext(c, length, length > 0 ? 'data' : 'fin')) return false;
    if (probe > 0) c.pathMtu.probeSent(c.sender.queue.newest as SegmentRecord);
  }
}

/** The next new segment, with the FIN if that follows; false if there is nothing to put in it. */
function sendNext(c: Connection, length: number, why: SendReason): boolean {
  const { snd, sender } = c;
  const from = snd.nxt;
  const dataTo = add(from, length);
  const fin = finFits(c, dataTo);
  if (length === 0 && !fin) return false;
  if (length > 0) sender.aboutToSend();
  const record = sender.record(from, fin ? add(dataTo, 1) : dataTo, false, fin);
  snd.nxt = record.end;
  sendRecord(c, record, why);
  return true;
}

/** Is there new data that both windows let go? */
export function newDataMayGo(c: Connection): boolean {
  return c.sending && nextLength(c) > 0;
}

/**
 * RFC 8985 section 7.3: new data, though the congestion window may be full and the segment small, or else the last
 * segment once more. The retransmission timer starts anew.
 */
function sendLossProbe(c: Connection): void {
  const { snd, sender } = c;
  const { newest } = sender.queue;
  const waiting = distance(sender.dataEnd, snd.nxt);
  const length = Math.min(waiting, distance(add(snd.una, snd.wnd), snd.nxt), snd.mss);
  if (newest === undefined) {
    sender.recovery.probe.owed = false;
    return;
  }
  const again = length <= 0 || finSent(c);
  if (again) sendRecord(c, newest, 'lossProbe');
  else sendNext(c, length, 'lossProbe');
  sender.recovery.probe.sent(again);
  sender.restartTimer();
}

/** Nothing may go: there is none, or the peer has no room for it; or it has to wait for the congestion window. */
const NOTHING = -1;
const CWND = -2;

/** Payload of the next new segment: 0 when only a FIN is left. */
function nextLength(c: Connection): number {
  const { snd, sender } = c;
  if (finSent(c)) return NOTHING;
  const waiting = distance(sender.dataEnd, snd.nxt);
  if (waiting === 0) return c.finQueued ? 0 : NOTHING;
  const usable = distance(add(snd.una, snd.wnd), snd.nxt);
  const length = Math.min(waiting, usable, snd.mss);
  if (length <= 0) return NOTHING;
  if (length > sender.allowance) return CWND;
  return worthSending(c, length, waiting, usable) ? length : NOTHING;
}

/**
 * RFC 9293 section 3.8.6.2.1: sender-side silly window avoidance (MUST-38), with Nagle's rule (SHLD-7) as Minshall has it
 * (appendix A.3, and Linux): the end of a longer write need not wait for the full segments before it.
 */
function worthSending(c: Connection, length: number, waiting: number, usable: number): boolean {
  const { snd, config } = c;
  if (length >= snd.mss) return true;
  const idle = snd.nxt === snd.una;
  // All that waits fits: sent if nothing small is outstanding, or if Nagle's rule is off, or if the FIN follows
  if (waiting <= usable && length === waiting) return !config.nagle || c.finQueued || !smallOutstanding(c);
  return idle && length * FS >= snd.maxWnd;
}

/** draft-minshall-nagle: has a segment that was not full been sent and not acknowledged? */
function smallOutstanding({ snd }: Connection): boolean {
  return lt(snd.una, snd.sml) && leq(snd.sml, snd.nxt);
}

/** Has our FIN been sent? */
function finSent(c: Connection): boolean {
  return c.finQueued && c.snd.nxt === add(c.sender.dataEnd, 1);
}

/** May the FIN go with what ends at `dataTo`? It takes a sequence number, and so room in the window. */
function finFits(c: Connection, dataTo: Seq): boolean {
  const { snd, sender } = c;
  if (!c.finQueued || dataTo !== sender.dataEnd) return false;
  return lt(dataTo, add(snd.una, Math.max(snd.wnd, 1))) || snd.nxt === snd.una;
}

/** RFC 6675 NextSeg (3): in recovery, when neither lost nor new data could go, what is below the highest SACK. */
function sendUnsacked(c: Connection): void {
  const { sender } = c;
  const { state, byTime } = sender.recovery;
  if (state !== 'recovery' || byTime || !sender.mayLeave) return;
  const record = sender.queue.nextUnsacked();
  // One for each ACK: they are counted in flight already, so that the window would not stop them.
  if (record !== undefined && record.length <= sender.allowance) sendRecord(c, record, 'fast');
}

/** Does the window alone keep us from sending? Then the persist chart watches it (section 3.8.6.1). */
function watchWindow(c: Connection): void {
  const { snd, sender } = c;
  const waiting = distance(sender.dataEnd, snd.nxt) + (c.finQueued && !finSent(c) ? 1 : 0);
  c.persist.update(waiting > 0 && sender.queue.size === 0);
}

/**
 * A window probe: a segment just outside the window, which must be answered with an ACK (section 3.10.7.4, first). If
 * the window is open but silly, what fits goes instead: the override timeout of section 3.8.6.2.1 (4).
 * It carries no new octet, as section 3.8.6.1 has it, because one that is refused would have to be taken back.
 */
function sendProbe(c: Connection): void {
  const { snd, sender } = c;
  c.persist.probeOwed = false;
  const usable = distance(add(snd.una, snd.wnd), snd.nxt);
  const length = Math.min(usable, distance(sender.dataEnd, snd.nxt), snd.mss);
  if (length > 0) {
    const record = sender.record(snd.nxt, add(snd.nxt, length), false, false);
    snd.nxt = record.end;
    sendRecord(c, record, 'probe');
    return;
  }
  emit(c, ACK, add(snd.una, -1), 0, 'probe', c.cause);
}

/** A keep-alive probe: no data (SHLD-12), just before the window, so that it must be answered. */
function sendKeepAlive(c: Connection): void {
  c.keepAlive.probeOwed = false;
  emit(c, ACK, add(c.snd.nxt, -1), 0, 'keepAlive', c.cause);
}

/** Sends a record, for the first time or again. */
function sendRecord(c: Connection, record: SegmentRecord, why: SendReason): void {
  const { sender } = c;
  const again = record.transmissions > 0;
  if (!again) record.firstSent = c.now();
  record.transmissions += 1;
  record.lastSent = c.now();
  c.sender.queue.sendOrder.sent(record);
  c.sender.recovery.sent(record, again && why !== 'lossProbe');
  if (again) {
    if (record.syn) c.ecn.synAgain();
    c.sender.retransmitted += record.length;
    if (why === 'fast') c.counters.retransmitsFast += 1;
    else if (why === 'timer') c.counters.retransmitsByTimer += 1;
    else if (why === 'lossProbe') c.counters.retransmitsFast += 1;
  }
  sender.queue.rate.sent(record, !again && sender.queue.size === 1, sender.marked[Mark.inFlight]);
  if (c.chart.state !== 'CLOSED' && !record.chart.done) record.chart.send(segmentEvents.sent);
  const dataTo = record.fin ? add(record.end, -1) : record.end;
  const length = record.syn ? 0 : Math.max(distance(dataTo, record.start), 0);
  const fresh = !again && length > 0 && why !== 'probe';
  emit(c, flagsOf(c, record, dataTo), record.start, length, why, c.cause, fresh);
  if (length === 0) return;
  sender.usage.dataSent(c.now());
  sender.pacing.sent(length);
}

function flagsOf(c: Connection, record: SegmentRecord, dataTo: Seq): number {
  if (record.syn) return c.state === 'SYN_SENT' ? SYN : SYN | ACK;
  const push = dataTo === c.sender.dataEnd && dataTo !== record.start ? PSH : 0;
  return ACK | push | (record.fin ? FIN : 0);
}

function sendAck(c: Connection): void {
  emit(c, ACK, c.snd.nxt, 0, c.challenged ? 'challenge' : 'ack', c.ackCause);
}

/** A reset to the peer of a connection that is given up: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>. */
export function sendReset(c: Connection): void {
  emit(c, RST | ACK, c.snd.nxt, 0, 'reset', c.host.cause);
}

/** Fills in a segment of this connection and hands it to the host; `fresh`: its data has not been sent before. */
function emit(
  c: Connection,
  flags: number,
  from: Seq,
  length: number,
  why: SendReason,
  cause: number,
  fresh = false,
): void {
  const { host, rcv } = c;
  const segment = host.outlet.segment;
  segment.clear();
  segment.sourcePort = c.local.port;
  segment.destinationPort = c.remote.port;
  segment.seq = from;
  segment.flags = flags | c.ecn.flags(flags, fresh);
  segment.ecn = c.ecn.field(fresh);
  segment.payloadLength = length;
  if (gt(c.snd.up, from) && (flags & (SYN | RST)) === 0) addUrgent(c, segment);
  if ((flags & SYN) !== 0) offer(c, segment);
  else if (c.timestampsOk) {
    segment.hasTimestamps = true;
    segment.tsVal = c.timestamp();
    segment.tsEcr = c.tsRecent;
  }
  if ((flags & ACK) !== 0) {
    segment.ack = rcv.nxt;
    if (c.sackOk && (flags & (SYN | RST)) === 0) addSack(c, segment);
  }
  segment.window = c.receiver.advertise((flags & SYN) !== 0);
  c.counters.segmentsOut += 1;
  const ackCarried = (flags & ACK) !== 0;
  if (ackCarried) {
    // What needs SACK blocks to be understood is not left to a segment that has no room for them.
    const tellsAll = length === 0 || !c.receiver.blocksToTell;
    if (tellsAll) {
      c.ackNow = false;
      c.challenged = false;
    }
    c.receiver.ackSent(tellsAll);
  }
  host.outlet.send(c, why, cause);
}

/** RFC 9293 section 3.8.5: how far the urgent data goes, for as long as some of it is to come (MUST-30, MUST-62). */
function addUrgent(c: Connection, segment: Segment): void {
  segment.flags |= URG;
  segment.urgentPointer = Math.min(distance(c.snd.up, segment.seq as Seq), 65_535);
}

/** RFC 2018 section 4: blocks where there is no data to make room for. */
function addSack(c: Connection, segment: Segment): void {
  if (segment.payloadLength > 0 || !c.receiver.blocksToTell) return;
  segment.sackCount = c.receiver.sackBlocks(segment.sackBlocks, segment.hasTimestamps ? 3 : 4);
}

/**
 * RFC 9293 section 3.10.7.1: the reset that answers a segment nobody takes, or an ACK of what was never sent
 * (3.10.7.2 to 3.10.7.4).
 */
export function replyWithReset(host: Host, segment: Segment, c?: Connection): void {
  const reply = host.outlet.segment;
  reply.clear();
  reply.sourcePort = segment.destinationPort;
  reply.destinationPort = segment.sourcePort;
  if ((segment.flags & ACK) !== 0) {
    reply.seq = segment.ack;
    reply.flags = RST;
  } else {
    reply.seq = 0;
    reply.ack = add(seq(segment.seq), segment.length);
    reply.flags = RST | ACK;
  }
  host.reply(c);
}
