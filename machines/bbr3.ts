/**
 * The phases of BBR, version 3 (draft-ietf-ccwg-bbr-06 section 5.3): as version 1 it finds the bandwidth and drains the
 * queue that this has built; then it gives room (`down`), sends at what is delivered (`cruise`), fills the pipe
 * (`refill`) and sends more (`up`) until nothing more comes of it or too much is lost. Now and then half of what the
 * path holds is in flight, to see how short the round trip is.
 *
 * Each ACK brings three facts in this order: `delivered` (the model is up to date), `flightChanged`, `rttSampled`; a
 * segment given up for lost may bring `lossTooHigh` before. How fast and how much a phase sends is the host's: gains
 * and bounds by state.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface Bbr3Host extends ChartHost {
  /** Three rounds did not bring a quarter more: the pipe is full (section 5.3.1.2). */
  pipeFull(): boolean;
  /** A round of recovery lost more than 2 %, in six places or more (section 5.3.1.3). */
  lossesAreHigh(): boolean;
  /** No more is in flight than the path holds without a queue, or it does not get less for three rounds. */
  queueDrained(): boolean;
  /** The careful probe did no harm: the next may follow at once (section 5.3.3.5.2). */
  probesAgain(): boolean;
  /** Two to three seconds have passed, or as many rounds as Reno would take (section 5.3.3.7). */
  timeToProbe(): boolean;
  /** There is no queue any more, and headroom for others. */
  timeToCruise(): boolean;
  /** With this ACK a round trip begins. */
  roundStarted(): boolean;
  /** The probe before lost too much, and as much is in flight again. */
  flightIsRisky(): boolean;
  /** More does not bring more. */
  plateauReached(): boolean;
  /** No round trip as short as the shortest was seen for five seconds, and the sender was not idle. */
  probeRttDue(): boolean;
  /** Half of what the path holds is in flight, no more. */
  flightIsLow(): boolean;
  /** A round trip with so little has yet to pass. */
  roundToPass(): boolean;
  /** It was a loss that was none that ended startup, or the probe (section 5.5.11.2). */
  leftStartup(): boolean;
  leftProbe(): boolean;
  /** What was delivered in the round is what can be in flight. */
  noteSafeFlight(): void;
  startDrain(): void;
  /** Chance says how long until the next probe. */
  startDown(): void;
  /** What was lost in the last cycle bounds no longer. */
  startRefill(): void;
  startUp(): void;
  /** The probe ends early: the next will not, if this did no harm. */
  noteCaution(): void;
  /** The probe lost no more than it may. */
  forgetExcess(): void;
  /** The window now is the one to come back to. */
  saveWindow(): void;
  startProbeRtt(): void;
  /** The round trip with little in flight begins. */
  startRound(): void;
  /** Back to the window that was saved; the next look at the round trip is five seconds away. */
  restoreWindow(): void;
  /** 200 ms */
  probeRttTime(): number;
}

export const bbr3Events = defineEvents(
  'delivered',
  'flightChanged',
  'rttSampled',
  'lossTooHigh',
  'recoveryUndone',
  'restarted',
);

const PROBE_RTT = {
  guard: 'probeRttDue',
  target: '#bbr3.probeRtt',
  actions: ['saveWindow', 'startProbeRtt'],
} as const;

const TO_STARTUP = { guard: 'leftStartup', target: '#bbr3.startup' } as const;

const AGAIN = { guard: 'probesAgain', target: 'refill', actions: 'startRefill' } as const;

const PROBE = { guard: 'timeToProbe', target: 'refill', actions: 'startRefill' } as const;

/** Back from a look at the round trip: there is no queue now, so the cycle goes on with cruising. */
const BACK = [
  {
    guard: 'pipeFull',
    target: '#bbr3.probeBandwidth.cruise',
    actions: ['restoreWindow', 'startDown'],
  },
  { target: '#bbr3.startup', actions: 'restoreWindow' },
] as const;

