/**
 * What an acknowledgment of new data means for the congestion window while nothing is lost (RFC 5681 section 3.1):
 * slow start below ssthresh, congestion avoidance above; between them the conservative slow start of HyStart++
 * (RFC 9406), when delays say that a queue builds up.
 *
 * It decides which growth applies; how much is a formula of the host. Losses are `recovery.ts`.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface GrowthHost extends ChartHost {
  /** cwnd < ssthresh */
  belowSsthresh(): boolean;
  /** cwnd >= ssthresh */
  reachedSsthresh(): boolean;
  /** RFC 9406 section 4.2: this round's smallest RTT is well above the last one's. */
  delayIncreased(): boolean;
  /** RFC 9406 section 4.2: the increase was not to stay: the RTT is under that of when it was noticed. */
  delayFellBack(): boolean;
  /** RFC 9406 section 4.2: CSS_ROUNDS have passed. */
  conservativeLongEnough(): boolean;
  /** RFC 5681 (2) */
  growExponentially(): void;
  /** RFC 9406 section 4.2: a quarter of that. */
  growConservatively(): void;
  /** RFC 5681 (3), or RFC 9438 section 4 */
  growLinearly(): void;
  /** RFC 9406 section 4.2: the RTT to fall back under, no conservative round done. */
  noteDelay(): void;
  /** ssthresh = cwnd */
  settle(): void;
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
    reachedSsthresh: ({ context }) => context.host.reachedSsthresh(),
    delayIncreased: ({ context }) => context.host.delayIncreased(),
    delayFellBack: ({ context }) => context.host.delayFellBack(),
    conservativeLongEnough: ({ context }) => context.host.conservativeLongEnough(),
  },
  actions: {
    growExponentially: ({ context }) => context.host.growExponentially(),
    growConservatively: ({ context }) => context.host.growConservatively(),
    growLinearly: ({ context }) => context.host.growLinearly(),
    noteDelay: ({ context }) => context.host.noteDelay(),
    settle: ({ context }) => context.host.settle(),
  },
}).createMachine({
  id: 'growth',
  context: ({ input }) => ({ host: input }),
  initial: 'slowStart',
  states: {
    slowStart: {
      on: {
        ackAdvanced: [
          { guard: 'reachedSsthresh', target: 'avoidance', actions: 'growLinearly' },
          {
            guard: 'delayIncreased',
            target: 'conservativeSlowStart',
            actions: ['noteDelay', 'growExponentially'],
          },
          { actions: 'growExponentially' },
        ],
        lossInferred: { target: 'avoidance' },
        timedOut: {},
      },
    },
    conservativeSlowStart: {
      on: {
        ackAdvanced: [
          { guard: 'reachedSsthresh', target: 'avoidance', actions: 'growLinearly' },
          { guard: 'delayFellBack', target: 'slowStart', actions: 'growExponentially' },
          { guard: 'conservativeLongEnough', target: 'avoidance', actions: ['settle', 'growLinearly'] },
          { actions: 'growConservatively' },
        ],
        lossInferred: { target: 'avoidance' },
        timedOut: { target: 'slowStart' },
      },
    },
    avoidance: {
      on: {
        ackAdvanced: [
          // An idle time, or a loss that was none, has left the window below ssthresh
          { guard: 'belowSsthresh', target: 'slowStart', actions: 'growExponentially' },
          { actions: 'growLinearly' },
        ],
        lossInferred: {},
        timedOut: { target: 'slowStart' },
      },
    },
  },
});

/** The growth chart: how the congestion window opens. */
export const growth = defineChart<GrowthHost>('growth', machine, growthEvents);
