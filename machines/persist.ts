/**
 * Probing a window that the peer has closed (RFC 9293 section 3.8.6.1): the update that would open it may be lost.
 *
 * It decides when a probe is sent. Whether the window is closed, and what a probe carries, is the host's.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface PersistHost extends ChartHost {
  /** The peer has not answered for the whole user timeout. */
  userTimeoutPassed(): boolean;
  /** Double the interval (SHLD-30). */
  backOff(): void;
  sendProbe(): void;
  /** Interval to the next probe, us; the first is one retransmission timeout (SHLD-29). */
  persist(): number;
  reportUserTimeout(): void;
}

export const persistEvents = defineEvents('windowClosed', 'windowOpened');

const machine = setup({
  types: {
    context: {} as { host: PersistHost },
    input: {} as PersistHost,
    events: {} as { type: keyof typeof persistEvents },
  },
  guards: {
    userTimeoutPassed: ({ context }) => context.host.userTimeoutPassed(),
  },
  actions: {
    backOff: ({ context }) => context.host.backOff(),
    sendProbe: ({ context }) => context.host.sendProbe(),
    reportUserTimeout: ({ context }) => context.host.reportUserTimeout(),
  },
  delays: {
    persist: ({ context }) => context.host.persist(),
  },
}).createMachine({
  id: 'persist',
  context: ({ input }) => ({ host: input }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        windowClosed: { target: 'probing' },
        windowOpened: {},
      },
    },
    probing: {
      on: {
        windowClosed: {},
        windowOpened: { target: 'idle' },
      },
      after: {
        persist: [
          { guard: 'userTimeoutPassed', target: 'idle', actions: 'reportUserTimeout' },
          { target: 'probing', reenter: true, actions: ['sendProbe', 'backOff'] },
        ],
      },
    },
  },
});

/** The persist chart: zero-window probes. */
export const persist = defineChart<PersistHost>('persist', machine, persistEvents);
