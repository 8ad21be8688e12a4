/**
 * The lines of a trace are few texts with other numbers in them. A line that the parser has read becomes a template: its
 * text with blanks. Lines that differ from it in nothing but the blanks are then read by comparing bytes, four at a
 * time, and making no objects, for traces of a million events.
 *
 * Which template comes next is guessed first, of the two before (`guesses.ts`): a run does the same things over and over.
 *
 * What matches a template is a line that the parser would read, to an event that differs in the blanks alone; what matches
 * none is the parser's.
 */
import type { TraceEvent } from '../event.ts';
import { eventLine } from '../json.ts';
import { type Blank, blanksOf, KIND } from './blanks.ts';
import { Cursor, type Literal, literal, literalOf } from './cursor.ts';
import { Guesses } from './guesses.ts';
import type { Words } from './words.ts';

export type { Blank } from './blanks.ts';

/** No template. */
export const NO_TEMPLATE = -1;
/** Templates at most: more there are only in a trace that somebody made up. */
const MOST = 20_000;
const MOST_BLANKS = 128;
/** A packet's bytes at most. */
export const MOST_BYTES = 65_536;
/** What a place in the tree has else than a blank: texts that differ, a line's end. */
const BRANCHES = 5;
const END = 6;

/** A template by itself: texts, behind each of which but the last is a blank. */
interface Pattern {
  readonly texts: readonly Literal[];
  /** Kinds of the blanks. */
  readonly kinds: Uint8Array;
  /** By blank: the word that was in it last. */
  readonly words: Uint32Array;
}

/** A text that comes next, and what comes behind it. */
interface Node {
  literal: Literal;
  /** A blank's kind, BRANCHES or END. */
  kind: number;
  /** Behind a blank. */
  next: Node | undefined;
  /** By the byte with which the texts begin that may follow. */
  branches: (Node | undefined)[];
  template: number;
}

export class Lines {
  /** Behind the line that matched. */
  after = 0;
  /** What stands in the blanks of the line that matched: numbers, words of `words`, how many bytes there are. */
  readonly numbers = new Float64Array(MOST_BLANKS);
  /** A packet's bytes, from `bytesFrom`, until the next line; at most 64 KiB. */
  bytes: Uint8Array;
  bytesFrom = 0;
  /** A text in UTF-8. */
  text: Uint8Array = new Uint8Array(0);
  #root: Node | undefined;
  /** By template. */
  readonly #blanks: (readonly Blank[])[] = [];
  readonly #patterns: Pattern[] = [];
  readonly #guesses = new Guesses();
  readonly #cursor: Cursor;
  /** Bytes that were hex digits. */
  readonly #own = new Uint8Array(MOST_BYTES);

  constructor(words: Words) {
    this.#cursor = new Cursor(words);
    this.bytes = this.#own;
  }

  get templates(): number {
    return this.#blanks.length;
  }

  blanksOf(template: number): readonly Blank[] {
    return this.#blanks[template]!;
  }

  /**
   * The template of the line that begins at `from`; NO_TEMPLATE when it is like none before. It may go up to `end`,
   * behind which there are SPARE bytes (`words.ts`), the first one 0.
   */
  match(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): number {
    const guesses = this.#guesses;
    const { first, second } = guesses;
    this.#cursor.start(bytes, from, end);
    let template = first;
    if (first === NO_TEMPLATE || !this.#isLike(first, from)) {
      template = second;
      if (second === NO_TEMPLATE || !this.#isLike(second, from)) template = this.#search(from);
    }
    if (template !== NO_TEMPLATE) guesses.note(template);
    return template;
  }

  /** The line is one of this template. */
  #isLike(template: number, from: number): boolean {
    const { texts, kinds, words } = this.#patterns[template]!;
    const cursor = this.#cursor;
    const { numbers } = this;
    cursor.at = from;
    for (let i = 0; i < kinds.length; i++) {
      if (!cursor.skips(texts[i]!)) return false;
      const kind = kinds[i]!;
      if (kind === KIND.count) numbers[i] = cursor.count();
      else if (kind === KIND.word) {
        const word = cursor.word(words[i]!);
        words[i] = word;
        numbers[i] = word;
      } else numbers[i] = this.#fill(kind, cursor);
      if (cursor.failed) {
        cursor.failed = false;
        return false;
      }
    }
    this.after = cursor.at + texts[kinds.length]!.length;
    return cursor.skips(texts[kinds.length]!);
  }

