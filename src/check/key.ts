/**
 * What makes two states the same: everything that decides what can happen next. Left out are clocks (of timers only
 * the order in which they are due counts), RTT estimates, and what is only counted.
 *
 * A place has a second text, `exactText`, in which times count too: from equal ones the same follows at the same time.
 */
import type { ConnectionSnapshot } from '../tcp/connectionSnapshot.ts';
import type { HostSnapshot } from '../tcp/snapshot.ts';
import type { User, World } from './world.ts';

type Timers = ConnectionSnapshot['charts'][string]['chart']['timers'];

/** What is written for a deadline. */
type Clock = (deadline: number) => number;

/** Names the states that the texts of their parts tell apart. */
export class StateNames {
  readonly #texts = new Map<string, number>();

  /** Equal for states that are the same. */
  nameOf({ places, wires, bounds }: World): string {
    const { losses, dups, reorder, early } = bounds;
    // Whose timers are due in which order, of both sides together
    const ahead = places[0].due.map((due) => places[1].due.filter((other) => other < due).length);
    const under = wires.map((wire) => wire.map(({ id }) => id).join()).join(';');
    const [a, b] = places.map(({ text }) => this.#number(text));
    return `${a} ${b} ${under} ${ahead} ${losses} ${dups} ${reorder} ${early}`;
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

/** A host and its user without times. */
export function placeText(host: HostSnapshot, user: User): string {
  const all = host.connections.flatMap(({ charts, sender }) =>
    [...Object.values(charts), ...sender.queue.records].flatMap(({ chart }) =>
      chart.timers.map(({ deadline }) => deadline),
    ),
  );
  const order = [...new Set(all)].sort((a, b) => a - b);
  const rank: Clock = (deadline) => order.indexOf(deadline);
  return hostText(host, user, rank);
}

/** The same with all times as they are, from `now` on. */
export function exactText(host: HostSnapshot, user: User, now: number): string {
  const times = host.connections.map(({ sender, persist, keepAlive, fields }) => [
    Object.values(sender.rtt),
    sender.queue.records.map(({ firstSent, lastSent, transmissions }) => [
      ...[firstSent - now, lastSent - now, transmissions],
    ]),
    sender.retransmitted,
    [persist.since < 0 ? -1 : persist.since - now, keepAlive.since - now, fields.tsRecentAt],
  ]);
  return hostText(host, user, (deadline) => deadline - now) + JSON.stringify(times);
}

function hostText({ connections }: HostSnapshot, user: User, clock: Clock): string {
  const { next, got, ended, reason } = user;
  const parts = [`${next} ${got.join()} ${ended} ${reason ?? ''}`];
  for (const saved of connections)
    parts.push(`${saved.id === user.connection}${connectionText(saved, clock)}`);
  return parts.join('\n');
}

function connectionText(saved: ConnectionSnapshot, clock: Clock): string {
  const { passive, opening, snd, rcv, fields, charts, sender, receiver, persist, keepAlive } = saved;
  const { tsRecentAt: _, ...flags } = fields;
  const running = Object.entries(charts).map(
    ([name, { chart }]) => `${name}:${chart.state}${timersText(chart.timers, clock)}`,
  );
  return JSON.stringify([
    [passive, opening, saved.remote.port],
    running,
    [snd, rcv, flags],
    senderParts(sender, clock),
    receiverParts(receiver),
    [persist.probes, keepAlive.probes],
  ]);
}

function timersText(timers: Timers, clock: Clock): string {
  return timers.map(({ delay, deadline }) => `,${delay}@${clock(deadline)}`).join('');
}

function senderParts(sender: ConnectionSnapshot['sender'], clock: Clock): unknown[] {
  const { queue, congestion, backoff, dupAcks, recoveryPoint, shutAt, forced, blocked, written, bytes } =
    sender;
  const { base: _, records, ...board } = queue;
  return [
    records.map(({ seq, start, end, syn, fin, mark, backoff, chart }) => [
      ...[seq, start, end, syn, fin, mark, backoff],
      chart.state + timersText(chart.timers, clock),
    ]),
    board,
    congestion,
    [backoff, dupAcks, recoveryPoint, shutAt, forced, blocked, written],
    bytes.join(),
  ];
}

function receiverParts(receiver: ConnectionSnapshot['receiver']): unknown[] {
  const { available, finAt, finished, ranges, bytes } = receiver;
  return [available, finAt, finished, ranges.map(({ left, right }) => [left, right]), bytes.join()];
}
