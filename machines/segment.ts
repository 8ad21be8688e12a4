/**
 * One outstanding segment: its life from the first transmission to its acknowledgment, and its retransmission timer
 * (RFC 6298 section 5).
 *
 * Two things are true of it at a time: where it is (in flight, known to be received, given up for lost) and whether
 * its timer runs. The timer belongs to `timed`, so that what happens to the segment does not restart it.
 *
 * Two manners, told apart by the guard `timerPerSegment`: with the default only the oldest segment's timer runs, and
 * its expiry gives up everything outstanding for lost; in the other each segment's runs, and its expiry sends that
 * segment alone again. What a loss means for the sending rate is `recovery.ts`; which bytes a segment holds and how
 * long its timer is belongs to the host.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

/** What the segment chart needs: the host is the segment's own record. */
export interface SegmentHost extends ChartHost {
  /** Every segment has a timer of its own (the textbooks' selective repeat). */
  timerPerSegment(): boolean;
  /** No older segment is outstanding. */
  isOldest(): boolean;
  /** Given up for lost and not sent since. */
  isLost(): boolean;
  /** The peer has reported that it has this segment. */
  isSacked(): boolean;
  /** Data has waited for its acknowledgment for the whole user timeout. */
  userTimeoutPassed(): boolean;
  /** RFC 9293 section 3.8.3 R1: time to tell the user of trouble. */
  r1Reached(): boolean;
  /** Sent again so often, or for so long, that the connection is given up: RFC 9293 section 3.8.3. */
  r2Reached(): boolean;

  countInFlight(): void;
  countSacked(): void;
  countLost(): void;
  /** It is acknowledged: out of every count. */
  forget(): void;
  /** RFC 6298 (5.5): double the timeout. */
  backOff(): void;
  /** Send this segment again, now. */
  retransmit(): void;
  /** The timer ran out: all that is outstanding counts as lost. */
  loseAll(): void;
  reportUserTimeout(): void;
  reportR1(): void;
  reportR2(): void;

  /** Retransmission timeout, us. */
  rto(): number;
}

export const segmentEvents = defineEvents(
  'sent',
  'becameOldest',
  'timerRestarted',
  'acked',
  'sacked',
  'reneged',
  'markedLost',
  'lossUndone',
);

const machine = setup({
  types: {
    context: {} as { host: SegmentHost },
    input: {} as SegmentHost,
    events: {} as { type: keyof typeof segmentEvents },
  },
  guards: {
    timerPerSegment: ({ context }) => context.host.timerPerSegment(),
    isOldest: ({ context }) => context.host.isOldest(),
    isLost: ({ context }) => context.host.isLost(),
    isSacked: ({ context }) => context.host.isSacked(),
    userTimeoutPassed: ({ context }) => context.host.userTimeoutPassed(),
    r1Reached: ({ context }) => context.host.r1Reached(),
    r2Reached: ({ context }) => context.host.r2Reached(),
  },
  actions: {
    countInFlight: ({ context }) => context.host.countInFlight(),
    countSacked: ({ context }) => context.host.countSacked(),
    countLost: ({ context }) => context.host.countLost(),
    forget: ({ context }) => context.host.forget(),
    backOff: ({ context }) => context.host.backOff(),
    retransmit: ({ context }) => context.host.retransmit(),
    loseAll: ({ context }) => context.host.loseAll(),
    reportUserTimeout: ({ context }) => context.host.reportUserTimeout(),
    reportR1: ({ context }) => context.host.reportR1(),
    reportR2: ({ context }) => context.host.reportR2(),
  },
  delays: {
    rto: ({ context }) => context.host.rto(),
  },
}).createMachine({
  id: 'segment',
  context: ({ input }) => ({ host: input }),
  initial: 'unsent',
  on: {
    acked: { target: '.acked', actions: 'forget' },
  },
  states: {
    unsent: {
      on: {
        sent: [
          { guard: 'timerPerSegment', target: 'timed.inFlight', actions: 'countInFlight' },
          // RFC 6298 (5.1): if the timer is not running, start it
          { guard: 'isOldest', target: 'timed.inFlight', actions: 'countInFlight' },
          { target: 'untimed.inFlight', actions: 'countInFlight' },
        ],
      },
    },
    /** An older segment's timer stands for this one, or the peer has it. */
    untimed: {
      initial: 'inFlight',
      states: {
        inFlight: {
          on: {
            // RFC 6675 NextSeg (3): sent again on suspicion
            sent: {},
            sacked: { target: 'sacked', actions: 'countSacked' },
            markedLost: { target: 'lost', actions: 'countLost' },
            becameOldest: { target: '#segment.timed.inFlight' },
          },
        },
        lost: {
          on: {
            sent: { target: 'inFlight', actions: 'countInFlight' },
            sacked: { target: 'sacked', actions: 'countSacked' },
            markedLost: {},
            // RFC 4015: it was only late
            lossUndone: { target: 'inFlight', actions: 'countInFlight' },
            becameOldest: { target: '#segment.timed.lost' },
          },
        },
        sacked: {
          on: {
            sacked: {},
            markedLost: {},
            // RFC 2018 section 8: a receiver may discard what it reported
            reneged: { target: 'lost', actions: 'countLost' },
            becameOldest: { target: '#segment.timed.sacked' },
          },
        },
      },
    },
    timed: {
      initial: 'inFlight',
      on: {
        // By an ACK of new data (RFC 6298 (5.3)), or as a loss probe has gone out (RFC 8985 section 7.3)
        timerRestarted: [
          { guard: 'isLost', target: '.lost', reenter: true },
          { guard: 'isSacked', target: '.sacked', reenter: true },
          { target: '.inFlight', reenter: true },
        ],
      },
      after: {
        rto: [
          { guard: 'userTimeoutPassed', target: 'abandoned', actions: 'reportUserTimeout' },
          { guard: 'r2Reached', target: 'abandoned', actions: 'reportR2' },
          {
            guard: 'timerPerSegment',
            target: '.lost',
            reenter: true,
            actions: ['countLost', 'backOff', 'retransmit'],
          },
          {
            guard: 'r1Reached',
            target: '.lost',
            reenter: true,
            actions: ['countLost', 'backOff', 'reportR1', 'loseAll'],
          },
          // RFC 6298 (5.4) to (5.6): the loss of all leaves this one first in line
          { target: '.lost', reenter: true, actions: ['countLost', 'backOff', 'loseAll'] },
        ],
      },
      states: {
        inFlight: {
          on: {
            sent: {},
            becameOldest: {},
            sacked: [
              { guard: 'timerPerSegment', target: '#segment.untimed.sacked', actions: 'countSacked' },
              { target: 'sacked', actions: 'countSacked' },
            ],
            markedLost: { target: 'lost', actions: 'countLost' },
          },
        },
        lost: {
          on: {
            becameOldest: {},
            sent: { target: 'inFlight', actions: 'countInFlight' },
            sacked: { target: 'sacked', actions: 'countSacked' },
            markedLost: {},
            lossUndone: { target: 'inFlight', actions: 'countInFlight' },
          },
        },
        sacked: {
          on: {
            becameOldest: {},
            sacked: {},
            markedLost: {},
            reneged: { target: 'lost', actions: 'countLost' },
          },
        },
      },
    },
    acked: { type: 'final' },
    abandoned: { type: 'final' },
  },
});

/** The segment chart: one instance for each outstanding segment. */
export const segment = defineChart<SegmentHost>('segment', machine, segmentEvents);
