/**
 * The life of a connection (RFC 9293 section 3.3.2 and 3.10): its eleven states under their RFC names.
 *
 * It decides when a connection changes its state and what is owed then. Whether a segment is acceptable, what it
 * acknowledges and what goes into the answer is the host's: it sends only facts that have passed those checks, in the
 * order of section 3.10.7 (RST, SYN, ACK, text, FIN), so that one segment may bring several transitions.
 */
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from './event.ts';

/** What the connection chart needs done and needs to know. */
export interface ConnectionHost extends ChartHost {
  /** OPEN was passive: RFC 9293 section 3.5 (MUST-11). */
  openedPassively(): boolean;
  /** The remote socket is known, so that LISTEN may become an active open. */
  remoteGiven(): boolean;
  /** No data of the user waits to be sent or acknowledged. */
  nothingToSend(): boolean;
  /** The user has closed both ways and leaves received data unread (RFC 9293 section 3.6.1, SHLD-3). */
  unreadDiscarded(): boolean;
  /** The user has closed both ways: nobody waits for the peer's FIN. */
  orphaned(): boolean;
  /** A SYN in the window resets the connection, as before RFC 5961. */
  synResets(): boolean;
  /** A RST may end TIME_WAIT: RFC 1337 protection is off. */
  assassinationAllowed(): boolean;

  sendSyn(): void;
  sendSynAck(): void;
  /** Queue our FIN behind the data that waits. */
  queueFin(): void;
  sendRst(): void;
  /** ACK at the end of this input. */
  acknowledge(): void;
  /** RFC 5961: an ACK that makes a real peer prove itself, within the limit. */
  challenge(): void;
  /** CLOSE came while data waits in SYN_RECEIVED: close again once ESTABLISHED. */
  deferClose(): void;
  /** From here on only the 2 MSL count: the host may limit how many connections wait so. */
  enterTimeWait(): void;
  /** Flush all queues, forget the connection. */
  deleteTcb(): void;
  /** A connection from a listener is given up: the listener was in LISTEN all along. */
  returnToListen(): void;

  reportEstablished(): void;
  reportEnded(): void;
  reportClosed(): void;
  reportReset(): void;
  reportRefused(): void;
  reportTimedOut(): void;
  reportAborted(): void;
  reportUnreachable(): void;

  /** us */
  twoMsl(): number;
  /** How long FIN_WAIT_2 is kept without a user, us. */
  orphanTimeout(): number;
}

export const connectionEvents = defineEvents(
  'user.open',
  'user.send',
  'user.close',
  'user.abort',
  'user.detach',
  'segment.syn',
  'segment.synAck',
  'segment.rst',
  'synAcked',
  'finAcked',
  'finReceived',
  'finRepeated',
  'textRefused',
  'userTimeout',
  'r2Reached',
  'keepAliveFailed',
  'hardError',
);

