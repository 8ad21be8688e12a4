/**
 * What a tester knows of the numbers in use: it makes a symbol concrete, and a segment a symbol again. The rules are
 * those by which models of TCP stacks have been learned; a register that is unset is undefined.
 */
import type { Random } from '../time/random.ts';
import { ACK, FIN, RST, type Segment, SYN } from '../wire/tcp.ts';
import type { NumberClass, Reply, SegmentInput } from './word.ts';

/** The numbers of a segment to send. */
export interface Numbers {
  readonly seq: number;
  readonly ack: number;
}

/** The number after; that of nothing is nothing. */
function after(value: number | undefined): number | undefined {
  return value === undefined ? undefined : (value + 1) >>> 0;
}

export class Registers {
  /** Last sequence number that the stack owns. */
  #sut: number | undefined;
  /** Next number that the tester should use. */
  #lrn: number | undefined;
  /** A fresh number that the tester has just proposed. */
  #prop: number | undefined;
  #lastAck: number | undefined;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The numbers for a segment that is about to be sent. */
  make({ flags }: SegmentInput): Numbers {
    const seq = this.#lrn ?? this.#unlearnt(flags);
    const ack = (flags & ACK) === 0 ? 0 : (after(this.#sut) ?? 0);
    if ((flags & RST) !== 0) this.#forget();
    else if (this.#lrn === undefined) this.#prop = seq;
    return { seq, ack };
  }

  #unlearnt(flags: number): number {
    if ((flags & (RST | ACK)) === RST && this.#lastAck) return this.#lastAck;
    return this.#random.integer(0x1_0000_0000);
  }

  #forget(): void {
    this.#prop = undefined;
    this.#sut = undefined;
    this.#lrn = undefined;
  }

  /** Nothing came. */
  timeout(): void {
    this.#prop = undefined;
  }

  /** Reads a segment of the stack, and learns from it. */
  read({ flags, seq, ack: field, payloadLength: length }: Segment): Reply {
    const ack = (flags & ACK) === 0 ? 0 : field;
    const classes = { seq: this.#classOfSeq(seq), ack: this.#classOfAck(ack) };
    this.#learn(flags, seq, ack, length);
    this.#prop = undefined;
    this.#lastAck = ack;
    return { flags, ...classes, length };
  }

  #classOfSeq(seq: number): NumberClass {
    if (seq === after(this.#sut)) return 'NEXT';
    if (seq === this.#sut) return 'CURRENT';
    return seq === 0 ? 'ZERO' : 'FRESH';
  }

  #classOfAck(ack: number): NumberClass {
    if (ack === after(this.#lrn) || ack === after(this.#prop)) return 'NEXT';
    if (ack === this.#lrn) return 'CURRENT';
    return ack === 0 ? 'ZERO' : 'FRESH';
  }

  #learn(flags: number, seq: number, ack: number, length: number): void {
    const proposed = this.#prop !== undefined;
    if ((flags & RST) !== 0 || (proposed && ack !== after(this.#prop))) {
      this.#sut = undefined;
      this.#lrn = undefined;
    } else if (proposed || seq === after(this.#sut)) {
      if ((flags & (SYN | FIN)) !== 0) this.#sut = seq;
      else if (length > 0) this.#sut = (seq + length - 1) >>> 0;
      this.#lrn = ack;
    } else if ((flags & SYN) !== 0) {
      this.#sut = seq;
      if (ack !== 0) this.#lrn = ack;
    }
  }
}
