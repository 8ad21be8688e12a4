/**
 * How large packets may be on the way to the peer: what routers say (RFC 1191, RFC 8201), and, for paths that drop large
 * packets without a word, what arrives (RFC 4821).
 *
 * It decides when the size in use is lowered, when a larger one is tried and when what was found is looked at again. How
 * large exactly, and whether a router's word is believed, is the host's.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

/** What the path MTU chart needs done and needs to know. */
export interface PathMtuHost extends ChartHost {
  /** Larger packets may be tried (RFC 4821), not only taken up again. */
  mayProbe(): boolean;

  /** Packets no larger than a router has said; what is outstanding and larger goes out again in pieces. */
  reduce(): void;
  /** Large packets vanish: begin again with a size that goes through nearly everywhere. */
  fallBack(): void;
  /** Packets as large as the interface takes. */
  raise(): void;
  /** Anything up to what the interface takes is worth a try again. */
  widen(): void;
  /** The probe has arrived: packets of its size from now on. */
  takeLarger(): void;
  /** The probe is lost: that size is too large. */
  takeSmaller(): void;

  /** How long what was found is believed, us (RFC 1191 section 6.3, RFC 8201 section 4: 10 minutes). */
  raiseTimer(): number;
}

export const pathMtuEvents = defineEvents(
  'tooBig',
  'blackHoleSuspected',
  'probeSent',
  'probeAcked',
  'probeLost',
  'nothingLeft',
);

const machine = setup({
  types: {
    context: {} as { host: PathMtuHost },
    input: {} as PathMtuHost,
    events: {} as { type: keyof typeof pathMtuEvents },
  },
  guards: {
    mayProbe: ({ context }) => context.host.mayProbe(),
  },
  actions: {
    reduce: ({ context }) => context.host.reduce(),
    fallBack: ({ context }) => context.host.fallBack(),
    raise: ({ context }) => context.host.raise(),
    widen: ({ context }) => context.host.widen(),
    takeLarger: ({ context }) => context.host.takeLarger(),
    takeSmaller: ({ context }) => context.host.takeSmaller(),
  },
  delays: {
    raiseTimer: ({ context }) => context.host.raiseTimer(),
  },
}).createMachine({
  id: 'pathMtu',
  context: ({ input }) => ({ host: input }),
  initial: 'whole',
  states: {
    // The interface's MTU is the path's, as far as anybody has said
    whole: {
      on: {
        tooBig: { target: 'reduced', actions: 'reduce' },
        blackHoleSuspected: { target: 'searching', actions: 'fallBack' },
      },
    },
    reduced: {
      on: {
        tooBig: { target: 'reduced', reenter: true, actions: 'reduce' },
        blackHoleSuspected: { target: 'searching', actions: 'fallBack' },
      },
      after: {
        raiseTimer: [
          { guard: 'mayProbe', target: 'searching', actions: 'widen' },
          { target: 'whole', actions: 'raise' },
        ],
      },
    },
    // Between a size that arrives and one that does not, or was not tried
    searching: {
      on: {
        tooBig: { target: 'reduced', actions: 'reduce' },
        blackHoleSuspected: { actions: 'fallBack' },
        probeSent: { target: 'probing' },
        nothingLeft: { target: 'found' },
      },
    },
    probing: {
      on: {
        tooBig: { target: 'reduced', actions: 'reduce' },
        // A timeout counts as the probe's first
        blackHoleSuspected: {},
        probeAcked: { target: 'searching', actions: 'takeLarger' },
        probeLost: { target: 'searching', actions: 'takeSmaller' },
      },
    },
    found: {
      on: {
        tooBig: { target: 'reduced', actions: 'reduce' },
        blackHoleSuspected: { target: 'searching', actions: 'fallBack' },
      },
      after: {
        raiseTimer: { target: 'searching', actions: 'widen' },
      },
    },
  },
});

/** The path MTU chart: one for each connection that has learnt something of its path. */
export const pathMtu = defineChart<PathMtuHost>('pathMtu', machine, pathMtuEvents);
