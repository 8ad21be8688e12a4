/**
 * The network between programs: a dumbbell of two sides, `a` and `b`, each with one or more ports, and one link that
 * impairs what passes from side to side. It decides where a packet goes: to the port behind which its destination
 * lives, as the packets that came from there have told, or, unknown, to all ports but its own. Packets between two ports
 * of one side pass at once and unharmed: the link joins the sides. What happens on the link is src/channel/link.ts.
 *
 * It is a wire and no router: packets go out as they came (or as the link left them), the TTL is not decremented. But
 * who sends what is larger than the link's MTU hears of it, as from a router (tooBig.ts), or path MTU discovery would
 * have nothing to go by. Time and ports are given: in virtual time as well as in real time, over any channel.
 */
import type { ChannelEnd } from '../channel/channel.ts';
import type { LinkConfig } from '../channel/config.ts';
import { Link } from '../channel/link.ts';
import type { Engine } from '../chart/chart.ts';
import { ChartTrace } from '../tcp/chartTrace.ts';
import { summarizePacket } from '../trace/summary.ts';
import type { Trace } from '../trace/trace.ts';
import { AddressTable, classify } from './networkAddresses.ts';
import type { Party } from './simulation.ts';
import { TooBig } from './tooBig.ts';

export interface NetworkOptions {
  /** The ends that its ports are, the client's side; at least one. A handler is lent its packets. */
  readonly a: readonly ChannelEnd[];
  /** The server's side. */
  readonly b: readonly ChannelEnd[];
  /** Forward is from a to b, which is what a fault calls `client>server`. */
  readonly link: LinkConfig;
  readonly seed: number;
  /** What is larger than the link's MTU is lost without a word to its sender. */
  readonly blackHole?: boolean;
  /** us */
  readonly clock: { now(): number };
  /** How a packet that comes is brought in, where that takes more than a call: `Runner.perform`. */
  readonly perform?: (work: () => void) => void;
  readonly engine?: Engine;
  readonly trace?: Trace | undefined;
}

/** What passed a port. Packets and bytes. */
export interface PortCounters {
  packetsIn: number;
  bytesIn: number;
  packetsOut: number;
  bytesOut: number;
  /** Came in and is no IP packet: dropped. */
  notIp: number;
  /** Came in for an address at the same port, which has it already: dropped. */
  local: number;
}

/** One place where packets come in and go out. */
export interface Port {
  /** As in the trace: the side, with a number where it has several (`a1`, `a2`). */
  readonly name: string;
  readonly side: Side;
  readonly end: ChannelEnd;
  readonly counters: PortCounters;
}

export type Side = 'a' | 'b';

const NOTHING = new Uint8Array(0);

function portsOf(side: Side, ends: readonly ChannelEnd[]): readonly Port[] {
  if (ends.length === 0) throw new RangeError(`a network needs a port on side ${side}`);
  return ends.map((end, i) => ({
    name: ends.length === 1 ? side : `${side}${i + 1}`,
    side,
    end,
    counters: { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0, notIp: 0, local: 0 },
  }));
}

export class Network implements Party {
  /** Between the sides; its statistics are the network's. */
  readonly link: Link;
  /** Those of side a, then those of side b. */
  readonly ports: readonly Port[];
  readonly #sides: Readonly<Record<Side, readonly Port[]>>;
  readonly #addresses = new AddressTable<Port>();
  readonly #clock: { now(): number };
  readonly #trace: Trace | undefined;
  /** Bytes that the link takes from a side whose senders are told. */
  readonly #mtu: Readonly<Record<Side, number>>;
  readonly #tooBig: TooBig;

