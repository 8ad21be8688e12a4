/**
 * When a link is good and when it is bad: the Gilbert-Elliott model, by time instead of by packet, so that an idle
 * link changes too. How many packets each state loses, and how long the next stay is, is the host's affair: it draws
 * the stay in the transition's action, and the delay only reads it (a delay may be asked more than once).
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

/** What the chart needs of the link. */
export interface LinkQualityHost extends ChartHost {
  /** Draws how long the good state that is being entered will last. */
  drawGoodSojourn(): void;
  /** Draws how long the bad state that is being entered will last. */
  drawBadSojourn(): void;
  /** The stay drawn last, us. */
  sojourn(): number;
}

/** `start`: the link begins to carry packets. */
export const linkQualityEvents = defineEvents('start');

const machine = setup({
  types: {
    context: {} as { host: LinkQualityHost },
    input: {} as LinkQualityHost,
    events: {} as { type: 'start' },
  },
  actions: {
    drawGoodSojourn: ({ context }) => context.host.drawGoodSojourn(),
    drawBadSojourn: ({ context }) => context.host.drawBadSojourn(),
  },
  delays: {
    goodSojourn: ({ context }) => context.host.sojourn(),
    badSojourn: ({ context }) => context.host.sojourn(),
  },
}).createMachine({
  id: 'linkQuality',
  context: ({ input }) => ({ host: input }),
  initial: 'off',
  states: {
    off: {
      on: { start: { target: 'good', actions: 'drawGoodSojourn' } },
    },
    good: {
      on: { start: {} },
      after: { goodSojourn: { target: 'bad', actions: 'drawBadSojourn' } },
    },
    bad: {
      on: { start: {} },
      after: { badSojourn: { target: 'good', actions: 'drawGoodSojourn' } },
    },
  },
});

/** off, good, bad. */
export const linkQuality = defineChart<LinkQualityHost>('linkQuality', machine, linkQualityEvents);
