/**
 * What a lost segment means for the sender: fast recovery (RFC 6582 for peers without SACK, RFC 6675 with it) or, when
 * only the timer noticed, the start from one segment (RFC 5681 section 3.1).
 *
 * It decides when the rate is cut and when a recovery is over. Which segments are lost is the scoreboard's, the sizes
 * are formulas of the host, growth in between is `growth.ts`.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface RecoveryHost extends ChartHost {
  /** RFC 6675 section 5 (4) or RFC 6582 section 3.2 (2): note the recovery point, halve the rate. */
  enterRecovery(): void;
  /** RFC 6582 section 3.2 (3): a partial ACK; the next hole is lost too, the window deflates. */
  deflate(): void;
  /** RFC 6582 section 3.2 (3): a full ACK; the window is ssthresh. */
  leaveRecovery(): void;
  /** RFC 5681 (4): half of what was in flight becomes ssthresh, the window one segment. */
  enterLoss(): void;
  /** The timer ran out again before the recovery point: the window is one segment again, ssthresh stays. */
  repeatLoss(): void;
}

export const recoveryEvents = defineEvents('lossInferred', 'partlyAcked', 'recoveryPointAcked', 'timedOut');

const machine = setup({
  types: {
    context: {} as { host: RecoveryHost },
    input: {} as RecoveryHost,
    events: {} as { type: keyof typeof recoveryEvents },
  },
  actions: {
    enterRecovery: ({ context }) => context.host.enterRecovery(),
    deflate: ({ context }) => context.host.deflate(),
    leaveRecovery: ({ context }) => context.host.leaveRecovery(),
    enterLoss: ({ context }) => context.host.enterLoss(),
    repeatLoss: ({ context }) => context.host.repeatLoss(),
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
      },
    },
    recovery: {
      on: {
        lossInferred: {},
        partlyAcked: { actions: 'deflate' },
        recoveryPointAcked: { target: 'open', actions: 'leaveRecovery' },
        timedOut: { target: 'loss', actions: 'enterLoss' },
      },
    },
    loss: {
      on: {
        // RFC 6582 section 3.2 (4): no fast retransmit for what was outstanding at the timeout
        lossInferred: {},
        partlyAcked: {},
        recoveryPointAcked: { target: 'open' },
        timedOut: { target: 'loss', reenter: true, actions: 'repeatLoss' },
      },
    },
  },
});

/** The recovery chart: what loss does to a sender. */
export const recovery = defineChart<RecoveryHost>('recovery', machine, recoveryEvents);
