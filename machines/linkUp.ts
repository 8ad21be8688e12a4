/**
 * When a link carries packets at all: outages that were scheduled, and a cable that someone pulls (`cut`) and puts
 * back (`restore`). What happens to a packet while the link is down is left to the link. The schedule is in absolute
 * time, so an outage that fell due while the cable was out is neither forgotten nor made up for.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

/** What the chart needs of the link. */
export interface LinkUpHost extends ChartHost {
  /** Does a scheduled outage cover this moment? */
  insideOutage(): boolean;
  /** Does one begin later than now? */
  outageAhead(): boolean;
  /** us from now to the beginning of the next outage */
  untilOutage(): number;
  /** us from now to the end of the outage that covers this moment */
  outageRemaining(): number;
}

/** `start`: the schedule begins to count. `cut`, `restore`: the cable is pulled out, put back. */
export const linkUpEvents = defineEvents('start', 'cut', 'restore');

const machine = setup({
  types: {
    context: {} as { host: LinkUpHost },
    input: {} as LinkUpHost,
    events: {} as { type: 'start' } | { type: 'cut' } | { type: 'restore' },
  },
  guards: {
    insideOutage: ({ context }) => context.host.insideOutage(),
    outageAhead: ({ context }) => context.host.outageAhead(),
  },
  delays: {
    untilOutage: ({ context }) => context.host.untilOutage(),
    outageRemaining: ({ context }) => context.host.outageRemaining(),
  },
}).createMachine({
  id: 'linkUp',
  context: ({ input }) => ({ host: input }),
  initial: 'up',
  states: {
    up: {
      initial: 'steady',
      on: { start: {}, cut: { target: 'down.cut' }, restore: {} },
      states: {
        steady: {
          on: {
            start: [
              { guard: 'insideOutage', target: '#linkUp.down.outage' },
              { guard: 'outageAhead', target: 'awaitingOutage' },
            ],
          },
        },
        awaitingOutage: {
          after: { untilOutage: { target: '#linkUp.down.outage' } },
        },
      },
    },
    down: {
      initial: 'cut',
      on: { start: {} },
      states: {
        cut: {
          on: {
            cut: {},
            restore: [
              { guard: 'insideOutage', target: 'outage' },
              { guard: 'outageAhead', target: '#linkUp.up.awaitingOutage' },
              { target: '#linkUp.up' },
            ],
          },
        },
        // A scheduled outage is no cable: `restore` does not end it.
        outage: {
          on: { cut: { target: 'cut' }, restore: {} },
          after: {
            outageRemaining: [
              { guard: 'outageAhead', target: '#linkUp.up.awaitingOutage' },
              { target: '#linkUp.up' },
            ],
          },
        },
      },
    },
  },
});

/** up (steady, awaitingOutage), down (cut, outage). */
export const linkUp = defineChart<LinkUpHost>('linkUp', machine, linkUpEvents);
