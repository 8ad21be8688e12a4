/**
 * What makes two states the same: everything that decides what can happen next. Left out are clocks (of timers only
 * the order in which they are due counts), RTT estimates, and what is only counted.
 *
 * A place has a second text, `exactText`, in which times count too: from equal ones the same follows at the same time.
 */
import type { ConnectionSnapshot } from '../tcp/connectionSnapshot.ts';
import type { HostSnapshot } from '../tcp/snapshot.ts';
import type { User } from './actor.ts';
import type { World } from './world.ts';

type Saved = HostSnapshot['connections'][number];
type Timer = Saved['charts'][string]['chart']['timers'][number];

/** What is written for a timer. */
type Clock = (timer: Timer) => string;
/** What is written for a time that has passed, us. */
type Past = (time: number) => number;

/** Names the states that the texts of their parts tell apart. */
export class StateNames {
  readonly #texts = new Map<string, number>();

  /** Equal for states that are the same. */
  nameOf({ places, wires, bounds }: World): string {
    const { losses, dups, reorder, early } = bounds;
    const under = wires.map((wire) => wire.map(({ id }) => id).join()).join(';');
    const [a, b] = places.map(({ text }) => this.#number(text));
    return `${a} ${b} ${under} ${orderOf(places[0].due, places[1].due)} ${losses} ${dups} ${reorder} ${early}`;
  }

  #number(text: string): number {
    let number = this.#texts.get(text);
    if (number === undefined) {
      number = this.#texts.size;
      this.#texts.set(text, number);
    }
    return number;
  }
}

/** Whose timers are due in which order, those of both sides together: of each one's, how many of the other's go before
 * it, and how many with it. */
function orderOf(mine: readonly number[], others: readonly number[]): string {
  return mine
    .map((due) => {
      const before = others.filter((other) => other < due).length;
      const by = others.filter((other) => other <= due).length;
      return before === by ? before : `${before}=${by}`;
    })
    .join();
}

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
  const timers = timersOf(host);
  const deadlines = [...new Set(timers.map(({ deadline }) => deadline))];
  const clock: Clock = (timer) => `${deadlines.indexOf(timer.deadline)}.${timers.indexOf(timer)}`;
  const sentOnce = host.connections.map(({ sender }) =>
    sender.queue.records.map(({ transmissions }) => transmissions < 2),
  );
  // The peer has been heard since a probe, or it has not
  const silent = host.connections.map(({ persist }) => persist.since < 0);
  return `${hostText(host, user, clock, now)}\n${sentOnce} ${silent}`;
}

/** The same with all times as they are, from `now` (us) on. */
export function exactText(host: HostSnapshot, user: User, now: number): string {
  const timers = timersOf(host);
  const clock: Clock = (timer) => `${timer.deadline - now}.${timers.indexOf(timer)}`;
  const past: Past = (time) => time - now;
  const times = host.connections.map((saved) => timesOf(saved, past));
  return hostText(host, user, clock, now) + JSON.stringify(times);
}

function timesOf({ sender, persist, keepAlive, charts, fields }: Saved, past: Past): unknown[] {
  return [
    Object.values(sender.rtt),
    sender.queue.records.map(({ firstSent, lastSent, transmissions }) => [
      ...[past(firstSent), past(lastSent), transmissions],
    ]),
    past(sender.shutAt),
    [past(sender.rtoDeadline), past(sender.recovery.rack.sentAt ?? 0), sender.recovery.rack.rtt],
    persist.probes,
    persist.since < 0 ? '' : past(persist.since),
    // Nobody asks when the peer was last heard of while the chart is not there
    charts.keepAlive === undefined ? '' : past(keepAlive.since),
    fields.timestampsOk === true ? past(fields.tsRecentAt as number) : '',
  ];
}

/*
 * Each function below takes out of a part what is written in a way of its own, is a time or is only counted. All the
 * rest counts, so that what a later snapshot has besides tells states apart until somebody says that it does not.
 */

function hostText(host: HostSnapshot, user: User, clock: Clock, now: number): string {
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
  for (const saved of connections) parts.push(`${saved.id === connection}${connectionText(saved, clock)}`);
  return parts.join('\n');
}

function connectionText(saved: Saved, clock: Clock): string {
  const { id, local, listener, counters, ...decides } = saved;
  // Nothing is ever too big for the path
  const { pathMtu, ...known } = decides;
  const { remote, fields, charts, sender, receiver, persist, keepAlive, ...rest } = known;
  const { tsRecentAt, ...flags } = fields;
  const { probes, since, ...restOfPersist } = persist;
  const { since: heard, ...restOfKeepAlive } = keepAlive;
  const running = Object.entries(charts).map(
    ([name, { chart }]) => `${name}:${chart.state}${timersText(chart.timers, clock)}`,
  );
  return JSON.stringify([
    remote.port,
    running,
    flags,
    senderParts(sender, clock),
    recoveryParts(saved),
    receiverParts(receiver),
    restOfPersist,
    restOfKeepAlive,
    rest,
  ]);
}

function timersText(timers: readonly Timer[], clock: Clock): string {
  return timers.map((timer) => `,${timer.delay}@${clock(timer)}`).join('');
}

function senderParts(sender: ConnectionSnapshot['sender'], clock: Clock): unknown[] {
  // Of the window's use only what NewReno without slow start after idle asks for; round trips are HyStart++'s, rates BBR's
  const { rtt, shutAt, rtoDeadline, retransmitted, written, usage, roundEnd, rate, pacing, ...decides } =
    sender;
  const { queue, bytes, recovery, ...rest } = decides;
  const { base, records, lossEdge, rescueEdge, transmissions: sent, totals, ...restOfQueue } = queue;
  const orders = records.map(({ order }) => order).sort((a, b) => a - b);
  return [
    records.map((record) => {
      const { instance, transmissions, firstSent, lastSent, order, rate, chart, ...rest } = record;
      return [Object.values(rest), orders.indexOf(order), chart.state + timersText(chart.timers, clock)];
    }),
    // Places count from the oldest record
    [lossEdge - base, Math.max(rescueEdge - base, 0), restOfQueue],
    bytes.join(),
    [...usage.slice(0, 3), usage[6]],
    rest,
  ];
}

/** What RACK, PRR, TLP and undoing know, as far as it can still matter. */
function recoveryParts({ charts, sender }: Saved): unknown[] {
  const { rack, prr, undo, probe, ...rest } = sender.recovery;
  const { sentAt, rtt, order = 0, reorderingSeen = 0, reordering, ...restOfRack } = rack;
  const { from = -1, stamp = -1, unreported } = undo;
  const stateOf = (name: string): string | undefined => charts[name]?.chart.state;
  const cutting = stateOf('recovery') === 'cwr' || stateOf('recovery') === 'recovery';
  // Which of those outstanding were sent before the newest that has arrived
  const before = sender.queue.records.map((record) => record.order < order);
  return [
    [rest, restOfRack, before, reorderingSeen > 0],
    cutting ? prr : '',
    from < 0 ? '' : [from, unreported, stamp >= 0],
    stateOf('lossProbe') === 'probing' ? probe : '',
  ];
}

function receiverParts(receiver: ConnectionSnapshot['receiver']): unknown[] {
  // The buffer is fixed: how it would grow does not count
  const { head, ranges, bytes, tuning, ...rest } = receiver;
  // The newest range is reported first
  const stamps = ranges.map(({ stamp }) => stamp).sort((a, b) => a - b);
  const kept = ranges.map(({ left, right, stamp }) => [left, right, stamps.indexOf(stamp)]);
  return [Object.values(rest), kept, bytes.join()];
}
