/**
 * What a lost segment means for the sender: fast recovery (RFC 6582 for peers without SACK, RFC 6675 or RFC 8985 with
 * it) or, when only the timer noticed, the start from one segment (RFC 5681 section 3.1). A congestion mark (RFC 3168)
 * cuts the rate as a loss does, but nothing is sent again.
 *
 * It decides when the rate is cut, when a recovery is over, and when it was none and is taken back (RFC 4015). Which
 * segments are lost is RACK's or the scoreboard's, the sizes are formulas of the host, growth in between is the
 * congestion control's.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface RecoveryHost extends ChartHost {
  /** RFC 6675 section 5 (4), RFC 6582 section 3.2 (2): note the recovery point, cut the rate. */
  enterRecovery(): void;
  /** Something is lost while the rate is being cut already: one cut a round trip is enough. */
  continueRecovery(): void;
  /** RFC 6582 section 3.2 (3): a partial ACK; the next hole is lost too, the window deflates. */
  deflate(): void;
  /** RFC 6582 section 3.2 (3): a full ACK; the window is ssthresh. */
  leaveRecovery(): void;
  /** RFC 3168 section 6.1.2: cut the rate, once for a window of data. */
  enterCwr(): void;
  /** All that was outstanding when the rate was cut is there: the window is ssthresh. */
  leaveCwr(): void;
  /** RFC 8985 section 7.4: the loss probe has repaired a loss without anybody's noticing: the rate is cut for it. */
  cutForProbe(): void;
  /** RFC 5681 (4): ssthresh is cut, the window is one segment. */
  enterLoss(): void;
  /** The timer ran out while what it covers is being repaired: the window is one segment, ssthresh stays. */
  continueLoss(): void;
  /** The timer ran out again before the recovery point: the window is one segment again, ssthresh stays. */
  repeatLoss(): void;
  /** All that was outstanding at the timeout is there. */
  leaveLoss(): void;
  /** RFC 4015 section 3: nothing had been lost; window and marks as they were. */
  undo(): void;
}

export const recoveryEvents = defineEvents(
  'lossInferred',
  'retransmissionLost',
  'partlyAcked',
  'recoveryPointAcked',
  'timedOut',
  'congestionExperienced',
  'probeRepaired',
  'foundSpurious',
);

const machine = setup({
  types: {
    context: {} as { host: RecoveryHost },
    input: {} as RecoveryHost,
    events: {} as { type: keyof typeof recoveryEvents },
  },
  actions: {
    enterRecovery: ({ context }) => context.host.enterRecovery(),
    continueRecovery: ({ context }) => context.host.continueRecovery(),
    deflate: ({ context }) => context.host.deflate(),
    leaveRecovery: ({ context }) => context.host.leaveRecovery(),
    enterCwr: ({ context }) => context.host.enterCwr(),
    leaveCwr: ({ context }) => context.host.leaveCwr(),
    cutForProbe: ({ context }) => context.host.cutForProbe(),
    enterLoss: ({ context }) => context.host.enterLoss(),
    continueLoss: ({ context }) => context.host.continueLoss(),
    repeatLoss: ({ context }) => context.host.repeatLoss(),
    leaveLoss: ({ context }) => context.host.leaveLoss(),
    undo: ({ context }) => context.host.undo(),
  },
}).createMachine({
  id: 'recovery',
  context: ({ input }) => ({ host: input }),
  initial: 'open',
  states: {
    open: {
      on: {
        lossInferred: { target: 'recovery', actions: 'enterRecovery' },
        timedOut: { target: 'loss', actions: 'enterLoss' },
        congestionExperienced: { target: 'cwr', actions: 'enterCwr' },
        probeRepaired: { actions: 'cutForProbe' },
        // D-SACKs may come when the recovery is long over
        foundSpurious: { actions: 'undo' },
      },
    },
    /** "Congestion window reduced": by a mark, and nothing is lost. */
    cwr: {
      on: {
        lossInferred: { target: 'recovery', actions: 'continueRecovery' },
        partlyAcked: {},
        recoveryPointAcked: { target: 'open', actions: 'leaveCwr' },
        timedOut: { target: 'loss', actions: 'continueLoss' },
        congestionExperienced: {},
        probeRepaired: {},
      },
    },
    recovery: {
      on: {
        lossInferred: {},
        retransmissionLost: {},
        partlyAcked: { actions: 'deflate' },
        recoveryPointAcked: { target: 'open', actions: 'leaveRecovery' },
        timedOut: { target: 'loss', actions: 'continueLoss' },
        congestionExperienced: {},
        foundSpurious: { target: 'open', actions: 'undo' },
      },
    },
    loss: {
      on: {
        // RFC 6582 section 3.2 (4): no fast retransmit for what was outstanding at the timeout
        lossInferred: {},
        // But what slow start has sent again, and is lost again, is another loss
        retransmissionLost: { target: 'recovery', actions: 'enterRecovery' },
        partlyAcked: {},
        recoveryPointAcked: { target: 'open', actions: 'leaveLoss' },
        timedOut: { target: 'loss', reenter: true, actions: 'repeatLoss' },
        congestionExperienced: {},
        foundSpurious: { target: 'open', actions: 'undo' },
      },
    },
  },
});

/** The recovery chart: what loss does to a sender. */
export const recovery = defineChart<RecoveryHost>('recovery', machine, recoveryEvents);
