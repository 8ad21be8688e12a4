/**
 * The key-value session, seen from the client: one command at a time, each answered before the next is sent.
 *
 * It decides when a command goes out, when the connection is closed and how the session ended. Bytes, lines and
 * quoting are the host's, and so is the queue of commands; loss, order and retransmission are TCP's, below.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

/** What the session chart needs done and needs to know. */
export interface SessionHost extends ChartHost {
  /** A command was given and not yet sent. */
  commandWaiting(): boolean;
  /** The user has said that no more commands come, and none waits. */
  nothingMore(): boolean;
  /** Every command that was given has its answer. */
  allAnswered(): boolean;

  /** Send the oldest waiting command. */
  sendCommand(): void;
  /** Hand the answer that came to the user. */
  takeAnswer(): void;
  /** CLOSE: the peer has heard all we had to say. */
  closeConnection(): void;
  /** ABORT: the peer does not keep to the protocol. */
  abortConnection(): void;
  /** Tell the user that the session ended as it should. */
  reportEnd(): void;
  /** Tell the user that it did not, and why. */
  reportFailure(): void;
}

export const sessionEvents = defineEvents(
  'established',
  'commandGiven',
  'finished',
  'answered',
  'badAnswer',
  'peerEnded',
  'closed',
  'broken',
);

const machine = setup({
  types: {
    context: {} as { host: SessionHost },
    input: {} as SessionHost,
    events: {} as { type: keyof typeof sessionEvents },
  },
  guards: {
    commandWaiting: ({ context }) => context.host.commandWaiting(),
    nothingMore: ({ context }) => context.host.nothingMore(),
    allAnswered: ({ context }) => context.host.allAnswered(),
  },
  actions: {
    sendCommand: ({ context }) => context.host.sendCommand(),
    takeAnswer: ({ context }) => context.host.takeAnswer(),
    closeConnection: ({ context }) => context.host.closeConnection(),
    abortConnection: ({ context }) => context.host.abortConnection(),
    reportEnd: ({ context }) => context.host.reportEnd(),
    reportFailure: ({ context }) => context.host.reportFailure(),
  },
}).createMachine({
  id: 'session',
  context: ({ input }) => ({ host: input }),
  initial: 'connecting',
  on: {
    // The connection was reset, refused, timed out: whatever was still to be said is lost
    broken: { target: '.failed' },
    badAnswer: { target: '.failed', actions: 'abortConnection' },
  },
  states: {
    connecting: {
      on: {
        established: [
          { guard: 'commandWaiting', target: 'awaitingAnswer', actions: 'sendCommand' },
          { guard: 'nothingMore', target: 'closing', actions: 'closeConnection' },
          { target: 'ready' },
        ],
        // Both are kept by the host until the connection is there
        commandGiven: {},
        finished: {},
        answered: { target: 'failed', actions: 'abortConnection' },
        peerEnded: { target: 'closing', actions: 'closeConnection' },
        closed: { target: 'failed' },
      },
    },
    ready: {
      on: {
        commandGiven: { target: 'awaitingAnswer', actions: 'sendCommand' },
        finished: { target: 'closing', actions: 'closeConnection' },
        // Nobody asked
        answered: { target: 'failed', actions: 'abortConnection' },
        peerEnded: { target: 'closing', actions: 'closeConnection' },
        closed: { target: 'ended' },
        established: {},
      },
    },
    awaitingAnswer: {
      on: {
        answered: [
          { guard: 'commandWaiting', actions: ['takeAnswer', 'sendCommand'] },
          { guard: 'nothingMore', target: 'closing', actions: ['takeAnswer', 'closeConnection'] },
          { target: 'ready', actions: 'takeAnswer' },
        ],
        // It waits its turn
        commandGiven: {},
        finished: {},
        peerEnded: { target: 'closing', actions: 'closeConnection' },
        closed: { target: 'failed' },
        established: {},
      },
    },
    // Our FIN is on its way; what the peer still says is read and dropped, so that its FIN can come
    closing: {
      on: {
        closed: [{ guard: 'allAnswered', target: 'ended' }, { target: 'failed' }],
        answered: {},
        commandGiven: {},
        finished: {},
        peerEnded: {},
        established: {},
      },
    },
    ended: { type: 'final', entry: 'reportEnd' },
    failed: { type: 'final', entry: 'reportFailure' },
  },
});

/** The session chart: the key-value client's conversation. */
export const session = defineChart<SessionHost>('session', machine, sessionEvents);
