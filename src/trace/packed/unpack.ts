/** Packed traces (`pack.ts`) back into lines, or what is left of them: a template and what is in its blanks. */
import { Backlog } from './backlog.ts';
import { KIND } from './blanks.ts';
import { type Lines, MOST_BYTES } from './lines.ts';
import { EXACT, FRAME, LINE, MAGIC, Manners } from './pack.ts';
import { Reader, unfolded } from './varint.ts';
import type { Words } from './words.ts';

/** No block is larger, bytes. */
const LARGEST_BLOCK = 1 << 24;

/** Who is given the lines. */
export interface TakeLines {
  /** One of a template, what is in the blanks being in `lines`. */
  like(template: number): void;
  /** One as it is; when it `isNew`, lines like it follow, and `lines` is to adopt it. */
  other(text: Uint8Array, isNew: boolean): void;
}

export class Unpacker {
  /** Bytes of the lines that have come. */
  read = 0;
  /** What comes is no packed trace: nothing more is taken. */
  broken = false;
  readonly #lines: Lines;
  readonly #words: Words;
  readonly #take: TakeLines;
  readonly #backlog = new Backlog();
  #begun = false;
  readonly #reader = new Reader();
  readonly #manners = new Manners();
  /** By their numbers in the stream. */
  readonly #known: number[] = [];

  constructor(lines: Lines, words: Words, take: TakeLines) {
    this.#lines = lines;
    this.#words = words;
    this.#take = take;
  }

  /** A block has begun and not ended. */
  get isWithin(): boolean {
    return this.#backlog.length > 0;
  }

  push(chunk: Uint8Array): void {
    if (this.broken) return;
    this.#backlog.add(chunk);
    const { bytes, length } = this.#backlog;
    const view = new DataView(bytes.buffer);
    let at = this.#begin();
    while (this.#begun && !this.broken && at + FRAME <= length) {
      const end = at + FRAME + view.getUint32(at, true);
      if (end - at > LARGEST_BLOCK) this.broken = true;
      if (end > length || this.broken) break;
      this.#readBlock(bytes.subarray(at + FRAME, end));
      this.read += view.getUint32(at + 4, true);
      at = end;
    }
    this.#backlog.drop(at);
  }

  /** Where the first block is. */
  #begin(): number {
    const { bytes, length } = this.#backlog;
    if (this.#begun || length < MAGIC.length) return 0;
    this.#begun = true;
    this.broken = MAGIC.some((byte, i) => bytes[i] !== byte);
    return MAGIC.length;
  }

  #readBlock(block: Uint8Array): void {
    const reader = this.#reader;
    reader.start(block);
    this.#lines.bytes = block;
    while (!reader.done && !reader.failed) {
      const begin = reader.count();
      const template = begin - LINE.first;
      if (begin < LINE.first) {
        const text = reader.take(reader.count());
        if (!reader.failed) this.#take.other(text, begin === LINE.new);
      } else if (template >= this.#lines.templates) break;
      else {
        this.#readBlanks(template, reader);
        if (!reader.failed) this.#take.like(template);
      }
    }
    this.broken ||= reader.failed || !reader.done;
  }

  #readBlanks(template: number, reader: Reader): void {
    const lines = this.#lines;
    const { kinds, places } = this.#manners.of(template, lines);
    const { before } = this.#manners;
    const { numbers } = lines;
    for (let i = 0; i < kinds.length; i++) {
      switch (kinds[i]) {
        case KIND.count:
          numbers[i] = readCount(reader, before, places[i]!);
          break;
        case KIND.number:
          numbers[i] = readNumber(reader, before, places[i]!);
          break;
        case KIND.word:
          numbers[i] = this.#word(reader);
          break;
        case KIND.text:
          lines.text = reader.take(reader.count());
          break;
        default:
          numbers[i] = this.#bytes(reader);
      }
    }
  }

  #word(reader: Reader): number {
    const number = reader.count();
    if (number > this.#known.length) reader.failed = true;
    if (number > 0) return this.#known[number - 1] ?? 0;
    const word = this.#words.id(new TextDecoder().decode(reader.take(reader.count())));
    this.#known.push(word);
    return word;
  }

  #bytes(reader: Reader): number {
    const length = reader.count();
    this.#lines.bytesFrom = reader.at;
    reader.skip(length);
    if (length > MOST_BYTES) reader.failed = true;
    return length;
  }
}

function readCount(reader: Reader, before: Float64Array, place: number): number {
  const value = before[place]! + unfolded(reader.count());
  if (!(value >= 0 && value < EXACT)) reader.failed = true;
  before[place] = value;
  return value;
}

function readNumber(reader: Reader, before: Float64Array, place: number): number {
  const number = reader.count();
  if (number === 0) {
    const bytes = reader.take(8);
    return reader.failed ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
  }
  const value = before[place]! + unfolded(number - 1);
  before[place] = value;
  return value;
}
