/**
 * Which packets carried a segment: the first sending and those again, in order. Kept apart from the packets because only
 * some views ask; it is made when first asked for and grows with the run.
 */
import { IntList } from './column.ts';
import type { Packets } from './packets.ts';
import { NONE, type TraceModel } from './traceModel.ts';

export class Sendings {
  readonly #packets: Packets;
  /** By track: its first and last packet so far. */
  readonly #first = new Map<number, number>();
  readonly #last = new Map<number, number>();
  /** By packet: the next one of the same track, and the one before. */
  readonly #next = new IntList();
  readonly #before = new IntList();

  constructor(packets: Packets) {
    this.#packets = packets;
  }

  /** The packets of a track that were sent up to `row`, in order. */
  upTo(track: number, row: number): number[] {
    this.#readOn();
    const sent: number[] = [];
    let packet = this.#first.get(track) ?? NONE;
    for (; packet !== NONE && this.#packets.row.at(packet) <= row; packet = this.#next.at(packet))
      sent.push(packet);
    return sent;
  }

  /** The packet before this one that carried the same segment, NONE for the first. */
  before(packet: number): number {
    this.#readOn();
    return this.#before.at(packet);
  }

  #readOn(): void {
    const { track, length } = this.#packets;
    for (let packet = this.#next.length; packet < length; packet++) {
      this.#next.push(NONE);
      const own = track.at(packet);
      const last = own === NONE ? NONE : (this.#last.get(own) ?? NONE);
      this.#before.push(last);
      if (own === NONE) continue;
      if (last === NONE) this.#first.set(own, packet);
      else this.#next.data[last] = packet;
      this.#last.set(own, packet);
    }
  }
}

const made = new WeakMap<TraceModel, Sendings>();

/** The sendings of a run. */
export function sendingsOf(model: TraceModel): Sendings {
  const known = made.get(model) ?? new Sendings(model.packets);
  made.set(model, known);
  return known;
}
