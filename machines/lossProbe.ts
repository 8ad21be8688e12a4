/**
 * The tail loss probe (RFC 8985 section 7): when the last segments of a flight are lost, no ACK tells. After two round
 * trips of silence something is sent that must be acknowledged, so that the loss need not wait for the retransmission
 * timer.
 *
 * It decides when a probe goes out, and that there is only one at a time. What it carries, and what its answer says,
 * is the host's.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

export interface LossProbeHost extends ChartHost {
  /** Section 7.2: something is outstanding, nothing of it is reported received, and no recovery is under way. */
  mayProbe(): boolean;
  /** Section 7.3: new data, or else the last segment again. */
  sendProbe(): void;
  /** Section 7.4.2: nothing says that the segment which the probe repeated had arrived: it was lost. */
  reportRepair(): void;
  /** PTO, us */
  pto(): number;
}

export const lossProbeEvents = defineEvents('flightChanged', 'answered', 'repaired', 'recoveryBegan');

const machine = setup({
  types: {
    context: {} as { host: LossProbeHost },
    input: {} as LossProbeHost,
    events: {} as { type: keyof typeof lossProbeEvents },
  },
  guards: {
    mayProbe: ({ context }) => context.host.mayProbe(),
  },
  actions: {
    sendProbe: ({ context }) => context.host.sendProbe(),
    reportRepair: ({ context }) => context.host.reportRepair(),
  },
  delays: {
    pto: ({ context }) => context.host.pto(),
  },
}).createMachine({
  id: 'lossProbe',
  context: ({ input }) => ({ host: input }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        flightChanged: { guard: 'mayProbe', target: 'waiting' },
        recoveryBegan: {},
      },
    },
    waiting: {
      on: {
        // Section 7.2: each transmission of new data and each ACK of it starts the timer anew
        flightChanged: [{ guard: 'mayProbe', target: 'waiting', reenter: true }, { target: 'idle' }],
        recoveryBegan: { target: 'idle' },
      },
      after: {
        pto: { target: 'probing', actions: 'sendProbe' },
      },
    },
    /** The next one waits until this one is answered; the retransmission timer watches over both. */
    probing: {
      on: {
        flightChanged: {},
        answered: { target: 'idle' },
        repaired: { target: 'idle', actions: 'reportRepair' },
        recoveryBegan: { target: 'idle' },
      },
    },
  },
});

/** The loss probe chart. */
export const lossProbe = defineChart<LossProbeHost>('lossProbe', machine, lossProbeEvents);
