/**
 * F-RTO (RFC 5682): did the retransmission timer run out for nothing? The ACKs that follow tell, if new data goes out
 * for the first of them instead of all that seems lost.
 *
 * It decides what the sender waits for. Whether an ACK covers what was sent only once is the host's to see; what a
 * spurious timeout means is `recovery.ts`.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface SpuriousTimeoutHost extends ChartHost {
  /** Section 3.1 (1): no recovery is under way, whose retransmissions would leave it open what an ACK answers. */
  nothingRepaired(): boolean;
  /** There is new data, and room for it: section 2.1 (2b). */
  newDataMayGo(): boolean;
  /** Section 2.1 (3b): the timeout was spurious. */
  declareSpurious(): void;
}

export const spuriousTimeoutEvents = defineEvents(
  'timedOut',
  'originalAcked',
  'ackAdvanced',
  'duplicateAck',
  'recovered',
);

const machine = setup({
  types: {
    context: {} as { host: SpuriousTimeoutHost },
    input: {} as SpuriousTimeoutHost,
    events: {} as { type: keyof typeof spuriousTimeoutEvents },
  },
  guards: {
    nothingRepaired: ({ context }) => context.host.nothingRepaired(),
    newDataMayGo: ({ context }) => context.host.newDataMayGo(),
  },
  actions: {
    declareSpurious: ({ context }) => context.host.declareSpurious(),
  },
}).createMachine({
  id: 'spuriousTimeout',
  context: ({ input }) => ({ host: input }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        timedOut: { guard: 'nothingRepaired', target: 'awaitingFirst' },
      },
    },
    /** (1): the oldest segment has gone out again. */
    awaitingFirst: {
      on: {
        // As Linux has it: a delay may outlast several timeouts
        timedOut: {},
        // Section 3.1: the peer has got more than what was sent again
        originalAcked: { target: 'idle', actions: 'declareSpurious' },
        ackAdvanced: [{ guard: 'newDataMayGo', target: 'awaitingSecond' }, { target: 'idle' }],
        // (2a): the peer misses something
        duplicateAck: { target: 'idle' },
        recovered: { target: 'idle' },
      },
    },
    /** (2b): new data goes out, and nothing that seems lost. */
    awaitingSecond: {
      on: {
        timedOut: { target: 'awaitingFirst' },
        // (3b)
        originalAcked: { target: 'idle', actions: 'declareSpurious' },
        ackAdvanced: { target: 'idle' },
        // (3a)
        duplicateAck: { target: 'idle' },
        recovered: { target: 'idle' },
      },
    },
  },
});

/** The spurious timeout chart: F-RTO. */
export const spuriousTimeout = defineChart<SpuriousTimeoutHost>(
  'spuriousTimeout',
  machine,
  spuriousTimeoutEvents,
);
