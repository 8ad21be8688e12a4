/** One state of two hosts and the wires between them, as plain data, and what can be said of it. */
import type { Engine } from '../chart/chart.ts';
import type { StackName, TcpConfig } from '../tcp/config.ts';
import type { HostOptions } from '../tcp/host.ts';
import type { HostSnapshot } from '../tcp/snapshot.ts';
import type { PacketReason } from '../wire/packet.ts';
import type { Segment } from '../wire/tcp.ts';
import { SCRIPTS, type Side, type User } from './actor.ts';

/** How much may go wrong, in all. */
export interface Bounds {
  readonly losses: number;
  readonly dups: number;
  /** Packets that are overtaken by the next. */
  readonly reorder: number;
  /** Timers that run out while packets are under way. */
  readonly early: number;
}

export interface CheckOptions {
  readonly bounds: Bounds;
  /** The receive buffer, in segments, which carry one byte. */
  readonly window: number;
  readonly engine: Engine;
  /** Users read when they like, and not at once: windows shut. */
  readonly slow?: boolean;
  /** Whose settings both ends have; `rfc` has RFC 6675's recovery instead of RACK-TLP, and fewer states. */
  readonly stack?: StackName;
  /** Go all orders of what does not touch each other; see reduction.ts. Finds the same, in more states. */
  readonly allOrders?: boolean;
  /** Charts of one's own in place of ours, by name, at both ends. */
  readonly charts?: NonNullable<HostOptions['charts']>;
  /** Settings of both ends besides. */
  readonly tcp?: Partial<TcpConfig>;
}

/** One host and its user. Equal places are one object: `Workshop` sees to that. */
export interface Place {
  /** Differs for places that differ in anything but what was only counted; times count from `now`. */
  readonly id: number;
  readonly host: HostSnapshot;
  readonly user: User;
  /** us; the host's own clock, which stands still in its snapshot while others act */
  readonly now: number;
  /** The same for places of which the same can follow; see key.ts. */
  readonly name: number;
  /** When its timers are due, us after `now`, in order. */
  readonly due: readonly number[];
}

/** A packet; equal ones are one object. */
export interface Packet {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** What it says, or why it says nothing. */
  readonly segment: Segment | PacketReason;
}

export interface World {
  readonly places: readonly [Place, Place];
  /** Packets under way, from each side, in the order in which they were sent. */
  readonly wires: readonly [readonly Packet[], readonly Packet[]];
  /** What may still go wrong. */
  readonly bounds: Bounds;
}

/** What can happen. `side`: whose packet (the sender's), user or timer it is. */
export type Move =
  | { readonly kind: 'user' | 'read' | 'deliver' | 'lose' | 'duplicate' | 'overtake'; readonly side: Side }
  | { readonly kind: 'timer'; readonly side: Side; readonly early: boolean };

const OVER: readonly string[] = ['CLOSED', 'TIME_WAIT'];

/** Are both users done and both connections closed, but for TIME_WAIT, and is nothing under way? */
export function isOver(world: World): boolean {
  return (
    world.wires.every((wire) => wire.length === 0) &&
    world.places.every(({ user, host }, side) => {
      const done = user.next === SCRIPTS[side as Side].length;
      return done && host.connections.every((saved) => OVER.includes(stateOf(saved)));
    })
  );
}

/** RFC state of a connection in a snapshot. */
export function stateOf(saved: HostSnapshot['connections'][number]): string {
  return saved.charts.connection?.chart.state ?? 'CLOSED';
}

/** The user's connection; undefined before there is one, and when it is gone. */
export function connectionOf(world: World, side: Side) {
  const { user, host } = world.places[side];
  return host.connections.find(({ id }) => id === user.connection);
}
