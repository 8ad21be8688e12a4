/**
 * What is missing may only be late: how long to wait for it (RFC 8985 section 6.3, the reordering timer).
 *
 * It decides when to look again. How late is too late, and what is lost then, is RACK's to say (`src/tcp/rack.ts`).
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface ReorderingHost extends ChartHost {
  /** Time is up for what was sent before something that has arrived. */
  detectLoss(): void;
  /** Until the last of what is late counts as lost, us. */
  reorderingTimeout(): number;
}

export const reorderingEvents = defineEvents('overtaken', 'settled');

const machine = setup({
  types: {
    context: {} as { host: ReorderingHost },
    input: {} as ReorderingHost,
    events: {} as { type: keyof typeof reorderingEvents },
  },
  actions: {
    detectLoss: ({ context }) => context.host.detectLoss(),
  },
  delays: {
    reorderingTimeout: ({ context }) => context.host.reorderingTimeout(),
  },
}).createMachine({
  id: 'reordering',
  context: ({ input }) => ({ host: input }),
  initial: 'inOrder',
  states: {
    /** Everything sent before what has arrived has arrived, or is lost. */
    inOrder: {
      on: {
        overtaken: { target: 'waiting' },
        settled: {},
      },
    },
    waiting: {
      on: {
        overtaken: { target: 'waiting', reenter: true },
        settled: { target: 'inOrder' },
      },
      after: {
        reorderingTimeout: { target: 'inOrder', actions: 'detectLoss' },
      },
    },
  },
});

/** The reordering chart. */
export const reordering = defineChart<ReorderingHost>('reordering', machine, reorderingEvents);
