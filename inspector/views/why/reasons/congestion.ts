/** How much may be under way, and how fast it goes out. */
import type { ReasonTable } from './table.ts';

export const CONGESTION: ReasonTable = {
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
  'bbr probeRttTime': ['draft-cardwell-iccrg-bbr 4.3.5', '200 ms.'],

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
  'pacing untilDue': ['draft-cardwell-iccrg-bbr 4.2.1', 'Until the next segment is due.'],
  'pacing after.untilDue': ['draft-cardwell-iccrg-bbr 4.2.1', 'Time until the next segment is due.'],

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
};
