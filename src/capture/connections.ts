/**
 * Sorts the segments of a capture into connections: who talks with whom, which of the two is the client, where one
 * connection ends and another between the same ports begins. When what was sent and came is left to `passages.ts`.
 */
import type { CapturedSegment, CaptureResult } from './read.ts';

/** Which end: of arrays with something for each. */
export const CLIENT = 0;
export const SERVER = 1;
export type Side = typeof CLIENT | typeof SERVER;

export function otherSide(side: Side): Side {
  return side === CLIENT ? SERVER : CLIENT;
}

/** What the capture has of a connection's beginning. */
export type Opening =
  | 'syn'
  /** Only the answer to the SYN */
  | 'synAck'
  /** The capture began later: nothing is known of the window scale. */
  | 'middle';

/** A segment and who sent it. */
export interface Passed {
  readonly packet: CapturedSegment;
  readonly side: Side;
  /** Changed on the way here: its checksum is wrong where others' are right. */
  readonly damaged: boolean;
}

/** A connection in a capture. */
export interface CapturedConnection {
  /** 1, 2, 3, ... */
  readonly number: number;
  /** address:port of the end that opened it, or, where that is not known, of the higher port. */
  readonly client: string;
  readonly server: string;
  readonly opening: Opening;
  /** In the order of the file. */
  readonly passed: readonly Passed[];
  /** By side: segments, and bytes of their payload, retransmitted ones counted again. */
  readonly segments: readonly [number, number];
  readonly bytes: readonly [number, number];
  /** us since 1970: its first and its last segment. */
  readonly from: number;
  readonly to: number;
}

/** All connections in the order in which they begin in the file. */
export function connectionsOf(capture: CaptureResult): CapturedConnection[] {
  const isDamaged = damageTest(capture.packets);
  const sorter = new Sorter();
  for (const packet of capture.packets) sorter.add(packet, isDamaged(packet));
  // Nobody sent what only damaged segments speak of: their ports or addresses are what was damaged
  const real = sorter.drafts.filter(({ passed }) => passed.some(({ damaged }) => !damaged));
  return real.map((draft, i) => draft.finish(i + 1));
}

interface Checksums {
  right: number;
  wrong: number;
}

/**
 * Whether a wrong checksum means damage. On the machine that sends, checksums are often wrong, as the network card is to
 * fill them in: they mean something only of senders whose checksums are right for the most part.
 */
function damageTest(packets: readonly CapturedSegment[]): (packet: CapturedSegment) => boolean {
  const all = { right: 0, wrong: 0 };
  const bySender = new Map<string, Checksums>();
  for (const packet of packets) {
    if (packet.checksum === 'unknown') continue;
    const key = senderKey(packet);
    const sender = bySender.get(key) ?? { right: 0, wrong: 0 };
    bySender.set(key, sender);
    sender[packet.checksum] += 1;
    all[packet.checksum] += 1;
  }
  return (packet) => {
    if (packet.checksum !== 'wrong') return false;
    const { right, wrong } = bySender.get(senderKey(packet))!;
    // An address that never sent anything right may be another's, damaged: then nearly all are right
    return right > 0 ? right >= wrong : all.right > 3 * all.wrong;
  };
}

/** The address without the port, and where it was seen. */
function senderKey({ point, segment: { source } }: CapturedSegment): string {
  return `${point} ${source.slice(0, source.lastIndexOf(':'))}`;
}

/** Sorts segments by their two addresses. */
class Sorter {
  readonly drafts: Draft[] = [];
  /** The newest by addresses, in the order in which each side writes them. */
  readonly #newest = new Map<string, Draft>();

  add(packet: CapturedSegment, damaged: boolean): void {
    const { source, destination } = packet.segment;
    const key = `${source} ${destination}`;
    const known = this.#newest.get(key);
    const draft =
      known === undefined || (!damaged && known.isOver(packet)) ? this.#begin(packet, key) : known;
    draft.add(packet, damaged);
  }

  #begin({ segment: { source, destination } }: CapturedSegment, key: string): Draft {
    const draft = new Draft(source, destination);
    this.drafts.push(draft);
    this.#newest.set(key, draft);
    this.#newest.set(`${destination} ${source}`, draft);
    return draft;
  }
}

/** A connection while its segments are gathered; its sides are called after who was seen first. */
class Draft {
  readonly #first: string;
  readonly #second: string;
  readonly passed: Passed[] = [];
  readonly #segments: [number, number] = [0, 0];
  readonly #bytes: [number, number] = [0, 0];
  /** By side: sequence number of its SYN, or one less than the first it sent. */
  readonly #isn: [number | undefined, number | undefined] = [undefined, undefined];
  readonly #syn: [boolean, boolean] = [false, false];
  /** The side that sent a SYN without ACK first, or was sent a SYN,ACK */
  #opener: Side | undefined;

  constructor(first: string, second: string) {
    this.#first = first;
    this.#second = second;
  }

  /** Does a segment begin another connection between the same ports? It has a SYN of another number than ours. */
  isOver({ segment: { source, flags, seq, ack } }: CapturedSegment): boolean {
    if (!flags.includes('S')) return false;
    const side = this.#sideOf(source);
    const isn = this.#isn[side];
    if (isn === undefined || isn === seq) return false;
    // A server may choose another number for the same SYN
    const other = this.#isn[otherSide(side)];
    return !flags.includes('.') || other === undefined || ack !== (other + 1) >>> 0;
  }

  add(packet: CapturedSegment, damaged: boolean): void {
    const { segment } = packet;
    const side = this.#sideOf(segment.source);
    this.passed.push({ packet, side, damaged });
    this.#segments[side] += 1;
    this.#bytes[side] += segment.length;
    if (damaged) return;
    const { flags, seq } = segment;
    if (flags.includes('S')) {
      this.#isn[side] = seq;
      this.#syn[side] = true;
      this.#opener ??= flags.includes('.') ? otherSide(side) : side;
    } else this.#isn[side] ??= (seq - 1) >>> 0;
  }

  finish(number: number): CapturedConnection {
    const client = this.#client();
    const server = otherSide(client);
    const ends = [this.#first, this.#second] as const;
    const turned = client !== CLIENT;
    const times = this.passed.map(({ packet }) => packet.t);
    return {
      number,
      client: ends[client],
      server: ends[server],
      opening: this.#syn[client] ? 'syn' : this.#syn[server] ? 'synAck' : 'middle',
      passed: turned ? this.passed.map((each) => ({ ...each, side: otherSide(each.side) })) : this.passed,
      segments: [this.#segments[client], this.#segments[server]],
      bytes: [this.#bytes[client], this.#bytes[server]],
      from: times.reduce((a, b) => Math.min(a, b)),
      to: times.reduce((a, b) => Math.max(a, b)),
    };
  }

  #client(): Side {
    if (this.#opener !== undefined) return this.#opener;
    return portOf(this.#first) < portOf(this.#second) ? SERVER : CLIENT;
  }

  #sideOf(source: string): Side {
    return source === this.#first ? CLIENT : SERVER;
  }
}

function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}
