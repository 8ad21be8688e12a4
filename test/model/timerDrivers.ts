/** The charts that are little more than a timer, at a real connection: delayed ACK, persist, keep-alive. */
import { expect } from 'vitest';
import {
  delayedAck as delayedAckChart,
  keepAlive as keepAliveChart,
  persist as persistChart,
} from '../../machines/index.ts';
import type { Driver } from './driver.ts';
import { MSS, TcpRig } from './tcpRig.ts';

export const delayedAck: Driver<TcpRig> = {
  chart: delayedAckChart,
  start: (engine) => new TcpRig({ engine, chart: 'delayedAck' }).established(),
  state: ({ connection }) => connection.receiver.chart.state,
  steps: {
    'dataReceived [ackAtOnce]': (rig) => rig.data(MSS, { seq: rig.next + MSS }),
    'idle: dataReceived [secondFullSized]': (rig) => {
      rig.host.enter();
      rig.data(MSS);
      rig.data(MSS);
      rig.host.leave();
    },
    'pending: dataReceived [secondFullSized]': (rig) => rig.data(MSS),
    dataReceived: (rig) => rig.data(MSS),
    ackSent: (rig) => rig.write(10),
    'after.delayedAck': (rig) => rig.elapse(),
  },
  check(rig, { actions, event }) {
    const acks = rig.heard.filter(({ ack }) => ack === rig.next);
    const due = event === 'ackSent' ? ['P.'] : actions.includes('acknowledge') ? ['.'] : [];
    expect(acks.map(({ flags }) => flags)).toEqual(due);
    expect(rig.heard).toHaveLength(due.length);
  },
};

export const persist: Driver<TcpRig> = {
  chart: persistChart,
  // The first probe goes out after 200 ms, the second would after 400 more.
  start: (engine, { guard }) => {
    const tcp = guard === 'userTimeoutPassed' ? { userTimeout: 300 } : {};
    return new TcpRig({ engine, chart: 'persist', tcp }).established();
  },
  state: ({ connection }) => connection.persist.state,
  steps: {
    windowClosed: (rig) => {
      rig.prepare(() => rig.say('.', { window: 0 }));
      rig.write(MSS);
    },
    windowOpened: (rig) => rig.say('.'),
    'after.persist': (rig) => rig.elapse(),
    'after.persist [userTimeoutPassed]': (rig) => {
      rig.prepare(() => rig.elapse());
      rig.elapse();
    },
  },
  check(rig, { event, actions }) {
    const sent = rig.heard.map(({ seq, length }) => ({ seq, length }));
    const { una, iss } = rig.connection.snd;
    const first = (una - iss) | 0;
    if (actions.includes('sendProbe')) expect(sent).toEqual([{ seq: first - 1, length: 0 }]);
    else expect(sent).toEqual(event === 'windowOpened' ? [{ seq: first, length: MSS }] : []);
    if (event === 'windowClosed') expect(rig.tap.armed).toEqual([200_000]);
    if (actions.includes('backOff')) expect(rig.tap.armed).toEqual([400_000]);
    expect(rig.reports).toEqual(actions.includes('reportUserTimeout') ? ['timedOut'] : []);
  },
};

const IDLE = 1000;

export const keepAlive: Driver<TcpRig> = {
  chart: keepAliveChart,
  start: (engine, { guard }) => {
    const keepAliveProbes = guard === 'probesExhausted' ? 1 : 3;
    return new TcpRig({ engine, chart: 'keepAlive', tcp: { keepAliveProbes } }).established();
  },
  state: ({ connection }) => connection.keepAlive.state,
  steps: {
    enabled: (rig) => rig.connection.setKeepAlive(true, IDLE),
    disabled: (rig) => rig.connection.setKeepAlive(false),
    answered: (rig) => rig.say('.'),
    'after.keepAliveIdle [idle]': (rig) => rig.elapse(),
    'after.keepAliveIdle': (rig) => {
      rig.prepare(() => rig.wait((IDLE * 1000) / 4));
      rig.prepare(() => rig.say('.'));
      rig.elapse();
    },
    'after.keepAliveInterval [busy]': (rig) => {
      rig.prepare(() => rig.write(10));
      rig.untilTransition();
    },
    'after.keepAliveInterval [probesExhausted]': (rig) => rig.elapse(),
    'after.keepAliveInterval': (rig) => rig.elapse(),
  },
  check(rig, { actions, to, event }) {
    const gone = actions.includes('giveUp');
    const { nxt, iss } = rig.connection.snd;
    const next = (nxt - iss) | 0;
    const sent = rig.heard.filter(({ length }) => length === 0).map(({ flags, seq }) => `${flags} ${seq}`);
    if (actions.includes('sendProbe')) expect(sent).toEqual([`. ${next - 1}`]);
    else expect(sent).toEqual(gone ? [`R. ${next}`] : []);
    expect(rig.reports).toEqual(gone ? ['timedOut'] : []);
    // What is left of the idle time, or all of it
    const rest = event === 'after.keepAliveIdle' ? IDLE / 4 : IDLE;
    const interval = rig.connection.config.keepAliveInterval;
    expect(rig.tap.armed).toEqual(to === 'off' ? [] : [to === 'watching' ? rest * 1000 : interval]);
  },
};
