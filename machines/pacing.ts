/**
 * When the next segment may leave (RFC 9002 section 7.7 for the idea; Linux's tcp_output.c for the manner): a sender
 * that has a rate to keep sends a quantum, then waits until the next is due.
 *
 * It decides when to wait and when to go on. What is due, and what an unused while is worth, is the host's arithmetic.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface PacingHost extends ChartHost {
  /** What is due has been sent. */
  ahead(): boolean;
  /** Sends go on. */
  resume(): void;
  /** Time until a quantum is due. */
  untilDue(): number;
}

export const pacingEvents = defineEvents('segmentSent');

const machine = setup({
  types: {
    context: {} as { host: PacingHost },
    input: {} as PacingHost,
    events: {} as { type: keyof typeof pacingEvents },
  },
  guards: { ahead: ({ context }) => context.host.ahead() },
  actions: { resume: ({ context }) => context.host.resume() },
  delays: { untilDue: ({ context }) => context.host.untilDue() },
}).createMachine({
  id: 'pacing',
  context: ({ input }) => ({ host: input }),
  initial: 'open',
  states: {
    open: {
      on: {
        segmentSent: { guard: 'ahead', target: 'waiting' },
      },
    },
    waiting: {
      after: { untilDue: { target: 'open', actions: 'resume' } },
      on: {
        // A segment that waits for nobody: what a timer sends again
        segmentSent: {},
      },
    },
  },
});

/** The pacing chart: when the next segment may leave. */
export const pacing = defineChart<PacingHost>('pacing', machine, pacingEvents);
