/**
 * Events that a state neither handles nor deliberately ignores, each with the reason why the host cannot send it there.
 * `test/machines/matrix.test.ts` holds the charts to exactly this list; hosts in strict mode throw on any of it.
 */

export interface Unhandled {
  readonly events: readonly string[];
  readonly states: readonly string[];
  readonly because: string;
}

const SYNCHRONIZED = [
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
];
const OPENING = ['CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RECEIVED'];

function without(states: readonly string[], ...others: readonly string[]): string[] {
  return states.filter((state) => !others.includes(state));
}

const connection: readonly Unhandled[] = [
  {
    events: ['user.open'],
    states: ['SYN_SENT', 'SYN_RECEIVED', ...SYNCHRONIZED],
    because:
      'a second OPEN of the same sockets is refused by the host before it reaches a connection (3.10.1)',
  },
  {
    events: ['user.send'],
    states: without([...OPENING, ...SYNCHRONIZED], 'LISTEN'),
    because: 'SEND only fills the send buffer: it changes a state in LISTEN alone (3.10.2)',
  },
  {
    events: ['segment.syn', 'segment.synAck', 'segment.rst'],
    states: ['CLOSED'],
    because: 'a connection in CLOSED is forgotten: a segment for it is answered by the host (3.10.7.1)',
  },
  {
    events: ['segment.synAck', 'segment.rst'],
    states: ['LISTEN'],
    because: 'what is no SYN is answered or dropped at the listener (3.10.7.2)',
  },
  {
    events: ['segment.synAck'],
    states: SYNCHRONIZED,
    because: 'a SYN,ACK is a SYN like any other once the handshake is over (3.10.7.4, fourth)',
  },
  {
    events: ['synAcked'],
    states: without([...OPENING, ...SYNCHRONIZED], 'SYN_RECEIVED'),
    because: 'it is the step of 3.10.7.4, fifth, for SYN_RECEIVED only; in SYN_SENT the SYN,ACK says it',
  },
  {
    events: ['finAcked'],
    states: without([...OPENING, ...SYNCHRONIZED], 'FIN_WAIT_1', 'CLOSING', 'LAST_ACK'),
    because: 'no FIN of ours is outstanding',
  },
  {
    events: ['finReceived'],
    states: without([...OPENING, ...SYNCHRONIZED], 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'),
    because: "the peer's FIN counts once, and not before the handshake is over (3.10.7.4, eighth)",
  },
  {
    events: ['finRepeated'],
    states: without([...OPENING, ...SYNCHRONIZED], 'TIME_WAIT'),
    because:
      'only TIME_WAIT has a timer that a repeated FIN restarts; elsewhere it is a segment outside the window',
  },
  {
    events: ['textRefused'],
    states: without([...OPENING, ...SYNCHRONIZED], 'FIN_WAIT_1', 'FIN_WAIT_2'),
    because: 'no text is taken there, or the user has not closed both ways',
  },
  {
    events: ['r2Reached'],
    states: ['CLOSED', 'LISTEN', 'FIN_WAIT_2', 'TIME_WAIT'],
    because: 'the retransmission queue is empty',
  },
  {
    events: ['keepAliveFailed'],
    states: [...OPENING, 'FIN_WAIT_1', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'],
    because: 'the peer is probed only where nothing is outstanding and its silence matters (3.8.4)',
  },
  {
    events: ['hardError'],
    states: ['CLOSED', 'LISTEN'],
    because: 'nothing was sent that an ICMP error could be about',
  },
];

const segment: readonly Unhandled[] = [
  {
    events: ['becameOldest', 'timerRestarted', 'sacked', 'reneged', 'markedLost', 'lossUndone'],
    states: ['unsent'],
    because: 'a record is made and sent in one go',
  },
  {
    events: ['timerRestarted'],
    states: ['untimed.inFlight', 'untimed.lost', 'untimed.sacked'],
    because: 'it concerns the oldest, which is timed; what is acknowledged in part becomes that first',
  },
  {
    events: ['reneged'],
    states: ['untimed.inFlight', 'untimed.lost', 'timed.inFlight', 'timed.lost'],
    because: 'only what was reported received can be taken back',
  },
  {
    events: ['lossUndone'],
    states: ['untimed.inFlight', 'untimed.sacked', 'timed.inFlight', 'timed.sacked'],
    because: 'only what was given up can be found not to be lost',
  },
  {
    events: ['sent'],
    states: ['untimed.sacked', 'timed.sacked'],
    because: 'what the peer has is not sent again',
  },
  {
    events: ['sent', 'becameOldest', 'timerRestarted', 'sacked', 'reneged', 'markedLost', 'lossUndone'],
    states: ['acked', 'abandoned'],
    because: 'a chart in a final state hears nothing more',
  },
];

const recovery: readonly Unhandled[] = [
  {
    events: ['partlyAcked', 'recoveryPointAcked'],
    states: ['open'],
    because: 'there is no recovery point',
  },
  {
    events: ['retransmissionLost'],
    states: ['open', 'cwr'],
    because: 'what is lost there begins a recovery, whether it was sent again before or not',
  },
  {
    events: ['probeRepaired'],
    states: ['recovery', 'loss'],
    because: 'a recovery ends the watch over a loss probe',
  },
  {
    events: ['foundSpurious'],
    states: ['cwr'],
    because: 'nothing has been sent again for a mark, so nothing can prove to have been needless',
  },
];

const lossProbe: readonly Unhandled[] = [
  {
    events: ['answered', 'repaired'],
    states: ['idle', 'waiting'],
    because: 'no probe is out',
  },
];

const spuriousTimeout: readonly Unhandled[] = [
  {
    events: ['originalAcked', 'ackAdvanced', 'duplicateAck', 'recovered'],
    states: ['idle'],
    because: 'no timeout is in doubt: nobody asks about ACKs',
  },
];

const session: readonly Unhandled[] = [
  {
    events: ['established', 'commandGiven', 'finished', 'answered', 'peerEnded', 'closed'],
    states: ['ended', 'failed'],
    because: 'a chart in a final state hears nothing more',
  },
];

/** By chart; those not named handle or ignore every event in every state. */
const pathMtu: readonly Unhandled[] = [
  {
    events: ['probeSent', 'nothingLeft'],
    states: ['whole', 'reduced', 'probing', 'found'],
    because: 'a probe is sent only while the search goes on, one at a time',
  },
  {
    events: ['probeAcked', 'probeLost'],
    states: ['whole', 'reduced', 'searching', 'found'],
    because: 'no probe is outstanding',
  },
];

const ecn: readonly Unhandled[] = [
  {
    events: ['offered', 'agreed', 'synLost'],
    states: ['quiet', 'echoing'],
    because: 'both ends have agreed',
  },
  {
    events: ['markArrived', 'cwrArrived'],
    states: ['off', 'offering'],
    because: 'marks mean nothing before both ends have agreed: nobody looks at them',
  },
  { events: ['synLost', 'declined'], states: ['off'], because: 'nothing has been offered' },
  { events: ['offered'], states: ['offering'], because: 'a connection is opened once' },
  { events: ['declined'], states: ['echoing'], because: 'a mark comes with text, so the handshake is over' },
];

export const unhandled: Readonly<Record<string, readonly Unhandled[]>> = {
  connection,
  segment,
  recovery,
  pathMtu,
  lossProbe,
  ecn,
  spuriousTimeout,
  session,
};