const machine = setup({
  types: {
    context: {} as { host: Bbr3Host },
    input: {} as Bbr3Host,
    events: {} as { type: keyof typeof bbr3Events },
  },
  guards: {
    pipeFull: ({ context }) => context.host.pipeFull(),
    lossesAreHigh: ({ context }) => context.host.lossesAreHigh(),
    queueDrained: ({ context }) => context.host.queueDrained(),
    probesAgain: ({ context }) => context.host.probesAgain(),
    timeToProbe: ({ context }) => context.host.timeToProbe(),
    timeToCruise: ({ context }) => context.host.timeToCruise(),
    roundStarted: ({ context }) => context.host.roundStarted(),
    flightIsRisky: ({ context }) => context.host.flightIsRisky(),
    plateauReached: ({ context }) => context.host.plateauReached(),
    probeRttDue: ({ context }) => context.host.probeRttDue(),
    flightIsLow: ({ context }) => context.host.flightIsLow(),
    roundToPass: ({ context }) => context.host.roundToPass(),
    leftStartup: ({ context }) => context.host.leftStartup(),
    leftProbe: ({ context }) => context.host.leftProbe(),
  },
  actions: {
    noteSafeFlight: ({ context }) => context.host.noteSafeFlight(),
    startDrain: ({ context }) => context.host.startDrain(),
    startDown: ({ context }) => context.host.startDown(),
    startRefill: ({ context }) => context.host.startRefill(),
    startUp: ({ context }) => context.host.startUp(),
    noteCaution: ({ context }) => context.host.noteCaution(),
    forgetExcess: ({ context }) => context.host.forgetExcess(),
    saveWindow: ({ context }) => context.host.saveWindow(),
    startProbeRtt: ({ context }) => context.host.startProbeRtt(),
    startRound: ({ context }) => context.host.startRound(),
    restoreWindow: ({ context }) => context.host.restoreWindow(),
  },
  delays: { probeRttTime: ({ context }) => context.host.probeRttTime() },
}).createMachine({
  id: 'bbr3',
  context: ({ input }) => ({ host: input }),
  initial: 'startup',
  states: {
    startup: {
      on: {
        delivered: [
          { guard: 'lossesAreHigh', target: 'drain', actions: ['noteSafeFlight', 'startDrain'] },
          { guard: 'pipeFull', target: 'drain', actions: 'startDrain' },
        ],
        flightChanged: {},
        rttSampled: PROBE_RTT,
        lossTooHigh: {},
        recoveryUndone: {},
        restarted: {},
      },
    },
    drain: {
      on: {
        delivered: {},
        flightChanged: { guard: 'queueDrained', target: 'probeBandwidth.down', actions: 'startDown' },
        rttSampled: PROBE_RTT,
        lossTooHigh: {},
        recoveryUndone: TO_STARTUP,
        restarted: {},
      },
    },
    probeBandwidth: {
      initial: 'down',
      on: {
        delivered: {},
        rttSampled: PROBE_RTT,
        lossTooHigh: {},
        recoveryUndone: [TO_STARTUP, { guard: 'leftProbe', target: '.refill', actions: 'startRefill' }],
        restarted: {},
      },
      states: {
        down: { on: { flightChanged: [AGAIN, PROBE, { guard: 'timeToCruise', target: 'cruise' }] } },
        cruise: { on: { flightChanged: [AGAIN, PROBE] } },
        refill: { on: { flightChanged: { guard: 'roundStarted', target: 'up', actions: 'startUp' } } },
        up: {
          on: {
            flightChanged: [
              {
                guard: 'flightIsRisky',
                target: 'down',
                actions: ['noteCaution', 'forgetExcess', 'startDown'],
              },
              { guard: 'plateauReached', target: 'down', actions: ['forgetExcess', 'startDown'] },
            ],
            lossTooHigh: { target: 'down', actions: 'startDown' },
            // It probes already
            recoveryUndone: {},
          },
        },
      },
    },
    probeRtt: {
      initial: 'emptying',
      on: { delivered: {}, flightChanged: {}, lossTooHigh: {}, recoveryUndone: {}, restarted: {} },
      states: {
        emptying: { on: { rttSampled: { guard: 'flightIsLow', target: 'holding', actions: 'startRound' } } },
        holding: { on: { rttSampled: {} }, after: { probeRttTime: { target: 'ending' } } },
        ending: { on: { rttSampled: [{ guard: 'roundToPass' }, ...BACK], restarted: [...BACK] } },
      },
    },
  },
});

/** The chart of BBR, version 3: what it is after. */
export const bbr3 = defineChart<Bbr3Host>('bbr3', machine, bbr3Events);
