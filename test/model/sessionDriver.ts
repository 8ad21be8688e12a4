/** The session chart: the key-value client at a real connection, and a peer that answers as the driver says. */
import { expect } from 'vitest';
import { session as chart } from '../../machines/index.ts';
import { KeyValueClient } from '../../src/app/keyValueClient.ts';
import type { Engine } from '../../src/chart/index.ts';
import type { Driver } from './driver.ts';
import { type Edge, labelOf } from './model.ts';
import { TcpRig } from './tcpRig.ts';

/** These happen to a client only on a connection that somebody has half closed before it was given to the client. */
const HALF_CLOSED = [
  'connecting: answered',
  'connecting: peerEnded',
  'connecting: closed',
  'connecting: badAnswer',
];

/** A line that is no UTF-8. */
const BAD = Uint8Array.of(0xff, 0x0a);
const ANSWER = new TextEncoder().encode('1\n');

class SessionRig extends TcpRig {
  readonly target: string;
  readonly client: KeyValueClient;
  readonly answers: string[] = [];
  readonly ends: string[] = [];

  constructor(engine: Engine, target: Edge) {
    super({ engine, chart: 'session' });
    this.target = labelOf(target);
    this.#open();
    this.client = new KeyValueClient(this.connection, {
      engine,
      scope: this.connection.scope,
      instance: this.host.nextInstance(),
      onAnswer: (command, answer) => void this.answers.push(`${command}: ${answer}`),
      onEnd: (reason) => void this.ends.push(reason),
    });
  }

  #open(): void {
    if (!HALF_CLOSED.includes(this.target)) {
      this.connect();
      return;
    }
    this.established();
    if (this.target === 'connecting: closed') this.say('F.');
    this.connection.close();
  }

  override begin(): void {
    super.begin();
    this.answers.length = 0;
    this.ends.length = 0;
  }

  answer(payload: Uint8Array): void {
    this.say('P.', { payload });
  }
}

export const session: Driver<SessionRig> = {
  chart,
  start: (engine, target) => new SessionRig(engine, target),
  state: ({ client }) => client.state,
  permits: (edge) => !HALF_CLOSED.includes(labelOf(edge)),
  fits(path) {
    const target = labelOf(path.at(-1) as Edge);
    const before = path.slice(0, -1).map(labelOf);
    // A bad line counts there only right behind the last answer.
    if (target === 'closing: badAnswer') return before.at(-1) === 'awaitingAnswer: answered [nothingMore]';
    const unanswered = before.at(-1) === 'awaitingAnswer: peerEnded';
    return !target.startsWith('closing: closed') || unanswered === (target === 'closing: closed');
  },
  steps: {
    'established [commandWaiting]': (rig) => {
      rig.prepare(() => rig.client.send('GET,a'));
      rig.say('S.');
    },
    'established [nothingMore]': (rig) => {
      rig.prepare(() => rig.client.finish());
      rig.say('S.');
    },
    established: (rig) => rig.say('S.'),
    commandGiven: (rig) => rig.client.send('GET,a'),
    finished: (rig) => rig.client.finish(),
    answered: (rig) => rig.answer(ANSWER),
    'answered [commandWaiting]': (rig) => {
      rig.prepare(() => rig.client.send('GET,a'));
      rig.answer(ANSWER);
    },
    'answered [nothingMore]': (rig) => {
      rig.prepare(() => rig.client.finish());
      const more = rig.target === 'closing: badAnswer' ? BAD : [];
      rig.answer(Uint8Array.of(...ANSWER, ...more));
    },
    badAnswer: (rig) => rig.answer(BAD),
    'connecting: peerEnded': (rig) => rig.say('F.', { ack: rig.seen - 1 }),
    peerEnded: (rig) => rig.say('F.'),
    'connecting: closed': (rig) => rig.say('.'),
    'closing: closed [allAnswered]': (rig) => rig.say(rig.connection.state === 'LAST_ACK' ? '.' : 'F.'),
    'closing: closed': (rig) => rig.say('.'),
    'connecting: broken': (rig) => rig.say('R.'),
    broken: (rig) => rig.say('R'),
  },
  check(rig, edge) {
    const { actions, to } = edge;
    // Seen with what follows
    if (rig.target === 'closing: badAnswer' && to === 'closing') return;
    const has = (action: string): boolean => actions.includes(action);
    // The connection was closed before the client had it
    const closes = has('closeConnection') && labelOf(edge) !== 'connecting: peerEnded';
    const sent = rig.heard.filter(({ flags }) => flags !== '.').map(({ flags, text }) => `${flags} ${text}`);
    expect(sent.filter((text) => text.startsWith('P'))).toEqual(has('sendCommand') ? ['P. GET,a\n'] : []);
    expect(sent.filter((text) => text.startsWith('F'))).toEqual(closes ? ['F. '] : []);
    expect(sent.filter((text) => text.startsWith('R'))).toEqual(has('abortConnection') ? ['R. '] : []);
    const answered = has('takeAnswer') || labelOf(edge) === 'closing: badAnswer';
    expect(rig.answers).toEqual(answered ? ['GET,a: 1'] : []);
    expect(rig.ends).toHaveLength(has('reportEnd') || has('reportFailure') ? 1 : 0);
    expect(rig.ends.includes('finished')).toBe(has('reportEnd'));
  },
  never: [
    {
      edges: ['ready: closed', 'awaitingAnswer: closed'],
      because: "a connection that ends in order has told of the peer's FIN before, and that leads to closing",
    },
  ],
};
