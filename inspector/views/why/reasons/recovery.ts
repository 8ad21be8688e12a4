/** What is sent again, and when: the retransmission timer, recovery, and taking a recovery back. */
import { type ReasonTable, TCP } from './table.ts';

export const RECOVERY: ReasonTable = {
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
};
