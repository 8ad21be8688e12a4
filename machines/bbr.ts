/**
 * The phases of BBR, version 1 (draft-cardwell-iccrg-bbr-congestion-control-00 section 4.3, as in Linux's tcp_bbr.c):
 * find the bandwidth, let the queue drain that this has built, then probe for more bandwidth and give back in turn; and
 * now and then empty the pipe to see how short the round trip is.
 *
 * Each ACK brings three facts in this order: `delivered` (the bandwidth is estimated anew), `flightChanged`,
 * `rttSampled`. How fast and how much a phase sends is the host's: gains by state.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface BbrHost extends ChartHost {
  /** Three rounds did not bring a quarter more: the pipe is full. */
  pipeFull(): boolean;
  /** No more is in flight than the path holds without a queue. */
  queueDrained(): boolean;
  /** The cycle, begun at a random place, begins with the probe. */
  beginsWithProbe(): boolean;
  /** The phase has lasted its time, and has reached, or cannot reach, what it is for. */
  phaseOver(): boolean;
  /** Six round trips at the estimated rate. */
  cruisedEnough(): boolean;
  /** The shortest round trip was seen ten seconds ago, and the sender was not idle. */
  minRttExpired(): boolean;
  /** Four segments are in flight, no more. */
  flightIsLow(): boolean;
  /** A round trip with so little has yet to pass. */
  roundToPass(): boolean;
  /** ssthresh says how much the path holds. */
  noteCapacity(): void;
  /** A phase of the cycle begins now. */
  startPhase(): void;
  /** The first or the next round trip of cruising. */
  startCruise(): void;
  nextCruise(): void;
  /** The window now is the one to come back to. */
  saveWindow(): void;
  /** The round trip with little in flight begins. */
  startRound(): void;
  /** Back to the window that was saved; the next look at the round trip is ten seconds away. */
  restoreWindow(): void;
  /** 200 ms */
  probeRttTime(): number;
}

export const bbrEvents = defineEvents('delivered', 'flightChanged', 'rttSampled', 'restarted');

const PROBE_RTT = { guard: 'minRttExpired', target: '#bbr.probeRtt', actions: 'saveWindow' } as const;

const machine = setup({
  types: {
    context: {} as { host: BbrHost },
    input: {} as BbrHost,
    events: {} as { type: keyof typeof bbrEvents },
  },
  guards: {
    pipeFull: ({ context }) => context.host.pipeFull(),
    queueDrained: ({ context }) => context.host.queueDrained(),
    beginsWithProbe: ({ context }) => context.host.queueDrained() && context.host.beginsWithProbe(),
    phaseOver: ({ context }) => context.host.phaseOver(),
    cruisedEnough: ({ context }) => context.host.phaseOver() && context.host.cruisedEnough(),
    minRttExpired: ({ context }) => context.host.minRttExpired(),
    flightIsLow: ({ context }) => context.host.flightIsLow(),
    roundToPass: ({ context }) => context.host.roundToPass(),
    probesNext: ({ context }) => context.host.pipeFull() && context.host.beginsWithProbe(),
  },
  actions: {
    noteCapacity: ({ context }) => context.host.noteCapacity(),
    startPhase: ({ context }) => context.host.startPhase(),
    startCruise: ({ context }) => context.host.startCruise(),
    nextCruise: ({ context }) => context.host.nextCruise(),
    saveWindow: ({ context }) => context.host.saveWindow(),
    startRound: ({ context }) => context.host.startRound(),
    restoreWindow: ({ context }) => context.host.restoreWindow(),
  },
  delays: { probeRttTime: ({ context }) => context.host.probeRttTime() },
}).createMachine({
  id: 'bbr',
  context: ({ input }) => ({ host: input }),
  initial: 'startup',
  states: {
    startup: {
      on: {
        delivered: { guard: 'pipeFull', target: 'drain', actions: 'noteCapacity' },
        flightChanged: {},
        rttSampled: PROBE_RTT,
        restarted: {},
      },
    },
    drain: {
      on: {
        delivered: {},
        flightChanged: [
          { guard: 'beginsWithProbe', target: 'probeBandwidth.up', actions: 'startPhase' },
          { guard: 'queueDrained', target: 'probeBandwidth.cruise', actions: 'startCruise' },
        ],
        rttSampled: PROBE_RTT,
        restarted: {},
      },
    },
    probeBandwidth: {
      initial: 'cruise',
      on: { flightChanged: {}, rttSampled: PROBE_RTT, restarted: {} },
      states: {
        up: { on: { delivered: { guard: 'phaseOver', target: 'down', actions: 'startPhase' } } },
        down: { on: { delivered: { guard: 'phaseOver', target: 'cruise', actions: 'startCruise' } } },
        cruise: {
          on: {
            delivered: [
              { guard: 'cruisedEnough', target: 'up', actions: 'startPhase' },
              { guard: 'phaseOver', actions: 'nextCruise' },
            ],
          },
        },
      },
    },
    probeRtt: {
      initial: 'emptying',
      on: { delivered: {}, flightChanged: {}, restarted: {} },
      states: {
        emptying: { on: { rttSampled: { guard: 'flightIsLow', target: 'holding', actions: 'startRound' } } },
        holding: { on: { rttSampled: {} }, after: { probeRttTime: { target: 'ending' } } },
        ending: {
          on: {
            rttSampled: [
              { guard: 'roundToPass' },
              {
                guard: 'probesNext',
                target: '#bbr.probeBandwidth.up',
                actions: ['restoreWindow', 'startPhase'],
              },
              {
                guard: 'pipeFull',
                target: '#bbr.probeBandwidth.cruise',
                actions: ['restoreWindow', 'startCruise'],
              },
              { target: '#bbr.startup', actions: 'restoreWindow' },
            ],
            restarted: [
              {
                guard: 'probesNext',
                target: '#bbr.probeBandwidth.up',
                actions: ['restoreWindow', 'startPhase'],
              },
              {
                guard: 'pipeFull',
                target: '#bbr.probeBandwidth.cruise',
                actions: ['restoreWindow', 'startCruise'],
              },
              { target: '#bbr.startup', actions: 'restoreWindow' },
            ],
          },
        },
      },
    },
  },
});

/** The chart of BBR, version 1: what it is after. */
export const bbr = defineChart<BbrHost>('bbr', machine, bbrEvents);
