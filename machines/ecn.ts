/**
 * What two ends have agreed on about congestion marks, and when the receiver of one tells the sender of it (RFC 3168
 * section 6.1): on every ACK from the mark on, until the sender says that its rate is cut.
 *
 * It decides whether marks mean something, and how long one is echoed. Which flags of a SYN are an offer, and which
 * packets may be marked, is the host's; what a mark does to the sender is the `recovery` chart's.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface EcnHost extends ChartHost {
  /** Section 6.1.1.1: the SYN goes out again without the offer, and no packet of ours may be marked. */
  withdraw(): void;
  /** ACK at the end of this input: the window of the sender may be too small to make two segments of it. */
  acknowledge(): void;
}

export const ecnEvents = defineEvents(
  'offered',
  'synLost',
  'agreed',
  'declined',
  'markArrived',
  'cwrArrived',
);

const machine = setup({
  types: {
    context: {} as { host: EcnHost },
    input: {} as EcnHost,
    events: {} as { type: keyof typeof ecnEvents },
  },
  actions: {
    withdraw: ({ context }) => context.host.withdraw(),
    acknowledge: ({ context }) => context.host.acknowledge(),
  },
}).createMachine({
  id: 'ecn',
  context: ({ input }) => ({ host: input }),
  initial: 'off',
  states: {
    off: {
      on: {
        offered: { target: 'offering' },
        agreed: { target: 'quiet' },
      },
    },
    /** Our SYN has asked for it. */
    offering: {
      on: {
        // It may have been lost for its flags. One that was only late may still be answered
        synLost: { actions: 'withdraw' },
        agreed: { target: 'quiet' },
        declined: { target: 'off' },
      },
    },
    /** Agreed, and nothing is to be told. */
    quiet: {
      on: {
        markArrived: { target: 'echoing', actions: 'acknowledge' },
        cwrArrived: { actions: 'acknowledge' },
        // Section 6.1.1: a SYN that comes again without the offer takes it back
        declined: { target: 'off' },
      },
    },
    /** Section 6.1.3: ECE is set on every ACK. */
    echoing: {
      on: {
        markArrived: {},
        cwrArrived: { target: 'quiet', actions: 'acknowledge' },
      },
    },
  },
});

/** The ECN chart: what congestion marks mean to a receiver. */
export const ecn = defineChart<EcnHost>('ecn', machine, ecnEvents);