const machine = setup({
  types: {
    context: {} as { host: ConnectionHost },
    input: {} as ConnectionHost,
    events: {} as { type: keyof typeof connectionEvents },
  },
  guards: {
    openedPassively: ({ context }) => context.host.openedPassively(),
    remoteGiven: ({ context }) => context.host.remoteGiven(),
    nothingToSend: ({ context }) => context.host.nothingToSend(),
    unreadDiscarded: ({ context }) => context.host.unreadDiscarded(),
    orphaned: ({ context }) => context.host.orphaned(),
    synResets: ({ context }) => context.host.synResets(),
    assassinationAllowed: ({ context }) => context.host.assassinationAllowed(),
  },
  actions: {
    sendSyn: ({ context }) => context.host.sendSyn(),
    sendSynAck: ({ context }) => context.host.sendSynAck(),
    queueFin: ({ context }) => context.host.queueFin(),
    sendRst: ({ context }) => context.host.sendRst(),
    acknowledge: ({ context }) => context.host.acknowledge(),
    challenge: ({ context }) => context.host.challenge(),
    deferClose: ({ context }) => context.host.deferClose(),
    enterTimeWait: ({ context }) => context.host.enterTimeWait(),
    deleteTcb: ({ context }) => context.host.deleteTcb(),
    returnToListen: ({ context }) => context.host.returnToListen(),
    reportEstablished: ({ context }) => context.host.reportEstablished(),
    reportEnded: ({ context }) => context.host.reportEnded(),
    reportClosed: ({ context }) => context.host.reportClosed(),
    reportReset: ({ context }) => context.host.reportReset(),
    reportRefused: ({ context }) => context.host.reportRefused(),
    reportTimedOut: ({ context }) => context.host.reportTimedOut(),
    reportAborted: ({ context }) => context.host.reportAborted(),
    reportUnreachable: ({ context }) => context.host.reportUnreachable(),
  },
  delays: {
    twoMsl: ({ context }) => context.host.twoMsl(),
    orphanTimeout: ({ context }) => context.host.orphanTimeout(),
  },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({ host: input }),
  initial: 'CLOSED',
  // What ends a connection in any state (RFC 9293 sections 3.8.3 and 3.10.8)
  on: {
    userTimeout: { target: '.CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
    'user.detach': {},
  },
  states: {
    CLOSED: {
      on: {
        'user.open': [
          { guard: 'openedPassively', target: 'LISTEN' },
          { guard: 'remoteGiven', target: 'SYN_SENT', actions: 'sendSyn' },
        ],
        'user.close': {},
        'user.abort': {},
        userTimeout: {},
      },
    },
    LISTEN: {
      on: {
        'user.open': { guard: 'remoteGiven', target: 'SYN_SENT', actions: 'sendSyn' },
        'user.send': { guard: 'remoteGiven', target: 'SYN_SENT', actions: 'sendSyn' },
        'user.close': { target: 'CLOSED', actions: ['reportClosed', 'deleteTcb'] },
        'user.abort': { target: 'CLOSED', actions: ['reportAborted', 'deleteTcb'] },
        'segment.syn': { target: 'SYN_RECEIVED', actions: 'sendSynAck' },
      },
    },
    SYN_SENT: {
      on: {
        'user.close': { target: 'CLOSED', actions: ['reportAborted', 'deleteTcb'] },
        'user.abort': { target: 'CLOSED', actions: ['reportAborted', 'deleteTcb'] },
        'segment.synAck': { target: 'ESTABLISHED', actions: ['acknowledge', 'reportEstablished'] },
        'segment.syn': { target: 'SYN_RECEIVED', actions: 'sendSynAck' },
        'segment.rst': { target: 'CLOSED', actions: ['reportRefused', 'deleteTcb'] },
        r2Reached: { target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
        hardError: { target: 'CLOSED', actions: ['reportUnreachable', 'deleteTcb'] },
      },
    },
    SYN_RECEIVED: {
      on: {
        'user.close': [
          { guard: 'nothingToSend', target: 'FIN_WAIT_1', actions: 'queueFin' },
          { actions: 'deferClose' },
        ],
        'user.abort': { target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
        synAcked: { target: 'ESTABLISHED', actions: 'reportEstablished' },
        'segment.synAck': { target: 'ESTABLISHED', actions: ['acknowledge', 'reportEstablished'] },
        'segment.rst': [
          { guard: 'openedPassively', target: 'LISTEN', actions: 'returnToListen' },
          { target: 'CLOSED', actions: ['reportRefused', 'deleteTcb'] },
        ],
        'segment.syn': [
          { guard: 'openedPassively', target: 'LISTEN', actions: 'returnToListen' },
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'reportReset', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        r2Reached: { target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
        hardError: { target: 'CLOSED', actions: ['reportUnreachable', 'deleteTcb'] },
      },
    },
    ESTABLISHED: {
      on: {
        'user.close': [
          { guard: 'unreadDiscarded', target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
          { target: 'FIN_WAIT_1', actions: 'queueFin' },
        ],
        'user.abort': { target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
        finReceived: { target: 'CLOSE_WAIT', actions: ['acknowledge', 'reportEnded'] },
        'segment.rst': { target: 'CLOSED', actions: ['reportReset', 'deleteTcb'] },
        'segment.syn': [
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'reportReset', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        r2Reached: { target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
        keepAliveFailed: { target: 'CLOSED', actions: ['sendRst', 'reportTimedOut', 'deleteTcb'] },
        hardError: {},
      },
    },
    FIN_WAIT_1: {
      on: {
        'user.close': {},
        'user.abort': { target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
        finAcked: { target: 'FIN_WAIT_2' },
        finReceived: { target: 'CLOSING', actions: ['acknowledge', 'reportEnded'] },
        textRefused: { target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
        'segment.rst': { target: 'CLOSED', actions: ['reportReset', 'deleteTcb'] },
        'segment.syn': [
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'reportReset', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        r2Reached: { target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
        hardError: {},
      },
    },
    FIN_WAIT_2: {
      on: {
        'user.close': {},
        'user.abort': { target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
        'user.detach': { target: 'FIN_WAIT_2', reenter: true },
        finReceived: {
          target: 'TIME_WAIT',
          actions: ['acknowledge', 'reportEnded', 'reportClosed', 'enterTimeWait'],
        },
        textRefused: { target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
        'segment.rst': { target: 'CLOSED', actions: ['reportReset', 'deleteTcb'] },
        'segment.syn': [
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'reportReset', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        keepAliveFailed: { target: 'CLOSED', actions: ['sendRst', 'reportTimedOut', 'deleteTcb'] },
        hardError: {},
      },
      after: {
        orphanTimeout: { guard: 'orphaned', target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
      },
    },
    CLOSE_WAIT: {
      on: {
        'user.close': [
          { guard: 'unreadDiscarded', target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
          { target: 'LAST_ACK', actions: 'queueFin' },
        ],
        'user.abort': { target: 'CLOSED', actions: ['sendRst', 'reportAborted', 'deleteTcb'] },
        'segment.rst': { target: 'CLOSED', actions: ['reportReset', 'deleteTcb'] },
        'segment.syn': [
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'reportReset', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        r2Reached: { target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
        keepAliveFailed: { target: 'CLOSED', actions: ['sendRst', 'reportTimedOut', 'deleteTcb'] },
        hardError: {},
      },
    },
    CLOSING: {
      on: {
        'user.close': {},
        'user.abort': { target: 'CLOSED', actions: ['reportAborted', 'deleteTcb'] },
        finAcked: { target: 'TIME_WAIT', actions: ['reportClosed', 'enterTimeWait'] },
        'segment.rst': { target: 'CLOSED', actions: ['reportReset', 'deleteTcb'] },
        'segment.syn': [
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'reportReset', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        r2Reached: { target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
        hardError: {},
      },
    },
    LAST_ACK: {
      on: {
        'user.close': {},
        'user.abort': { target: 'CLOSED', actions: ['reportAborted', 'deleteTcb'] },
        finAcked: { target: 'CLOSED', actions: ['reportClosed', 'deleteTcb'] },
        'segment.rst': { target: 'CLOSED', actions: ['reportReset', 'deleteTcb'] },
        'segment.syn': [
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'reportReset', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        r2Reached: { target: 'CLOSED', actions: ['reportTimedOut', 'deleteTcb'] },
        hardError: {},
      },
    },
    TIME_WAIT: {
      on: {
        'user.close': {},
        'user.abort': { target: 'CLOSED', actions: 'deleteTcb' },
        // RFC 9293 section 3.10.7.4, eighth: acknowledge it and restart the 2 MSL timeout
        finRepeated: { target: 'TIME_WAIT', reenter: true, actions: 'acknowledge' },
        'segment.rst': { guard: 'assassinationAllowed', target: 'CLOSED', actions: 'deleteTcb' },
        'segment.syn': [
          { guard: 'synResets', target: 'CLOSED', actions: ['sendRst', 'deleteTcb'] },
          { actions: 'challenge' },
        ],
        hardError: {},
      },
      after: {
        twoMsl: { target: 'CLOSED', actions: 'deleteTcb' },
      },
    },
  },
});

/** RFC 9293's connection. Its states are the RFC's; its events are facts the host has already checked. */
export const connection = defineChart<ConnectionHost>('connection', machine, connectionEvents);
