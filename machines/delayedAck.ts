/**
 * When received data is acknowledged (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2): at once if the sender needs to
 * know, at least every second full-sized segment, and otherwise after a delay that our own data may use.
 *
 * It decides when; what makes an ACK urgent (a gap, a gap filled, a FIN) is the host's to judge.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface DelayedAckHost extends ChartHost {
  /** Out of order, filling a gap, or delaying is switched off (RFC 5681 section 4.2). */
  ackAtOnce(): boolean;
  /** Two full-sized segments' worth of data is not acknowledged yet (SHLD-19). */
  secondFullSized(): boolean;
  /** ACK at the end of this input. */
  acknowledge(): void;
  /** us, under 500 ms (MUST-40) */
  delayedAck(): number;
}

export const delayedAckEvents = defineEvents('dataReceived', 'ackSent');

const machine = setup({
  types: {
    context: {} as { host: DelayedAckHost },
    input: {} as DelayedAckHost,
    events: {} as { type: keyof typeof delayedAckEvents },
  },
  guards: {
    ackAtOnce: ({ context }) => context.host.ackAtOnce(),
    secondFullSized: ({ context }) => context.host.secondFullSized(),
  },
  actions: {
    acknowledge: ({ context }) => context.host.acknowledge(),
  },
  delays: {
    delayedAck: ({ context }) => context.host.delayedAck(),
  },
}).createMachine({
  id: 'delayedAck',
  context: ({ input }) => ({ host: input }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        dataReceived: [
          { guard: 'ackAtOnce', actions: 'acknowledge' },
          // Several segments that came together (MUST-59)
          { guard: 'secondFullSized', actions: 'acknowledge' },
          { target: 'pending' },
        ],
        ackSent: {},
      },
    },
    pending: {
      on: {
        dataReceived: [
          { guard: 'ackAtOnce', target: 'idle', actions: 'acknowledge' },
          { guard: 'secondFullSized', target: 'idle', actions: 'acknowledge' },
        ],
        ackSent: { target: 'idle' },
      },
      after: {
        delayedAck: { target: 'idle', actions: 'acknowledge' },
      },
    },
  },
});

/** The delayed ACK chart. */
export const delayedAck = defineChart<DelayedAckHost>('delayedAck', machine, delayedAckEvents);
