/**
 * A clean channel in memory: packets arrive whole, in order and at once, which is when `poll` is next called. Nothing
 * is lost but what exceeds the limit. Impairments are the link's business (link.ts).
 */
import type { ChannelEnd, PacketHandler, TimedChannel } from './channel.ts';

/** Packets that may wait at one end. */
const LIMIT = 65_536;

/** Packets handed over in one `poll`, after which it returns and is due again at once: the owner keeps control. */
const POLL_LIMIT = 100_000;

/** Packets on their way to one end, in a ring of buffers that are used again. A power of two, so that a mask wraps. */
class Inbox {
  handler: PacketHandler | undefined;
  /** Packets refused because the ring was full. */
  dropped = 0;
  length = 0;
  #size = 64;
  #head = 0;
  #buffers: Uint8Array[] = [];
  #views: Uint8Array[] = [];
  #ids: number[] = [];

  put(packet: Uint8Array, id: number): void {
    if (this.length === this.#size && !this.#grow()) {
      this.dropped += 1;
      return;
    }
    const at = (this.#head + this.length) & (this.#size - 1);
    const view = this.#views[at];
    if (view !== undefined && view.length === packet.length) view.set(packet);
    else this.#fill(at, packet);
    this.#ids[at] = id;
    this.length += 1;
  }

  /** Hands the oldest packet over. Its place is given back only when the handler is done with it. */
  handOver(): void {
    const at = this.#head;
    const view = this.#views[at]!;
    const buffer = this.#buffers[at]!;
    const id = this.#ids[at]!;
    this.#head = (at + 1) & (this.#size - 1);
    this.length -= 1;
    // The handler may send to its own end and fill the ring: keep the buffer out of reach meanwhile.
    this.#views[at] = this.#spareView;
    this.#buffers[at] = this.#spareBuffer;
    this.#spareView = view;
    this.#spareBuffer = buffer;
    this.handler?.(view, id);
  }

  #spareView: Uint8Array = new Uint8Array(0);
  #spareBuffer: Uint8Array = this.#spareView;

  #fill(at: number, packet: Uint8Array): void {
    let buffer = this.#buffers[at];
    if (buffer === undefined || buffer.length < packet.length) {
      buffer = new Uint8Array(Math.max(64, packet.length));
      this.#buffers[at] = buffer;
    }
    const view = buffer.subarray(0, packet.length);
    view.set(packet);
    this.#views[at] = view;
  }

  #grow(): boolean {
    if (this.#size >= LIMIT) return false;
    const turn = <T>(ring: T[]): T[] => [...ring.slice(this.#head), ...ring.slice(0, this.#head)];
    this.#buffers = turn(this.#buffers);
    this.#views = turn(this.#views);
    this.#ids = turn(this.#ids);
    this.#head = 0;
    this.#size *= 2;
    return true;
  }
}

/** One end: puts into the other's inbox. */
class MemoryEnd implements ChannelEnd {
  closed = false;
  readonly inbox = new Inbox();
  other: MemoryEnd = this;

  send(packet: Uint8Array, id: number): void {
    if (!this.closed && !this.other.closed) this.other.inbox.put(packet, id);
  }

  onPacket(handler: PacketHandler): void {
    this.inbox.handler = handler;
  }

  close(): void {
    this.closed = true;
    this.inbox.length = 0;
  }
}

/**
 * Two ends joined. Packets are copied when sent; one that is handed to a handler is only lent, its buffer is used
 * again after the handler returns. Handlers run only from `poll`. Beyond 65,536 packets waiting at an end, or at an
 * end that is closed, packets are dropped.
 */
export class MemoryChannel implements TimedChannel {
  readonly a: ChannelEnd;
  readonly b: ChannelEnd;
  readonly #ends: readonly [MemoryEnd, MemoryEnd];
  #polling = false;

  constructor() {
    const [a, b] = [new MemoryEnd(), new MemoryEnd()];
    a.other = b;
    b.other = a;
    this.#ends = [a, b];
    this.a = a;
    this.b = b;
  }

  /** Packets dropped because too many waited. */
  get dropped(): number {
    return this.#ends[0].inbox.dropped + this.#ends[1].inbox.dropped;
  }

  /** 0 (long due) while packets wait for an end that listens. */
  get nextTimeout(): number {
    for (const { inbox } of this.#ends) if (inbox.length > 0 && inbox.handler !== undefined) return 0;
    return Number.POSITIVE_INFINITY;
  }

  /** Hands over what waits, to `b` and to `a` in turn, and what is sent in answer. */
  poll(_now: number): void {
    if (this.#polling) return;
    this.#polling = true;
    try {
      const [a, b] = this.#ends;
      for (let room = POLL_LIMIT; room > 0; ) {
        const handed = this.#batch(b.inbox, room) + this.#batch(a.inbox, room);
        if (handed === 0) return;
        room -= handed;
      }
    } finally {
      this.#polling = false;
    }
  }

  /** What waited when it began, and no more, so that neither end keeps the other waiting. */
  #batch(inbox: Inbox, room: number): number {
    if (inbox.handler === undefined) return 0;
    const count = Math.min(inbox.length, room);
    let handed = 0;
    for (; handed < count && inbox.length > 0; handed += 1) inbox.handOver();
    return handed;
  }
}
