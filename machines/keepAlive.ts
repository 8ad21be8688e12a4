/**
 * Is the peer still there? (RFC 9293 section 3.8.4; off unless the user wants it, MUST-25.)
 *
 * It decides when an idle connection is probed and when it is given up. What counts as idle, and what a probe carries,
 * is the host's.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface KeepAliveHost extends ChartHost {
  /** Nothing was received for the whole idle time, and nothing is outstanding (MUST-26). */
  idle(): boolean;
  /** Something is outstanding after all, or the peer's silence no longer matters. */
  busy(): boolean;
  /** As many probes as configured went unanswered: one alone says nothing (MUST-29). */
  probesExhausted(): boolean;

  startProbing(): void;
  sendProbe(): void;
  giveUp(): void;

  /** What is left of the idle time, us; by default 2 hours in all (MUST-28). */
  keepAliveIdle(): number;
  /** Between probes, us. */
  keepAliveInterval(): number;
}

export const keepAliveEvents = defineEvents('enabled', 'disabled', 'answered');

const machine = setup({
  types: {
    context: {} as { host: KeepAliveHost },
    input: {} as KeepAliveHost,
    events: {} as { type: keyof typeof keepAliveEvents },
  },
  guards: {
    idle: ({ context }) => context.host.idle(),
    busy: ({ context }) => context.host.busy(),
    probesExhausted: ({ context }) => context.host.probesExhausted(),
  },
  actions: {
    startProbing: ({ context }) => context.host.startProbing(),
    sendProbe: ({ context }) => context.host.sendProbe(),
    giveUp: ({ context }) => context.host.giveUp(),
  },
  delays: {
    keepAliveIdle: ({ context }) => context.host.keepAliveIdle(),
    keepAliveInterval: ({ context }) => context.host.keepAliveInterval(),
  },
}).createMachine({
  id: 'keepAlive',
  context: ({ input }) => ({ host: input }),
  initial: 'off',
  states: {
    off: {
      on: {
        enabled: { target: 'watching' },
        disabled: {},
        answered: {},
      },
    },
    watching: {
      on: {
        enabled: { target: 'watching', reenter: true },
        disabled: { target: 'off' },
        answered: {},
      },
      after: {
        keepAliveIdle: [
          { guard: 'idle', target: 'probing', actions: ['startProbing', 'sendProbe'] },
          { target: 'watching', reenter: true },
        ],
      },
    },
    probing: {
      on: {
        enabled: { target: 'watching' },
        disabled: { target: 'off' },
        answered: { target: 'watching' },
      },
      after: {
        keepAliveInterval: [
          { guard: 'busy', target: 'watching' },
          { guard: 'probesExhausted', target: 'off', actions: 'giveUp' },
          { target: 'probing', reenter: true, actions: 'sendProbe' },
        ],
      },
    },
  },
});

/** The keep-alive chart: one for each connection that asked for it. */
export const keepAlive = defineChart<KeepAliveHost>('keepAlive', machine, keepAliveEvents);
