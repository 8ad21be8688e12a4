/**
 * Who talks with whom: the ends of the trace, their connections, and which two connections are one conversation (the
 * one's local address is the other's remote one).
 */

import type { Words } from '../../src/trace/packed/words.ts';
import { kindId } from './draft.ts';
import { type EventTable, NONE } from './eventTable.ts';
import type { Packets } from './packets.ts';
import { valueIn } from './tracks.ts';

/** A connection at one end. */
export interface ConnectionRef {
  readonly end: string;
  /** Word of the end */
  readonly endId: number;
  readonly connection: number;
  /** Row of the first event. */
  readonly firstRow: number;
  /** address:port, empty until a segment was sent or OPEN named them. */
  local: string;
  remote: string;
}

/** Two connections that talk with each other: who called first is `a`. */
export interface Conversation {
  readonly id: number;
  readonly a: ConnectionRef;
  /** Undefined when the trace has only one end of it. */
  b: ConnectionRef | undefined;
}

export class Conversations {
  /** Every end that has said something, in order. */
  readonly ends: string[] = [];
  readonly all = new Set<Conversation>();
  readonly #byKey = new Map<number, Map<number, Conversation>>();
  readonly #byAddresses = new Map<string, Conversation>();
  #last = 0;
  /** By end: a connection of which nothing more is to be learnt. */
  readonly #settled: number[] = [];
  readonly #seen = new Set<number>();
  readonly #events: EventTable;
  readonly #words: Words;
  readonly #packets: Packets;

  constructor(events: EventTable, words: Words, packets: Packets) {
    this.#events = events;
    this.#words = words;
    this.#packets = packets;
  }

  /** Takes in a row; `detail` is what a call said. */
  index(row: number, detail: string | undefined): void {
    const { end, connection, kind, b } = this.#events;
    const endId = end[row]!;
    if (connection[row] === this.#settled[endId]) return;
    if (!this.#seen.has(endId)) {
      this.#seen.add(endId);
      this.ends.push(this.#words.text(endId));
    }
    if (connection[row] === 0) return;
    const conversation = this.#conversationFor(row, endId, connection[row]!);
    const ref = this.#refOf(conversation, endId, connection[row]!);
    if (ref.local !== '') {
      this.#settled[endId] = connection[row]!;
      return;
    }
    if (kind[row] === kindId.send) {
      const packet = this.#events.a[row]! - 1;
      const { source, destination } = this.#packets.segmentOf(packet);
      this.#address(ref, source, destination);
    } else if (kind[row] === kindId.call && this.#words.text(b[row]!) === 'OPEN') {
      const [local = '', remote = ''] = (detail ?? '').split(' ');
      if (local !== '' && remote !== '') this.#address(ref, local, remote);
    }
  }

  /** The conversation of a connection at an end. */
  find(end: string, connection: number): Conversation | undefined {
    return this.#byKey.get(this.#words.find(end) ?? NONE)?.get(connection);
  }

  #conversationFor(row: number, endId: number, connection: number): Conversation {
    const byConnection = valueIn(this.#byKey, endId, () => new Map<number, Conversation>());
    return valueIn(byConnection, connection, () => {
      const a = { end: this.#words.text(endId), endId, connection, firstRow: row, local: '', remote: '' };
      this.#last += 1;
      const conversation = { id: this.#last, a, b: undefined };
      this.all.add(conversation);
      return conversation;
    });
  }

  #refOf({ a, b }: Conversation, endId: number, connection: number): ConnectionRef {
    return b !== undefined && b.endId === endId && b.connection === connection ? b : a;
  }

  /** Now that addresses are known: joins the two ends of a conversation. */
  #address(ref: ConnectionRef, local: string, remote: string): void {
    ref.local = local;
    ref.remote = remote;
    const other = this.#byAddresses.get(`${remote} ${local}`);
    const own = this.#byKey.get(ref.endId)!.get(ref.connection)!;
    this.#byAddresses.set(`${local} ${remote}`, own);
    if (other === undefined || other.b !== undefined || other === own || other.a.endId === ref.endId) return;
    other.b = ref;
    this.#byAddresses.set(`${local} ${remote}`, other);
    this.#byKey.get(ref.endId)!.set(ref.connection, other);
    this.all.delete(own);
  }
}
