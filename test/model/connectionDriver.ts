/** The connection chart at a real connection. */
import { expect } from 'vitest';
import { connection as chart } from '../../machines/index.ts';
import type { TcpConfig } from '../../src/tcp/index.ts';
import type { Driver } from './driver.ts';
import { type Edge, labelOf } from './model.ts';
import { TcpRig } from './tcpRig.ts';

/** Enough for a retransmission, and less than anybody waits, ms. */
const SHORT = 5000;

/** The settings without which a transition does not happen. */
function settingsFor({ event, guard }: Edge): Partial<TcpConfig> {
  if (event === 'userTimeout') return { userTimeout: SHORT };
  if (event === 'r2Reached') return { r2: SHORT, synR2: SHORT };
  if (event === 'keepAliveFailed') return { keepAlive: true, keepAliveIdle: 1000, keepAliveInterval: 1000 };
  if (guard === 'synResets') return { rfc5961: false };
  if (guard === 'assassinationAllowed') return { rfc1337: false };
  // A timer more that must be gone when the connection is
  return { keepAlive: true };
}

class ConnectionRig extends TcpRig {
  readonly target: string;

  constructor(engine: ConstructorParameters<typeof TcpRig>[0]['engine'], target: Edge) {
    super({ engine, chart: 'connection', tcp: settingsFor(target) });
    this.target = labelOf(target);
  }

  /** Something is outstanding that nobody acknowledges. */
  outstanding(): void {
    const { state } = this.connection;
    if (state === 'ESTABLISHED' || state === 'CLOSE_WAIT') this.prepare(() => this.write(10));
    this.untilTransition();
  }

  detach(): void {
    this.connection.detach();
  }
}

/** In SYN_RECEIVED, the two ways of opening differ. */
const ACTIVE = ['segment.synAck', 'segment.rst', 'segment.syn [synResets]', 'segment.syn'].map(
  (event) => `SYN_RECEIVED: ${event}`,
);
const PASSIVE = ['segment.rst [openedPassively]', 'segment.syn [openedPassively]'].map(
  (event) => `SYN_RECEIVED: ${event}`,
);

/** What each action has to do with the wire: flags of the one segment that it brings. */
const SENDS: Readonly<Record<string, string>> = {
  sendSyn: 'S',
  sendSynAck: 'S.',
  queueFin: 'F.',
  sendRst: 'R.',
  acknowledge: '.',
  challenge: '.',
};

/** What the user is told. */
const TELLS: Readonly<Record<string, string>> = {
  reportEstablished: 'established',
  reportEnded: 'ended',
  reportClosed: 'closed',
  reportReset: 'reset',
  reportRefused: 'refused',
  returnToListen: 'refused',
  reportTimedOut: 'timedOut',
  reportAborted: 'aborted',
  reportUnreachable: 'unreachable',
};

