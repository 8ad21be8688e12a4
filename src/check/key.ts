/**
 * What makes two states the same: everything that decides what can happen next. Left out are clocks (of timers only
 * the order in which they are due counts), RTT estimates, what is only counted, and what nobody asks for any more.
 *
 * A place has a second text, `exactText`, in which times count too: from equal ones the same follows at the same time.
 */
import { add, geq, later, seq } from '../tcp/seq.ts';
import type { HostSnapshot } from '../tcp/snapshot.ts';
import type { User } from './actor.ts';

type Saved = HostSnapshot['connections'][number];
type Timer = Saved['charts'][string]['chart']['timers'][number];

/** What is written for a time that has passed, us. */
type Past = (time: number) => number;

/** All timers of a host, in the order in which they will run out. */
export function timersOf({ connections }: HostSnapshot): Timer[] {
  return connections
    .flatMap(({ charts, sender }) =>
      [...Object.values(charts), ...sender.queue.records].flatMap(({ chart }) => chart.timers),
    )
    .sort((a, b) => a.deadline - b.deadline || a.order - b.order);
}

/** A host and its user without times, at `now` (us). */
export function placeText(host: HostSnapshot, user: User, now: number): string {
  return `${hostText(host, user, now)}\n${roughTimes(host)}`;
}

/** The same with all times as they are, from `now` (us) on. */
export function exactText(host: HostSnapshot, user: User, now: number): string {
  return `${hostText(host, user, now)}\n${exactTimes(host, now)}`;
}

/** Of times: in which order timers are due, and the little besides that decides without being a time. */
export function roughTimes(host: HostSnapshot): string {
  const timers = timersOf(host);
  const deadlines = [...new Set(timers.map(({ deadline }) => deadline))];
  const due = (timer: Timer): string => `${deadlines.indexOf(timer.deadline)}.${timers.indexOf(timer)}`;
  const sentOnce = host.connections.map(({ sender }) =>
    sender.queue.records.map(({ transmissions }) => transmissions < 2),
  );
  // The peer has been heard since a probe, or it has not
  const silent = host.connections.map(({ persist }) => persist.since < 0);
  return `${timersText(host, due)} ${sentOnce} ${silent}`;
}

/** All times, from `now` (us) on. */
export function exactTimes(host: HostSnapshot, now: number): string {
  const timers = timersOf(host);
  const due = (timer: Timer): string => `${timer.deadline - now}.${timers.indexOf(timer)}`;
  const past: Past = (time) => time - now;
  const times = host.connections.map((saved) => timesOf(saved, past));
  return `${timersText(host, due)} ${JSON.stringify(times)}`;
}

/** The timers of each chart and of each record, with what `due` writes of when each runs out. */
function timersText({ connections }: HostSnapshot, due: (timer: Timer) => string): string {
  const text = (timers: readonly Timer[]): string =>
    timers.map((timer) => `${timer.delay}@${due(timer)}`).join();
  return connections
    .map(({ charts, sender }) =>
      [...Object.values(charts), ...sender.queue.records].map(({ chart }) => text(chart.timers)).join(';'),
    )
    .join(' ');
}

function timesOf(saved: Saved, past: Past): unknown[] {
  const { sender, persist, keepAlive, charts, fields } = saved;
  return [
    allAcked(saved) ? '' : sendTimes(sender, past),
    persist.probes,
    persist.since < 0 ? '' : past(persist.since),
    // Nobody asks when the peer was last heard of while the chart is not there
    charts.keepAlive === undefined ? '' : past(keepAlive.since),
    fields.timestampsOk === true ? past(fields.tsRecentAt as number) : '',
  ];
}

function sendTimes(sender: Saved['sender'], past: Past): unknown[] {
  const { rtt, queue, shutAt, rtoDeadline, recovery, rate } = sender;
  return [
    // Of the rates the least RTT, of a transmission's whether it measures one
    [Object.values(rtt), rate.at(-1)],
    queue.records.map(({ firstSent, lastSent, transmissions, rate }) => [
      ...[past(firstSent), past(lastSent), transmissions, rate.deliveredAt < 0],
    ]),
    past(shutAt),
    [past(rtoDeadline), past(recovery.rack.sentAt ?? 0), recovery.rack.rtt],
  ];
}

/*
 * Each function below takes out of a part what is written in a way of its own, is a time, is only counted or is not
 * asked for any more. All the rest counts, so that what a later snapshot has besides tells states apart until somebody
 * says that it does not.
 */

/** All but times; a part a line. */
export function hostText(host: HostSnapshot, user: User, now: number): string {
  const { now: _, nextOrder, instances, ids, counters, ...decides } = host;
  // The ISS is given, and nothing else is drawn; two connections come near no limit, and no cookie is sent
  const { random, secret, timestampOffset, limits, cookiesSent, ...counts } = decides;
  const { connections, challenges, ...rest } = counts;
  const { next, got, ended, reason, connection } = user;
  const [second, sent] = challenges;
  const challenged = second === Math.floor(now / 1_000_000) ? sent : 0;
  const parts = [
    `${next} ${got.join()} ${ended} ${reason ?? ''} ${connection > 0} ${challenged} ${JSON.stringify(rest)}`,
  ];
  for (const saved of connections) {
    parts.push(`${saved.id === connection}`, ...connectionParts(saved).map((part) => JSON.stringify(part)));
  }
  return parts.join('\n');
}

