/**
 * Words as small numbers: names of ends, charts, states, events come again and again. A word is found by its text, or
 * by its bytes in UTF-8 without a text being made of them. 0 is the empty word, which stands for none.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Words {
  readonly #texts: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #bytes: Uint8Array[] = [];
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

  /** The number of the word that `bytes` hold from `from` to before `to`. */
  idOfBytes(bytes: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(bytes, from, to) & mask;
    for (let id = this.#slots[slot]!; id !== 0; id = this.#slots[slot]!) {
      if (same(this.#bytes[id - 1]!, bytes, from, to)) return id - 1;
      slot = (slot + 1) & mask;
    }
    const own = bytes.slice(from, to);
    const text = decoder.decode(own);
    // Bytes that are no UTF-8 may give the text of another word.
    return this.#ids.get(text) ?? this.#add(text, own);
  }

  #add(text: string, bytes: Uint8Array): number {
    const id = this.#texts.push(text) - 1;
    this.#bytes.push(bytes);
    this.#ids.set(text, id);
    if (id * 2 > this.#slots.length) this.#rehash();
    else this.#place(id);
    return id;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 4);
    for (let id = 0; id < this.#texts.length; id++) this.#place(id);
  }

  #place(id: number): void {
    const bytes = this.#bytes[id]!;
    const mask = this.#slots.length - 1;
    let slot = hash(bytes, 0, bytes.length) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id + 1;
  }
}

/** FNV-1a. */
function hash(bytes: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let i = from; i < to; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

function same(word: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (word.length !== to - from) return false;
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[from + i]) return false;
  return true;
}
