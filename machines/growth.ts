/**
 * What an acknowledgment of new data means for the congestion window while nothing is lost (RFC 5681 section 3.1):
 * slow start below ssthresh, congestion avoidance above.
 *
 * It decides which of the two growths applies; how much is a formula of the host. Losses are `recovery.ts`.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface GrowthHost extends ChartHost {
  /** cwnd < ssthresh */
  belowSsthresh(): boolean;
  /** RFC 5681 (2) */
  growExponentially(): void;
  /** RFC 5681 (3) */
  growLinearly(): void;
}

export const growthEvents = defineEvents('ackAdvanced', 'lossInferred', 'timedOut');

const machine = setup({
  types: {
    context: {} as { host: GrowthHost },
    input: {} as GrowthHost,
    events: {} as { type: keyof typeof growthEvents },
  },
  guards: {
    belowSsthresh: ({ context }) => context.host.belowSsthresh(),
  },
  actions: {
    growExponentially: ({ context }) => context.host.growExponentially(),
    growLinearly: ({ context }) => context.host.growLinearly(),
  },
}).createMachine({
  id: 'growth',
  context: ({ input }) => ({ host: input }),
  initial: 'slowStart',
  states: {
    slowStart: {
      on: {
        ackAdvanced: [
          { guard: 'belowSsthresh', actions: 'growExponentially' },
          { target: 'avoidance', actions: 'growLinearly' },
        ],
        lossInferred: { target: 'avoidance' },
        timedOut: {},
      },
    },
    avoidance: {
      on: {
        ackAdvanced: { actions: 'growLinearly' },
        lossInferred: {},
        timedOut: { target: 'slowStart' },
      },
    },
  },
});

/** The growth chart: how the congestion window opens. */
export const growth = defineChart<GrowthHost>('growth', machine, growthEvents);