function connectionParts(saved: Saved): unknown[] {
  const { id, local, listener, counters, ...decides } = saved;
  // Nothing is ever too big for the path
  const { pathMtu, ...known } = decides;
  const { remote, fields, charts, sender, receiver, persist, keepAlive, snd, ...rest } = known;
  const { tsRecentAt, ...flags } = fields;
  const { probes, since, ...restOfPersist } = persist;
  const { since: heard, ...restOfKeepAlive } = keepAlive;
  const silent = allAcked(saved);
  const running = Object.entries(charts)
    .filter(([name]) => !(silent && SENDING.includes(name)))
    .map(([name, { chart }]) => `${name}:${chart.state}`);
  const { wl1, wl2, wnd, sml, ...stays } = snd;
  const sending = silent ? [stays] : [windowParts(saved), senderParts(saved), recoveryParts(saved)];
  return [
    [remote.port, running, flags, restOfPersist, restOfKeepAlive],
    ...sending,
    receiverParts(saved),
    rest,
  ];
}

/** The charts that decide about what is outstanding, and how much may be. */
const SENDING: readonly string[] = ['growth', 'recovery', 'reordering', 'lossProbe', 'spuriousTimeout'];

/** Our FIN is acknowledged: nothing is sent again, and what decides how much may go does not count any more. */
function allAcked({ charts }: Saved): boolean {
  const state = charts.connection?.chart.state;
  return state === 'FIN_WAIT_2' || state === 'TIME_WAIT';
}

/** The send sequence variables. */
function windowParts({ snd, rcv }: Saved): unknown[] {
  const { wl1, wl2, ...rest } = snd;
  // An ACK of more than WL2 has a newer window whatever WL1 is; and no segment is taken that begins so far back
  const oldest = add(seq(rcv.nxt), -rcv.mss);
  return [rest, wl2 === snd.una ? later(seq(wl1), oldest) : ''];
}

function senderParts({ sender, snd }: Saved): unknown[] {
  // Round trips are HyStart++'s, rates BBR's
  const { rtt, shutAt, rtoDeadline, retransmitted, written, usage, roundEnd, rate, pacing, ...decides } =
    sender;
  const { queue, bytes, recovery, ...rest } = decides;
  const { base, records, lossEdge, rescueEdge, transmissions: sent, totals, ...restOfQueue } = queue;
  const orders = records.map(({ order }) => order).sort((a, b) => a - b);
  return [
    records.map((record) => {
      const { instance, transmissions, firstSent, lastSent, order, rate, chart, ...rest } = record;
      return [Object.values(rest), orders.indexOf(order), chart.state];
    }),
    // Places count from the oldest record
    [lossEdge - base, Math.max(rescueEdge - base, 0), restOfQueue],
    bytes.join(),
    usageParts(usage, snd),
    rest,
  ];
}

/**
 * Of the window's use what NewReno without slow start after idle asks for. With nothing outstanding it is found out
 * anew before the next ACK asks.
 */
function usageParts(usage: readonly number[], { una, nxt }: Saved['snd']): unknown[] {
  const [limited, most, , , , , news] = usage;
  const end = later(seq(usage[2] ?? 0), seq(una));
  return una === nxt && end === una ? [news] : [limited, most, end, news];
}

/** What RACK, PRR, TLP and undoing know, as far as it can still matter. */
function recoveryParts({ charts, sender, snd, fields, counters }: Saved): unknown[] {
  const { rack, prr, undo, probe, point, ...rest } = sender.recovery;
  const { from = -1, stamp = -1, unreported } = undo;
  const stateOf = (name: string): string | undefined => charts[name]?.chart.state;
  const recovery = stateOf('recovery');
  const cutting = recovery === 'cwr' || recovery === 'recovery';
  // More than was ever sent again is not believed to have come twice
  const believed = counters.retransmitsFast + counters.retransmitsByTimer - counters.duplicatesReported;
  return [
    [rest, believed, ...rackParts(sender, snd)],
    // RFC 6582 asks for the last recovery's, with SACK nobody does
    recovery === 'open' && fields.sackOk === true ? '' : point,
    cutting ? prr : '',
    from < 0 ? '' : [from, unreported, stamp >= 0],
    stateOf('lossProbe') === 'probing' ? probe : '',
  ];
}

function rackParts({ queue, recovery }: Saved['sender'], snd: Saved['snd']): unknown[] {
  const { sentAt, rtt, order = 0, reorderingSeen = 0, reordering, fack, dsackRound, ...rest } = recovery.rack;
  const una = seq(snd.una);
  // Over once it is acknowledged
  const round = dsackRound === undefined || dsackRound < 0 || geq(una, seq(dsackRound)) ? -1 : dsackRound;
  // Which of those outstanding were sent before the newest that has arrived
  const before = queue.records.map((record) => record.order < order);
  return [rest, later(seq(fack ?? 0), una), round, before, reorderingSeen > 0];
}

function receiverParts({ receiver }: Saved): unknown[] {
  // The buffer is fixed: how it would grow does not count
  const { head, ranges, bytes, tuning, urgent, ...rest } = receiver;
  // The newest range is reported first
  const stamps = ranges.map(({ stamp }) => stamp).sort((a, b) => a - b);
  const kept = ranges.map(({ left, right, stamp }) => [left, right, stamps.indexOf(stamp)]);
  // Decided anew for all text but that of a SYN, which waits
  return [Object.values(rest), ranges.length > 0 && urgent, kept, bytes.join()];
}
