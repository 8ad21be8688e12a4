/** Plays one path again with hosts that run on, so that it can be told: as a trace, from which a ladder is drawn. */
import type { Connection } from '../tcp/connection.ts';
import { Host } from '../tcp/host.ts';
import type { HostSnapshot } from '../tcp/snapshot.ts';
import type { TraceEvent } from '../trace/event.ts';
import { Trace } from '../trace/trace.ts';
import { Actor, NOBODY, other, PORTS, type Side, type User } from './actor.ts';
import { hostOptions } from './workshop.ts';
import type { CheckOptions, Move } from './world.ts';

interface Underway {
  readonly bytes: Uint8Array;
  /** Number in the trace. */
  readonly id: number;
}

/** All that happens on a path, its moves from the start. */
export function tell(options: CheckOptions, path: readonly Move[]): TraceEvent[] {
  const story = new Story(options);
  try {
    for (const move of path) story.play(move);
  } catch {
    // The path may end in an error: that is what it shows
  }
  return story.events;
}

/** Two hosts, their users and the wires between them. */
export class Story {
  readonly events: TraceEvent[] = [];
  readonly #trace = new Trace();
  readonly #actors: readonly [Actor, Actor];
  /** Packets under way, from each side. */
  readonly wires: readonly [Underway[], Underway[]] = [[], []];
  readonly #hosts: readonly [Host, Host];
  /** us */
  now = 0;

  constructor(options: CheckOptions) {
    this.#trace.listen((event) => this.events.push(event));
    this.#actors = [new Actor(0, NOBODY, options.slow), new Actor(1, NOBODY, options.slow)];
    const host = (side: Side): Host =>
      new Host({
        ...hostOptions(options, side, (packet, id) => this.wires[side].push({ bytes: packet.slice(), id })),
        trace: this.#trace,
      });
    this.#hosts = [host(0), host(1)];
    const onConnection = (connection: Connection): void => this.#actors[1].take(connection);
    this.#hosts[1].listen({ port: PORTS[1], onConnection });
    this.#actors[0].open(this.#hosts[0]);
  }

  /** The hosts as plain data, and what their users have done and seen. */
  places(): { host: HostSnapshot; user: User }[] {
    return this.#hosts.map((host, side) => ({ host: host.snapshot(), user: this.#actors[side]!.user() }));
  }

  /** @throws TypeError for a move that is not possible here, and what a host throws */
  play(move: Move): void {
    const { side } = move;
    const wire = this.wires[side];
    switch (move.kind) {
      case 'user':
        this.#actors[side].act();
        break;
      case 'read':
        this.#actors[side].read();
        break;
      case 'deliver':
        this.#deliver(side, wire.shift()!);
        break;
      case 'overtake':
        this.#deliver(side, wire.splice(1, 1)[0]!, true);
        break;
      case 'lose':
        this.#link(side, wire.shift()!, { what: 'lost', reason: 'fault' });
        break;
      case 'duplicate':
        this.#link(side, wire[0]!, { what: 'duplicated', copy: 1 });
        wire.push(wire[0]!);
        break;
      case 'timer':
        this.now = Math.max(this.now, this.#hosts[side].nextTimeout);
        for (const which of [other(side), side]) this.#hosts[which].poll(this.now);
    }
  }

  #deliver(side: Side, packet: Underway, late = false): void {
    this.#link(side, packet, { what: 'delivered', ...(late && { late: true }) });
    this.#hosts[other(side)].receive(packet.bytes, this.now, packet.id);
  }

  #link(side: Side, { id }: Underway, action: LinkAction): void {
    const direction = side === 0 ? 'client>server' : 'server>client';
    this.#trace.add('link', this.now, { kind: 'link', packet: id, direction, ...action }, id);
  }
}

type LinkAction =
  | { readonly what: 'lost'; readonly reason: 'fault' }
  | { readonly what: 'duplicated'; readonly copy: number }
  | { readonly what: 'delivered'; readonly late?: true };
