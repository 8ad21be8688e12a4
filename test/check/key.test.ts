/** What makes two states the same, and what two places: each thing that counts is changed by itself. */
import { describe, expect, test } from 'vitest';
import { exactText, placeText } from '../../src/check/key.ts';
import type { Place } from '../../src/check/world.ts';
import {
  type Alter,
  changed as alterIn,
  another,
  leafName,
  leavesOf,
  MANY,
  options,
  pathOf,
} from './walk.ts';

/** A place with data outstanding and more than one timer. */
function somewhere(): Place {
  const { worlds } = pathOf(options(MANY), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 4, 4]);
  const place = worlds
    .flatMap(({ places }) => places)
    .find(({ host, due }) => (host.connections[0]?.sender.queue.records.length ?? 0) > 0 && due.length > 1);
  if (place === undefined) throw new Error('no such place');
  return place;
}

const place = somewhere();
const exact = (host: Place['host']): string => exactText(host, place.user, place.now);
const rough = (host: Place['host']): string => placeText(host, place.user, place.now);

/** The host with one thing in it changed. */
function changed(where: string, alter: Alter, host = place.host): Place['host'] {
  return alterIn(host, where, alter);
}

const more: Alter = (old: number) => old + 1000;
const C = 'connections.0';
const timer = (delay: string, order: number): Alter => {
  return (old: readonly object[]) => [...old, { delay, deadline: 1e9, order }];
};

/** Changes that decide what can happen next. */
const DECIDES: readonly (readonly [what: string, where: string, alter: Alter])[] = [
  ['the state of a chart', `${C}.charts.connection.chart.state`, () => 'CLOSING'],
  ['a number', `${C}.snd.una`, more],
  ['the right edge of the window', `${C}.rcv.edge`, more],
  ['the congestion window', `${C}.sender.congestion.cwnd`, more],
  ['duplicate ACKs', `${C}.sender.recovery.dupAcks`, more],
  ['an owed FIN', `${C}.fields.finQueued`, (old: boolean) => !old],
  ['bytes that wait', `${C}.sender.bytes`, () => Uint8Array.of(1, 2, 3)],
  ['where the FIN stands', `${C}.receiver.finAt`, () => 9],
  ['the largest segment', `${C}.receiver.largest`, more],
  ['what is known to be received', `${C}.sender.queue.sacked`, () => [1, 2]],
  ['sent once, or more often', `${C}.sender.queue.records.0.transmissions`, more],
  ['whether a probe has been answered', `${C}.persist.since`, () => 0],
  ['challenge ACKs in this second', 'challenges', () => [Math.floor(place.now / 1e6), 3]],
  ['whether a report of duplicates is believed', `${C}.counters.duplicatesReported`, more],
  ['a timer', `${C}.charts.connection.chart.timers`, timer('twoMsl', 99)],
];

/** Changes that only decide when. */
const TIMES: readonly (readonly [what: string, where: string, alter: Alter])[] = [
  ['the round trip', `${C}.sender.rtt.srtt`, more],
  ['when it was first sent', `${C}.sender.queue.records.0.firstSent`, more],
  ['when it was last sent', `${C}.sender.queue.records.0.lastSent`, more],
  ['when the window was shut', `${C}.sender.shutAt`, more],
  ['how often it was probed', `${C}.persist.probes`, more],
];

/** Changes that decide nothing. */
const COUNTS: readonly (readonly [what: string, where: string, alter: Alter])[] = [
  ['segments', `${C}.counters.segmentsIn`, more],
  ['packets', 'counters.packetsIn', more],
  ['what was sent again', `${C}.sender.retransmitted`, more],
  ['how many charts there were', 'instances', more],
];

/** What two places are not told apart by. What is not named here and in ONLY_TIMES is in both texts: what a snapshot has anew counts until
 * somebody says that it does not. */