  /** Listens to all ends at once. Throws a RangeError for a side without ports or a link that cannot be. */
  constructor(options: NetworkOptions) {
    const { a, b, link, seed, clock, engine, trace, blackHole = false, perform = (work) => work() } = options;
    this.#clock = clock;
    this.#trace = trace;
    this.#tooBig = new TooBig(seed);
    const told = (mtu = Number.POSITIVE_INFINITY): number => (blackHole ? Number.POSITIVE_INFINITY : mtu);
    this.#mtu = { a: told(link.forward.mtu), b: told(link.backward.mtu) };
    this.#sides = { a: portsOf('a', a), b: portsOf('b', b) };
    this.ports = [...this.#sides.a, ...this.#sides.b];
    this.link = new Link({
      config: link,
      seed,
      clock,
      names: ['a', 'b'],
      ...(engine !== undefined && { engine }),
      ...(trace !== undefined && {
        trace,
        listener: new ChartTrace({ name: 'link', trace, now: () => clock.now() }, 0),
      }),
    });
    this.link.a.onPacket((packet, id) => this.#leaves('a', packet, id));
    this.link.b.onPacket((packet, id) => this.#leaves('b', packet, id));
    for (const port of this.ports) this.#listen(port, perform);
  }

  get nextTimeout(): number {
    return this.link.nextTimeout;
  }

  poll(now: number): void {
    this.link.poll(now);
  }

  /** One piece of work for all packets of a port: none is made for each. */
  #listen(port: Port, perform: (work: () => void) => void): void {
    let arrived: Uint8Array = NOTHING;
    const work = (): void => this.#arrives(port, arrived);
    port.end.onPacket((packet) => {
      arrived = packet;
      perform(work);
    });
  }

  /** A packet comes in: it is looked at, learned from, and sent on its way. */
  #arrives(port: Port, packet: Uint8Array): void {
    port.counters.packetsIn += 1;
    port.counters.bytesIn += packet.length;
    const trace = this.#trace;
    const id = trace === undefined ? 0 : this.#record(trace, port, packet, 0, trace.cause);
    const kind = classify(packet);
    if (kind === 'notIp') {
      this.#drop(port, id, kind);
      return;
    }
    if (kind === 'good') this.#addresses.learn(packet, port);
    const target = kind === 'good' ? this.#addresses.destination(packet) : undefined;
    if (target === port) this.#drop(port, id, 'local');
    else if (target === undefined) this.#spread(port, packet, id);
    else if (target.side === port.side) this.#out(target, packet, id, id);
    else this.#cross(port, packet, id);
  }

  /** Onto the link, or back to the sender with what it does not take. */
  #cross(from: Port, packet: Uint8Array, id: number): void {
    this.link[from.side].send(packet, id);
    const mtu = this.#mtu[from.side];
    const answer = packet.length > mtu ? this.#tooBig.answer(packet, mtu, this.#clock.now()) : undefined;
    if (answer !== undefined) this.#out(from, answer, 0, id);
  }

  /** To all ports but its own; over the link first, which then has said what there is to say of the packet. */
  #spread(from: Port, packet: Uint8Array, id: number): void {
    this.#cross(from, packet, id);
    for (const port of this.#sides[from.side]) if (port !== from) this.#out(port, packet, id, id);
  }

  /** A packet comes out of the link. One that was damaged on the way may name an address that is nobody's. */
  #leaves(side: Side, packet: Uint8Array, id: number): void {
    const ports = this.#sides[side];
    const cause = this.#trace?.cause ?? 0;
    const known = ports.length > 1 && classify(packet) === 'good';
    const target = known ? this.#addresses.destination(packet) : undefined;
    if (target?.side === side) this.#out(target, packet, id, cause);
    else for (const port of ports) this.#out(port, packet, id, cause);
  }

  #out(port: Port, packet: Uint8Array, id: number, cause: number): void {
    port.counters.packetsOut += 1;
    port.counters.bytesOut += packet.length;
    if (this.#trace !== undefined) this.#record(this.#trace, port, packet, id, cause);
    port.end.send(packet, id);
  }

  #drop(port: Port, id: number, reason: 'notIp' | 'local'): void {
    port.counters[reason] += 1;
    this.#trace?.add(port.name, this.#clock.now(), { kind: 'discard', packet: id, reason }, id);
  }

  /** A packet at a port: `id` 0 as it comes in, which gives it its number, or that number as it goes out. */
  #record(trace: Trace, port: Port, packet: Uint8Array, id: number, cause: number): number {
    const segment = summarizePacket(packet);
    const body = {
      kind: 'receive',
      packet: id,
      ...(segment && { segment }),
      bytes: new Uint8Array(packet),
    } as const;
    return trace.add(port.name, this.#clock.now(), body, cause);
  }
}