export const connection: Driver<ConnectionRig> = {
  chart,
  start: (engine, target) => new ConnectionRig(engine, target),
  state: (rig) => (rig.tap.all.length === 0 ? 'CLOSED' : rig.connection.state),
  fits(path) {
    const labels = path.map(labelOf);
    const target = labels.at(-1) as string;
    const passive = labels[0] === 'CLOSED: user.open [openedPassively]';
    if (labels.some((label) => (passive ? ACTIVE : PASSIVE).includes(label))) return false;
    // Keep-alive begins with ESTABLISHED, which a CLOSE in SYN_RECEIVED passes by.
    return !target.endsWith('keepAliveFailed') || path.some(({ to }) => to === 'ESTABLISHED');
  },
  steps: {
    'user.open [openedPassively]': (rig) => rig.accept(),
    'user.open [remoteGiven]': (rig) => rig.connect(),
    'segment.synAck': (rig) => rig.say('S.', { seq: 0 }),
    'SYN_SENT: segment.syn': (rig) => rig.say('S'),
    'SYN_SENT: segment.rst': (rig) => rig.say('R.'),
    'SYN_RECEIVED: user.close': (rig) => {
      rig.prepare(() => rig.write(10));
      rig.connection.close();
    },
    synAcked: (rig) => rig.say('.'),
    'ESTABLISHED: user.close [unreadDiscarded]': (rig) => {
      rig.prepare(() => rig.data(10));
      rig.detach();
    },
    'CLOSE_WAIT: user.close [unreadDiscarded]': (rig) => rig.detach(),
    'user.close': (rig) => rig.connection.close(),
    'user.close [nothingToSend]': (rig) => rig.connection.close(),
    'ESTABLISHED: user.abort': (rig) => {
      // A window is probed
      rig.prepare(() => rig.say('.', { window: 0 }));
      rig.prepare(() => rig.write(10));
      rig.connection.abort();
    },
    'user.abort': (rig) => rig.connection.abort(),
    'user.detach': (rig) => rig.detach(),
    'ESTABLISHED: finReceived': (rig) => {
      const unread = rig.target === 'CLOSE_WAIT: user.close [unreadDiscarded]';
      if (unread) rig.prepare(() => rig.data(10));
      rig.say('F.');
    },
    'FIN_WAIT_1: finReceived': (rig) => rig.say('F.', { ack: rig.seen - 1 }),
    'FIN_WAIT_2: finReceived': (rig) => rig.say('F.'),
    finRepeated: (rig) => rig.say('F.', { seq: rig.next - 1 }),
    finAcked: (rig) => rig.say('.'),
    'FIN_WAIT_1: textRefused': (rig) => {
      rig.prepare(() => rig.detach());
      rig.data(10, { ack: rig.seen - 1 });
    },
    'FIN_WAIT_2: textRefused': (rig) => {
      rig.prepare(() => rig.detach());
      rig.data(10);
    },
    'ESTABLISHED: segment.rst': (rig) => {
      // An ACK is delayed
      rig.prepare(() => rig.data(10));
      rig.say('R');
    },
    'segment.rst': (rig) => rig.say('R'),
    'segment.rst [openedPassively]': (rig) => rig.say('R'),
    'segment.rst [assassinationAllowed]': (rig) => rig.say('R'),
    'segment.syn': (rig) => rig.say('S', { seq: rig.next }),
    'segment.syn [openedPassively]': (rig) => rig.say('S', { seq: rig.next }),
    'segment.syn [synResets]': (rig) => rig.say('S', { seq: rig.next }),
    r2Reached: (rig) => rig.outstanding(),
    userTimeout: (rig) => rig.outstanding(),
    hardError: (rig) => rig.portUnreachable(),
    keepAliveFailed: (rig) => rig.untilTransition(),
    'after.orphanTimeout [orphaned]': (rig) => {
      rig.prepare(() => rig.detach());
      rig.untilTransition();
    },
    'after.twoMsl': (rig) => rig.untilTransition(),
  },
  // A listener is in LISTEN for ever; the connection that a SYN makes passes through it in the same input.
  follows: { 'CLOSED: user.open [openedPassively]': ['LISTEN: segment.syn'] },
  check(rig, edge) {
    const { actions, to, event } = edge;
    // Seen with what follows
    if (event === 'user.open' && to === 'LISTEN') return;
    expect(rig.heard.map(({ flags }) => flags)).toEqual(actions.flatMap((action) => SENDS[action] ?? []));
    expect(rig.reports).toEqual(actions.flatMap((action) => TELLS[action] ?? []));
    if (actions.includes('deleteTcb') || actions.includes('returnToListen')) {
      expect(rig.host.connections).toEqual([]);
      expect(rig.host.nextTimeout).toBe(Number.POSITIVE_INFINITY);
    }
    if (!actions.includes('deferClose')) return;
    rig.prepare(() => expect(() => rig.write(1)).toThrow('closing'));
  },
  never: [
    {
      edges: [
        'LISTEN: user.open [remoteGiven]',
        'LISTEN: user.send [remoteGiven]',
        'LISTEN: user.close',
        'LISTEN: user.abort',
      ],
      because: 'a connection is in LISTEN only while the SYN that made it is handled, before any user has it',
    },
    {
      edges: ['LISTEN: userTimeout', 'FIN_WAIT_2: userTimeout', 'TIME_WAIT: userTimeout'],
      because: 'nothing of ours is outstanding there, so that nothing can time out',
    },
  ],
};