  /** Its template, of all there are. */
  #search(from: number): number {
    const cursor = this.#cursor;
    const { numbers } = this;
    cursor.at = from;
    let blank = 0;
    for (let node = this.#root; node !== undefined; ) {
      if (!cursor.skips(node.literal)) return NO_TEMPLATE;
      if (node.kind === BRANCHES) {
        node = node.branches[cursor.next];
        continue;
      }
      if (node.kind === END) {
        this.after = cursor.at;
        return node.template;
      }
      numbers[blank] = this.#fill(node.kind, cursor);
      if (cursor.failed) return NO_TEMPLATE;
      blank += 1;
      node = node.next;
    }
    return NO_TEMPLATE;
  }

  /** Lines like this one, of which the event is known, will match: true when they did not before. */
  learn(line: string, event: TraceEvent): boolean {
    // What the parser has passed over might be something else in another line
    if (this.templates === MOST || eventLine(event) !== line) return false;
    const { blanks, rest } = blanksOf(line);
    if (blanks.length > MOST_BLANKS) return false;
    const template = this.templates;
    if (this.#root === undefined) this.#root = chain(blanks, rest, template);
    else if (!insert(this.#root, blanks, rest, template)) return false;
    this.#blanks.push(blanks);
    this.#patterns.push({
      texts: [...blanks.map(({ before }) => before), rest].map(literal),
      kinds: Uint8Array.from(blanks, ({ kind }) => kind),
      words: new Uint32Array(blanks.length),
    });
    this.#guesses.note(template);
    return true;
  }

  /** A line that the other side of a packed trace has learnt: here none is to match. False when that cannot be. */
  adopt(line: string): boolean {
    const { blanks } = blanksOf(line);
    if (this.templates === MOST || blanks.length > MOST_BLANKS) return false;
    this.#blanks.push(blanks);
    return true;
  }

  #fill(kind: number, cursor: Cursor): number {
    switch (kind) {
      case KIND.count:
        return cursor.count();
      case KIND.number:
        return cursor.number();
      case KIND.word:
        return cursor.word();
      case KIND.bytes:
        return cursor.hex(this.#own);
      default:
        this.text = cursor.text();
        return this.text.length;
    }
  }
}

/** A line without anything to branch off. */
function chain(blanks: readonly Blank[], rest: string, template: number): Node {
  const [blank, ...others] = blanks;
  const node = { literal: literal(blank?.before ?? rest), branches: [], template };
  return blank === undefined
    ? { ...node, kind: END, next: undefined }
    : { ...node, kind: blank.kind, next: chain(others, rest, template) };
}

/** Puts a line into the tree; false when it is in it, or neither that nor branches off from it. */
function insert(root: Node, blanks: readonly Blank[], rest: string, template: number): boolean {
  const textOf = (number: number): Uint8Array => literal(blanks[number]?.before ?? rest).bytes;
  let node: Node = root;
  let number = 0;
  let text = textOf(0);
  for (;;) {
    const same = commonLength(node.literal.bytes, text);
    if (same < node.literal.length) part(node, same);
    text = text.subarray(same);
    if (node.kind === BRANCHES) {
      const [first] = text;
      if (first === undefined) return false;
      const branch = node.branches[first];
      if (branch === undefined) {
        node.branches[first] = { ...chain(blanks.slice(number), rest, template), literal: literalOf(text) };
        return true;
      }
      node = branch;
      continue;
    }
    if (text.length > 0 || node.kind !== blanks[number]?.kind) return false;
    number += 1;
    text = textOf(number);
    node = node.next!;
  }
}

function commonLength(one: Uint8Array, other: Uint8Array): number {
  const most = Math.min(one.length, other.length);
  for (let i = 0; i < most; i++) if (one[i] !== other[i]) return i;
  return most;
}

/** Parts a node's text, so that another may branch off there. */
function part(node: Node, at: number): void {
  const { bytes } = node.literal;
  const branches: Node['branches'] = [];
  branches[bytes[at]!] = { ...node, literal: literalOf(bytes.subarray(at)) };
  Object.assign(node, {
    literal: literalOf(bytes.subarray(0, at)),
    ...{ kind: BRANCHES, next: undefined, branches, template: NO_TEMPLATE },
  });
}
