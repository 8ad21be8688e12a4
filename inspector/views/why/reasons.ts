/**
 * Which section of which RFC a step follows, and what that section asks for, in a sentence of our own. Steps are named as
 * `kind word`, with the chart's name before a chart's words; what no RFC speaks of (the session, the link) has no section.
 */
import { KINDS } from '../../model/draft.ts';
import type { TraceModel } from '../../model/traceModel.ts';

export interface Reason {
  /** `RFC 9293 section 3.5`; empty when none speaks of it. */
  readonly rfc: string;
  readonly text: string;
}

const TCP = 'RFC 9293 section ';

/** By step: what is most telling first. */
const REASONS: Readonly<Record<string, readonly [rfc: string, text: string]>> = {
  'call OPEN': [
    `${TCP}3.10.1`,
    'The user asks for a connection: actively to a peer, or passively to whoever calls.',
  ],
  'call SEND': [`${TCP}3.10.2`, 'The user hands over bytes; when they go out is up to TCP.'],
  'call RECEIVE': [
    `${TCP}3.10.3`,
    'The user takes bytes that have arrived in order; the window opens by as much.',
  ],
  'call CLOSE': [`${TCP}3.10.4`, 'The user has no more to send; a FIN follows what is still waiting.'],
  'call ABORT': [`${TCP}3.10.5`, 'The user gives the connection up at once: a RST tells the peer.'],
  'report established': [`${TCP}3.5`, 'Both SYNs are acknowledged: data may flow both ways.'],
  'report readable': [`${TCP}3.10.7.4`, 'Bytes are there in order, and the user may take them.'],
  'report writable': [`${TCP}3.9.1`, 'There is room for more of the user’s bytes.'],
  'report ended': [`${TCP}3.6`, 'The peer’s FIN has come: it will send no more.'],
  'report closed': [`${TCP}3.10.4`, 'The connection is over; the word says how.'],
  'report trouble': [`${TCP}3.8.3`, 'A segment was sent again R1 times: the user may want to know.'],
  'report urgent': [`${TCP}3.8.5`, 'The peer points at urgent data.'],

  'connection user.open SYN_SENT': [`${TCP}3.10.1`, 'An active OPEN sends a SYN and waits for its answer.'],
  'connection user.open LISTEN': [`${TCP}3.10.1`, 'A passive OPEN waits for a SYN.'],
  'connection segment.syn SYN_RECEIVED': [
    `${TCP}3.10.7.2`,
    'A SYN in LISTEN (or, crossing ours, in SYN_SENT) is answered with SYN and ACK.',
  ],
  'connection segment.syn': [
    'RFC 5961 section 4',
    'A SYN where none belongs is not obeyed but answered with a challenge ACK.',
  ],
  'connection segment.synAck': [
    `${TCP}3.10.7.3`,
    'Our SYN is acknowledged and the peer’s is here: the handshake is done.',
  ],
  'connection synAcked': [`${TCP}3.10.7.4`, 'In SYN_RECEIVED an ACK of our SYN completes the handshake.'],
  'connection user.close': [`${TCP}3.10.4`, 'CLOSE queues a FIN behind the data that waits.'],
  'connection user.detach': [
    `${TCP}3.6`,
    'Closed both ways: data that still comes will be answered with a reset, and FIN_WAIT_2 does not last for ever.',
  ],
  'connection user.send': [`${TCP}3.10.2`, 'SEND in LISTEN makes the OPEN an active one.'],
  'connection finReceived': [
    `${TCP}3.10.7.4`,
    'Eighth, check the FIN bit: all before it is here, so the peer has ended.',
  ],
  'connection finAcked': [`${TCP}3.10.7.4`, 'Fifth, check the ACK field: our FIN is acknowledged.'],
  'connection finRepeated': [
    `${TCP}3.10.7.4`,
    'In TIME_WAIT a FIN that comes again is acknowledged and the wait begins anew.',
  ],
  'connection after.twoMsl': [
    `${TCP}3.6.1`,
    'Two maximum segment lifetimes have passed: no old segment can be about.',
  ],
  'connection after.orphanTimeout': [`${TCP}3.6.1`, 'Nobody is left to wait for the peer’s FIN.'],
  'connection segment.rst': [
    'RFC 5961 section 3',
    'A RST with exactly the awaited sequence number ends the connection.',
  ],
  'connection textRefused': [
    `${TCP}3.6.1`,
    'Data came after the user had closed both ways: nobody would read it.',
  ],
  'connection userTimeout': [
    `${TCP}3.10.8`,
    'Data has waited for its acknowledgment for the whole user timeout.',
  ],
  'connection r2Reached': [`${TCP}3.8.3`, 'Retransmitting went on for R2: the connection is given up.'],
  'connection keepAliveFailed': [`${TCP}3.8.4`, 'All keep-alive probes went unanswered.'],
  'connection hardError': [`${TCP}3.9.2.2`, 'An ICMP message says that the peer cannot be reached.'],
  'connection user.abort': [`${TCP}3.10.5`, 'ABORT: a RST to the peer, and the connection is gone.'],

  'segment sent': [
    'RFC 6298 section 5 (5.1)',
    'A segment that is sent starts the retransmission timer, if it does not run.',
  ],
  'segment acked': ['RFC 6298 section 5 (5.2)', 'Acknowledged: it is off the queue, and its timer is off.'],
  'segment becameOldest': [
    'RFC 6298 section 5 (5.3)',
    'An ACK of new data restarts the timer, for what is now the oldest.',
  ],
  'segment timerRestarted': [
    'RFC 6298 section 5 (5.3)',
    'An ACK covers a part of it, or a loss probe has gone out: the timer starts over.',
  ],
  'segment lossUndone': ['RFC 4015 section 3', 'It was only late: it counts as in flight again.'],
  'segment sacked': [
    'RFC 6675 section 4',
    'The peer says that it has this one, though something before it is missing.',
  ],
  'segment markedLost': [
    'RFC 8985 section 6.2',
    'So much sent after it has arrived, or so long ago, that it counts as lost.',
  ],
  'segment reneged': ['RFC 2018 section 8', 'The peer may have thrown away what it had reported.'],
  'segment after.rto': [
    'RFC 6298 section 5 (5.4) to (5.6)',
    'The retransmission timer ran out: send the oldest again, double the timeout, start the timer.',
  ],
  'segment after.rto timerPerSegment': [
    '',
    'This segment’s own timer ran out: it alone is sent again, as selective repeat has it in the textbooks.',
  ],
  'segment backOff': ['RFC 6298 section 5 (5.5)', 'The retransmission timeout is doubled.'],
  'segment retransmit': ['RFC 6298 section 5 (5.4)', 'It is to be sent again.'],
  'segment loseAll': ['RFC 5681 section 3.1', 'After a timeout all that is outstanding counts as lost.'],
  'segment countInFlight': ['RFC 6675 section 4', 'It counts as in flight (the pipe).'],
  'segment countSacked': ['RFC 6675 section 4', 'It no longer counts as in flight: the peer has it.'],
  'segment countLost': ['RFC 6675 section 4', 'It no longer counts as in flight: it is lost.'],
  'segment forget': [
    `${TCP}3.10.7.4`,
    'Fifth: segments that are wholly acknowledged leave the retransmission queue.',
  ],
  'segment reportR1': [`${TCP}3.8.3`, 'R1 retransmissions: the user is told of trouble.'],
  'segment reportR2': [`${TCP}3.8.3`, 'R2 is reached: the connection is given up.'],
  'segment reportUserTimeout': [`${TCP}3.10.8`, 'The user timeout has passed.'],
  'segment rto': ['RFC 6298 section 5', 'The retransmission timer.'],

  'recovery lossInferred': [
    'RFC 6675 section 5',
    'The third duplicate ACK, as much SACKed above a hole, or (RFC 8985) something sent a good while later that has arrived: lost, without waiting for the timer.',
  ],
  'recovery retransmissionLost': [
    'RFC 8985 section 6.2',
    'What was sent after it has arrived: the retransmission is lost as well.',
  ],
  'recovery congestionExperienced': [
    'RFC 3168 section 6.1.2',
    'The peer echoes a congestion mark: the rate is cut as for a loss, once a round trip.',
  ],
  'recovery probeRepaired': [
    'RFC 8985 section 7.4',
    'The loss probe has repaired a loss by itself: the rate is cut for it all the same.',
  ],
  'recovery foundSpurious': [
    'RFC 4015 section 3',
    'Nothing was lost, only late: the window is put back to what it was.',
  ],
  'recovery continueRecovery': [
    'RFC 9937 section 6',
    'The rate is being cut already: only the holes are new.',
  ],
  'recovery enterCwr': [
    'RFC 3168 section 6.1.2',
    'ssthresh is cut; the flight comes down over a round trip.',
  ],
  'recovery cutForProbe': [
    'RFC 8985 section 7.4',
    'ssthresh and cwnd are cut for the loss that was repaired.',
  ],
  'recovery continueLoss': [
    'RFC 5681 section 3.1',
    'The rate has been cut for these segments before: only the window goes down to one segment.',
  ],
  'recovery leaveLoss': ['RFC 5681 section 3.1', 'All that was outstanding at the timeout is there.'],
  'recovery undo': ['RFC 4015 section 3', 'cwnd, ssthresh and the marks are put back.'],

  'lossProbe flightChanged waiting': [
    'RFC 8985 section 7.2',
    'Something was sent or acknowledged: after two round trips of silence a probe will go out.',
  ],
  'lossProbe flightChanged': ['RFC 8985 section 7.2', 'There is nothing to probe for.'],
  'lossProbe after.pto': [
    'RFC 8985 section 7.3',
    'Two round trips of silence: the last segments may be lost.',
  ],
  'lossProbe answered': ['RFC 8985 section 7.4', 'The probe is answered: nothing was lost.'],
  'lossProbe repaired': [
    'RFC 8985 section 7.4',
    'The segment that the probe repeated was never reported twice: it had been lost.',
  ],
  'lossProbe recoveryBegan': ['RFC 8985 section 7.2', 'A recovery has begun: no probes meanwhile.'],
  'lossProbe sendProbe': ['RFC 8985 section 7.3', 'New data, or the last segment once more.'],
  'lossProbe reportRepair': ['RFC 8985 section 7.4', 'The rate is to be cut for the loss.'],
  'lossProbe pto': ['RFC 8985 section 7.2', 'The probe timeout: two round trips and a little.'],

  'reordering overtaken': [
    'RFC 8985 section 6.2',
    'Something sent later has arrived: what is missing may only be late.',
  ],
  'reordering settled': ['RFC 8985 section 6.2', 'Nothing that was sent before is missing any more.'],
  'reordering after.reorderingTimeout': [
    'RFC 8985 section 6.3',
    'It has been waited for as long as the path ever reorders: it is lost.',
  ],
  'reordering detectLoss': ['RFC 8985 section 6.2', 'Whose time is up is given up.'],
  'reordering reorderingTimeout': ['RFC 8985 section 6.3', 'The reordering timer.'],

  'spuriousTimeout timedOut': ['RFC 5682 section 2.1 (1)', 'A timeout: was it called for?'],
  'spuriousTimeout originalAcked': [
    'RFC 5682 section 2.1 (3b)',
    'What was sent only once has arrived: the timeout was spurious.',
  ],
  'spuriousTimeout ackAdvanced': [
    'RFC 5682 section 2.1 (2b)',
    'An ACK of something new: new data goes out, and its answer decides.',
  ],
  'spuriousTimeout duplicateAck': [
    'RFC 5682 section 2.1 (3a)',
    'The peer misses something: the timeout was called for.',
  ],
  'spuriousTimeout recovered': [
    'RFC 5682 section 2.1',
    'The recovery is over: nothing is in doubt any more.',
  ],
  'spuriousTimeout declareSpurious': ['RFC 5682 section 2.1 (3b)', 'The timeout is to be taken back.'],

  'recovery partlyAcked': [
    'RFC 6582 section 3.2',
    'A partial ACK: the recovery point is not reached, the next hole follows.',
  ],
  'recovery recoveryPointAcked': [
    'RFC 6582 section 3.2',
    'All that was outstanding when the loss was seen is acknowledged: recovery is over.',
  ],
  'recovery timedOut': [
    'RFC 5681 section 3.1',
    'Only the timer noticed: ssthresh is halved flight, cwnd one segment.',
  ],
  'recovery enterRecovery': [
    'RFC 6675 section 5',
    'ssthresh and cwnd become half of what was in flight; the recovery point is noted.',
  ],
  'recovery deflate': ['RFC 6582 section 3.2', 'The window deflates by what was acknowledged.'],
  'recovery leaveCwr': ['RFC 9937 section 6', 'The rate is cut: the window is ssthresh.'],
  'recovery leaveRecovery': ['RFC 6582 section 3.2', 'The window is ssthresh again.'],
  'recovery enterLoss': [
    'RFC 5681 section 3.1',
    'ssthresh becomes half of what was in flight, cwnd one segment.',
  ],
  'recovery repeatLoss': [
    'RFC 5681 section 3.1',
    'A second timeout for the same data: cwnd is one segment, ssthresh stays.',
  ],

  'growth ackAdvanced': [
    'RFC 5681 section 3.1',
    'New data is acknowledged: slow start below ssthresh, congestion avoidance above.',
  ],
  'growth growExponentially': [
    'RFC 5681 section 3.1 (2)',
    'Slow start: cwnd grows by what was acknowledged (RFC 3465: so many segments an ACK at the most).',
  ],
  'growth growConservatively': ['RFC 9406 section 4.2', 'Conservative slow start: a quarter of that.'],
  'growth growLinearly': [
    'RFC 9438 section 4',
    'Congestion avoidance: along the cubic curve, or about one segment in a round trip (RFC 5681 section 3.1).',
  ],
  'growth noteDelay': [
    'RFC 9406 section 4.2',
    'Round trips take longer, so a queue builds up: the RTT to fall back under is noted.',
  ],
  'growth settle': ['RFC 9406 section 4.2', 'The queue was no chance: ssthresh is the window as it is.'],
  'growth lossInferred': ['RFC 5681 section 3.2', 'After a fast retransmit growth goes on linearly.'],
  'growth timedOut': ['RFC 5681 section 3.1', 'After a timeout slow start begins again.'],

  'bbr delivered': [
    'draft-cardwell-iccrg-bbr 4.1',
    'An ACK: the bandwidth is estimated anew, the phase may be over.',
  ],
  'bbr flightChanged': ['draft-cardwell-iccrg-bbr 4.3.3', 'An ACK: has the queue drained?'],
  'bbr rttSampled': ['draft-cardwell-iccrg-bbr 4.3.5', 'An ACK: is the shortest round trip ten seconds old?'],
  'bbr restarted': ['draft-cardwell-iccrg-bbr 4.3.4.4', 'Data after an idle time: at the estimated rate.'],
  'bbr noteCapacity': [
    'draft-cardwell-iccrg-bbr 4.3.2',
    'ssthresh says what the path holds without a queue.',
  ],
  'bbr startPhase': ['draft-cardwell-iccrg-bbr 4.3.4', 'The phase of the cycle begins now.'],
  'bbr startCruise': ['draft-cardwell-iccrg-bbr 4.3.4', 'Cruising begins: the estimated rate, no gain.'],
  'bbr nextCruise': ['draft-cardwell-iccrg-bbr 4.3.4', 'Another round trip of cruising.'],
  'bbr saveWindow': ['draft-cardwell-iccrg-bbr 4.3.5', 'The window to come back to is kept.'],
  'bbr startRound': [
    'draft-cardwell-iccrg-bbr 4.3.5',
    'Four segments are in flight: a round trip with so little begins.',
  ],
  'bbr restoreWindow': ['draft-cardwell-iccrg-bbr 4.3.5', 'The window is what it was before.'],
  'bbr after.probeRttTime': ['draft-cardwell-iccrg-bbr 4.3.5', '200 ms with four segments in flight.'],

  'bbr3 delivered': [
    'draft-ietf-ccwg-bbr-06 5.3',
    'An ACK: the model of the path is up to date, startup may be over.',
  ],
  'bbr3 flightChanged': [
    'draft-ietf-ccwg-bbr-06 5.3.3',
    'An ACK: is it time for the next phase of the cycle?',
  ],
  'bbr3 rttSampled': [
    'draft-ietf-ccwg-bbr-06 5.3.4',
    'An ACK: has nothing as short as the shortest round trip been seen for five seconds?',
  ],
  'bbr3 lossTooHigh': [
    'draft-ietf-ccwg-bbr-06 5.5.10.2',
    'Of what was in flight in the probe more than 2 % is lost.',
  ],
  'bbr3 recoveryUndone': [
    'draft-ietf-ccwg-bbr-06 5.5.11.2',
    'Nothing was lost: back to the phase that a loss ended.',
  ],
  'bbr3 restarted': ['draft-ietf-ccwg-bbr-06 5.4', 'Data after an idle time: at the estimated rate.'],
  'bbr3 noteSafeFlight': [
    'draft-ietf-ccwg-bbr-06 5.3.1.3',
    'What was delivered in the round is what can be in flight.',
  ],
  'bbr3 startDrain': ['draft-ietf-ccwg-bbr-06 5.3.2', 'The queue drains: half the rate.'],
  'bbr3 startDown': [
    'draft-ietf-ccwg-bbr-06 5.3.3.1',
    'The cycle begins: a little less than is delivered, and a wait of two to three seconds.',
  ],
  'bbr3 startRefill': [
    'draft-ietf-ccwg-bbr-06 5.3.3.3',
    'A round trip to fill the pipe; what was lost in the last cycle bounds no longer.',
  ],
  'bbr3 startUp': ['draft-ietf-ccwg-bbr-06 5.3.3.4', 'A quarter more, as long as it brings more.'],
  'bbr3 noteCaution': [
    'draft-ietf-ccwg-bbr-06 5.3.3.5',
    'The probe before lost too much: this one ends where that began to.',
  ],
  'bbr3 forgetExcess': ['draft-ietf-ccwg-bbr-06 5.3.3.5', 'This probe lost no more than it may.'],
  'bbr3 saveWindow': ['draft-ietf-ccwg-bbr-06 5.3.4', 'The window to come back to is kept.'],
  'bbr3 startProbeRtt': [
    'draft-ietf-ccwg-bbr-06 5.3.4',
    'Half of what the path holds, to see how short the round trip is.',
  ],
  'bbr3 startRound': ['draft-ietf-ccwg-bbr-06 5.3.4', 'So little is in flight: a round trip with it begins.'],
  'bbr3 restoreWindow': ['draft-ietf-ccwg-bbr-06 5.3.4', 'The window is what it was before.'],
  'bbr3 after.probeRttTime': ['draft-ietf-ccwg-bbr-06 5.3.4', '200 ms with half of what the path holds.'],
  'bbr3 probeRttTime': ['draft-ietf-ccwg-bbr-06 5.3.4', '200 ms.'],

  'pacing segmentSent': [
    'draft-cardwell-iccrg-bbr 4.2.1',
    'A segment has left: is it ahead of its rate now?',
  ],
  'pacing resume': ['draft-cardwell-iccrg-bbr 4.2.1', 'The next segment is due.'],
  'bbr probeRttTime': ['draft-cardwell-iccrg-bbr 4.3.5', '200 ms.'],
  'pacing untilDue': ['draft-cardwell-iccrg-bbr 4.2.1', 'Until the next segment is due.'],
  'pacing after.untilDue': ['draft-cardwell-iccrg-bbr 4.2.1', 'Time until the next segment is due.'],

  'delayedAck dataReceived': [
    `${TCP}3.8.6.3`,
    'Data came: acknowledge at once what the sender must know, else wait a little.',
  ],
  'delayedAck after.delayedAck': [
    `${TCP}3.8.6.3`,
    'The wait is over (under 500 ms, MUST-40): the ACK goes out alone.',
  ],
  'delayedAck ackSent': [`${TCP}3.8.6.3`, 'Another segment has carried the ACK.'],
  'delayedAck acknowledge': [
    'RFC 5681 section 4.2',
    'ACK at the end of this input: out of order, a gap filled, or a second full segment.',
  ],
  'delayedAck delayedAck': [`${TCP}3.8.6.3`, 'The delayed ACK timer.'],

  'ecn offered': ['RFC 3168 section 6.1.1', 'Our SYN asks for congestion marks: ECE and CWR.'],
  'ecn synLost': [
    'RFC 3168 section 6.1.1.1',
    'No answer: the SYN may have been dropped for its flags, and goes out again without.',
  ],
  'ecn agreed': ['RFC 3168 section 6.1.1', 'Both ends know congestion marks: new data may be marked.'],
  'ecn declined': ['RFC 3168 section 6.1.1', 'The peer does not offer congestion marks.'],
  'ecn markArrived': ['RFC 3168 section 6.1.3', 'A router has marked the packet instead of dropping it.'],
  'ecn cwrArrived': ['RFC 3168 section 6.1.3', 'The sender has cut its rate: it need not be told any more.'],
  'ecn withdraw': ['RFC 3168 section 6.1.1', 'After a SYN without the offer nothing of ours may be marked.'],
  'ecn acknowledge': [
    'RFC 3168 section 6.1.3',
    'ACK at the end of this input, with ECE while marks are echoed: the sender must not wait for it.',
  ],

  'pathMtu tooBig': ['RFC 1191 section 3', 'A router says that a segment is too large for the next hop.'],
  'pathMtu blackHoleSuspected': [
    'RFC 4821 section 7.7',
    'A large segment does not arrive, however often it is sent.',
  ],
  'pathMtu probeSent': ['RFC 4821 section 7.3', 'A segment larger than the others is on its way.'],
  'pathMtu probeAcked': ['RFC 4821 section 7.6.1', 'The larger segment has arrived.'],
  'pathMtu probeLost': ['RFC 4821 section 7.6.2', 'The larger segment has not arrived.'],
  'pathMtu nothingLeft': ['RFC 4821 section 7.4', 'Sizes nearer to each other are not worth a probe.'],
  'pathMtu after.raiseTimer': [
    'RFC 1191 section 6.3',
    'What is known of the path is old: it may carry more by now.',
  ],
  'pathMtu reduce': [
    'RFC 1191 section 3',
    'Packets are no larger than the router said; larger ones go out again in pieces.',
  ],
  'pathMtu fallBack': ['RFC 4821 section 7.7', 'Packets of a size that goes through nearly everywhere.'],
  'pathMtu raise': ['RFC 1191 section 6.3', 'Packets as large as the interface takes.'],
  'pathMtu widen': ['RFC 4821 section 7.5', 'Anything up to what the interface takes is worth a try.'],
  'pathMtu takeLarger': ['RFC 4821 section 7.6.1', 'Packets of the size that has arrived.'],
  'pathMtu takeSmaller': [
    'RFC 4821 section 7.6.2',
    'Sizes from this one on are too large; the probe goes out again in pieces.',
  ],
  'pathMtu raiseTimer': ['RFC 1191 section 6.3', 'The timer after which a larger size is tried.'],
  'persist windowClosed': [
    `${TCP}3.8.6.1`,
    'Data waits, nothing is outstanding, and the peer’s window does not let it go.',
  ],
  'persist windowOpened': [`${TCP}3.8.6.1`, 'The window is open again.'],
  'persist after.persist': [
    `${TCP}3.8.6.1`,
    'A probe asks about the window; each waits twice as long (SHLD-30).',
  ],
  'persist sendProbe': [`${TCP}3.8.6.1`, 'A probe must be answered with an ACK that tells the window.'],
  'persist reportUserTimeout': [`${TCP}3.8.3`, 'The user is told that the peer does not answer.'],
  'persist backOff': [`${TCP}3.8.6.1`, 'The interval to the next probe doubles (SHLD-30).'],
  'persist persist': [`${TCP}3.8.6.1`, 'The persist timer.'],

  'keepAlive enabled': [`${TCP}3.8.4`, 'The user wants the peer probed; by default it is not (MUST-25).'],
  'keepAlive disabled': [`${TCP}3.8.4`, 'The user does not want the peer probed any more.'],
  'keepAlive answered': [`${TCP}3.8.4`, 'The peer has answered: it is there.'],
  'keepAlive startProbing': [`${TCP}3.8.4`, 'The count of probes without an answer begins.'],
  'keepAlive keepAliveIdle': [
    `${TCP}3.8.4`,
    'How long the peer may be silent, 2 hours by default (MUST-28).',
  ],
  'keepAlive keepAliveInterval': [`${TCP}3.8.4`, 'How long a probe is waited for.'],
  'keepAlive after.keepAliveIdle': [`${TCP}3.8.4`, 'The peer has been silent for the idle time.'],
  'keepAlive after.keepAliveInterval': [`${TCP}3.8.4`, 'The probe before was not answered.'],
  'keepAlive sendProbe': [
    `${TCP}3.8.4`,
    'A probe just before the window, which a living peer must acknowledge.',
  ],
  'keepAlive giveUp': [`${TCP}3.8.4`, 'So many probes unanswered: the connection is dead.'],

  'connection user.open': [`${TCP}3.10.1`, 'The user asks for a connection.'],
  'connection reportEstablished': [`${TCP}3.5`, 'The user is told that the connection stands.'],
  'connection reportEnded': [`${TCP}3.6`, 'The user is told that the peer will send no more.'],
  'connection reportClosed': [`${TCP}3.6`, 'The user is told that both ways are closed.'],
  'connection reportReset': [`${TCP}3.5.3`, 'The user is told that the peer has reset the connection.'],
  'connection reportRefused': [`${TCP}3.5.3`, 'The user is told that the peer refused.'],
  'connection reportTimedOut': [`${TCP}3.8.3`, 'The user is told that the peer does not answer.'],
  'connection reportAborted': [`${TCP}3.10.5`, 'The user is told that the connection was given up.'],
  'connection reportUnreachable': [`${TCP}3.9.2.2`, 'The user is told that the peer cannot be reached.'],
  'connection deferClose': [`${TCP}3.10.4`, 'CLOSE waits until the data could be sent.'],
  'connection twoMsl': [`${TCP}3.6.1`, 'The wait of TIME_WAIT, two maximum segment lifetimes.'],
  'connection orphanTimeout': [`${TCP}3.6.1`, 'How long FIN_WAIT_2 is kept when no user waits.'],
  'connection sendSyn': [`${TCP}3.5`, 'A SYN with our initial sequence number is owed.'],
  'connection sendSynAck': [`${TCP}3.5`, 'A SYN,ACK is owed.'],
  'connection queueFin': [`${TCP}3.10.4`, 'A FIN is queued behind the data.'],
  'connection acknowledge': [`${TCP}3.10.7.4`, 'An ACK is owed.'],
  'connection challenge': [
    'RFC 5961 section 7',
    'A challenge ACK, of which there are only so many a second.',
  ],
  'connection sendRst': [`${TCP}3.5.2`, 'The peer is told with a RST.'],
  'connection enterTimeWait': [`${TCP}3.6.1`, 'Only time is left to pass: 2 MSL.'],
  'connection deleteTcb': [`${TCP}3.10.4`, 'The connection’s state is let go.'],
  'connection returnToListen': [`${TCP}3.10.7.4`, 'A passive connection goes back to its listener.'],

  'send open': [`${TCP}3.5`, 'The three-way handshake.'],
  'send data': [
    `${TCP}3.8.6.2.1`,
    'New data: the windows have room, and it is worth a segment (Nagle, silly window avoidance).',
  ],
  'send ack': [`${TCP}3.8.6.3`, 'An acknowledgment alone.'],
  'send fin': [`${TCP}3.6`, 'Nothing more will be sent.'],
  'send timer': ['RFC 6298 section 5 (5.4)', 'Sent again because the retransmission timer ran out.'],
  'send fast': ['RFC 5681 section 3.2', 'Sent again because of duplicate ACKs, before the timer.'],
  'send lossProbe': ['RFC 8985 section 7.3', 'Asks whether the last segments have arrived.'],
  'send probe': [`${TCP}3.8.6.1`, 'Asks about a window that is shut.'],
  'send keepAlive': [`${TCP}3.8.4`, 'Asks whether the peer is there.'],
  'send challenge': ['RFC 5961 section 7', 'A real peer answers a challenge ACK rightly, a stranger cannot.'],
  'send reset': [`${TCP}3.5.2`, 'Nobody takes the segment, or the connection is given up.'],

  receive: [
    `${TCP}3.10.7`,
    'SEGMENT ARRIVES: sequence number, RST, SYN, ACK, text and FIN are looked at in this order.',
  ],
  'discard badChecksum': [
    `${TCP}3.1`,
    'The receiver must check the checksum (MUST-3); what is damaged is dropped without a word.',
  ],
  'discard badHeaderChecksum': [
    'RFC 791 section 3.1',
    'The IP header does not fit its own checksum: the packet is dropped.',
  ],
  'discard noListener': [`${TCP}3.10.7.1`, 'No connection takes it: it is answered with a RST.'],
  'discard noSyn': [`${TCP}3.10.7.2`, 'A listener takes SYNs only.'],
  'discard backlogFull': ['RFC 4987 section 3', 'The listener’s queue is full.'],

  'link enqueued': ['', 'It waits for the link’s rate in a queue.'],
  'link lost': ['', 'The link lost it; nobody is told.'],
  'link marked': [
    'RFC 3168 section 5',
    'The queue is long: the link marks the packet instead of dropping it.',
  ],
  'link corrupted': ['', 'The link flips one bit: the receiver’s checksum finds it.'],
  'link duplicated': ['', 'The link delivers it more than once.'],
  'link delayed': ['', 'It is on its way for so long.'],
  'link reordered': ['', 'It is held back, so that later ones overtake it.'],
  'link delivered': ['', 'It reaches the other end.'],
  variables: ['', 'What changed in the connection by this input.'],
};

/** Why a step is as it is; undefined for what is the program's own affair. */
export function reasonOf(model: TraceModel, row: number): Reason | undefined {
  for (const name of namesOf(model, row)) {
    const found = REASONS[name];
    if (found !== undefined) return { rfc: found[0], text: found[1] };
  }
  return undefined;
}

/** A row's names in the table, the most exact first. */
function namesOf(model: TraceModel, row: number): string[] {
  const { kind, b, c, d, chart } = model.events;
  const name = KINDS[kind[row]!]!;
  const word = model.words.text(b[row]!);
  const own = model.words.text(chart[row]!);
  if (name === 'transition') {
    const [guard, to] = [model.words.text(c[row]!), model.words.text(d[row]!)];
    return [`${own} ${word} ${guard}`, `${own} ${word} ${to}`, `${own} ${word}`];
  }
  if (name === 'fact' || name === 'action' || name === 'timer') return [`${own} ${word}`];
  return [`${name} ${word}`, name];
}

/** Every entry, for the test that they name what exists. */
export const REASON_NAMES: readonly string[] = Object.keys(REASONS);
