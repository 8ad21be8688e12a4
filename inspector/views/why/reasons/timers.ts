/** What else waits for a time: delayed ACKs, window probes, keep-alives, probes of the path MTU. */
import { type ReasonTable, TCP } from './table.ts';

export const TIMERS: ReasonTable = {
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
};