const NEITHER = [
  // Numbers and names that only tell one from another, or never change; where buffers and clocks began
  ...['ids', 'instances', 'nextOrder', 'secret', 'charts.instance', 'sender.queue.records.instance'],
  ...['local.address', 'local.port', 'remote.address', 'listener', 'now', 'timestampOffset'],
  ...['receiver.head', 'sender.written', 'sender.queue.records.chart.timers.order'],
  ...['sender.retransmitted', 'sender.queue.totals', 'sender.roundEnd', 'sender.usage'],
  ...['mtu', 'offered', 'low', 'high', 'largestAcked', 'told', 'doubted', 'probe'].map(
    (name) => `pathMtu.${name}`,
  ),
  ...['sender.rate', 'sender.pacing'],
  ...['delivered', 'deliveredAt', 'firstSentAt', 'appLimited', 'inFlight', 'lost'].map(
    (name) => `sender.queue.records.rate.${name}`,
  ),
  ...['from', 'lastEcho', 'limit', 'rtt', 'since', 'space', 'windowEnd', 'windowSince'].map(
    (name) => `receiver.tuning.${name}`,
  ),
  'sender.queue.transmissions',
  // Only which goes before which counts
  'sender.queue.records.order',
  // No recovery is under way, no loss probe is out, and nothing to take back
  ...['delivered', 'flight', 'out'].map((name) => `sender.recovery.prr.${name}`),
  ...['sender.recovery.probe', 'sender.recovery.undo.stamp', 'sender.recovery.undo.unreported'],
  'sender.recovery.rack.reordering',
  // Sent with an older ACK, answered before, or found out anew when it is asked for
  ...['snd.wl1', 'sender.recovery.rack.dsackRound', 'receiver.urgent'],
  // Of no account here: no challenge in this second, no keep-alive, no timestamps
  ...['challenges', 'keepAlive.since', 'fields.tsRecentAt'],
];

/** What only says when: two places are told apart by it, two states are not. */
const ONLY_TIMES = [
  ...['srtt', 'rttvar', 'rto', 'latest', 'minimum'].map((name) => `sender.rtt.${name}`),
  ...['firstSent', 'lastSent', 'chart.timers.deadline'].map((name) => `sender.queue.records.${name}`),
  ...['sender.shutAt', 'sender.rtoDeadline', 'persist.probes'],
  // Of the rates the least RTT
  ...['sender.recovery.rack.sentAt', 'sender.recovery.rack.rtt', 'sender.rate'],
];

describe('the name of a state', () => {
  test('has all there is in a snapshot but for what is named here', () => {
    const left = { exact: new Set<string>(), rough: new Set<string>() };
    for (const leaf of leavesOf(place.host)) {
      const host = changed(leaf.join('.'), another);
      if (exact(host) === exact(place.host)) left.exact.add(leafName(leaf));
      else if (rough(host) === rough(place.host)) left.rough.add(leafName(leaf));
    }
    const neither = [...left.exact].filter((name) => !/^(counters|random)\b/.test(name));
    expect(neither.sort()).toEqual(NEITHER.sort());
    expect([...left.rough].sort()).toEqual(ONLY_TIMES.sort());
  });

  test.each(DECIDES)('tells apart: %s', (_, where, alter) => {
    const other = changed(where, alter);
    expect(rough(other)).not.toBe(rough(place.host));
    expect(exact(other)).not.toBe(exact(place.host));
  });

  test.each(TIMES)('leaves out: %s, which two places are told apart by', (_, where, alter) => {
    const other = changed(where, alter);
    expect(rough(other)).toBe(rough(place.host));
    expect(exact(other)).not.toBe(exact(place.host));
  });

  test.each(COUNTS)('leaves out: %s', (_, where, alter) => {
    const other = changed(where, alter);
    expect(rough(other)).toBe(rough(place.host));
    expect(exact(other)).toBe(exact(place.host));
  });

  test('tells apart which of two timers that are due at the same time was armed first', () => {
    const two = (first: number, second: number): Place['host'] => {
      const one = changed(`${C}.charts.connection.chart.timers`, timer('twoMsl', first));
      return changed(`${C}.charts.delayedAck.chart.timers`, timer('delayedAck', second), one);
    };
    expect(rough(two(98, 99))).not.toBe(rough(two(99, 98)));
  });
});
