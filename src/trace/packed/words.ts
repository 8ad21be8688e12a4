/**
 * Words as small numbers: names of ends, charts, states, events come again and again. A word is found by its text, or
 * by its bytes in UTF-8 without a text being made of them. 0 is the empty word, which stands for none.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes that must be readable behind whatever is read four at a time. */
export const SPARE = 8;
const QUOTE = 0x22;
/** Four bytes of one kind. */
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const BLANKS = 0x20202020;
const ONES = 0x01010101;
const TOPS = 0x80808080 | 0;

export class Words {
  /** Behind the closing quote of the word read last. */
  after = 0;
  readonly #texts: string[] = [];
  readonly #ids = new Map<string, number>();
  /** The bytes of all words, end to end with a quote behind each, and where each begins. */
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #end = 0;
  /** Word + 1 by hash of the bytes, with open addressing; a power of two. */
  #slots = new Uint32Array(1024);

  constructor() {
    this.id('');
  }

  /** The number of a word; a new one when it is new. */
  id(text: string): number {
    return this.#ids.get(text) ?? this.#add(text, encoder.encode(text));
  }

  /** The number of a word if it has been met. */
  find(text: string): number | undefined {
    return this.#ids.get(text);
  }

  text(id: number): string {
    return this.#texts[id] ?? '';
  }

  /** Words that have `part` in them, which is in lower case. */
  matching(part: string): Set<number> {
    const found = new Set<number>();
    for (const [text, id] of this.#ids) if (text.toLowerCase().includes(part)) found.add(id);
    return found;
  }

  /**
   * The number of the word that a JSON text has from `from` to its closing quote, behind which `after` is then; -1 when
   * something in it is escaped or is no JSON. There must be a quote or a control character, and SPARE bytes behind it.
   *
   * Four bytes at a time: what is below a value, or zero, shows in the top bits, exact for the lowest byte of which it is so.
   */
  read(view: DataView, from: number): number {
    let hash = 0;
    for (let at = from; ; at += 4) {
      const four = view.getInt32(at, true);
      const quote = zeros(four ^ QUOTES);
      const odd = ((four - BLANKS) & ~four & TOPS) | zeros(four ^ BACKSLASHES);
      // What is odd behind the quote is none of the word's
      if (odd !== 0 && (quote === 0 || lowest(odd) < lowest(quote))) return -1;
      if (quote === 0) {
        hash = mixed(hash, four);
        continue;
      }
      const length = lowest(quote) >>> 3;
      this.after = at + length + 1;
      return this.#known(view, from, at + length, mixed(hash, head(four, length)));
    }
  }

  /** A JSON text is this word, which another has been read as, up to its closing quote, behind which `after` is then. */
  isAt(id: number, view: DataView, from: number): boolean {
    const length = this.#lengths[id]! + 1;
    if (!this.#begins(id, length, view, from)) return false;
    this.after = from + length;
    return true;
  }

  #known(view: DataView, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let id = this.#slots[slot]!; id !== 0; id = this.#slots[slot]!) {
      if (this.#isSame(id - 1, to - from, view, from)) return id - 1;
      slot = (slot + 1) & mask;
    }
    const own = new Uint8Array(view.buffer, view.byteOffset + from, to - from).slice();
    const text = decoder.decode(own);
    // Bytes that are no UTF-8 may give the text of another word.
    return this.#ids.get(text) ?? this.#add(text, own);
  }

  /** A word of so many bytes is what a view has from there. */
  #isSame(id: number, length: number, view: DataView, from: number): boolean {
    return this.#lengths[id] === length && this.#begins(id, length, view, from);
  }

  /** The first bytes of a word are what a view has from there. */
  #begins(id: number, length: number, view: DataView, from: number): boolean {
    const own = this.#view;
    const start = this.#starts[id]!;
    let i = 0;
    for (; i + 4 <= length; i += 4)
      if (own.getInt32(start + i, true) !== view.getInt32(from + i, true)) return false;
    return head(own.getInt32(start + i, true) ^ view.getInt32(from + i, true), length - i) === 0;
  }

  #add(text: string, bytes: Uint8Array): number {
    const id = this.#texts.push(text) - 1;
    this.#ids.set(text, id);
    const needed = this.#end + bytes.length + 1 + SPARE;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(2 * needed);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#bytes.set(bytes, this.#end);
    this.#bytes[this.#end + bytes.length] = QUOTE;
    this.#starts.push(this.#end);
    this.#lengths.push(bytes.length);
    this.#end += bytes.length + 1;
    if (id * 2 > this.#slots.length) this.#rehash();
    else this.#place(id);
    return id;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 4);
    for (let id = 0; id < this.#texts.length; id++) this.#place(id);
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashOf(this.#starts[id]!, this.#lengths[id]!) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id + 1;
  }

  #hashOf(start: number, length: number): number {
    let hash = 0;
    let i = 0;
    for (; i + 4 <= length; i += 4) hash = mixed(hash, this.#view.getInt32(start + i, true));
    return mixed(hash, head(this.#view.getInt32(start + i, true), length - i));
  }
}

/** Top bits of the bytes that are zero. */
function zeros(four: number): number {
  return (four - ONES) & ~four & TOPS;
}

/** Number of the lowest bit that is set. */
function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** The first `count` bytes of four, fewer than four; the others 0. */
function head(four: number, count: number): number {
  return four & ((1 << (8 * count)) - 1);
}

function mixed(hash: number, four: number): number {
  const product = Math.imul(hash ^ four, 0x9e3779b1);
  return product ^ (product >>> 15);
}
